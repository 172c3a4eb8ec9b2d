"""Forked helpers that share a piece of work with this process."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO, TypeVar

from find_libdeps.process.signals import SIGNALS

T = TypeVar("T")
R = TypeVar("R")
PROCESSES = 3
"""Most processes that share the work, this one included: each needs memory of its own."""
MAX_PORTIONS = 1024
"""Most portions of the work: their numbers must fit in a pipe, maybe of one page (pipe(7))."""
MAX_MEMORY = 4 << 30
"""Most bytes that a helper takes. What needs more is done by the process itself."""
PATIENCE = 0.25
"""Seconds until a helper knows that it has too much, or that the process it helps is gone."""
_NUMBER = 4
"""Bytes of a portion's number in the pipe."""


@contextmanager
def forked_helpers(
    work: Callable[[T], R], items: Sequence[T], *, can_fork: bool = True
) -> Iterator[Callable[[], list[R]]]:
    """Fork helpers that start on `items`, in order (fork(2)).

    There is one for each further processor, and none if this process has other threads, which may
    hold locks, or if the caller says that `work` can't be forked. `work` must depend on its item
    alone, and must not read files that are already open: all processes share their positions.

    Yields:
        A function that does the remaining work here and returns all results, in the order of the
        items. It raises what `work` raises.
    """
    portions = [items[start::MAX_PORTIONS] for start in range(min(len(items), MAX_PORTIONS))]
    with ExitStack() as stack:
        pipe = stack.enter_context(_pipe_of_numbers(len(portions)))
        helpers = [
            stack.enter_context(_helper(work, portions, pipe))
            for _ in range(min(_processors(), PROCESSES) - 1)
            if can_fork and portions and threading.active_count() == 1
        ]

        def results() -> list[R]:
            done = dict(_take_portions(work, portions, pipe))
            for helper in filter(None, helpers):
                done |= _results_of(helper)
            for number, portion in enumerate(portions):
                if number not in done:  # the helper that took it failed
                    done[number] = list(map(work, portion))
            count = len(portions)
            return [done[place % count][place // count] for place in range(len(items))]

        yield results


def _processors() -> int:
    """How many processors this process may use. macOS does not tell, but how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _pipe_of_numbers(count: int) -> Iterator[int]:
    """A pipe with the numbers below `count`, from which each process reads the next one to do."""
    reading, writing = os.pipe()
    try:
        os.write(writing, b"".join(n.to_bytes(_NUMBER, "big") for n in range(count)))
        os.close(writing)
        yield reading
    finally:
        os.close(reading)


@contextmanager
def _helper(
    work: Callable[[T], R], portions: Sequence[Sequence[T]], pipe: int
) -> Iterator[BinaryIO | None]:
    """Fork one helper; yields the stream of its results, or None if it can't be forked."""
    reading, writing = os.pipe()
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError:  # too many processes, too little memory
        os.close(reading)
        os.close(writing)
        yield None
        return
    if child == 0:
        os.close(reading)
        _run_helper(work, portions, pipe, writing, parent)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        try:
            yield stream
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)  # it has nothing to clean up
            os.waitpid(child, 0)


def _run_helper(
    work: Callable[[T], R], portions: Sequence[Sequence[T]], pipe: int, writing: int, parent: int
) -> None:
    """Write the results, and exit without the cleanup that is the parent's."""
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        _watch(parent)
        with os.fdopen(writing, "wb") as stream:
            pickle.dump(dict(_take_portions(work, portions, pipe)), stream, pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)


def _watch(parent: int) -> None:
    """End this process when its parent has ended (if that was killed, nobody else would), or when
    it takes too much memory.

    A limit of its own (setrlimit(2)) would not do: where an allocation fails, CPython may give a
    wrong result, as well as an error or a crash.
    """
    most = _peak() + MAX_MEMORY

    def look(*_: object) -> None:
        if os.getppid() != parent or _peak() > most:
            os._exit(0)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE, PATIENCE)


def _peak() -> int:
    """Most bytes that this process had in memory (getrusage(2), whose unit is another on macOS)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


def _take_portions(
    work: Callable[[T], R], portions: Sequence[Sequence[T]], pipe: int
) -> Iterator[tuple[int, list[R]]]:
    """Take portions until none is left; yields the number of each and its results."""
    while number := os.read(pipe, _NUMBER):
        at = int.from_bytes(number, "big")
        yield at, list(map(work, portions[at]))


def _results_of(helper: BinaryIO) -> dict[int, list[R]]:
    """The results of a helper; empty if it failed."""
    try:
        results: dict[int, list[R]] = pickle.load(helper)  # noqa: S301 (of our own making)
    except (EOFError, pickle.UnpicklingError):
        return {}
    return results
