"""The bounds on what either reader reads of one ELF file.

A header may promise 2^63 entries; each bound is far above what real files have. A file that
exceeds one is refused, and the error names the bound. Notes, hash chains and what is searched for
names of libraries are the exceptions: the rest of them is ignored, and the file is read.
"""

from __future__ import annotations

from find_libdeps.errors import ElfError

MAX_SEGMENTS = 4096
"""Program headers of one file; real ones have about ten."""
MAX_DYNAMIC_SIZE = 1 << 20
"""Bytes of a dynamic table: 65,536 entries of a 64-bit file; libraries have about forty."""
MAX_NOTES_SIZE = 1 << 18
"""Bytes of all notes of one file; real files have a few hundred."""
MAX_STRING_SIZE = 1 << 16
"""Bytes of one string; the longest real RUNPATHs have a few thousand."""
MAX_STRINGS = 1 << 13
"""Names read from one file; the largest libraries need a few hundred others."""
MAX_STRINGS_SIZE = 1 << 18
"""Bytes of all names read from one file; real files have a few thousand."""
MAX_VERSIONS = 4096
"""Entries of the tables of symbol versions; libc.so.6 defines about sixty versions."""
MAX_CHAIN = 4096
"""Symbols that share a bucket of a hash table; in real tables a handful do."""
MAX_UNDEFINED = 1 << 16
"""Symbols of other objects, among which one is looked for; the largest libraries have 20,000."""
MAX_SEARCHED = 1 << 27
"""Bytes of read-only data of one object that are searched for names of libraries. That takes a
seventh of a second; the most in common wheels are 71 MB (tensorflow)."""
MAX_NAMES = 1 << 12
"""Names of libraries, and what looks like the ends of some, in the data of one object; real ones
have at most a hundred."""


def refuse(cause: str) -> ElfError:
    """Make the error that says why a file can't be read, in the loader's words if it has any."""
    return ElfError("read", "object", cause)
