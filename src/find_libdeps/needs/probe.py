"""Guesses which parts of a file in an archive will be needed, while the file passes.

If the guess is right, the archive is read once. If it is wrong, the archive is read again when a
missing part is needed: that takes time, but changes no result.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import PurePosixPath
from typing import BinaryIO

from find_libdeps.debian.dpkg import DATABASE
from find_libdeps.debian.path_rules import DPKG_CONFIGURATION
from find_libdeps.debian.release import OS_RELEASE
from find_libdeps.elf.ldconf import LD_SO_CONF
from find_libdeps.elf.objects import MAGIC
from find_libdeps.elf.readers import Reader, Readings, readings_by
from find_libdeps.errors import ElfError
from find_libdeps.needs.inventory import may_be_elf
from find_libdeps.python.extension import initializer
from find_libdeps.python.survey import is_in_tests
from find_libdeps.python.venv import MARK
from find_libdeps.roots.script import HEAD
from find_libdeps.roots.tree import MAX_FILE_SIZE

WHOLE = tuple(map(str, (DATABASE, DPKG_CONFIGURATION, LD_SO_CONF, *OS_RELEASE)))
"""Prefixes of the paths of files that are kept whole, because they describe the root."""
PROGRAMS = ("/bin", "/sbin")
"""Names of directories whose files may be scripts, whatever their suffix."""
SCRIPT = ".js"
"""The suffix of the scripts of npm and corepack, which links in these directories lead to."""


ASKED = re.compile(r"lib([cm](-2\.\d+)?|ssl|crypto)\.so(\.\d+){0,2}")
"""The names of the libraries of most base images of which sources ask for symbols: those of glibc
and of OpenSSL. To read a base again for one symbol would take as long as all else.
"""
TABLES = 1 << 19
"""How many bytes at their beginning have their tables of symbols, which linkers put first."""


def probe(path: str, size: int, stream: BinaryIO, reader: Reader = Reader.STRUCT) -> None:
    """Read the parts of a file that a scan or an audit with this reader will probably need."""
    directory, _, name = path.rpartition("/")
    if name.endswith(".py") and size <= MAX_FILE_SIZE:
        if not is_in_tests(directory):
            stream.read()
    elif path.startswith(WHOLE) or name == MARK:
        if size <= MAX_FILE_SIZE:
            stream.read()
    elif may_be_elf(name):
        start = stream.read(len(MAGIC))
        if start == MAGIC:
            _read_elf(PurePosixPath(path), stream, readings_by(reader))
            if ASKED.fullmatch(name):
                stream.seek(0)
                stream.read(TABLES)
        elif start.startswith(b"#!"):
            stream.read(HEAD)
    elif directory.endswith(PROGRAMS) or name.endswith(SCRIPT):
        stream.read(HEAD)


def _read_elf(path: PurePosixPath, stream: BinaryIO, readings: Readings) -> None:
    symbol = initializer(path)
    with suppress(ElfError):
        readings.read_object(stream)
        readings.read_versions(stream)
        if symbol:
            readings.defines(stream, symbol)
