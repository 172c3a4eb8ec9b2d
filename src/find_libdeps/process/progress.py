"""A progress line on a terminal, for work that takes longer than a second."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import TextIO, TypeAlias

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes read so far and an estimate of the total, None if unknown."""
Tell: TypeAlias = Callable[[str], None]
"""Called with a sentence about what is fetched, or left out."""
PATIENCE = 1.0
"""Seconds until the line first appears, and between its updates."""
ERASE = "\r\x1b[K"
"""Clears the line (ECMA-48, EL)."""
WIDTH = 20
"""Columns of a bar."""


def no_progress(passed: int, total: int | None) -> None:
    """Show nothing."""


class Furthest:
    """Shows nothing, and keeps how far it came."""

    def __init__(self) -> None:
        self.passed = 0
        """The most bytes that any reading of a source has passed."""

    def __call__(self, passed: int, total: int | None) -> None:
        """See `Progress`."""
        self.passed = max(self.passed, passed)


def silent(sentence: str) -> None:
    """Tell nobody."""


@contextmanager
def shown(stream: TextIO | None = None) -> Iterator[Progress]:
    """Show the progress of the `with` block on `stream` (default: stderr), if it is a terminal.

    The line is erased at the end. A timer (setitimer(2)) updates it, even if the work never calls
    the function that is yielded. No thread does, because forking beside threads is unsafe. For the
    main thread only, where Python handles signals.
    """
    terminal = stream or sys.stderr
    if not terminal.isatty():
        yield no_progress
        return
    start, bar, is_drawn = monotonic(), "", False

    def progress(passed: int, total: int | None) -> None:
        nonlocal bar
        bar = _bar(passed, total) if total else ""

    def draw(number: int, frame: FrameType | None) -> None:
        nonlocal is_drawn
        is_drawn = True
        terminal.write(f"{ERASE}find-libdeps: {bar}{monotonic() - start:.0f} s, still reading")
        terminal.flush()

    before = signal.signal(signal.SIGALRM, draw)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE, PATIENCE)
    try:
        yield progress
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if is_drawn:
            terminal.write(ERASE)
            terminal.flush()


def _bar(passed: int, total: int) -> str:
    """A bar for the part that is read. `total` is the engine's estimate, and may be too small."""
    part = min(passed / total, 1)
    return f"{'#' * int(part * WIDTH):.<{WIDTH}} {part:.0%} of {total / 1e9:.1f} GB, "
