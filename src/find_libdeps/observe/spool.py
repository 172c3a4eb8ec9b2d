"""The directory that watched processes write into, read while they write.

A long run would fill the disk: so what was read of a process that has ended is removed.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

MAX_FILE = 1 << 28
"""Bytes that one process may write while it lives. Then its file is emptied, and what it writes at
that moment is lost.
"""
MAX_LINE = 1 << 20
"""Bytes of a line; a longer one is not understood."""
_LOADER, _PYTHON = "ld", "python"
"""What the names of files start with, by who writes them; the number of the process follows."""


@dataclass(slots=True)
class _File:
    """A file that a process may still write to."""

    path: Path
    kind: str
    process: int
    """The process that its name has."""
    offset: int = 0
    """How much of it was read."""


@dataclass
class Spool:
    """The files of the watched processes, as they come."""

    directory: Path
    on_loader: Callable[[int, bytes], None]
    """Gets whole lines that the dynamic loader wrote, and the number of the process."""
    on_python: Callable[[int, bytes], None]
    """Gets whole lines that listeners wrote."""
    is_complete: bool = True
    """Whether all that was written was read."""
    _files: list[_File] = field(default_factory=list)
    _counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def processes(self) -> int:
        """How many processes had a loader that told something."""
        return self._counts[_LOADER]

    @property
    def loaders_output(self) -> str:
        """The value of ``LD_DEBUG_OUTPUT``."""
        return str(self.directory / _LOADER)

    def read(self, *, is_last: bool = False) -> None:
        """Read what is new.

        Args:
            is_last: whether to read what has no end of a line yet, too.
        """
        self._take_new()
        left = []
        for file in self._files:
            try:
                with file.path.open("rb") as stream:
                    has_ended = _has_no_writer(stream)
                    self._read_one(stream, file, is_last=is_last or has_ended)
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                    raise
                self.is_complete = False  # another user's, who lets nobody read it
                continue
            if has_ended:
                file.path.unlink()
            else:
                left.append(file)
        self._files = left

    def _take_new(self) -> None:
        """Give each new file another name: the next program of that process begins a new one.

        So what nobody writes to any more can be removed, and no line with it.
        """
        for name in os.listdir(self.directory):
            kind, _, number = name.partition(".")
            if kind in (_LOADER, _PYTHON) and number.isdecimal():
                self._counts[kind] += 1
                taken = self.directory / f"taken-{kind}-{self._counts[kind]}"
                (self.directory / name).rename(taken)
                self._files.append(_File(taken, kind, int(number)))

    def _read_one(self, stream: BinaryIO, file: _File, *, is_last: bool) -> None:
        tell = self.on_loader if file.kind == _LOADER else self.on_python
        stream.seek(file.offset)
        while data := stream.read(MAX_LINE):
            end = data.rfind(b"\n") + 1
            if not end and len(data) == MAX_LINE:
                self.is_complete, end = False, len(data)
            if is_last and len(data) < MAX_LINE:
                end = len(data)
            if not end:
                break
            tell(file.process, data[:end])
            file.offset += end
            stream.seek(file.offset)
        if file.offset > MAX_FILE:
            os.truncate(file.path, 0)
            file.offset, self.is_complete = 0, False


def _has_no_writer(stream: BinaryIO) -> bool:
    """Whether no process has a file open to write to it; False, if that can't be known.

    A lease is granted only then (fcntl(2)). Closing the file gives it back.
    """
    try:
        fcntl.fcntl(stream, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError:
        return False
    return True
