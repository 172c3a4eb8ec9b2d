"""The reference reader: reads one ELF file through pyelftools, to check the everyday reader.

It gives the same results for every file as `find_libdeps.elf.reader` and
`find_libdeps.elf.symbols`. pyelftools knows how structures are laid out and what numbers are
called. Which structures the loader reads, and in which order, is written down here a second time.

Some of pyelftools is not used. The loader ignores section headers, and a damaged file must not be
read for hours. But:

- ``DynamicSegment`` finds its strings by section headers, and reads on behind its end.
- ``NoteSegment.iter_notes`` and the hash tables read as much as their headers promise.
- Strings are read without a limit, and must be UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import takewhile
from typing import Any, BinaryIO

from elftools.common.utils import roundup
from elftools.construct import Construct
from elftools.construct.lib.container import Container
from elftools.elf.elffile import ELFFile
from elftools.elf.enums import ENUM_DT_FLAGS_1, ENUM_E_MACHINE, ENUM_EI_OSABI
from elftools.elf.hash import ELFHashTable, GNUHashTable

from find_libdeps.elf.bounds import (
    MAX_CHAIN,
    MAX_DYNAMIC_SIZE,
    MAX_NOTES_SIZE,
    MAX_SEGMENTS,
    MAX_STRING_SIZE,
    MAX_STRINGS,
    MAX_STRINGS_SIZE,
    MAX_VERSIONS,
    refuse,
)
from find_libdeps.elf.notes import notes_in
from find_libdeps.elf.objects import (
    MAGIC,
    WRONG_CLASS,
    Dependency,
    DlopenNote,
    ElfObject,
    Tag,
    Versions,
    abi_of,
)
from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import FindLibdepsError
from find_libdeps.process.memory import check_room

_HEADER_SIZE = {1: 52, 2: 64}
"""Bytes of an Elf32_Ehdr and of an Elf64_Ehdr, by EI_CLASS."""
_PAGE = 4096
_NT_DLOPEN, _DLOPEN_OWNER = 0x407C0C0A, b"FDO\0"
"""A type of notes that pyelftools has no name for."""
_VER_FLG_WEAK = 0x2
_DEPENDENCIES = {f"DT_{tag.name}": tag for tag in Tag}


def machine_name(number: int) -> str:
    """The name of an e_machine, such as ``EM_68K``; its number if pyelftools has no name for it."""
    names = {value: name for name, value in ENUM_E_MACHINE.items()}
    return names.get(number, str(number))


def read_object(stream: BinaryIO) -> ElfObject:
    """Read the object that starts at the beginning of a seekable stream.

    Raises:
        ElfError: see `find_libdeps.elf.reader.read_object`.
    """
    with _refusing():
        file = _File(stream)
        flags = file.last("DT_FLAGS_1") or 0
        soname, rpath, runpath = map(file.last, ("DT_SONAME", "DT_RPATH", "DT_RUNPATH"))
        return ElfObject(
            abi=abi_of(
                file.elf.elfclass,
                file.elf.little_endian,
                str(file.elf["e_machine"]),
                file.elf["e_flags"],
            ),
            elf_type=str(file.elf["e_type"]),
            soname=None if soname is None else Soname(file.string(soname)),
            dependencies=tuple(
                Dependency(Soname(file.string(value)), _DEPENDENCIES[tag])
                for tag, value in file.tags
                if tag in _DEPENDENCIES
            ),
            rpath=None if rpath is None else file.string(rpath),
            runpath=None if runpath is None else file.string(runpath),
            is_dynamic=bool(file.tags),
            is_pie=bool(flags & ENUM_DT_FLAGS_1["DF_1_PIE"]),
            no_default_directories=bool(flags & ENUM_DT_FLAGS_1["DF_1_NODEFLIB"]),
            interpreter=file.interpreter(),
            notes=tuple(file.dlopen_notes()),
        )


def read_versions(stream: BinaryIO) -> Versions:
    """Read the symbol versions; see `find_libdeps.elf.symbols.read_versions`.

    Raises:
        ElfError: see there.
    """
    with _refusing():
        file = _File(stream)
        return Versions(tuple(_versions_needed(file)), _versions_defined(file))


def defines(stream: BinaryIO, symbol: str) -> bool:
    """Whether the object defines a dynamic symbol; see `find_libdeps.elf.symbols.defines`.

    Raises:
        ElfError: see there.
    """
    with _refusing():
        file = _File(stream)
        symbols, gnu, old = map(file.last, ("DT_SYMTAB", "DT_GNU_HASH", "DT_HASH"))
        if symbols is None:
            return False
        candidates: Iterator[int] = iter(())
        if gnu is not None:
            candidates = _gnu_candidates(file, gnu, symbol)
        elif old is not None:
            candidates = _old_candidates(file, old, symbol)
        return any(_is_defined(file, symbols, index, symbol) for index in candidates)


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn any error of pyelftools on a damaged file into an ElfError.

    Nearly anything can come: its own errors, those of `struct`, AssertionError, MemoryError. Errors
    of this package pass unchanged, such as that of an archive that ends early.
    """
    try:
        yield
    except FindLibdepsError:
        raise
    except Exception as error:
        if isinstance(error, MemoryError):
            check_room()
        raise refuse(f"pyelftools fails: {type(error).__name__}: {error}") from error


