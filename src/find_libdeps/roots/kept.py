"""The parts of a file that were kept, and a file's content as a stream."""

from __future__ import annotations

import errno
import io
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeAlias, cast

UNIT = 256
"""Fewest bytes read at once: of most files only the beginning is needed."""


class Content(Protocol):
    """A file's bytes."""

    def at(self, offset: int, size: int) -> bytes:
        """Between one and `size` bytes from `offset` on; none only at the end of the file.

        Raises:
            OSError: the byte at `offset` is not available.
        """


_PLACE = 32
"""Bits of a file's number for its place in a layer; those of the layer's number are above."""


def numbered(layer: int, place: int) -> int:
    """The number of the file that has a place in a layer, from 1 on."""
    return (layer << _PLACE) + place


def layer_of(number: int) -> int:
    """The number of the layer that a file with this number is in."""
    return number >> _PLACE


def place_of(number: int) -> int:
    """The place that a file with this number has in its layer."""
    return number & ((1 << _PLACE) - 1)


_SHELF = 1 << 20
"""Bytes of a piece."""
Parts: TypeAlias = tuple[tuple[int, bytes], ...]
"""Parts of a file: the offset and the bytes of each, in order, with gaps between them."""


@dataclass(slots=True, eq=False)
class Kept:
    """A file, and the parts of it that were kept."""

    size: int
    """Bytes of the whole file."""
    parts: Parts = ()
    number: int = 0
    """Its number among the files of its source, to find it again; 0 if it has none. `layer_of` says
    which layer it is in.
    """
    squeezed: bytes | memoryview = b""
    """All of the file, compressed (RFC 1950), in place of its parts."""

    @property
    def is_whole(self) -> bool:
        """Whether all of the file was kept."""
        return bool(self.squeezed) or sum(len(data) for _, data in self.parts) == self.size

    @property
    def is_dropped(self) -> bool:
        """Whether only the beginning was kept, which shows what kind of file it is."""
        return not self.is_whole and sum(len(data) for _, data in self.parts) <= UNIT

    def at(self, offset: int, size: int) -> bytes | None:
        """At most `size` bytes from `offset` on, or None if they were not kept. Raises OSError: see
        `expanded`.
        """
        if self.squeezed:
            return self.expanded()[offset : offset + size]
        for start, data in self.parts:
            if start <= offset < start + len(data):
                return data[offset - start : offset - start + size]
        return None

    def add(self, more: Kept) -> None:
        """Keep what another one of the same file has."""
        self.squeezed = more.squeezed
        self.parts = () if more.squeezed else joined([*self.parts, *more.parts])

    def squeeze(self, shelf: Shelf) -> None:
        """Compress what is kept, if that is all of the file: it is text, read seldom or never."""
        if self.size > UNIT and len(self.parts) == 1 and len(self.parts[0][1]) == self.size:
            squeezed = zlib.compress(self.parts[0][1], 1)
            if len(squeezed) < self.size:
                self.parts, self.squeezed = (), shelf.put(squeezed)

    def expanded(self) -> bytes:
        """All of the file, if it is compressed.

        Raises:
            OSError: it is another file: a cache that others share may have anything.
        """
        expander = zlib.decompressobj()
        try:
            data = expander.decompress(self.squeezed, self.size + 1)
        except zlib.error:
            data = b""
        if len(data) != self.size or not expander.eof:
            raise OSError(errno.EIO, "what was kept of it is damaged")
        return data


class Shelf:
    """Holds the bytes of many files in few large pieces: forked processes that read the files share
    these, while each object that they touch is copied for them (its count of references changes).
    """

    def __init__(self) -> None:
        self._left = memoryview(b"")

    def put(self, data: bytes) -> memoryview:
        """Hold some bytes."""
        size = len(data)
        if size > len(self._left):
            self._left = memoryview(bytearray(max(size, _SHELF)))
        held, self._left = self._left[:size], self._left[size:]
        held[:] = data
        return held.toreadonly()


class _ContentStream(io.RawIOBase):
    """A file's content as a stream."""

    def __init__(self, content: Content, size: int) -> None:
        self._content = content
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = (0, self._position, self._size)[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, "Invalid argument")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        parts = []
        while part := self._next(self._size - self._position):
            parts.append(part)
        return b"".join(parts)

    def _next(self, size: int) -> bytes:
        if self._position >= self._size:
            return b""
        data = self._content.at(self._position, min(size, self._size - self._position))
        self._position += len(data)
        return data


def open_content(content: Content, size: int) -> BinaryIO:
    """Open a file's content of `size` bytes as a stream, buffered for small reads."""
    return cast(BinaryIO, io.BufferedReader(_ContentStream(content, size), UNIT))


def joined(parts: list[tuple[int, bytes]]) -> Parts:
    """Sort parts, and merge those that overlap or touch."""
    if len(parts) < 2:
        return tuple(parts)
    merged: list[tuple[int, list[bytes]]] = []
    end = -1
    for start, data in sorted(parts, key=lambda part: part[0]):
        if start > end:
            merged.append((start, [data]))
        elif start + len(data) > end:
            merged[-1][1].append(data[end - start :])
        end = max(end, start + len(data))
    return tuple((start, b"".join(pieces)) for start, pieces in merged)
