"""The parts of files that are kept while the files themselves pass by."""

from __future__ import annotations

import errno
import io
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol, TypeAlias, cast

from find_libdeps.stream import Stream
from find_libdeps.tar import Member, Segments

Probe: TypeAlias = Callable[[PurePosixPath, int, BinaryIO], None]
"""Reads what is to be kept of a regular file.

It is given the file's path, its size in bytes, and its content as a stream that can seek. The path
is the one that the archive has; a directory on the way may be a link.
"""

MAX_IN_MEMORY = 32 << 20
"""Bytes of a file that are held in memory while it passes, if its stream can't go back."""

UNIT = 256
"""Bytes that are read at least: most files are asked for their beginning only."""


class Content(Protocol):
    """A file's bytes."""

    def at(self, offset: int, size: int) -> bytes:
        """Bytes at a place; fewer, but not none, than asked for unless it is at the end.

        Raises:
            OSError: they are not here.
        """


@dataclass(slots=True, eq=False)
class Kept:
    """What was kept of a file."""

    size: int
    """Bytes of the file."""
    parts: tuple[tuple[int, bytes], ...] = ()
    """Offsets in the file, and the bytes there: in order, none touching the next."""
    is_packed: bool = False
    """Whether it is the whole file, compressed."""

    def open(self) -> BinaryIO:
        """A stream that gives what was kept, and raises OSError elsewhere."""
        if self.is_packed or (self.parts and len(self.parts[0][1]) == self.size):
            return io.BytesIO(self.whole())
        return cast(BinaryIO, io.BufferedReader(_Recording(self, self.size), UNIT))

    def whole(self) -> bytes:
        """All bytes of the file. Raises OSError: they were not kept."""
        if self.is_packed:
            return zlib.decompress(self.parts[0][1])
        return self.at(0, self.size) if self.size else b""

    def at(self, offset: int, size: int) -> bytes:
        """See `Content`."""
        for start, data in self.parts:
            if start <= offset < start + len(data):
                return data[offset - start : offset - start + size]
        raise OSError(errno.ENODATA, f"byte {offset} was not kept")


class _Recording(io.RawIOBase):
    """A stream of a file's content that remembers what was read of it."""

    def __init__(self, content: Content, size: int) -> None:
        self._content = content
        self._size = size
        self._position = 0
        self.parts: list[tuple[int, bytes]] = []
        """Offsets, and the bytes that were read there."""

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
        position = self._position
        if position >= self._size:
            return b""
        data = self._content.at(position, min(size, self._size - position))
        self.parts.append((position, data))
        self._position = position + len(data)
        return data


def keep(member: Member, path: PurePosixPath, probe: Probe) -> Kept:
    """What a probe reads of the member that stands next in its stream.

    Raises:
        ImageError: it can't be read to the end.
    """
    if not member.size:
        probe(path, 0, io.BytesIO())
        return Kept(0)
    with Passing(member.stream, member.stored) as passing:
        content = passing if member.segments is None else Sparse(passing, member.segments)
        recording = _Recording(content, member.size)
        probe(path, member.size, cast(BinaryIO, io.BufferedReader(recording, UNIT)))
    return Kept(member.size, _joined(recording.parts))


def _joined(parts: list[tuple[int, bytes]]) -> tuple[tuple[int, bytes], ...]:
    """The same bytes in order, each of them once."""
    if len(parts) < 2:
        return tuple(parts)
    joined: list[tuple[int, list[bytes]]] = []
    end = -1
    for start, data in sorted(parts, key=lambda part: part[0]):
        if start > end:
            joined.append((start, [data]))
        elif start + len(data) > end:
            joined[-1][1].append(data[end - start :])
        end = max(end, start + len(data))
    return tuple((start, b"".join(pieces)) for start, pieces in joined)


class Passing:
    """The next bytes of a stream, of which any can be read until the stream goes on.

    Where it can't go back, what is passed over is held: in memory and, if there is much of it, in
    a file without a name.
    """

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._start = stream.position
        self._size = size
        self._held = bytearray()
        """What was passed over last."""
        self._file: BinaryIO | None = None
        self._filed = 0
        """Bytes in the file: what was passed over before."""
        self._may_file = True

    def __enter__(self) -> Passing:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def at(self, offset: int, size: int) -> bytes:
        """See `Content`. Raises ImageError: the stream ends before."""
        size = min(size, self._size - offset)
        if self._stream.is_seekable:
            self._stream.seek(self._start + offset)
            return self._stream.exactly(size)
        while (missing := offset + size - self._filed - len(self._held)) > 0:
            self._held += self._stream.exactly(min(missing, _STEP))
            if len(self._held) > MAX_IN_MEMORY and self._may_file:
                self._may_file = self._move()
        if self._file is not None and offset < self._filed:
            self._file.seek(offset)
            return self._file.read(min(size, self._filed - offset))
        return bytes(self._held[offset - self._filed : offset - self._filed + size])

    def _move(self) -> bool:
        """Move what is held into the file; False: there is no room, and memory has to do."""
        try:
            if self._file is None:
                self._file = cast(BinaryIO, tempfile.TemporaryFile(buffering=0))  # noqa: SIM115
            self._file.seek(self._filed)
            with memoryview(self._held) as held:
                written = 0
                while written < len(held):
                    written += self._file.write(held[written:])
        except OSError:
            return False
        self._filed += len(self._held)
        self._held.clear()
        return True


_STEP = 1 << 20


class Sparse:
    """A file with holes, of which only the parts between them are stored."""

    def __init__(self, stored: Content, segments: Segments) -> None:
        self._stored = stored
        self._segments = segments

    def at(self, offset: int, size: int) -> bytes:
        """See `Content`."""
        size = min(size, _STEP)
        data, place = bytearray(size), 0
        for start, length in self._segments:
            begin, end = max(start, offset), min(start + length, offset + size)
            if begin < end:
                piece = self._stored.at(place + begin - start, end - begin)
                data[begin - offset : begin - offset + len(piece)] = piece
                if len(piece) < end - begin:
                    return bytes(data[: begin - offset + len(piece)])
            place += length
        return bytes(data)
