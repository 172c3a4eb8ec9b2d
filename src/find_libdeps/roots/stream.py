"""Streams that are read once, from front to back, compressed or not."""

from __future__ import annotations

import bz2
import io
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from find_libdeps.errors import ImageError
from find_libdeps.roots.decoders import DecodingError, gunzip, xz, zstd

MAX_SIZE = 1 << 38
"""Bytes of one stream, uncompressed: 256 GiB. A compressed megabyte may unpack to a thousand."""
BLOCK = 1 << 18
"""Bytes that are read at once."""


class Stream:
    """A stream that knows its position."""

    def __init__(self, source: io.BufferedReader, name: object, size: int | None = None) -> None:
        """Start at the beginning.

        Args:
            source: returns fewer bytes than asked for only at its end.
            name: the stream's name for messages.
            size: its length in bytes, if `source` can seek.
        """
        self._source = source
        self._size = size
        self.name = name
        self.position = 0
        """Bytes from the stream's beginning."""
        self._skipped = memoryview(bytearray(BLOCK))

    @property
    def is_seekable(self) -> bool:
        """Whether it can seek back."""
        return self._size is not None

    def read(self, size: int) -> bytes:
        """The next bytes; fewer only at the end. Raises ImageError: they can't be read."""
        try:
            data = self._source.read(size)
        except _DAMAGES as error:
            raise self.refuse(_cause(error)) from None
        self.position += len(data)
        return data

    def fill(self, buffer: memoryview) -> None:
        """Read the next bytes into a buffer. Raises ImageError: they can't be read."""
        try:
            size = self._source.readinto(buffer)
        except _DAMAGES as error:
            raise self.refuse(_cause(error)) from None
        self.position += size
        if size < len(buffer):
            raise self.refuse("it is truncated")

    def exactly(self, size: int) -> bytes:
        """The next bytes. Raises ImageError: they can't be read, or there are fewer."""
        data = self.read(size)
        if len(data) < size:
            raise self.refuse("it is truncated")
        return data

    def seek(self, position: int) -> None:
        """Go to a position; back only if the stream is seekable.

        Raises:
            ImageError: the stream ends before it, or can't be read.
        """
        if position > (MAX_SIZE if self._size is None else self._size):
            truncated = self._size is not None
            cause = "it is truncated" if truncated else f"more than {MAX_SIZE >> 30} GiB in it"
            raise self.refuse(cause)
        if self._size is not None:
            self._source.seek(position)
            self.position = position
            return
        while self.position < position:
            self.fill(self._skipped[: position - self.position])

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def refuse(self, cause: str) -> ImageError:
        """Make the error that says what is wrong with the stream."""
        return ImageError("read", self.name, cause)


class Part(io.RawIOBase):
    """The bytes `head`, then those of a stream from its position to `end`."""

    def __init__(self, stream: Stream, end: int | None, head: bytes, digest: Any = None) -> None:
        """Begin with the first byte.

        Args:
            stream: has the part.
            end: the position where the part ends; None for the end of the stream.
            head: the first bytes of the part, read already.
            digest: an object of `hashlib` that gets all bytes, if there is one.
        """
        self._stream = stream
        self._end = end
        self._head = head
        self._digest = digest

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next bytes. Raises ImageError: they can't be read."""
        size = len(buffer)
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            if self._end is not None:
                size = min(size, self._end - self._stream.position)
            data = self._stream.read(size)
        buffer[: len(data)] = data
        if self._digest:
            self._digest.update(data)
        return len(data)


_FORMATS: dict[bytes, Callable[[BinaryIO], object]] = {
    b"\x1f\x8b": gunzip,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": xz,
    b"\x28\xb5\x2f\xfd": zstd,
    # a skippable frame may come first, such as pzstd writes (RFC 8878, 3.1.2)
    **{bytes((number,)) + b"\x2a\x4d\x18": zstd for number in range(0x50, 0x60)},
}
"""The first bytes of compressed files, and what reads such files."""
_DAMAGES = (OSError, EOFError, DecodingError)


def is_compressed(head: bytes) -> bool:
    """Whether a file that begins like this is compressed in a known way."""
    return head.startswith(tuple(_FORMATS))


def uncompressed(stream: Stream, end: int | None, head: bytes) -> Stream | None:
    """The uncompressed content of a part of a stream, or None if it isn't compressed.

    Args:
        stream: has the part. Close the result before you use this stream again.
        end: the position where the part ends; None for the end of the stream.
        head: the first bytes of the part, read already.

    Raises:
        ImageError: it can't be uncompressed.
    """
    opener = next((o for magic, o in _FORMATS.items() if head.startswith(magic)), None)
    if opener is None:
        return None
    source = io.BufferedReader(Part(stream, end, head), BLOCK)
    try:
        content = opener(cast(BinaryIO, source))
    except _DAMAGES as error:
        raise stream.refuse(_cause(error)) from None
    return Stream(io.BufferedReader(cast(io.RawIOBase, content), BLOCK), stream.name)


def _cause(error: Exception) -> str:
    """The cause of an error, as a clause."""
    match error:
        case EOFError():
            return "it is truncated"
        case OSError(strerror=str(cause)):
            return cause
        case _:
            return f"it is damaged: {error}"
