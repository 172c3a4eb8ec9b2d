"""The smallest shared objects that the dynamic loader takes, written byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Sequence

DT_NEEDED, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT = 1, 5, 6, 10, 11
DT_SONAME, DT_RPATH, DT_RUNPATH, DT_FLAGS_1 = 14, 15, 29, 0x6FFFFFFB
DT_AUXILIARY, DT_FILTER = 0x7FFFFFFD, 0x7FFFFFFF
DF_1_NODEFLIB = 0x800
X86_64, AARCH64, I386 = 62, 183, 3


def small_elf(
    needs: Sequence[str] = (),
    *,
    soname: str = "",
    rpath: str | None = None,
    runpath: str | None = None,
    filters: Sequence[tuple[int, str]] = (),
    flags: int = 0,
    machine: int = X86_64,
    bits: int = 64,
    order: str = "<",
) -> bytes:
    """A shared object.

    Args:
        needs: its DT_NEEDED entries.
        soname: its DT_SONAME; none if empty.
        rpath: its DT_RPATH, if it has one.
        runpath: its DT_RUNPATH, if it has one.
        filters: its DT_FILTER and DT_AUXILIARY entries, each with its tag.
        flags: its DT_FLAGS_1.
        machine: its e_machine.
        bits: 32 or 64.
        order: ``<`` if its first byte is the lowest, otherwise ``>``.
    """
    texts = [*((DT_NEEDED, name) for name in needs), *filters]
    texts += [(DT_SONAME, soname)] if soname else []
    texts += [(DT_RPATH, rpath)] if rpath is not None else []
    texts += [(DT_RUNPATH, runpath)] if runpath is not None else []
    strings = b"\0"
    entries = [(DT_FLAGS_1, flags)] if flags else []
    for tag, text in texts:
        entries.append((tag, len(strings)))
        strings += text.encode("utf-8", "surrogateescape") + b"\0"
    word, head, entry, symbol = ("Q", 64, 56, 24) if bits == 64 else ("I", 52, 32, 16)
    start = head + 3 * entry
    table = start + (len(entries) + 5) * 2 * struct.calcsize(word)
    size = table + symbol + len(strings)
    entries += [(DT_SYMTAB, table), (DT_SYMENT, symbol), (DT_STRTAB, table + symbol)]
    entries += [(DT_STRSZ, len(strings)), (0, 0)]
    dynamic = b"".join(struct.pack(f"{order}{word}{word}", *pair) for pair in entries)
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    rest = struct.pack(
        f"{order}HHI{word}{word}{word}IHHHHHH",
        *(3, machine, 1, 0, head, 0, 0, head, entry, 3, 0, 0, 0),
    )
    # PT_LOAD, PT_DYNAMIC, and PT_GNU_STACK: without it, the stack would have to be executable
    segments = ((1, 6, 0, size, 4096), (2, 6, start, len(dynamic), 8), (0x6474E551, 6, 0, 0, 16))
    headers = b"".join(_segment(order, bits, *each) for each in segments)
    return ident + rest + headers + dynamic + bytes(symbol) + strings


def _segment(order: str, bits: int, kind: int, flags: int, at: int, size: int, align: int) -> bytes:
    if bits == 64:
        return struct.pack(f"{order}IIQQQQQQ", kind, flags, at, at, at, size, size, align)
    return struct.pack(f"{order}IIIIIIII", kind, at, at, at, size, size, flags, align)


DEBIAN = (
    ("etc/os-release", b"ID=debian\nVERSION_ID=13\n"),
    ("lib64/ld-linux-x86-64.so.2", small_elf(soname="ld-linux-x86-64.so.2")),
)
"""The files of the smallest root in which objects for amd64 are looked up in Debian 13."""
