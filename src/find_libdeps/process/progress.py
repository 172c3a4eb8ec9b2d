"""A sign of life on a terminal, for work that takes longer than a moment."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import TextIO, TypeAlias

Progress: TypeAlias = Callable[[int, int | None], None]
"""Is told how many bytes have been read, and of about how many; None: nobody knows."""
PATIENCE = 1.0
"""Seconds until the first sign, and between two of them."""
ERASE = "\r\x1b[K"
"""Clears the line (ECMA-48, EL)."""
WIDTH = 20
"""Columns of a bar."""


def no_progress(passed: int, total: int | None) -> None:
    """Tell nobody."""


@contextmanager
def shown(stream: TextIO | None = None) -> Iterator[Progress]:
    """Show on `stream` (stderr), if that is a terminal, how far the work inside is.

    Nothing of it stays. The work need not tell anything: a timer (setitimer(2)) interrupts it, and
    no thread, beside which a process had better not be copied. For the main thread only.
    """
    terminal = stream or sys.stderr
    if not terminal.isatty():
        yield no_progress
        return
    start, bar, told = monotonic(), "", False

    def progress(passed: int, total: int | None) -> None:
        nonlocal bar
        bar = _bar(passed, total) if total else ""

    def tell(number: int, frame: FrameType | None) -> None:
        nonlocal told
        told = True
        terminal.write(f"{ERASE}find-libdeps: {bar}{monotonic() - start:.0f} s, still reading")
        terminal.flush()

    before = signal.signal(signal.SIGALRM, tell)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE, PATIENCE)
    try:
        yield progress
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if told:
            terminal.write(ERASE)
            terminal.flush()


def _bar(passed: int, total: int) -> str:
    """How much has been read; the total is the engine's estimate, and may be too small."""
    part = min(passed / total, 1)
    return f"{'#' * int(part * WIDTH):.<{WIDTH}} {part:.0%} of {total / 1e9:.1f} GB, "
