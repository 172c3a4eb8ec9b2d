"""The everyday reader: the bytes of one ELF file, read as the dynamic loader would read them.

Only program headers, the dynamic table and the strings that it names are read, never section
headers: the loader doesn't use them, and a file may lack them (elf(5); glibc elf/dl-load.c
``open_verify`` and ``_dl_map_object_from_fd``). Symbols and their versions are in
`find_libdeps.elf.symbols`, the names of libraries in the data in `find_libdeps.elf.library_names`.

`find_libdeps.elf.reference` reads the same facts through pyelftools, in ten times the time. Both
must give the same results for every file, so change both together.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import BinaryIO, NamedTuple

from find_libdeps.elf.bounds import (
    MAX_DYNAMIC_SIZE,
    MAX_NOTES_SIZE,
    MAX_SEGMENTS,
    MAX_STRING_SIZE,
    MAX_STRINGS,
    MAX_STRINGS_SIZE,
    refuse,
)
from find_libdeps.elf.objects import (
    MAGIC,
    WRONG_CLASS,
    Dependency,
    DlopenNote,
    ElfObject,
    Tag,
    abi_of,
)
from find_libdeps.elf.sonames import Soname

_TYPES = {
    **{0: "ET_NONE", 1: "ET_REL", 2: "ET_EXEC", 3: "ET_DYN", 4: "ET_CORE"},
    **{0xFF00: "ET_LOPROC", 0xFFFF: "ET_HIPROC"},
}
_MACHINES = {
    **{3: "EM_386", 62: "EM_X86_64", 40: "EM_ARM", 183: "EM_AARCH64", 8: "EM_MIPS", 22: "EM_S390"},
    **{20: "EM_PPC", 21: "EM_PPC64", 243: "EM_RISCV", 258: "EM_LOONGARCH"},
}
"""The machines of Debian's architectures."""
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_NOTE = _KINDS = 1, 2, 3, 4
_HEADER = {32: "16x2HI3II6H", 64: "16x2HI3QI6H"}
_PROGRAM_HEADER = {32: "8I", 64: "2I6Q"}
"""`struct` formats of Elf32_Ehdr, Elf64_Phdr and so on (elf(5)), by the width of addresses."""
_PAGE = 1 << 12
"""Bytes of the smallest page of any machine (getpagesize(2))."""
_HEAD_SIZE = 1 << 11
"""Bytes that are read first, at once; they nearly always have all program headers."""
_DT_STRTAB, _DT_SONAME, _DT_RPATH, _DT_RUNPATH, _DT_FLAGS_1 = 5, 14, 15, 29, 0x6FFFFFFB
_NT_DLOPEN = 0x407C0C0A
_DF_1_NODEFLIB, _DF_1_PIE = 0x800, 0x8000000
_DEPENDENCIES = {tag.value: tag for tag in Tag}


def read_object(stream: BinaryIO) -> ElfObject:
    """Read the object that starts at the beginning of a seekable stream.

    Raises:
        ElfError: the loader would refuse the file, too, or it exceeds a bound (`elf.bounds`).
    """
    file = ElfFile(stream)
    flags = file.last(_DT_FLAGS_1) or 0
    soname, rpath, runpath = map(file.last, (_DT_SONAME, _DT_RPATH, _DT_RUNPATH))
    return ElfObject(
        abi=file.abi,
        elf_type=file.elf_type,
        soname=None if soname is None else Soname(file.string(soname)),
        dependencies=tuple(
            Dependency(Soname(file.string(value)), _DEPENDENCIES[tag])
            for tag, value in file.table
            if tag in _DEPENDENCIES
        ),
        rpath=None if rpath is None else file.string(rpath),
        runpath=None if runpath is None else file.string(runpath),
        is_dynamic=bool(file.table),
        is_pie=bool(flags & _DF_1_PIE),
        no_default_directories=bool(flags & _DF_1_NODEFLIB),
        interpreter=file.interpreter(),
        notes=tuple(file.dlopen_notes()),
    )


