"""Inflates the ELF files in wheels once, with zlib: the least that reading them there can take.

Usage: bench_inflate.py WHEEL...
"""

from __future__ import annotations

import sys
from zipfile import ZipFile

MAGIC = b"\x7fELF"
CHUNK = 1 << 16


def main(*wheels: str) -> None:
    """Inflate them, and throw away what comes."""
    for wheel in wheels:
        with ZipFile(wheel) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    if stream.read(len(MAGIC)) == MAGIC:
                        while stream.read(CHUNK):
                            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
