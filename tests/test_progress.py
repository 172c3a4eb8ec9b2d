"""Long work shows on a terminal that it goes on, and nowhere else."""

from __future__ import annotations

import io
import os
import select
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from find_libdeps.progress import ERASE, watched


@pytest.fixture
def terminal() -> Iterator[tuple[int, TextIO]]:
    """What a terminal shows, and the stream that writes to it."""
    master, slave = os.openpty()
    with open(slave, "w") as stream:  # noqa: PTH123
        yield master, stream
    os.close(master)


def shown(screen: int) -> str:
    """What appears on it next."""
    assert select.select([screen], [], [], 30)[0], "nothing appears"
    return os.read(screen, 100).decode()


def test_long_work_shows_its_seconds_and_leaves_nothing(terminal: tuple[int, TextIO]) -> None:
    """The line appears while the work goes on, and is erased when it is done, or has failed."""
    screen, stream = terminal

    def work() -> str:
        return shown(screen)  # goes on until then

    assert watched(work, stream)().endswith("s, still reading")
    assert shown(screen) == ERASE

    def failing() -> None:
        work()
        raise KeyError

    with pytest.raises(KeyError):
        watched(failing, stream)()
    assert shown(screen) == ERASE


def test_short_work_shows_nothing(terminal: tuple[int, TextIO]) -> None:
    """Nobody waits for it."""
    screen, stream = terminal
    assert watched(lambda: 3, stream)() == 3
    os.set_blocking(screen, False)
    with pytest.raises(BlockingIOError):
        os.read(screen, 100)


def test_pipe_is_left_alone() -> None:
    """Logs have no use for it: not even a thread is started."""
    assert watched(threading.active_count, io.StringIO())() == threading.active_count()
