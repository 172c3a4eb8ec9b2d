"""The parts of files that are kept while the files themselves pass by."""

from __future__ import annotations

import errno
import io
import tempfile
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

MAX_KEPT = 2 << 30
"""Bytes that are kept of all files; of a large image about a tenth of this."""

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

    def open(self) -> BinaryIO:
        """A stream that gives what was kept, and raises OSError elsewhere."""
        if self.parts and len(self.parts[0][1]) == self.size:
            return io.BytesIO(self.parts[0][1])
        return cast(BinaryIO, io.BufferedReader(_Recording(self, self.size), UNIT))

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


class Keeper:
    """Keeps of files what a probe reads of them."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        # touched as far as files reach into it, and used again for each
        self._buffer = memoryview(bytearray(MAX_IN_MEMORY))
        self._total = 0

    def keep(self, member: Member, path: PurePosixPath) -> Kept:
        """What the probe reads of the member that stands next in its stream.

        Raises:
            ImageError: it can't be read to the end, or too much is kept.
        """
        if not member.size:
            self._probe(path, 0, io.BytesIO())
            return Kept(0)
        with _Passing(member.stream, member.stored, self._buffer) as passing:
            content = passing if member.segments is None else _Sparse(passing, member.segments)
            recording = _Recording(content, member.size)
            self._probe(path, member.size, cast(BinaryIO, io.BufferedReader(recording, UNIT)))
        parts = _joined(recording.parts)
        self._total += sum(len(data) for _, data in parts)
        if self._total > MAX_KEPT:
            raise member.stream.refuse(f"more than {MAX_KEPT >> 30} GiB in it are worth keeping")
        return Kept(member.size, parts)


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


class _Passing:
    """The next bytes of a stream, of which any can be read until the stream goes on.

    Where it can't go back, what is passed over is held: in memory and, if there is much of it, in
    a file without a name.
    """

    def __init__(self, stream: Stream, size: int, buffer: memoryview) -> None:
        self._stream = stream
        self._start = stream.position
        self._size = size
        self._buffer = buffer
        self._filed = 0
        """Bytes in the file: what was passed over first."""
        self._held = 0
        """Bytes in the buffer: what was passed over after that."""
        self._file: BinaryIO | None = None

    def __enter__(self) -> _Passing:
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
        while (missing := offset + size - self._filed - self._held) > 0:
            if self._held == len(self._buffer):
                self._make_room()
            end = min(self._held + missing, len(self._buffer))
            self._stream.fill(self._buffer[self._held : end])
            self._held = end
        if self._file is not None and offset < self._filed:
            self._file.seek(offset)
            return self._file.read(min(size, self._filed - offset))
        return bytes(self._buffer[offset - self._filed : offset - self._filed + size])

    def _make_room(self) -> None:
        """Move what is held into the file or, where none can be written, take a larger buffer."""
        try:
            if self._file is None:
                self._file = cast(BinaryIO, tempfile.TemporaryFile(buffering=0))  # noqa: SIM115
            self._file.seek(self._filed)
            written = 0
            while written < self._held:
                written += self._file.write(self._buffer[written : self._held])
        except OSError:
            self._buffer = memoryview(bytearray(self._buffer) + bytes(len(self._buffer)))
        else:
            self._filed, self._held = self._filed + self._held, 0


_STEP = 1 << 20


class _Sparse:
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
