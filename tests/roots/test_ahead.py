"""A source that is read ahead is the source, and leaves no thread."""

from __future__ import annotations

import io
import random
import threading
from threading import Event

import pytest

from find_libdeps.roots.ahead import AHEAD, SIZE, Ahead

CONTENT = random.Random(0).randbytes(3 * SIZE + 17)  # noqa: S311


class Slow(io.BytesIO):
    """A source that is told when to go on, and tells that it was closed."""

    def __init__(self, content: bytes, *, fails: bool = False) -> None:
        super().__init__(content)
        self.may_go_on = Event()
        self.is_closed = Event()
        self._fails = fails

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, when there may be some."""
        self.may_go_on.wait()
        if self._fails and self.tell():
            raise OSError(5, "broken")
        return super().read(size)

    def close(self) -> None:
        """End it."""
        super().close()
        self.is_closed.set()


def test_all_bytes_come_in_order() -> None:
    """Whatever is asked for at once; and the source is closed."""
    for size in (1000, SIZE, 2 * SIZE + 1):
        source = Slow(CONTENT)
        source.may_go_on.set()
        with Ahead(source) as ahead:
            buffer = io.BufferedReader(ahead, size)
            found = bytearray()
            while data := buffer.read(size):
                found += data
            assert found == CONTENT
            assert buffer.read(1) == b""
        assert source.is_closed.is_set()


def test_error_of_the_source_comes_in_its_place() -> None:
    """After all that was read before."""
    source = Slow(CONTENT, fails=True)
    source.may_go_on.set()
    with Ahead(source) as ahead:
        assert len(io.BufferedReader(ahead, SIZE).read(SIZE)) == SIZE
        with pytest.raises(OSError, match="broken"):
            ahead.readinto(memoryview(bytearray(1)))


def test_what_nobody_wants_is_not_read() -> None:
    """Some blocks wait, and no more; after the block the thread has ended."""
    source, before = Slow(bytes(3 * AHEAD * SIZE)), threading.active_count()
    source.may_go_on.set()
    with Ahead(source) as ahead:
        ahead.readinto(memoryview(bytearray(1)))
    assert source.is_closed.is_set()
    assert threading.active_count() == before


def test_exception_waits_for_nobody() -> None:
    """The source may be a network that says nothing; it is closed when it does."""
    source = Slow(CONTENT)
    with pytest.raises(ZeroDivisionError), Ahead(source):
        raise ZeroDivisionError
    assert not source.is_closed.is_set()
    source.may_go_on.set()
    assert source.is_closed.wait(30)


def test_one_behind_the_other() -> None:
    """An exception ends both."""
    source = Slow(CONTENT)
    with pytest.raises(ZeroDivisionError), Ahead(source) as first, Ahead(first):
        raise ZeroDivisionError
    source.may_go_on.set()
    assert source.is_closed.wait(30)
