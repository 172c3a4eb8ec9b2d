"""The bytes of one ELF file, read as the dynamic loader would read them.

Only program headers, the dynamic table and the strings that it names are read, never section
headers: the loader doesn't use them, and a file may lack them (elf(5); glibc elf/dl-load.c
``open_verify`` and ``_dl_map_object_from_fd``). `struct` takes a tenth of the time that pyelftools
would; that knows the machines that are rare, and is what tests compare with.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import takewhile
from typing import BinaryIO, NamedTuple

from find_libdeps.elf.objects import Abi, Dependency, DlopenNote, ElfObject, Tag, Versions
from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import ElfError

MAGIC = b"\x7fELF"
MAX_SEGMENTS = 4096
"""Program headers taken from one file; real ones have about ten."""
MAX_DYNAMIC_SIZE = 1 << 20
"""Bytes of a dynamic table: 65,536 entries of a 64-bit file; libraries have about forty."""
MAX_STRING_SIZE = 1 << 16
"""Bytes of one string; the longest real RUNPATHs have a few thousand."""
MAX_VERSIONS = 4096
"""Symbol versions taken from one file; libc.so.6 defines about sixty."""
MAX_STRINGS = 1 << 13
"""Names taken from one file; the largest libraries need a few hundred others."""
MAX_STRINGS_SIZE = 1 << 18
"""Bytes of all names that are taken from one file; real ones have a few thousand."""
_TYPES = ("ET_NONE", "ET_REL", "ET_EXEC", "ET_DYN", "ET_CORE")
_MACHINES = {
    **{3: "EM_386", 62: "EM_X86_64", 40: "EM_ARM", 183: "EM_AARCH64", 8: "EM_MIPS", 22: "EM_S390"},
    **{20: "EM_PPC", 21: "EM_PPC64", 243: "EM_RISCV", 258: "EM_LOONGARCH"},
}
"""Those that Debian is made for."""
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_NOTE = 1, 2, 3, 4
_SHN_UNDEF = 0
_HEADER = {32: "16x2HI3II6H", 64: "16x2HI3QI6H"}
_PROGRAM_HEADER = {32: "8I", 64: "2I6Q"}
_SYMBOL = {32: "3I2BH", 64: "I2BH2Q"}
"""elf(5), Elf32_Ehdr, Elf32_Phdr, Elf32_Sym and their 64-bit kin, by the width of addresses."""
_PAGE = 1 << 12
"""Bytes of a page, where they are smallest (getpagesize(2))."""
_HEAD_SIZE = 1 << 11
"""Bytes that are read at once in the beginning: nearly always with all program headers."""
_DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 4, 5, 6, 14, 15, 29
_DT_GNU_HASH, _DT_FLAGS_1 = 0x6FFFFEF5, 0x6FFFFFFB
_DT_VERDEF, _DT_VERNEED = 0x6FFFFFFC, 0x6FFFFFFE
_VER_FLG_WEAK = 0x2
_NT_DLOPEN = 0x407C0C0A
_DF_1_NODEFLIB, _DF_1_PIE = 0x800, 0x8000000
_ABI_FLAGS = {
    "EM_ARM": 0x400,  # EF_ARM_ABI_FLOAT_HARD: armhf, or armel
    "EM_MIPS": 0xF020,  # EF_MIPS_ABI, EF_MIPS_ABI2
    "EM_RISCV": 0xE,  # EF_RISCV_FLOAT_ABI, EF_RISCV_RVE
    "EM_LOONGARCH": 0x7,  # EF_LOONGARCH_ABI_MODIFIER_MASK
}
"""The part of e_flags that keeps two objects of one machine out of one process, as
dpkg-shlibdeps has it (Dpkg::Shlibs::Objdump ``%elf_flags_mask``)."""
_DEPENDENCIES = {tag.value: tag for tag in Tag}
_abi_of = cache(Abi)
"""Of one file as of another, as far as can be: what is the same is compared at once."""


def read_object(stream: BinaryIO) -> ElfObject:
    """Read the object that starts at the beginning of a seekable stream.

    Raises:
        ElfError: the loader would refuse it too, or it promises more than is sane.
    """
    reader = _Reader(stream)
    flags = reader.last(_DT_FLAGS_1) or 0
    soname, rpath, runpath = map(reader.last, (_DT_SONAME, _DT_RPATH, _DT_RUNPATH))
    return ElfObject(
        abi=reader.abi,
        elf_type=reader.elf_type,
        soname=None if soname is None else Soname(reader.string(soname)),
        dependencies=tuple(
            Dependency(Soname(reader.string(value)), _DEPENDENCIES[tag])
            for tag, value in reader.table
            if tag in _DEPENDENCIES
        ),
        rpath=None if rpath is None else reader.string(rpath),
        runpath=None if runpath is None else reader.string(runpath),
        is_dynamic=bool(reader.table),
        is_pie=bool(flags & _DF_1_PIE),
        no_default_directories=bool(flags & _DF_1_NODEFLIB),
        interpreter=reader.interpreter(),
        notes=tuple(reader.dlopen_notes()),
    )


def defines(stream: BinaryIO, symbol: str) -> bool:
    """Whether the object defines a dynamic symbol, looked up as dlsym(3) does it.

    Raises:
        ElfError: see `read_object`.
    """
    return _Reader(stream).defines(symbol.encode())


def read_versions(stream: BinaryIO) -> Versions:
    """Read what the loader compares once all libraries are there (glibc elf/dl-version.c).

    Raises:
        ElfError: see `read_object`; or the tables lead out of the file.
    """
    reader = _Reader(stream)
    return Versions(tuple(reader.versions_needed()), reader.versions_defined())


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int
    """Bytes in the file."""
    memory: int
    """Bytes in memory; those that are not in the file are zeros, instead of what follows there."""

    def maps(self, address: int, size: int) -> bool:
        """Whether the file's bytes stand at an address, in the segment or on its pages."""
        start, end = self.address, self.address + self.size
        if self.size == self.memory:
            end += -end % _PAGE
        return start - start % _PAGE <= address and address + size <= end


