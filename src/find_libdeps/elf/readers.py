"""The two readers of ELF files. Who reads objects is given one of them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import BinaryIO, NamedTuple

from find_libdeps.elf.objects import ElfObject, Versions
from find_libdeps.elf.reader import read_object
from find_libdeps.elf.symbols import defines, read_versions


class Reader(Enum):
    """What reads ELF files. Both say the same of every file."""

    STRUCT = "struct"
    """Our own, which unpacks with `struct`; ten times as fast."""
    PYELFTOOLS = "pyelftools"
    """The library that people know, to check the other by."""


class Readings(NamedTuple):
    """What a reader reads of a seekable stream. Each raises ElfError on a damaged file."""

    read_object: Callable[[BinaryIO], ElfObject]
    """See `find_libdeps.elf.reader.read_object`."""
    read_versions: Callable[[BinaryIO], Versions]
    """See `find_libdeps.elf.symbols.read_versions`."""
    defines: Callable[[BinaryIO, str], bool]
    """See `find_libdeps.elf.symbols.defines`."""


def readings_by(reader: Reader) -> Readings:
    """The functions of a reader. pyelftools is imported where it is asked for."""
    if reader is Reader.STRUCT:
        return Readings(read_object, read_versions, defines)
    from find_libdeps.elf import reference

    return Readings(reference.read_object, reference.read_versions, reference.defines)
