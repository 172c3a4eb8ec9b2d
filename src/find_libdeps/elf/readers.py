"""Chooses between the two readers of ELF files."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from find_libdeps.elf.objects import ElfObject, Versions


class Reader(Enum):
    """A reader of ELF files. Both give the same results."""

    STRUCT = "struct"
    """Our own, which unpacks with `struct`; ten times as fast."""
    PYELFTOOLS = "pyelftools"
    """pyelftools, to check the other reader."""


class Readings(NamedTuple):
    """The functions of a reader. Each raises ElfError if the stream is no sound object."""

    read_object: Callable[[BinaryIO], ElfObject]
    """See `find_libdeps.elf.reader.read_object`."""
    read_versions: Callable[[BinaryIO], Versions]
    """See `find_libdeps.elf.symbols.read_versions`."""
    defines: Callable[[BinaryIO, str], bool]
    """See `find_libdeps.elf.symbols.defines`."""


def readings_by(reader: Reader) -> Readings:
    """Return the functions of a reader. Only the chosen one is imported."""
    if reader is Reader.STRUCT:
        from find_libdeps.elf.reader import read_object
        from find_libdeps.elf.symbols import defines, read_versions

        return Readings(read_object, read_versions, defines)
    from find_libdeps.elf import reference

    return Readings(reference.read_object, reference.read_versions, reference.defines)
