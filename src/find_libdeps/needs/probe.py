"""What of a file will probably be asked for: a guess, made while an archive passes.

Where it is right, the archive is read once. Where it is wrong, whoever reads the file has the
archive read again: that takes time, and changes no answer.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath
from typing import BinaryIO

from find_libdeps.debian.dpkg import DATABASE
from find_libdeps.debian.release import OS_RELEASE
from find_libdeps.elf.ldconf import LD_SO_CONF
from find_libdeps.elf.objects import MAGIC
from find_libdeps.elf.readers import Reader, Readings, readings_by
from find_libdeps.errors import ElfError
from find_libdeps.needs.inventory import may_be_elf
from find_libdeps.python.extension import initializer
from find_libdeps.python.module import MAX_SOURCE_SIZE
from find_libdeps.python.venv import MARK
from find_libdeps.roots.script import HEAD
from find_libdeps.roots.tree import MAX_FILE_SIZE

WHOLE = tuple(map(str, (DATABASE, LD_SO_CONF, *OS_RELEASE)))
"""How the paths begin of files that say what a root is."""
PROGRAMS = ("/bin", "/sbin")
"""Directories whose files may all be scripts, whatever their names."""
SCRIPT = ".js"
"""How scripts end that links in such directories lead to, those of npm and corepack."""


def probe(path: str, size: int, stream: BinaryIO, reader: Reader = Reader.STRUCT) -> None:
    """Read of a file what a scan or an audit with that reader will probably ask for."""
    directory, _, name = path.rpartition("/")
    if name.endswith(".py") and size <= MAX_SOURCE_SIZE:
        stream.read()
    elif path.startswith(WHOLE) or name == MARK:
        if size <= MAX_FILE_SIZE:
            stream.read()
    elif may_be_elf(name):
        start = stream.read(len(MAGIC))
        if start == MAGIC:
            _read_elf(PurePosixPath(path), stream, readings_by(reader))
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
