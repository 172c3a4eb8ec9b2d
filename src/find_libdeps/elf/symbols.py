"""The symbols of one ELF file and their versions, looked up as the loader does it.

It uses the hash tables (glibc elf/dl-lookup.c) and the tables of versions (elf/dl-version.c), never
section headers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from find_libdeps.elf.bounds import MAX_CHAIN, MAX_UNDEFINED, MAX_VERSIONS, refuse
from find_libdeps.elf.objects import Versions
from find_libdeps.elf.reader import ElfFile
from find_libdeps.elf.sonames import Soname

_SYMBOL = {32: "3I2BH", 64: "I2BH2Q"}
"""elf(5), Elf32_Sym and Elf64_Sym, by the width of addresses."""
_BLOCK = 1 << 12
"""Bytes of the string table that are read at once."""
_SHN_UNDEF = 0
_VER_FLG_WEAK = 0x2
_DT_HASH, _DT_SYMTAB, _DT_GNU_HASH = 4, 6, 0x6FFFFEF5
_DT_STRTAB, _DT_VERSYM = 5, 0x6FFFFFF0
_TABLES = _DT_HASH, _DT_STRTAB, 7, 17, 23, _DT_GNU_HASH, _DT_VERSYM  # DT_RELA, DT_REL, DT_JMPREL
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


def imports(file: ElfFile, symbol: str) -> bool:
    """Whether the object asks for a dynamic symbol of another one, whatever its version.

    Raises:
        ElfError: the tables lead out of the file.
    """
    name, symbols = symbol.encode(), file.last(_DT_SYMTAB)
    gnu, old = file.last(_DT_GNU_HASH), file.last(_DT_HASH)
    if symbols is None or (gnu is None and old is None):
        return False
    if old is not None:  # it has all symbols
        hashed = _old_candidates(file, old, name)
        return any(_is_called(file, symbols, index, name) for index in hashed)
    # of those of others, DT_GNU_HASH has what a program takes the address of, and no more
    hashed = _gnu_candidates(file, gnu or 0, name)
    return any(_is_called(file, symbols, index, name) for index in hashed) or (
        _is_among(file, symbols, _count_of_unhashed(file, symbols, gnu or 0), name)
    )


def _count_of_unhashed(file: ElfFile, symbols: int, table: int) -> int:
    """How many symbols DT_GNU_HASH leaves out: the first ones.

    An object that defines none has a table of one empty bucket, which does not tell (binutils
    bfd/elflink.c, "Empty .gnu.hash section is special"). Then it is all of them, up to the table
    that comes next.
    """
    buckets, first, words, _ = _numbers(file, table, 4)
    if any(_numbers(file, table + 16 + words * file.word_size, min(buckets, 1))):
        return first
    if buckets > 1:
        return first
    following = (at for tag, at in file.table if tag in _TABLES and at > symbols)
    size = struct.calcsize(f"={_SYMBOL[file.bits]}")
    return max(first, (min(following, default=symbols) - symbols) // size)


def _is_among(file: ElfFile, symbols: int, count: int, name: bytes) -> bool:
    """Whether one of the first symbols is of another object, and has that name.

    Their names are read in the order of the string table, which may have 80 MB. Too many symbols
    to look at count as if it were among them.
    """
    if count > MAX_UNDEFINED:
        return True
    layout, strings = struct.Struct(file.order + _SYMBOL[file.bits]), file.last(_DT_STRTAB) or 0
    place = 5 if file.bits == 32 else 3
    table = file.at(file.offset(symbols, count * layout.size), count * layout.size)
    names = sorted({each[0] for each in layout.iter_unpack(table) if each[place] == _SHN_UNDEF})
    wanted, start, block = name + b"\0", 0, b""
    for at in names:
        if at + len(wanted) > start + len(block):
            start, block = at, file.some(file.offset(strings + at), _BLOCK)
        if block.startswith(wanted, at - start):
            return True
    return False


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
    return _section_of(file, table, index, name) not in (None, _SHN_UNDEF)


def _is_called(file: ElfFile, table: int, index: int, name: bytes) -> bool:
    return _section_of(file, table, index, name) == _SHN_UNDEF


def _section_of(file: ElfFile, table: int, index: int, name: bytes) -> int | None:
    """The section that the symbol at an index is in; None if it has another name."""
    layout = _SYMBOL[file.bits]
    symbol = _unpack(file, table + index * struct.calcsize(f"={layout}"), layout)
    if file.string(symbol[0]).encode("utf-8", "surrogateescape") != name:
        return None
    return symbol[5] if file.bits == 32 else symbol[3]


def _numbers(file: ElfFile, address: int, count: int) -> tuple[int, ...]:
    """Words of 32 bits at an address."""
    return _unpack(file, address, f"{count}I")


def _unpack(file: ElfFile, address: int, layout: str) -> tuple[int, ...]:
    """The numbers at an address, in a `struct` format."""
    form = struct.Struct(file.order + layout)
    return form.unpack(file.at(file.offset(address, form.size), form.size))
