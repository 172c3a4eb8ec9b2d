"""What is read of a file that is seen only once, while an archive passes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath
from typing import BinaryIO

from find_libdeps.debian.dpkg import DATABASE
from find_libdeps.elf.reader import MAGIC, defines, read_object, read_versions
from find_libdeps.errors import ElfError
from find_libdeps.needs.inventory import may_be_elf
from find_libdeps.python.extension import initializer
from find_libdeps.python.module import MAX_SOURCE_SIZE
from find_libdeps.python.venv import MARK
from find_libdeps.roots.script import HEAD
from find_libdeps.roots.tree import MAX_FILE_SIZE

WHOLE = (str(DATABASE), "/etc/ld.so.conf", "/etc/os-release", "/usr/lib/os-release")
"""Where the files are, or how their paths begin, that say what a root is."""


def probe(path: str, size: int, stream: BinaryIO) -> None:
    """Read of a file all that a scan or an audit may ask for later."""
    name = path.rpartition("/")[2]
    if name.endswith(".py"):
        if size <= MAX_SOURCE_SIZE:
            stream.read()
    elif path.startswith(WHOLE) or name == MARK:
        if size <= MAX_FILE_SIZE:
            stream.read()
    elif may_be_elf(name):
        start = stream.read(len(MAGIC))
        if start == MAGIC:
            _read_elf(PurePosixPath(path), stream)
        elif start.startswith(b"#!"):
            stream.read(HEAD)


def _read_elf(path: PurePosixPath, stream: BinaryIO) -> None:
    symbol = initializer(path)
    with suppress(ElfError):
        read_object(stream)
        read_versions(stream)
        if symbol:
            defines(stream, symbol)
