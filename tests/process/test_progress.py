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


def seen(screen: int) -> str:
    """What appears on it next."""
    assert select.select([screen], [], [], 30)[0], "nothing appears"
    return os.read(screen, 100).decode()


def test_long_work_shows_its_seconds_and_leaves_nothing(terminal: tuple[int, TextIO]) -> None:
    """The line appears while the work goes on, and is erased when it is done, or has failed."""
    screen, stream = terminal
    with shown(stream):
        assert re.fullmatch(r"\r\x1b\[Kfind-libdeps: \d s, still reading", seen(screen))
    assert seen(screen) == ERASE

    def fail() -> None:
        with shown(stream):
            seen(screen)  # goes on until then
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert seen(screen) == ERASE


def test_work_that_tells_how_far_it_is(terminal: tuple[int, TextIO]) -> None:
    """A bar for what has been read; never more than all of it."""
    screen, stream = terminal
    with shown(stream) as progress:
        progress(1_234_567_890, 4_700_000_000)
        assert "find-libdeps: #####............... 26% of 4.7 GB, 1 s, " in seen(screen)
        progress(4_800_000_000, 4_700_000_000)
        assert "find-libdeps: #################### 100% of 4.7 GB, 2 s, " in seen(screen)
        progress(1_234_567_890, None)
        assert "find-libdeps: 3 s, " in seen(screen)


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
