"""A sign of life on a terminal, for work that takes longer than a moment."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from threading import Event, Thread
from time import monotonic
from typing import ParamSpec, TextIO, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 1.0
"""Seconds until the first sign, and between two of them."""
ERASE = "\r\x1b[K"
"""Clears the line (ECMA-48, EL)."""


def watched(work: Callable[P, T], stream: TextIO | None = None) -> Callable[P, T]:
    """The same work, with the seconds that it takes on `stream` (stderr) if that is a terminal.

    Nothing of it stays. The work itself knows nothing of this: another thread looks at the clock.
    """
    terminal = stream or sys.stderr
    if not terminal.isatty():
        return work

    @wraps(work)
    def working(*args: P.args, **kwargs: P.kwargs) -> T:
        done = Event()
        clock = Thread(target=_tell, args=(terminal, done), daemon=True)
        clock.start()
        try:
            return work(*args, **kwargs)
        finally:
            done.set()
            clock.join()

    return working


def _tell(terminal: TextIO, done: Event) -> None:
    start, told = monotonic(), False
    while not done.wait(PATIENCE):
        terminal.write(f"{ERASE}find-libdeps: {monotonic() - start:.0f} s, still reading")
        terminal.flush()
        told = True
    if told:
        terminal.write(ERASE)
        terminal.flush()