class _File:
    """The parts of one file, each checked as the loader checks it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        ident = self.at(0, 16)
        if ident[:4] != MAGIC:
            raise refuse("invalid ELF header")
        if ident[4] not in (1, 2):
            raise refuse(WRONG_CLASS)
        if ident[5] not in (1, 2) or ident[6] != 1:
            raise refuse("invalid ELF byte order or version")
        if ident[7] not in (ENUM_EI_OSABI["ELFOSABI_SYSV"], ENUM_EI_OSABI["ELFOSABI_LINUX"]):
            raise refuse("ELF file OS ABI invalid")
        # given the whole stream, it would seek to the end, which a wheel's file does not know
        self.elf = ELFFile(BytesIO(self.at(0, _HEADER_SIZE[ident[4]])))
        self.structs: Any = self.elf.structs
        """The layouts, for this class and byte order."""
        loadable = self.elf["e_type"] in ("ET_DYN", "ET_EXEC")
        self.segments = self._segments() if loadable else []
        loads = [s for s in self.segments if s["p_type"] == "PT_LOAD"]
        self._mapped = [_pages(segment) for segment in reversed(loads)]
        self.tags = self._tags()
        self._values = dict(self.tags)
        self._strings = self._strings_size = 0

    def _segments(self) -> list[Container]:
        """The program headers."""
        layout, count = self.structs.Elf_Phdr, self.elf["e_phnum"]
        if not count:
            return []
        if self.elf["e_phentsize"] != layout.sizeof():
            raise refuse("ELF file's phentsize not the expected size")
        if count > MAX_SEGMENTS:
            raise refuse(f"more than {MAX_SEGMENTS} program headers")
        return list(_each(layout, self.at(self.elf["e_phoff"], count * layout.sizeof())))

    def _first(self, kind: str) -> Container | None:
        return next((s for s in self.segments if s["p_type"] == kind), None)

    def _tags(self) -> list[tuple[str | int, int]]:
        """The tags and values of the dynamic table, from the first PT_DYNAMIC, up to DT_NULL."""
        segment = self._first("PT_DYNAMIC")
        if segment is None:
            return []
        if segment["p_filesz"] > MAX_DYNAMIC_SIZE:
            raise refuse(f"dynamic section of more than {MAX_DYNAMIC_SIZE} bytes")
        layout = self.structs.Elf_Dyn
        size = segment["p_filesz"] - segment["p_filesz"] % layout.sizeof()
        entries = _each(layout, self.at(segment["p_offset"], size))
        return [(e.d_tag, e.d_val) for e in takewhile(lambda e: e.d_tag != "DT_NULL", entries)]

    def last(self, name: str) -> int | None:
        """The last value of a tag, or None."""
        return self._values.get(name)

    def at(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes at `offset`."""
        data = self._read(offset, size)
        if len(data) < size:
            raise refuse("file too short")
        return data

    def _read(self, offset: int, size: int) -> bytes:
        """At most `size` bytes at `offset`."""
        try:
            self.stream.seek(offset)
            return self.stream.read(size)
        except (OSError, OverflowError, ValueError) as error:
            raise refuse(f"cannot read file data: {error}") from None

    def offset(self, address: int, size: int) -> int:
        """The offset in the file of the `size` bytes that are mapped at `address`.

        Unlike ``ELFFile.address_offsets``, this follows the loader: whole pages are mapped, and
        later segments cover earlier ones.
        """
        for start, end, shift in self._mapped:
            if start <= address and address + size <= end:
                return address + shift
        raise refuse(f"nothing is mapped at address {address:#x}")

    def parsed(self, layout: Construct, address: int) -> Any:
        """Parse the structure at an address."""
        return layout.parse(self.at(self.offset(address, layout.sizeof()), layout.sizeof()))

    def words(self, address: int, count: int) -> list[int]:
        """Words of 32 bits at an address."""
        data = self.at(self.offset(address, 4 * count), 4 * count)
        return list(_each(self.structs.Elf_word(""), data))

    def string(self, index: int) -> str:
        """The string at `index` in the dynamic string table."""
        table = self.last("DT_STRTAB")
        if table is None:
            raise refuse("no dynamic string table")
        offset = self.offset(table + index, 1)
        self._strings += 1
        if self._strings > MAX_STRINGS:
            raise refuse(f"more than {MAX_STRINGS} names")
        if self._strings_size > MAX_STRINGS_SIZE:
            raise refuse(f"names of more than {MAX_STRINGS_SIZE} bytes")
        text = self._until_zero(offset)
        self._strings_size += len(text)
        return text.decode("utf-8", "surrogateescape")

    def _until_zero(self, offset: int) -> bytes:
        text = b""
        while b"\0" not in text:
            if len(text) > MAX_STRING_SIZE:
                raise refuse(f"string of more than {MAX_STRING_SIZE} bytes")
            chunk = self._read(offset + len(text), 512)
            if not chunk:
                raise refuse("file too short")
            text += chunk
        return text.partition(b"\0")[0]

    def interpreter(self) -> str | None:
        """The string in PT_INTERP, or None."""
        segment = self._first("PT_INTERP")
        if segment is None or not segment["p_filesz"]:
            return None
        text = self.at(segment["p_offset"], min(segment["p_filesz"], 4096))
        return text.partition(b"\0")[0].decode("utf-8", "surrogateescape")

    def dlopen_notes(self) -> Iterator[DlopenNote]:
        """The notes of owner ``FDO`` and type 0x407c0c0a; malformed ones are skipped."""
        layout, left = self.structs.Elf_Nhdr, MAX_NOTES_SIZE
        for segment in self.segments:
            if segment["p_type"] != "PT_NOTE" or segment["p_filesz"] > left:
                continue
            left -= segment["p_filesz"]
            data = self.at(segment["p_offset"], segment["p_filesz"])
            at = 0
            while at + layout.sizeof() <= len(data):
                header = layout.parse(data[at : at + layout.sizeof()])
                owner = at + layout.sizeof()
                text = owner + roundup(header.n_namesz, 2)
                is_ours = header.n_type == _NT_DLOPEN and header.n_namesz == len(_DLOPEN_OWNER)
                if is_ours and data.startswith(_DLOPEN_OWNER, owner):
                    yield from notes_in(data[text : text + header.n_descsz])
                at = text + roundup(header.n_descsz, 2)


