"""How much is taken of one ELF file at most, whichever reader takes it.

A header may promise 2^63 entries. Each bound is far above what real files have. A file that goes
beyond it is refused, with the bound in the cause; only notes and hash chains are then passed over,
since no library is found or missed by them.
"""

from __future__ import annotations

from find_libdeps.errors import ElfError

MAX_SEGMENTS = 4096
"""Program headers taken from one file; real ones have about ten."""
MAX_DYNAMIC_SIZE = 1 << 20
"""Bytes of a dynamic table: 65,536 entries of a 64-bit file; libraries have about forty."""
MAX_NOTES_SIZE = 1 << 18
"""Bytes of all notes that are looked through; real ones have a few hundred."""
MAX_STRING_SIZE = 1 << 16
"""Bytes of one string; the longest real RUNPATHs have a few thousand."""
MAX_STRINGS = 1 << 13
"""Names taken from one file; the largest libraries need a few hundred others."""
MAX_STRINGS_SIZE = 1 << 18
"""Bytes of all names that are taken from one file; real ones have a few thousand."""
MAX_VERSIONS = 4096
"""Entries of the tables of symbol versions; libc.so.6 defines about sixty versions."""
MAX_CHAIN = 4096
"""Symbols that share a bucket of a hash table; in real tables a handful do."""


def refuse(cause: str) -> ElfError:
    """The error that says why a file can't be read, in the loader's words where it has some."""
    return ElfError("read", "object", cause)
