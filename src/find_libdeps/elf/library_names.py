"""The names of libraries in the data of an object that calls dlopen(3): it may load these.

Names are looked for in the read-only data, where compilers put strings:

- in the sections ``.rodata...``, or, if there are none or no section headers, in the segments that
  no process can write to. What a writable segment holds may be a part of anything.
- A name with a version (``libGL.so.1``) counts wherever it stands. In Rust and Go strings have no
  end, and linkers store ``libGL.so.1`` as the end of ``/usr/lib/libGL.so.1`` (ld merges strings).
  Where names without an end follow each other (``libEGL.solibGL.so.1``) it begins behind a ``.so``.
- A name without one (``libGL.so``) counts only as a whole string. Elsewhere it is a part of a
  message, or of a path to something that no package has.

Names that are put together while the program runs (``lib%s.so``) can't be known, and compilers may
keep a short string of C++ in the code. So what is found is a part of what may be loaded.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, NamedTuple

from find_libdeps.elf.bounds import MAX_NAMES, MAX_SEARCHED
from find_libdeps.elf.reader import ElfFile
from find_libdeps.elf.sonames import Soname
from find_libdeps.elf.symbols import imports
from find_libdeps.errors import ElfError

_SECTION = {32: "10I", 64: "2I4Q2I2Q"}
"""elf(5), Elf32_Shdr and Elf64_Shdr, by the width of addresses."""
_SHT_PROGBITS, _PT_LOAD, _PF_X, _PF_W = 1, 1, 1, 2
_DATA = (b".rodata", b".lrodata")
_MAX_TABLE = 1 << 16
"""Bytes of the names of sections that are read; real files have a few hundred."""
_CHUNK = 1 << 20
"""Bytes that are searched at once."""
_LONGEST = 128
"""Bytes of a name before its ending."""
_ENDING = re.compile(rb"\.so(?:((?:\.\d{1,9}){1,4})|(?=\0))")
_START = re.compile(rb"lib[A-Za-z0-9_.+-]+\Z")
_WHOLE = re.compile(rb"\0(lib[A-Za-z0-9_.+-]+)\Z")
_TAIL = 64
"""Bytes behind which no ending reaches that starts before them."""


class LibraryNames(NamedTuple):
    """What the data of an object names."""

    names: tuple[Soname, ...] = ()
    """In the order of the file."""
    unsearched: int = 0
    """Bytes of its read-only data that were not searched, since it has so much."""


def read_library_names(stream: BinaryIO) -> LibraryNames:
    """Search the data of the object that starts at the beginning of a seekable stream.

    Returns:
        Nothing if the object does not call dlopen(3).

    Raises:
        ElfError: see `find_libdeps.elf.reader.read_object`; or its tables lead out of the file.
    """
    file = ElfFile(stream)
    if not imports(file, "dlopen"):
        return LibraryNames()
    places, found = _sections(file) or _segments(file), dict[Soname, None]()
    whole = sum(size for _, size in places)
    searched = min(whole, MAX_SEARCHED)
    for count, (name, before) in enumerate(_endings(file, places)):
        if count == MAX_NAMES:
            searched = before
            break
        if name:
            found[Soname(name.decode())] = None
    return LibraryNames(tuple(found), whole - searched)


def _sections(file: ElfFile) -> list[tuple[int, int]]:
    """Where the sections with read-only data are, and their sizes; none if that can't be read."""
    at, size, count, names = file.section_headers
    layout, found = struct.Struct(file.order + _SECTION[file.bits]), list[tuple[int, int]]()
    if size != layout.size or names >= count:
        return found
    with suppress(ElfError):
        headers = list(layout.iter_unpack(file.at(at, count * size)))
        table = file.at(headers[names][4], min(headers[names][5], _MAX_TABLE))
        for name, kind, _, _, offset, length, *_ in headers:
            if kind == _SHT_PROGBITS and table.startswith(_DATA, name):
                found.append((offset, length))
    return found


def _segments(file: ElfFile) -> list[tuple[int, int]]:
    """Where the segments are that can't be written to, and their sizes; those of code come last.

    Older linkers put data into the segment of the code (ld -z noseparate-code).
    """
    loads = [s for s in file.segments if s.kind == _PT_LOAD and not s.flags & _PF_W]
    return [(s.offset, s.size) for s in sorted(loads, key=lambda s: s.flags & _PF_X)]


def _endings(file: ElfFile, places: list[tuple[int, int]]) -> Iterator[tuple[bytes | None, int]]:
    """What looks like the end of a library's name, within the first `MAX_SEARCHED` bytes.

    Yields:
        The name, or None if it is none; and how many bytes were searched before its chunk.
    """
    searched = 0
    for offset, size in places:
        data, end = b"\0", offset + min(size, MAX_SEARCHED - searched)
        for at in range(offset, end, _CHUNK):
            first = max(len(data) - _TAIL, 0)  # what starts before was found in the last chunk
            chunk = file.at(at, min(_CHUNK, end - at))
            data += chunk
            last = len(data) if at + len(chunk) == end else len(data) - _TAIL
            previous = 0
            for ending in _ENDING.finditer(data, first):
                if ending.start() >= last:
                    break
                start = max(previous, ending.start() - _LONGEST)
                yield _name(data[start : ending.start()], ending[0], ending[1]), searched
                previous = ending.end()
            searched += len(chunk)
            data = data[-_LONGEST - _TAIL :]


def _name(before: bytes, ending: bytes, version: bytes | None) -> bytes | None:
    """The name that has this ending, behind these bytes."""
    if version:
        start = _START.search(before, before.rfind(b".so") + 1) or _START.search(before)
        return start[0] + ending if start else None
    start = _WHOLE.search(before)
    return start[1] + ending if start else None
