"""Keeps parts of files while the files pass by in a stream."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from mmap import MADV_DONTNEED, mmap
from typing import BinaryIO, TypeAlias

from find_libdeps.roots.kept import (
    Content,
    Kept,
    Parts,
    Shelf,
    joined,
    layer_of,
    numbered,
    open_content,
)
from find_libdeps.roots.stream import Stream
from find_libdeps.roots.tar import Member, Segments

Probe: TypeAlias = Callable[[str, int, BinaryIO], None]
"""Reads the parts of a regular file that are to be kept.

The arguments are the file's path, its size in bytes, and its content as a stream that can seek.
Links in the path are resolved within its own layer only.
"""

MAX_HEAD = 96 << 20
"""Bytes at the start of a file that are held while it passes, if its stream can't seek back.

ELF files have their tables of names there; those of libtensorflow_cc.so.2, 751 MiB, end at 93 MiB.
"""
TAIL = 16 << 20
"""The latest bytes are held, too, at least so many: patchelf puts tables at the end."""
MAX_KEPT = 2 << 30
"""Most bytes kept of all files together, uncompressed; a large image takes a tenth of this."""
_ROOM = 8 << 20
"""Bytes of a head that are held for the next file, too."""
_STEP = 1 << 20
"""Most bytes read at once."""


class _Recorded:
    """A file's content, with a record of what was read."""

    def __init__(self, content: Content) -> None:
        self.parts: list[tuple[int, bytes]] = []
        """Offsets, and the bytes that were read there."""
        self._content = content

    def at(self, offset: int, size: int) -> bytes:
        """See `Content`."""
        data = self._content.at(offset, size)
        self.parts.append((offset, data))
        return data


@dataclass(slots=True)
class Passed:
    """What has passed of one source."""

    total: int = 0
    """Bytes that are kept of all files."""
    hashes: dict[int, int] = field(default_factory=dict)
    """For each layer, a hash of all paths and sizes so far: equal if the same files passed in this
    order."""
    counts: dict[int, int] = field(default_factory=dict)
    """How many files of each layer have passed."""


class Keeper:
    """Keeps the parts of files that a probe reads."""

    def __init__(self, probe: Probe, total: int = 0) -> None:
        """Begin with the first file of a source.

        Args:
            probe: reads the parts to keep.
            total: bytes of the source that are kept already.
        """
        self._probe = probe
        self.passed = Passed(total)
        """What has passed of the source, for the keepers of all its layers."""
        self._held = _Held()
        self._shelf = Shelf()
        self._layer = 0

    def of_layer(self, layer: int) -> Keeper:
        """A keeper for the files of a layer of the same source, each of which has a number."""
        keeper = copy(self)
        keeper._layer = layer
        return keeper

    def wants(self, layer: int) -> bool:
        """Whether any file of a layer is to be kept."""
        return True

    def keep(self, member: Member, path: str, head: bytes = b"", is_whole: bool = False) -> Kept:
        """Keep what the probe reads of a member. Its content has to be next in its stream.

        Args:
            member: a regular file.
            path: its path, for the probe.
            head: its first stored bytes, if they were read already.
            is_whole: keep all of it, without the probe.

        Raises:
            ImageError: the member can't be read, or more than `MAX_KEPT` bytes are kept.
        """
        number = self._next_number(member, path)
        read = _read_all if is_whole else partial(self._probe, path, member.size)
        kept = Kept(member.size, self._read(member, head, read), number)
        kept.squeeze(self._shelf)
        return kept

    def _next_number(self, member: Member, path: str) -> int:
        passed, layer = self.passed, self._layer
        passed.hashes[layer] = hash((passed.hashes.get(layer), path, member.size))
        count = passed.counts[layer] = passed.counts.get(layer, 0) + 1
        return numbered(layer, count)

    def _read(self, member: Member, head: bytes, read: Callable[[BinaryIO], object]) -> Parts:
        """The parts of a member that `read` reads. Raises ImageError."""
        if not member.size:
            read(io.BytesIO())
            return ()
        passing = _Passing(member.stream, member.stored, self._held, head)
        content = passing if member.segments is None else _Sparse(passing, member.segments)
        recorded = _Recorded(content)
        read(open_content(recorded, member.size))
        self._held.give_back(passing.passed)
        parts = joined(recorded.parts)
        self.passed.total += sum(len(data) for _, data in parts)
        if self.passed.total > MAX_KEPT:
            raise member.stream.refuse(f"more than {MAX_KEPT >> 30} GiB in it are worth keeping")
        return parts


