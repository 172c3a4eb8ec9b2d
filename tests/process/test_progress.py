"""Long work shows on a terminal that it goes on, and nowhere else."""

from __future__ import annotations

import io
import os
import re
import select
import signal
from collections.abc import Iterator
from typing import TextIO

import pytest

from find_libdeps.process.progress import ERASE, shown


@pytest.fixture
def terminal() -> Iterator[tuple[int, TextIO]]:
    """What a terminal shows, and the stream that writes to it."""
    master, slave = os.openpty()
    with open(slave, "w") as stream:  # noqa: PTH123
        yield master, stream
    os.close(master)


def seen(screen: int, pattern: str) -> bool:
    """Whether something appears on it, in half a minute: sooner or later, as the machine is."""
    told = ""
    while not re.search(pattern, told) and select.select([screen], [], [], 30)[0]:
        told += os.read(screen, 100).decode()
    return bool(re.search(pattern, told))


@pytest.mark.thorough
def test_long_work_shows_its_seconds_and_leaves_nothing(terminal: tuple[int, TextIO]) -> None:
    """The line appears while the work goes on, and is erased when it is done, or has failed."""
    screen, stream = terminal
    with shown(stream):
        assert seen(screen, r"^\r\x1b\[Kfind-libdeps: \d+ s, still reading")
    assert seen(screen, f"{re.escape(ERASE)}$")

    def fail() -> None:
        with shown(stream):
            seen(screen, "still reading")  # goes on until then
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert seen(screen, f"{re.escape(ERASE)}$")


@pytest.mark.thorough
def test_work_that_tells_how_far_it_is(terminal: tuple[int, TextIO]) -> None:
    """A bar for what has been read; never more than all of it."""
    screen, stream = terminal
    with shown(stream) as progress:
        progress(1_234_567_890, 4_700_000_000)
        assert seen(screen, r"find-libdeps: #{5}\.{15} 26% of 4\.7 GB, \d+ s, ")
        progress(4_800_000_000, 4_700_000_000)
        assert seen(screen, r"find-libdeps: #{20} 100% of 4\.7 GB, \d+ s, ")
        progress(1_234_567_890, None)
        assert seen(screen, r"find-libdeps: \d+ s, ")


def test_short_work_shows_nothing(terminal: tuple[int, TextIO]) -> None:
    """Nobody waits for it."""
    screen, stream = terminal
    with shown(stream):
        pass
    os.set_blocking(screen, False)
    with pytest.raises(BlockingIOError):
        os.read(screen, 100)


def test_pipe_is_left_alone() -> None:
    """Logs have no use for it: not even a timer is set."""
    with shown(io.StringIO()) as progress:
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
        progress(1, 2)
