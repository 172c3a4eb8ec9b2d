"""Work that another process does meanwhile."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar, cast

T = TypeVar("T")


@contextmanager
def aside(work: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """Have a copy of this process (fork(2)) compute something that depends on nothing but `work`.

    Files that are open must not be read by both. Where there is one processor only, or where other
    threads might be in the middle of something, or where the copy fails, it is computed here.

    Yields:
        what waits for the result, and returns or raises what `work` does.
    """
    if len(os.sched_getaffinity(0)) < 2 or threading.active_count() > 1:
        yield work
        return
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _compute(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        try:
            yield lambda: _result(stream.read(), work)
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)  # it has nothing to put away
            os.waitpid(child, 0)


def _compute(work: Callable[[], object], writing: int) -> None:
    """Write the result, and end without what the process had still to do."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        with os.fdopen(writing, "wb") as stream:
            pickle.dump(work(), stream, pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)


def _result(data: bytes, work: Callable[[], T]) -> T:
    try:
        return cast(T, pickle.loads(data))  # noqa: S301 (of our own making)
    except (EOFError, pickle.UnpicklingError):
        return work()
