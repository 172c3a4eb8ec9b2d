"""The standard streams: UTF-8, and no output lost without a word."""

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


def speak_utf8() -> None:
    """Start again in Python's UTF-8 mode (PEP 540) where the locale wants another encoding.

    Names of files and libraries are bytes: in ASCII some could neither be looked for nor told.
    """
    if sys.getfilesystemencoding() != "utf-8":
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


def open_streams() -> None:
    """Streams for stdout and stderr as they are.

    A standard stream that is closed is opened the wrong way round, as GNU's programs do it: writing
    fails, and no other file gets its number.
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
    """A file that is open already, and stays so."""

    def __init__(self, number: int) -> None:
        self._number = number

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)


class _Output(_Stream):
    """Stdout: nothing of it may be lost unnoticed."""

    _has_failed = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Raises OSError, once: it can't be written."""
        if self._has_failed:
            return memoryview(data).nbytes
        try:
            return os.write(self._number, data)
        except OSError as error:
            self._has_failed = True
            if error.errno == errno.EPIPE:  # nobody reads on; Python ignores this signal
                raise Stopped(signal.SIGPIPE) from None
            raise


class _Diagnostics(_Stream):
    """Stderr: where it can't be written, the exit status has to do."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Never fails."""
        try:
            return os.write(self._number, data)
        except OSError:
            return memoryview(data).nbytes
