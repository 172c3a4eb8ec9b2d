"""Inflates members of zip archives as far as they are read: from front to back, and once.

Nobody can begin in the middle of deflated bytes, and an ELF file has its dynamic table near its
end. What was inflated on the way there is kept, since the tables at the beginning are read next.

isal takes half the time of zlib, and is used where it is installed (``find-libdeps[fast]``). zlib
has the last word: what isal can't inflate is damaged only if zlib says so, in its words.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from copy import copy
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from tempfile import TemporaryFile
from typing import IO, Any
from weakref import finalize
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

fastest: Any = zlib
with suppress(ImportError):
    from isal import isal_zlib

    fastest = isal_zlib

MAX_IN_MEMORY = 96 << 20
"""Most bytes of a member that are kept in memory; the rest goes to a temporary file."""
CHUNK = 1 << 16
"""Members are inflated up to multiples of this."""
_STEP = 1 << 20
"""Most bytes inflated at once."""


class Inflated:
    """The content of a member (`find_libdeps.roots.kept.Content`)."""

    def __init__(self, archive: ZipFile, member: ZipInfo) -> None:
        """Begin at the front. Raises what zipfile raises for members that it can't open."""
        self._archive, self._member = archive, member
        self._kept = _Kept()
        self._is_complete = False
        if member.compress_type == ZIP_DEFLATED:
            self._source: IO[bytes] | _Deflated = _Deflated(archive, member, fastest)
            self._step = _STEP
        else:
            self._source = archive.open(_unchecked(member))
            self._step = CHUNK
        if not member.file_size:
            self._check()

    def at(self, offset: int, size: int) -> bytes:
        """See `Content`. Raises what zipfile raises for members that it can't inflate."""
        end = min(offset + size, self._member.file_size)
        target = -(-end // CHUNK) * CHUNK
        while self._kept.size < min(target, self._member.file_size) and not self._is_complete:
            data = self._next(target - self._kept.size)
            self._kept.add(data)
            if not data or self._kept.size == self._member.file_size:
                self._check()
        return self._kept.at(offset, size)

    def _next(self, size: int) -> bytes:
        try:
            return self._source.read(min(size, self._step))
        except (zlib.error, fastest.error):
            if self._step == CHUNK:
                raise
        # again, to keep what can be inflated before the damage, and to have the words of zlib
        self._step, self._source = CHUNK, _Deflated(self._archive, self._member, zlib)
        left = self._kept.size
        while left and (data := self._source.read(min(left, CHUNK))):
            left -= len(data)
        return self._next(size)

    def _check(self) -> None:
        """Compare the checksum, as zipfile does at the end of a member."""
        self._is_complete = True
        if self._kept.checksum() != self._member.CRC:
            self._kept.drop_last()
            raise BadZipFile(f"Bad CRC-32 for file {self._member.filename!r}")


def _unchecked(member: ZipInfo) -> ZipInfo:
    """A member whose checksum zipfile does not look at: most members are not read to their end."""
    unchecked = copy(member)
    del unchecked.CRC
    return unchecked


class _Deflated:
    """What a deflated member inflates to."""

    def __init__(self, archive: ZipFile, member: ZipInfo, library: Any) -> None:
        packed = _unchecked(member)
        packed.compress_type, packed.file_size = ZIP_STORED, member.compress_size
        self._packed = archive.open(packed)
        self._inflater = library.decompressobj(-zlib.MAX_WBITS)
        self._left = member.file_size

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none only at the end."""
        data = b""
        while not data and self._left and not self._inflater.eof:
            packed = self._inflater.unconsumed_tail or self._packed.read(CHUNK)
            if packed:
                data = self._inflater.decompress(packed, min(size, self._left))
            else:
                data = self._inflater.flush()[: self._left]
                break
        self._left -= len(data)
        return data


_SPARE: list[mmap] = []
"""Memory of members that are closed, for the next ones: the kernel would have to clear new memory.
"""


class _Kept:
    """Bytes that come one after the other, to be read again."""

    def __init__(self) -> None:
        self.size = 0
        # it is this process's own, and takes pages only where something was written
        private = MAP_PRIVATE | MAP_ANONYMOUS
        self._memory = _SPARE.pop() if _SPARE else mmap(-1, MAX_IN_MEMORY, flags=private)
        finalize(self, _SPARE.append, self._memory)
        self._file: IO[bytes] | None = None

    def add(self, data: bytes) -> None:
        here = data[: max(MAX_IN_MEMORY - self.size, 0)]
        self._memory[self.size : self.size + len(here)] = here
        if rest := data[len(here) :]:
            self._file = self._file or TemporaryFile()  # noqa: SIM115
            self._file.seek(self.size + len(here) - MAX_IN_MEMORY)
            self._file.write(rest)
        self.size += len(data)

    def at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset` on; none only at the end."""
        end = min(offset + size, self.size)
        if offset < MAX_IN_MEMORY:
            return self._memory[offset : min(end, MAX_IN_MEMORY)]
        if not self._file or end <= offset:
            return b""
        self._file.seek(offset - MAX_IN_MEMORY)
        return self._file.read(end - offset)

    def checksum(self) -> int:
        """The CRC-32 of all."""
        value = offset = 0
        while data := self.at(offset, _STEP):
            value = fastest.crc32(data, value)
            offset += len(data)
        return value

    def drop_last(self) -> None:
        """Forget what came after the last multiple of `CHUNK`."""
        self.size = max(self.size - 1, 0) // CHUNK * CHUNK
