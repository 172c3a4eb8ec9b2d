"""The parts of files that are kept while the files themselves pass by."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from typing import BinaryIO, Protocol, TypeAlias, cast

from find_libdeps.roots.stream import Stream
from find_libdeps.roots.tar import Member, Segments

Probe: TypeAlias = Callable[[str, int, BinaryIO], None]
"""Reads what is to be kept of a regular file.

It is given the file's path, its size in bytes, and its content as a stream that can seek. The path
is the one that the archive has; a directory on the way may be a link.
"""

MAX_HEAD = 96 << 20
"""Bytes of a file's beginning that are held while it passes, if its stream can't go back.

The tables of names are there; those of libtensorflow_cc.so.2, 751 MiB, end at 93 MiB.
"""
TAIL = 16 << 20
"""Bytes that are held at least of what passed last: patchelf puts tables at the end."""
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
        self._held = _Held()
        self._total = 0

    def keep(self, member: Member, path: str) -> Kept:
        """What the probe reads of the member that stands next in its stream.

        Raises:
            ImageError: it can't be read to the end, or too much is kept.
        """
        if not member.size:
            self._probe(path, 0, io.BytesIO())
            return Kept(0)
        passing = _Passing(member.stream, member.stored, self._held)
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


class _Held:
    """Room for what is held of a file, used for one after the other."""

    def __init__(self) -> None:
        # a map, unlike a bytearray, takes no memory where no file reaches
        self.head = memoryview(mmap(-1, MAX_HEAD))
        self.tails = [memoryview(mmap(-1, TAIL)) for _ in range(2)]


class _Passing:
    """The next bytes of a stream, of which any can be read until the stream goes on.

    Where it can't go back, that is true of the first ones and of those that passed last.
    """

    def __init__(self, stream: Stream, size: int, held: _Held) -> None:
        self._stream = stream
        self._start = stream.position
        self._size = size
        self._held = held
        self._passed = 0

    def at(self, offset: int, size: int) -> bytes:
        """See `Content`. Raises ImageError: the stream ends before."""
        size = min(size, self._size - offset)
        if self._stream.is_seekable:
            self._stream.seek(self._start + offset)
            return self._stream.exactly(size)
        while self._passed < offset + size:
            _, block = self._room(self._passed)
            block = block[: offset + size - self._passed]
            self._stream.fill(block)
            self._passed += len(block)
        number, block = self._room(offset)
        if 0 < number < self._room(self._passed - 1)[0] - 1:
            raise OSError(errno.ENODATA, f"byte {offset} has passed")
        return bytes(block[:size])

    def _room(self, offset: int) -> tuple[int, memoryview]:
        """Where the bytes from a place on are held, for as long as they are: first in the head,
        then in one of the tails and the other in turn. Which of these it is, is the number.
        """
        if offset < len(self._held.head):
            return 0, self._held.head[offset:]
        number, place = divmod(offset - len(self._held.head), len(self._held.tails[0]))
        return number + 1, self._held.tails[number % 2][place:]


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