class Segment(NamedTuple):
    """A program header (elf(5), Elf64_Phdr)."""

    kind: int
    offset: int
    address: int
    size: int
    """Bytes in the file."""
    memory: int
    """Bytes in memory; those beyond `size` are zeros."""
    flags: int
    """PF_X, PF_W and PF_R."""


def _mapped(segments: Sequence[Segment]) -> list[tuple[int, int, int]]:
    """List the addresses that each PT_LOAD maps, the last one first: later ones cover earlier ones.

    Whole pages are mapped. Before and behind the segment, its pages hold the neighbouring bytes of
    the file; but if the segment has more memory than file, the rest of its last page is zeros.

    Returns:
        For each PT_LOAD: its first address, the first address behind it, and the number to add to
        an address to get the offset in the file.
    """
    mapped = []
    for kind, offset, start, size, memory, _ in segments:
        if kind == _PT_LOAD:
            end = start + size
            if size == memory:
                end += -end % _PAGE
            mapped.append((start - min(start % _PAGE, offset), end, offset - start))
    return mapped[::-1]


class ElfFile:
    """The parts of one file, read and checked in the loader's order."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self._head = self.some(0, _HEAD_SIZE)
        ident = self.at(0, 16)
        if ident[:4] != MAGIC:
            raise refuse("invalid ELF header")
        if ident[4] not in (1, 2):
            raise refuse(WRONG_CLASS)
        if ident[5] not in (1, 2) or ident[6] != 1:
            raise refuse("invalid ELF byte order or version")
        if ident[7] not in (0, 3):  # ELFOSABI_SYSV, ELFOSABI_GNU
            raise refuse("ELF file OS ABI invalid")
        self.bits, little_endian = 32 * ident[4], ident[5] == 1
        self.order = "<" if little_endian else ">"
        self.word, self.word_size = ("I", 4) if self.bits == 32 else ("Q", 8)
        layout = struct.Struct(self.order + _HEADER[self.bits])
        header = layout.unpack(self.at(0, layout.size))
        kind, machine, _, _, at, sections, flags, _, size, count, *rest = header
        self.elf_type = _TYPES.get(kind) or str(kind)
        self.abi = abi_of(self.bits, little_endian, name_of_machine(machine), flags)
        self.section_headers = (sections, *rest)
        """Where they are, the size of one, how many there are, and which one has their names."""
        loadable = self.elf_type in ("ET_DYN", "ET_EXEC")
        self.segments = self._segments(at, size, count) if loadable else ()
        self._mapped = _mapped(self.segments)
        self.table = self._table()
        self._values = dict(self.table)
        self._strings = self._strings_size = 0
        self._near = 0, self._head
        """The offset and the bytes of the latest read; most strings are close together."""

    def some(self, offset: int, size: int) -> bytes:
        """At most `size` bytes at `offset`."""
        try:
            self.stream.seek(offset)
            return self.stream.read(size)
        except (OSError, OverflowError, ValueError) as error:
            raise refuse(f"cannot read file data: {error}") from None

    def at(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes at `offset`."""
        end = offset + size
        data = self._head[offset:end] if end <= len(self._head) else self.some(offset, size)
        if len(data) < size:
            raise refuse("file too short")
        return data

    def _segments(self, offset: int, size: int, count: int) -> tuple[Segment, ...]:
        """The program headers of the kinds in `_KINDS`."""
        layout = struct.Struct(self.order + _PROGRAM_HEADER[self.bits])
        if not count:
            return ()
        if size != layout.size:
            raise refuse("ELF file's phentsize not the expected size")
        if count > MAX_SEGMENTS:
            raise refuse(f"more than {MAX_SEGMENTS} program headers")
        headers = layout.iter_unpack(self.at(offset, count * size))
        if self.bits == 32:  # type, offset, address, physical address, size, ...
            kept = ((h[0], h[1], h[2], h[4], h[5], h[6]) for h in headers if h[0] in _KINDS)
        else:  # type, flags, offset, ...
            kept = ((h[0], h[2], h[3], h[5], h[6], h[1]) for h in headers if h[0] in _KINDS)
        return tuple(Segment(*each) for each in kept)

    def _table(self) -> list[tuple[int, int]]:
        """The tags and values of the dynamic table, from the first PT_DYNAMIC, up to DT_NULL."""
        segment = next((s for s in self.segments if s.kind == _PT_DYNAMIC), None)
        if segment is None:
            return []
        if segment.size > MAX_DYNAMIC_SIZE:
            raise refuse(f"dynamic section of more than {MAX_DYNAMIC_SIZE} bytes")
        data = self.at(segment.offset, segment.size - segment.size % (2 * self.word_size))
        entries = struct.iter_unpack(f"{self.order}2{self.word}", data)
        return list(takewhile(lambda entry: entry[0] != 0, entries))

    def last(self, tag: int) -> int | None:
        """The last value of a tag, or None; see dl-load.c ``elf_get_dynamic_info``."""
        return self._values.get(tag)

    def offset(self, address: int, size: int = 1) -> int:
        """The offset in the file of the `size` bytes that are mapped at `address`.

        Whole pages are mapped, and later ones cover earlier ones (glibc elf/dl-map-segments.h;
        the kernel does the same with a program). patchelf relies on it: in some programs the tables
        are behind the segment that should hold them.
        """
        end = address + size
        for first, behind, shift in self._mapped:
            if first <= address and end <= behind:
                return address + shift
        raise refuse(f"nothing is mapped at address {address:#x}")

    def string(self, index: int) -> str:
        """The string at `index` in the dynamic string table."""
        table = self.last(_DT_STRTAB)
        if table is None:
            raise refuse("no dynamic string table")
        offset = self.offset(table + index)
        self._strings += 1
        if self._strings > MAX_STRINGS:
            raise refuse(f"more than {MAX_STRINGS} names")
        if self._strings_size > MAX_STRINGS_SIZE:
            raise refuse(f"names of more than {MAX_STRINGS_SIZE} bytes")
        start, near = self._near
        begin = offset - start
        end = near.find(b"\0", begin) if begin >= 0 else -1
        if end < 0:
            begin, near = 0, self._until_zero(offset)
            self._near, end = (offset, near), near.index(b"\0")
        self._strings_size += end - begin
        return near[begin:end].decode("utf-8", "surrogateescape")

    def _until_zero(self, offset: int) -> bytes:
        """Bytes from `offset` on, up to the first zero or somewhat further."""
        text = b""
        while b"\0" not in text:
            if len(text) > MAX_STRING_SIZE:
                raise refuse(f"string of more than {MAX_STRING_SIZE} bytes")
            chunk = self.some(offset + len(text), 512)
            if not chunk:
                raise refuse("file too short")
            text += chunk
        return text

    def interpreter(self) -> str | None:
        """The string in PT_INTERP, or None."""
        segment = next((s for s in self.segments if s.kind == _PT_INTERP), None)
        if segment is None or not segment.size:
            return None
        text = self.at(segment.offset, min(segment.size, 4096))
        return text.split(b"\0")[0].decode("utf-8", "surrogateescape")

    def dlopen_notes(self) -> Iterator[DlopenNote]:
        """The notes of owner ``FDO`` and type 0x407c0c0a; malformed ones are skipped."""
        header, left = struct.Struct(f"{self.order}3I"), MAX_NOTES_SIZE
        for segment in self.segments:
            if segment.kind != _PT_NOTE or segment.size > left:
                continue
            left -= segment.size
            data, at = self.at(segment.offset, segment.size), 0
            while at + header.size <= len(data):
                name_size, size, kind = header.unpack_from(data, at)
                owner = at + header.size
                start = owner + -(-name_size // 4) * 4
                if kind == _NT_DLOPEN and data[owner : owner + min(name_size, 5)] == b"FDO\0":
                    from find_libdeps.elf.notes import notes_in  # few objects have such notes

                    yield from notes_in(data[start : start + size])
                at = start + -(-size // 4) * 4


def name_of_machine(number: int) -> str:
    """The name of an e_machine, such as ``EM_X86_64``; its number if none is known."""
    if number in _MACHINES:
        return _MACHINES[number]
    from find_libdeps.elf.reference import machine_name  # takes longer than reading a hundred files

    return machine_name(number)
