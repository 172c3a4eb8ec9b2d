"""The standard streams: UTF-8, and an error when output is lost."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
from find_libdeps.process.signals import Stopped


def restart_in_utf8() -> None:
    """Restart in Python's UTF-8 mode (PEP 540) if the locale has another encoding.

    Names of files and libraries are bytes: in ASCII, some can't be looked up or printed.
    """
    if sys.getfilesystemencoding() != "utf-8":
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


def open_streams() -> None:
    """Replace `sys.stdout` and `sys.stderr` with streams that handle failed writes.

    A closed standard stream is opened on the null device in the wrong direction, as GNU's programs
    do: using it fails, and no other file gets its number.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number else os.O_WRONLY)
    sys.stdout = _text(_Output(1))
    sys.stderr = _text(_Diagnostics(2))


def _text(raw: io.RawIOBase) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace")


class _Stream(io.RawIOBase):
    """A file descriptor that is already open, and is not closed here."""

    def __init__(self, number: int) -> None:
        self._number = number

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)


class _Output(_Stream):
    """Stdout: lost output is an error."""

    _has_failed = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Write. The first failure raises OSError, or Stopped; later writes do nothing."""
        if self._has_failed:
            return memoryview(data).nbytes
        try:
            return os.write(self._number, data)
        except OSError as error:
            self._has_failed = True
            if error.errno == errno.EPIPE:  # the reader is gone; Python ignores SIGPIPE
                raise Stopped(signal.SIGPIPE) from None
            raise


class _Diagnostics(_Stream):
    """Stderr: lost messages are no error; the exit status still tells the result."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, and ignore failures."""
        try:
            return os.write(self._number, data)
        except OSError:
            return memoryview(data).nbytes
