"""Reads a source ahead, in a thread: what waits for a network or unpacks holds up nobody."""

from __future__ import annotations

import io
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import Protocol

AHEAD = 8
"""How many blocks wait at most."""
SIZE = 1 << 20
"""Bytes of a block. A thread waits up to 5 ms for Python's lock, and unpacks about so much in that
time.
"""


class Source(Protocol):
    """What can be read, and closed."""

    def read(self, size: int, /) -> bytes | None:
        """The next bytes, none at the end."""

    def close(self) -> None:
        """End it."""


class Ahead(io.RawIOBase):
    """A source that a thread reads, and closes in the end; for use in a `with` block.

    After the block the thread has ended, unless an exception ends the block: nobody waits for a
    network then.
    """

    def __init__(self, source: Source) -> None:
        """Begin to read. Until the end of the block, nobody else may use the source."""
        self._source = source
        self._blocks = Queue[memoryview | BaseException](AHEAD)
        self._rest = memoryview(b"")
        self._is_unwanted = self._is_over = False
        self._thread = Thread(target=self._fill, daemon=True)
        self._thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._is_unwanted = True
        try:
            while True:  # the thread may wait for room
                self._blocks.get_nowait()
        except Empty:
            pass
        if kind is None:
            self._thread.join()

    def _fill(self) -> None:
        try:
            while not self._is_unwanted:
                data = self._source.read(SIZE) or b""
                self._blocks.put(memoryview(data))
                if not data:
                    break
        except BaseException as error:
            self._blocks.put(error)
        if self._is_unwanted:  # there is room, and somebody may still wait
            self._blocks.put(memoryview(b""))
        self._source.close()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next bytes. Raises what the source raises."""
        if not self._rest and not self._is_over:
            block = self._blocks.get()
            self._is_over = isinstance(block, BaseException) or not block
            if isinstance(block, BaseException):
                raise block
            self._rest = block
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
