"""What uncompresses gzip, xz and zstd, in bounded memory and from any source."""

from __future__ import annotations

import errno
import io
import lzma
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from threading import Thread
from typing import Any, BinaryIO, cast

BLOCK = 1 << 18
"""Bytes of a source that are read at once."""
MAX_XZ_MEMORY = 128 << 20
"""Bytes that the decoder of xz may take; ``xz -9`` takes 65 MiB of them (xz(1))."""
MAX_ZSTD_WINDOW = 27
"""The binary logarithm of the bytes of the data that the decoder of zstd holds: 128 MiB, which the
program zstd takes, too, unless it is told otherwise."""
_FIRST = 1 << 10
"""Bytes that a decoder gets at first. What one leaves of them is copied for the next one, and a
source may have millions of small parts."""
_PADDING = re.compile(rb"\0*")


class DecodingError(Exception):
    """The compressed data is damaged, or would need too much memory."""


class _Parts(io.RawIOBase):
    """A source whose parts are compressed each by itself, one after the other."""

    def __init__(
        self, source: BinaryIO, new: Callable[[], Any], damage: type[Exception], *, is_padded: bool
    ) -> None:
        """Begin with the first part.

        Args:
            source: the compressed bytes.
            new: makes a decoder with the interface of `lzma.LZMADecompressor`.
            damage: what that raises.
            is_padded: whether null bytes between the parts mean nothing.
        """
        self._source = source
        self._new = new
        self._decoder = new()
        self._damage = damage
        self._is_padded = is_padded
        self._block, self._at = b"", 0
        self._size = _FIRST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while True:
            piece = b""
            if self._decoder.eof:
                if not self._has_more():
                    return 0
                self._decoder, self._size = self._new(), _FIRST
            elif self._decoder.needs_input and not (piece := self._next()):
                raise EOFError
            try:
                data = self._decoder.decompress(piece, len(buffer))
            except self._damage as error:
                raise DecodingError(str(error)) from None
            if self._decoder.eof:
                self._at -= len(self._decoder.unused_data)
            if data:
                buffer[: len(data)] = data
                return len(data)

    def _next(self) -> bytes:
        """The next bytes for the decoder."""
        if self._at == len(self._block):
            self._block, self._at = self._source.read(BLOCK), 0
        piece = self._block[self._at : self._at + self._size]
        self._at += len(piece)
        self._size = min(2 * self._size, BLOCK)
        return piece

    def _has_more(self) -> bool:
        """Whether another part follows."""
        while True:
            if self._is_padded and (padding := _PADDING.match(self._block, self._at)):
                self._at = padding.end()
            if self._at < len(self._block):
                return True
            self._block, self._at = self._source.read(BLOCK), 0
            if not self._block:
                return False


class _Gunzip:
    """A decoder of one member of gzip (RFC 1952), with the interface of `lzma.LZMADecompressor`.

    `gzip.GzipFile` would read eight kilobytes at once, and check the sum in another pass.
    """

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, size: int) -> bytes:
        content = self._decoder.decompress(data or self._decoder.unconsumed_tail, size)
        self.needs_input = len(content) < size and not self._decoder.unconsumed_tail
        return content


def gunzip(source: BinaryIO) -> io.RawIOBase:
    """A source in the format of gzip: members, with padding between them."""
    return _Parts(source, _Gunzip, zlib.error, is_padded=True)


def xz(source: BinaryIO) -> io.RawIOBase:
    """A source in the format of xz: streams, with padding between them.

    A header may ask for 4 GB of memory, and `lzma.LZMAFile` would grant that.
    """

    def new() -> Any:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_XZ_MEMORY)

    return _Parts(source, new, lzma.LZMAError, is_padded=True)


def zstd(source: BinaryIO) -> io.RawIOBase:
    """A source in the format of zstd: frames (RFC 8878).

    A module does it where one can be imported: not from a zipapp before Python 3.14. There the
    program does.
    """
    try:
        library = _zstd_library()
    except ImportError:
        return _ZstdProgram(source)
    options = {library.DecompressionParameter.window_log_max: MAX_ZSTD_WINDOW}

    def new() -> Any:
        return library.ZstdDecompressor(options=options)

    return _Parts(source, new, library.ZstdError, is_padded=False)


def _zstd_library() -> Any:
    """Python 3.14's own module, or what stands in for it. Raises ImportError."""
    if sys.version_info >= (3, 14):
        from compression import zstd as library
    else:
        from backports import zstd as library
    return library


class _ZstdProgram(io.RawIOBase):
    """A source, uncompressed by the program zstd."""

    def __init__(self, source: BinaryIO) -> None:
        program = shutil.which("zstd")
        if program is None:
            raise OSError(errno.ENOENT, "it needs the program zstd, which is not installed")
        self._source = source
        self._process = subprocess.Popen(  # noqa: S603 (its name is a constant)
            [program, "--decompress", "--stdout", "--quiet"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._failure: BaseException | None = None
        self._feeder = Thread(target=self._feed, daemon=True)
        self._feeder.start()

    def _feed(self) -> None:
        """Write the source to the program's stdin, until one of the two ends."""
        stdin = cast(BinaryIO, self._process.stdin)
        try:
            with stdin:
                shutil.copyfileobj(self._source, stdin, BLOCK)
        except BrokenPipeError:
            pass
        except BaseException as error:
            self._failure = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = cast(io.BufferedReader, self._process.stdout).readinto1(buffer)
        if not size:
            self._feeder.join()
            if self._failure is not None:
                raise self._failure
            if self._process.wait() != 0:
                raise DecodingError("the program zstd has refused it")
        return size

    def close(self) -> None:
        if not self.closed:
            cast(BinaryIO, self._process.stdout).close()
            self._process.terminate()
            self._feeder.join()
            self._process.wait()
        super().close()
