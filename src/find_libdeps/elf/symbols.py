"""The symbols of one ELF file and their versions, looked up as the loader does it.

It uses the hash tables (glibc elf/dl-lookup.c) and the tables of versions (elf/dl-version.c), never
section headers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from find_libdeps.elf.bounds import MAX_CHAIN, MAX_VERSIONS, refuse
from find_libdeps.elf.objects import Versions
from find_libdeps.elf.reader import ElfFile
from find_libdeps.elf.sonames import Soname

_SYMBOL = {32: "3I2BH", 64: "I2BH2Q"}
"""elf(5), Elf32_Sym and Elf64_Sym, by the width of addresses."""
_SHN_UNDEF = 0
_VER_FLG_WEAK = 0x2
_DT_HASH, _DT_SYMTAB, _DT_GNU_HASH = 4, 6, 0x6FFFFEF5
_DT_VERDEF, _DT_VERNEED = 0x6FFFFFFC, 0x6FFFFFFE


def defines(stream: BinaryIO, symbol: str) -> bool:
    """Whether the object defines a dynamic symbol, looked up as dlsym(3) does it.

    Raises:
        ElfError: see `find_libdeps.elf.reader.read_object`; or the tables lead out of the file.
    """
    file, name = ElfFile(stream), symbol.encode()
    symbols, gnu, old = map(file.last, (_DT_SYMTAB, _DT_GNU_HASH, _DT_HASH))
    if symbols is None:
        return False
    candidates: Iterator[int] = iter(())
    if gnu is not None:
        candidates = _gnu_candidates(file, gnu, name)
    elif old is not None:
        candidates = _old_candidates(file, old, name)
    return any(_is_defined(file, symbols, index, name) for index in candidates)


def read_versions(stream: BinaryIO) -> Versions:
    """Read the symbol versions, which the loader checks after loading (glibc elf/dl-version.c).

    Raises:
        ElfError: see `find_libdeps.elf.reader.read_object`; or the tables lead out of the file.
    """
    file = ElfFile(stream)
    return Versions(tuple(_needed(file)), _defined(file))


def _needed(file: ElfFile) -> Iterator[tuple[Soname, tuple[str, ...]]]:
    """The entries of DT_VERNEED: the name of each library, and the versions needed of it."""
    table, budget = file.last(_DT_VERNEED), iter(range(MAX_VERSIONS))
    for at, (_, _, library, first, _) in _linked(file, table, "2H3I", budget):
        # hash, flags, index, name, next; all names are in the dynamic string table
        asked = [entry for _, entry in _linked(file, at + first, "I2H2I", budget)]
        names = [file.string(e[3]) for e in asked if not e[1] & _VER_FLG_WEAK]
        yield Soname(file.string(library)), tuple(names)


def _defined(file: ElfFile) -> frozenset[str] | None:
    """The names in DT_VERDEF, including that of the file itself; None without a table."""
    table, budget = file.last(_DT_VERDEF), iter(range(MAX_VERSIONS))
    if table is None:
        return None
    places = (at + entry[5] for at, entry in _linked(file, table, "4H3I", budget))
    return frozenset(file.string(_numbers(file, place, 1)[0]) for place in places)


def _linked(
    file: ElfFile, address: int | None, layout: str, budget: Iterator[object]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The entries of a linked list, with their addresses.

    The last number of an entry is the distance to the next one, or 0 at the end.
    """
    while address is not None:
        if next(budget, None) is None:
            raise refuse(f"more than {MAX_VERSIONS} symbol versions")
        entry = _unpack(file, address, layout)
        yield address, entry
        address = address + entry[-1] if entry[-1] else None


def _gnu_candidates(file: ElfFile, table: int, name: bytes) -> Iterator[int]:
    """Indexes of the symbols whose hash in DT_GNU_HASH is that of `name`."""
    buckets, first, words, _ = _numbers(file, table, 4)
    if not buckets:
        return
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    bucket_table = table + 16 + words * file.word_size
    chain_table = bucket_table + 4 * buckets
    start = _numbers(file, bucket_table + 4 * (value % buckets), 1)[0]
    for index in range(start, start + MAX_CHAIN) if start >= first else ():
        link = _numbers(file, chain_table + 4 * (index - first), 1)[0]
        if link | 1 == value | 1:
            yield index
        if link & 1:
            return


def _old_candidates(file: ElfFile, table: int, name: bytes) -> Iterator[int]:
    """Indexes of the symbols that share a bucket of DT_HASH with `name` (elf(5), Elf_Hash)."""
    buckets, _ = _numbers(file, table, 2)
    if not buckets:
        return
    value = 0
    for byte in name:
        value = (value << 4) + byte
        value = (value ^ (value >> 24 & 0xF0)) & 0x0FFFFFFF
    at = 8 + 4 * (value % buckets)
    for _ in range(MAX_CHAIN):
        index = _numbers(file, table + at, 1)[0]
        if not index:
            return
        yield index
        at = 8 + 4 * (buckets + index)


def _is_defined(file: ElfFile, table: int, index: int, name: bytes) -> bool:
    layout = _SYMBOL[file.bits]
    symbol = _unpack(file, table + index * struct.calcsize(f"={layout}"), layout)
    section = symbol[5] if file.bits == 32 else symbol[3]
    return (
        section != _SHN_UNDEF and file.string(symbol[0]).encode("utf-8", "surrogateescape") == name
    )


def _numbers(file: ElfFile, address: int, count: int) -> tuple[int, ...]:
    """Words of 32 bits at an address."""
    return _unpack(file, address, f"{count}I")


def _unpack(file: ElfFile, address: int, layout: str) -> tuple[int, ...]:
    """The numbers at an address, in a `struct` format."""
    form = struct.Struct(file.order + layout)
    return form.unpack(file.at(file.offset(address, form.size), form.size))
