"""The parts of files that are kept while the files themselves pass by."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
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
_STEP = 1 << 20
"""Bytes that are read at once of what is large."""


class Content(Protocol):
    """A file's bytes."""

    def at(self, offset: int, size: int) -> bytes:
        """Bytes at a place; fewer, but not none, than asked for unless it is at the end.

        Raises:
            OSError: they are not here.
        """


Parts: TypeAlias = tuple[tuple[int, bytes], ...]
"""Offsets in a file, and the bytes there: in order, none touching the next."""


@dataclass(slots=True, eq=False)
class Kept:
    """What was kept of a file."""

    size: int
    """Bytes of the file."""
    parts: Parts = ()
    number: int = 0
    """Which of the files that a keeper saw it was, from 1 on: it is found again by that."""

    @property
    def is_whole(self) -> bool:
        """Whether all of the file was kept."""
        return sum(len(data) for _, data in self.parts) == self.size

    @property
    def is_dropped(self) -> bool:
        """Whether no more was kept of it than its beginning, by which its kind was seen."""
        return not self.is_whole and sum(len(data) for _, data in self.parts) <= UNIT

    def at(self, offset: int, size: int) -> bytes | None:
        """Bytes at a place, at most `size`; None: they were not kept."""
        for start, data in self.parts:
            if start <= offset < start + len(data):
                return data[offset - start : offset - start + size]
        return None

    def add(self, parts: Parts) -> None:
        """Keep more of the file."""
        self.parts = _joined([*self.parts, *parts])


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
    """A stream of a file's content, of `size` bytes, for small reads."""
    return cast(BinaryIO, io.BufferedReader(_ContentStream(content, size), UNIT))


class _Recorded:
    """A file's content that remembers what was read of it."""

    def __init__(self, content: Content) -> None:
        self.parts: list[tuple[int, bytes]] = []
        """Offsets, and the bytes that were read there."""
        self._content = content

    def at(self, offset: int, size: int) -> bytes:
        """See `Content`."""
        data = self._content.at(offset, size)
        self.parts.append((offset, data))
        return data


class Keeper:
    """Keeps of files what a probe reads of them."""

    def __init__(self, probe: Probe, total: int = 0) -> None:
        """Begin with the first file of a source.

        Args:
            probe: reads what is to be kept.
            total: bytes that are kept of the source already.
        """
        self.total = total
        """Bytes that are kept of all files."""
        self.passed = 0
        """A hash of all paths and sizes so far: equal where the same files passed in order."""
        self._probe = probe
        self._held = _Held()
        self._count = 0

    def keep(self, member: Member, path: str, head: bytes = b"", is_whole: bool = False) -> Kept:
        """What the probe reads of the member that stands next in its stream.

        Args:
            member: a regular file.
            path: where it is.
            head: its first stored bytes, where they were read already.
            is_whole: whether to keep all of it, and not to ask the probe.

        Raises:
            ImageError: it can't be read to the end, or too much is kept.
        """
        number = self._next_number(member, path)
        read = _read_all if is_whole else partial(self._probe, path, member.size)
        return Kept(member.size, self._read(member, head, read), number)

    def _next_number(self, member: Member, path: str) -> int:
        self._count += 1
        self.passed = hash((self.passed, path, member.size))
        return self._count

    def _read(self, member: Member, head: bytes, read: Callable[[BinaryIO], object]) -> Parts:
        """What is read of a member. Raises ImageError."""
        if not member.size:
            read(io.BytesIO())
            return ()
        passing = _Passing(member.stream, member.stored, self._held, head)
        content = passing if member.segments is None else _Sparse(passing, member.segments)
        recorded = _Recorded(content)
        read(open_content(recorded, member.size))
        parts = _joined(recorded.parts)
        self.total += sum(len(data) for _, data in parts)
        if self.total > MAX_KEPT:
            raise member.stream.refuse(f"more than {MAX_KEPT >> 30} GiB in it are worth keeping")
        return parts


def _read_all(stream: BinaryIO) -> bytes:
    return stream.read()


class SecondKeeper(Keeper):
    """Keeps what turned out to be wanted, when the files of a source pass again."""

    def __init__(self, wanted: Mapping[int, range], total: int) -> None:
        """Begin with the first file again.

        Args:
            wanted: the numbers of files, and which of their bytes.
            total: bytes that are kept of the source already.
        """
        super().__init__(_read_nothing, total)
        self.found: dict[int, Parts] = {}
        """What was kept of these files."""
        self._wanted = wanted

    def keep(self, member: Member, path: str, head: bytes = b"", is_whole: bool = False) -> Kept:
        """Let a member pass, or keep what is wanted of it. Raises ImageError."""
        number = self._next_number(member, path)
        if bounds := self._wanted.get(number):
            self.found[number] = self._read(member, head, partial(_read_part, bounds))
        return _PASSED


_PASSED = Kept(0)


def _read_nothing(path: str, size: int, stream: BinaryIO) -> None:
    """Nothing more than what is wanted by its number."""


def _read_part(bounds: range, stream: BinaryIO) -> None:
    stream.seek(bounds.start)
    left = len(bounds)
    while left and (data := stream.read(min(left, _STEP))):
        left -= len(data)


def _joined(parts: list[tuple[int, bytes]]) -> Parts:
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

    def __init__(self, stream: Stream, size: int, held: _Held, head: bytes) -> None:
        self._stream = stream
        self._start = stream.position - len(head)
        self._size = size
        self._held = held
        self._passed = len(head)
        if head:
            held.head[: len(head)] = head

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