def _pages(segment: Container) -> tuple[int, int, int]:
    """A segment's first address, the first one behind it, and the number to add for an offset.

    See `find_libdeps.elf.reader`.
    """
    start, end = segment["p_vaddr"], segment["p_vaddr"] + segment["p_filesz"]
    if segment["p_filesz"] == segment["p_memsz"]:
        end += -end % _PAGE
    first = start - min(start % _PAGE, segment["p_offset"])  # no offset is negative
    return first, end, segment["p_offset"] - start


def _each(layout: Construct, data: bytes) -> Iterator[Any]:
    """Parse bytes as a row of structures of one layout."""
    size = layout.sizeof()
    return (layout.parse(data[at : at + size]) for at in range(0, len(data), size))


def _versions_needed(file: _File) -> Iterator[tuple[Soname, tuple[str, ...]]]:
    """The entries of DT_VERNEED: the name of each library, and the versions needed of it."""
    entry, detail, budget = file.structs.Elf_Verneed, file.structs.Elf_Vernaux, _budget()
    for at, need in _linked(file, file.last("DT_VERNEED"), entry, "vn_next", budget):
        details = list(_linked(file, at + need.vn_aux, detail, "vna_next", budget))
        asked = [each for _, each in details if not each.vna_flags & _VER_FLG_WEAK]
        names = tuple(file.string(each.vna_name) for each in asked)
        yield Soname(file.string(need.vn_file)), names