class _Reader:
    """The parts of one file, found and checked in the order in which the loader meets them."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self._head = self._read(0, _HEAD_SIZE)
        ident = self.at(0, 16)
        if ident[:4] != MAGIC:
            raise _refuse("invalid ELF header")
        if ident[4] not in (1, 2) or ident[5] not in (1, 2) or ident[6] != 1:
            raise _refuse("invalid ELF class, byte order or version")
        if ident[7] not in (0, 3):  # ELFOSABI_SYSV, ELFOSABI_GNU
            raise _refuse("ELF file OS ABI invalid")
        self.bits, little_endian = 32 * ident[4], ident[5] == 1
        self.order = "<" if little_endian else ">"
        self.word, self.word_size = ("I", 4) if self.bits == 32 else ("Q", 8)
        layout = struct.Struct(self.order + _HEADER[self.bits])
        header = layout.unpack(self.at(0, layout.size))
        kind, machine, _, _, at, _, flags, _, size, count, *_ = header
        self.elf_type = _TYPES[kind] if kind < len(_TYPES) else str(kind)
        name = _MACHINES.get(machine) or _rare_machine(machine)
        self.abi = _abi_of(self.bits, little_endian, name, flags & _ABI_FLAGS.get(name, 0))
        loadable = self.elf_type in ("ET_DYN", "ET_EXEC")
        self.segments = self._segments(at, size, count) if loadable else ()
        self.table = self._table()
        self._values = dict(self.table)
        self._strings = self._strings_size = 0
        self._near = 0, self._head
        """Where strings were read last, and what stands there: most stand close together."""

    def _read(self, offset: int, size: int) -> bytes:
        """At most `size` bytes at `offset`."""
        try:
            self.stream.seek(offset)
            return self.stream.read(size)
        except (OSError, OverflowError, ValueError) as error:
            raise _refuse(f"cannot read file data: {error}") from None

    def at(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes at `offset`."""
        end = offset + size
        data = self._head[offset:end] if end <= len(self._head) else self._read(offset, size)
        if len(data) < size:
            raise _refuse("file too short")
        return data

    def _segments(self, offset: int, size: int, count: int) -> tuple[_Segment, ...]:
        layout = struct.Struct(self.order + _PROGRAM_HEADER[self.bits])
        if count and size != layout.size:
            raise _refuse("ELF file's phentsize not the expected size")
        if count > MAX_SEGMENTS:
            raise _refuse(f"more than {MAX_SEGMENTS} program headers")
        headers = layout.iter_unpack(self.at(offset, count * size))
        if self.bits == 32:  # type, offset, address, physical address, size, ...
            return tuple(_Segment(h[0], h[1], h[2], h[4], h[5]) for h in headers)
        return tuple(_Segment(h[0], h[2], h[3], h[5], h[6]) for h in headers)  # flags come second

    def _table(self) -> list[tuple[int, int]]:
        """The dynamic table, tags with values. The first PT_DYNAMIC counts; DT_NULL ends it."""
        segment = next((s for s in self.segments if s.kind == _PT_DYNAMIC), None)
        if segment is None:
            return []
        if segment.size > MAX_DYNAMIC_SIZE:
            raise _refuse(f"dynamic section of more than {MAX_DYNAMIC_SIZE} bytes")
        data = self.at(segment.offset, segment.size - segment.size % (2 * self.word_size))
        entries = struct.iter_unpack(f"{self.order}2{self.word}", data)
        return list(takewhile(lambda entry: entry[0] != 0, entries))

    def last(self, tag: int) -> int | None:
        """The value of a tag; of several the last, as in dl-load.c ``elf_get_dynamic_info``."""
        return self._values.get(tag)

    def offset(self, address: int, size: int = 1) -> int:
        """Where in the file the bytes stand that are mapped at `address`.

        Whole pages are mapped, and later ones cover earlier ones (glibc elf/dl-map-segments.h;
        the kernel does the same with a program). patchelf relies on it: the tables of some programs
        stand behind the segment that should hold them.
        """
        for segment in self.segments:
            if segment.kind == _PT_LOAD and 0 <= address - segment.address < segment.size:
                if address - segment.address + size > segment.size:
                    break
                return segment.offset + address - segment.address
        for segment in reversed(self.segments):
            if segment.kind == _PT_LOAD and segment.maps(address, size):
                return segment.offset + address - segment.address
        raise _refuse(f"nothing is mapped at address {address:#x}")

    def string(self, index: int) -> str:
        """One string of the dynamic string table."""
        table = self.last(_DT_STRTAB)
        if table is None:
            raise _refuse("no dynamic string table")
        offset = self.offset(table + index)
        self._strings += 1
        if self._strings > MAX_STRINGS:
            raise _refuse(f"more than {MAX_STRINGS} names")
        if self._strings_size > MAX_STRINGS_SIZE:
            raise _refuse(f"names of more than {MAX_STRINGS_SIZE} bytes")
        start, near = self._near
        begin = offset - start
        end = near.find(b"\0", begin) if begin >= 0 else -1
        if end < 0:
            begin, near = 0, self._until_zero(offset)
            self._near, end = (offset, near), near.index(b"\0")
        self._strings_size += end - begin
        return near[begin:end].decode("utf-8", "surrogateescape")

    def _until_zero(self, offset: int) -> bytes:
        """Bytes from `offset` on, to the first zero or somewhat further."""
        text = b""
        while b"\0" not in text:
            if len(text) > MAX_STRING_SIZE:
                raise _refuse(f"string of more than {MAX_STRING_SIZE} bytes")
            chunk = self._read(offset + len(text), 512)
            if not chunk:
                raise _refuse("file too short")
            text += chunk
        return text

    def interpreter(self) -> str | None:
        """The string in PT_INTERP."""
        segment = next((s for s in self.segments if s.kind == _PT_INTERP), None)
        if segment is None or not segment.size:
            return None
        text = self.at(segment.offset, min(segment.size, 4096))
        return text.split(b"\0")[0].decode("utf-8", "surrogateescape")

    def dlopen_notes(self) -> Iterator[DlopenNote]:
        """What stands in notes of owner ``FDO`` and type 0x407c0c0a; nonsense is passed over."""
        header = struct.Struct(f"{self.order}3I")
        for segment in self.segments:
            if segment.kind != _PT_NOTE or segment.size > MAX_DYNAMIC_SIZE:
                continue
            data, at = self.at(segment.offset, segment.size), 0
            while at + header.size <= len(data):
                name_size, size, kind = header.unpack_from(data, at)
                start = at + header.size + -(-name_size // 4) * 4
                if kind == _NT_DLOPEN and data[at + header.size :][:name_size] == b"FDO\0":
                    yield from _notes_in(data[start : start + size])
                at = start + -(-size // 4) * 4

    def defines(self, name: bytes) -> bool:
        """Look `name` up in the GNU hash table, or in the older one."""
        symbols, gnu, old = map(self.last, (_DT_SYMTAB, _DT_GNU_HASH, _DT_HASH))
        candidates: Sequence[int] = ()
        if gnu is not None:
            candidates = self._gnu_candidates(gnu, name)
        elif old is not None:
            candidates = range(1, min(self._numbers(old + 4, "I", 1)[0], MAX_DYNAMIC_SIZE))
        return symbols is not None and any(
            self._is_defined(symbols, index, name) for index in candidates
        )

    def _numbers(self, address: int, kind: str, count: int) -> tuple[int, ...]:
        layout = struct.Struct(f"{self.order}{count}{kind}")
        return layout.unpack(self.at(self.offset(address, layout.size), layout.size))

    def versions_needed(self) -> Iterator[tuple[Soname, tuple[str, ...]]]:
        """The entries of DT_VERNEED: the name of a library, and the versions asked of it."""
        for at, (_, _, file, first, _) in self._linked(self.last(_DT_VERNEED), "2H3I"):
            # hash, flags, index, name; the base of the strings is that of the names of libraries
            asked = [entry for _, entry in self._linked(at + first, "I2H2I")]
            names = [self.string(e[3]) for e in asked if not e[1] & _VER_FLG_WEAK]
            yield Soname(self.string(file)), tuple(names)

    def versions_defined(self) -> frozenset[str] | None:
        """The names in DT_VERDEF, that of the file itself among them."""
        table = self.last(_DT_VERDEF)
        if table is None:
            return None
        places = (at + entry[5] for at, entry in self._linked(table, "4H3I"))
        return frozenset(self.string(self._numbers(place, "I", 1)[0]) for place in places)

    def _linked(self, address: int | None, layout: str) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Entries whose last number says how far it is to the next one; 0 ends the list."""
        entry_layout = struct.Struct(self.order + layout)
        for _ in range(MAX_VERSIONS):
            if address is None:
                return
            data = self.at(self.offset(address, entry_layout.size), entry_layout.size)
            entry = entry_layout.unpack(data)
            yield address, entry
            address = address + entry[-1] if entry[-1] else None

    def _gnu_candidates(self, table: int, name: bytes) -> Sequence[int]:
        """Indexes of the symbols whose hash is that of `name` (glibc elf/dl-lookup.c)."""
        buckets, first, words, _ = self._numbers(table, "I", 4)
        if not buckets:
            return ()
        value = 5381
        for byte in name:
            value = (value * 33 + byte) & 0xFFFFFFFF
        bucket_table = table + 16 + words * self.word_size
        chain_table = bucket_table + 4 * buckets
        index = self._numbers(bucket_table + 4 * (value % buckets), "I", 1)[0]
        found: list[int] = []
        while index >= first and len(found) < MAX_SEGMENTS:
            link = self._numbers(chain_table + 4 * (index - first), "I", 1)[0]
            if link | 1 == value | 1:
                found.append(index)
            if link & 1:
                break
            index += 1
        return found

    def _is_defined(self, table: int, index: int, name: bytes) -> bool:
        layout = struct.Struct(self.order + _SYMBOL[self.bits])
        place = self.offset(table + index * layout.size, layout.size)
        symbol = layout.unpack(self.at(place, layout.size))
        section = symbol[5] if self.bits == 32 else symbol[3]
        return (
            section != _SHN_UNDEF
            and self.string(symbol[0]).encode("utf-8", "surrogateescape") == name
        )


def _rare_machine(number: int) -> str:
    from elftools.elf.enums import ENUM_E_MACHINE  # takes longer than reading a hundred files

    return next((name for name, value in ENUM_E_MACHINE.items() if value == number), str(number))


def _notes_in(text: bytes) -> Iterator[DlopenNote]:
    """The entries of one note: a JSON array of objects."""
    import json  # few objects have such notes

    try:
        entries = json.loads(text.rstrip(b"\0"))
    except (ValueError, RecursionError):
        return
    for entry in entries if isinstance(entries, list) else ():
        match entry:
            case {"soname": [*names]} if names and all(isinstance(name, str) for name in names):
                told = (entry.get("priority", ""), entry.get("feature", ""))
                priority, feature = (text if isinstance(text, str) else "" for text in told)
                about = entry.get("description", "")
                yield DlopenNote(
                    tuple(map(Soname, names)),
                    priority or "recommended",
                    feature,
                    about if isinstance(about, str) else "",
                )


def _refuse(cause: str) -> ElfError:
    return ElfError("read", "object", cause)
