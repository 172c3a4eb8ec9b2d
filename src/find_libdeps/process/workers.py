"""Forked helpers that share a piece of work with this process."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO, TypeVar

from find_libdeps.process.signals import SIGNALS

T = TypeVar("T")
R = TypeVar("R")
PROCESSES = 3
"""Those that share the work at most: each needs memory of its own."""
MAX_PORTIONS = 1024
"""Their numbers wait in a pipe, which may have room for a page only (pipe(7))."""
_NUMBER = 4
"""Bytes of one of them."""


@contextmanager
def forked_helpers(work: Callable[[T], R], items: Sequence[T]) -> Iterator[Callable[[], list[R]]]:
    """Fork helpers that start on `items`, in order (fork(2)).

    There is one for each further processor; none beside other threads, which might be in the
    middle of something. `work` must depend on nothing but its item, and must not read files that
    are open already: they have one position for all processes.

    Yields:
        a function that does the rest here and returns all results, in the order of the items. It
        raises what `work` raises.
    """
    portions = [items[start::MAX_PORTIONS] for start in range(min(len(items), MAX_PORTIONS))]
    with ExitStack() as stack:
        waiting = stack.enter_context(_numbers(len(portions)))
        copies = [
            stack.enter_context(_copy(work, portions, waiting))
            for _ in range(min(len(os.sched_getaffinity(0)), PROCESSES) - 1)
            if portions and threading.active_count() == 1
        ]

        def results() -> list[R]:
            done = dict(_done(work, portions, waiting))
            for copy in filter(None, copies):
                done |= _told(copy)
            for number, portion in enumerate(portions):
                if number not in done:  # a copy that took it has failed
                    done[number] = list(map(work, portion))
            count = len(portions)
            return [done[place % count][place // count] for place in range(len(items))]

        yield results


@contextmanager
def _numbers(count: int) -> Iterator[int]:
    """A pipe with as many numbers, for whoever reads the next one; then it ends."""
    reading, writing = os.pipe()
    try:
        os.write(writing, b"".join(n.to_bytes(_NUMBER, "big") for n in range(count)))
        os.close(writing)
        yield reading
    finally:
        os.close(reading)


@contextmanager
def _copy(
    work: Callable[[T], R], portions: Sequence[Sequence[T]], waiting: int
) -> Iterator[BinaryIO | None]:
    """A copy of this process at work, and what it will tell at its end; None: there can be none."""
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:  # too many processes, too little memory
        os.close(reading)
        os.close(writing)
        yield None
        return
    if child == 0:
        os.close(reading)
        _compute(work, portions, waiting, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        try:
            yield stream
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)  # it has nothing to put away
            os.waitpid(child, 0)


def _compute(
    work: Callable[[T], R], portions: Sequence[Sequence[T]], waiting: int, writing: int
) -> None:
    """Write the results, and end without what the process had still to do."""
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        with os.fdopen(writing, "wb") as stream:
            pickle.dump(dict(_done(work, portions, waiting)), stream, pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)


def _done(
    work: Callable[[T], R], portions: Sequence[Sequence[T]], waiting: int
) -> Iterator[tuple[int, list[R]]]:
    """The results of the portions that nobody else has taken."""
    while number := os.read(waiting, _NUMBER):
        at = int.from_bytes(number, "big")
        yield at, list(map(work, portions[at]))


def _told(copy: BinaryIO) -> dict[int, list[R]]:
    """The results of a copy; none if it failed."""
    try:
        told: dict[int, list[R]] = pickle.load(copy)  # noqa: S301 (of our own making)
    except (EOFError, pickle.UnpicklingError):
        return {}
    return told