def _versions_defined(file: _File) -> frozenset[str] | None:
    """The names in DT_VERDEF; None without a table."""
    table = file.last("DT_VERDEF")
    if table is None:
        return None
    own = _linked(file, table, file.structs.Elf_Verdef, "vd_next", _budget())
    return frozenset(file.string(file.words(at + each.vd_aux, 1)[0]) for at, each in own)


def _budget() -> Iterator[object]:
    return iter(range(MAX_VERSIONS))


def _linked(
    file: _File, address: int | None, layout: Construct, next_: str, budget: Iterator[object]
) -> Iterator[tuple[int, Any]]:
    """The entries of a linked list, with their addresses; `next_` is the field of the distance."""
    while address is not None:
        if next(budget, None) is None:
            raise refuse(f"more than {MAX_VERSIONS} symbol versions")
        entry = file.parsed(layout, address)
        yield address, entry
        address = address + entry[next_] if entry[next_] else None


def _gnu_candidates(file: _File, table: int, name: str) -> Iterator[int]:
    """Indexes of the symbols whose hash in DT_GNU_HASH is that of `name`."""
    buckets, first, bloom_words, _ = file.words(table, 4)
    if not buckets:
        return
    value = GNUHashTable.gnu_hash(name)
    bucket_table = table + 16 + bloom_words * file.structs.Elf_xword("").sizeof()
    chain_table = bucket_table + 4 * buckets
    start = file.words(bucket_table + 4 * (value % buckets), 1)[0]
    for index in range(start, start + MAX_CHAIN) if start >= first else ():
        link = file.words(chain_table + 4 * (index - first), 1)[0]
        if link | 1 == value | 1:
            yield index
        if link & 1:
            return


def _old_candidates(file: _File, table: int, name: str) -> Iterator[int]:
    """Indexes of the symbols that share a bucket of DT_HASH with `name`."""
    buckets, _ = file.words(table, 2)
    if not buckets:
        return
    at = 8 + 4 * (ELFHashTable.elf_hash(name) % buckets)
    for _ in range(MAX_CHAIN):
        index = file.words(table + at, 1)[0]
        if not index:
            return
        yield index
        at = 8 + 4 * (buckets + index)


def _is_defined(file: _File, table: int, index: int, name: str) -> bool:
    layout = file.structs.Elf_Sym
    symbol = file.parsed(layout, table + index * layout.sizeof())
    return symbol["st_shndx"] != "SHN_UNDEF" and file.string(symbol["st_name"]) == name