def _read_all(stream: BinaryIO) -> bytes:
    return stream.read()


class SecondKeeper(Keeper):
    """Keeps given parts of some files when their source is read again."""

    def __init__(self, wanted: Mapping[int, range], total: int) -> None:
        """Begin again with the first file of the source.

        Args:
            wanted: the bytes to keep of each file, by the file's number.
            total: bytes of the source that are kept already.
        """
        super().__init__(_read_nothing, total)
        self.found: dict[int, Kept] = {}
        """What was kept, by the file's number."""
        self._wanted = wanted
        self._layers = set(map(layer_of, wanted))

    def wants(self, layer: int) -> bool:
        """See `Keeper`."""
        return layer in self._layers

    def keep(self, member: Member, path: str, head: bytes = b"", is_whole: bool = False) -> Kept:
        """Keep the wanted part of a member, if any. Raises ImageError."""
        number = self._next_number(member, path)
        if bounds := self._wanted.get(number):
            parts = self._read(member, head, partial(_read_part, bounds))
            found = self.found[number] = Kept(member.size, parts)
            found.squeeze(self._shelf)
        return _PASSED


_PASSED = Kept(0)


def _read_nothing(path: str, size: int, stream: BinaryIO) -> None:
    """Read nothing: a `SecondKeeper` chooses files by their numbers."""


def _read_part(bounds: range, stream: BinaryIO) -> None:
    stream.seek(bounds.start)
    left = len(bounds)
    while left and (data := stream.read(min(left, _STEP))):
        left -= len(data)


class _Held:
    """The buffers for a passing file, which are reused for the next file."""

    def __init__(self) -> None:
        # unlike a bytearray, a map takes memory only for pages that were written to
        self._maps = [mmap(-1, size) for size in (MAX_HEAD, TAIL, TAIL)]
        self.head, *self.tails = [memoryview(each) for each in self._maps]

    def give_back(self, used: int) -> None:
        """Give the memory back that a large file took: few files are large."""
        if used > _ROOM:
            self._maps[0].madvise(MADV_DONTNEED, _ROOM)
            for tail in self._maps[1:] if used > MAX_HEAD else ():
                tail.madvise(MADV_DONTNEED)


class _Passing:
    """The next bytes of a stream, to be read in any order until the stream goes on.

    If the stream can't seek back, only the first and the latest of these bytes can be read again.
    """

    def __init__(self, stream: Stream, size: int, held: _Held, head: bytes) -> None:
        self._stream = stream
        self._start = stream.position - len(head)
        self._size = size
        self._held = held
        self.passed = len(head)
        """Bytes of the file that were held so far."""
        if head:
            held.head[: len(head)] = head

    def at(self, offset: int, size: int) -> bytes:
        """See `Content`. Raises ImageError: the stream ends too early."""
        size = min(size, self._size - offset)
        if self._stream.is_seekable:
            self._stream.seek(self._start + offset)
            return self._stream.exactly(size)
        while self.passed < offset + size:
            _, block = self._block(self.passed)
            block = block[: offset + size - self.passed]
            self._stream.fill(block)
            self.passed += len(block)
        number, block = self._block(offset)
        if 0 < number < self._block(self.passed - 1)[0] - 1:
            raise OSError(errno.ENODATA, f"byte {offset} has passed")
        return bytes(block[:size])

    def _block(self, offset: int) -> tuple[int, memoryview]:
        """The number of the block that `offset` is in, and the rest of the block's buffer.

        Block 0 is in the head. The later ones use the two tails in turn.
        """
        if offset < len(self._held.head):
            return 0, self._held.head[offset:]
        number, place = divmod(offset - len(self._held.head), len(self._held.tails[0]))
        return number + 1, self._held.tails[number % 2][place:]


class _Sparse:
    """A file with holes: only the parts between them are stored."""

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
