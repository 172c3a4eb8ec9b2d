"""A sign of life on a terminal, for work that takes longer than a moment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
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

    Nothing of it stays. The work need not tell anything: another thread looks at the clock.
    """
    terminal = stream or sys.stderr
    if not terminal.isatty():
        yield no_progress
        return
    bar, done = [""], Event()

    def progress(passed: int, total: int | None) -> None:
        bar[0] = _bar(passed, total) if total else ""

    clock = Thread(target=_tell, args=(terminal, bar, done), daemon=True)
    clock.start()
    try:
        yield progress
    finally:
        done.set()
        clock.join()


def _bar(passed: int, total: int) -> str:
    """How much has been read; the total is the engine's estimate, and may be too small."""
    part = min(passed / total, 1)
    return f"{'#' * int(part * WIDTH):.<{WIDTH}} {part:.0%} of {total / 1e9:.1f} GB, "


def _tell(terminal: TextIO, bar: list[str], done: Event) -> None:
    start, told = monotonic(), False
    while not done.wait(PATIENCE):
        terminal.write(f"{ERASE}find-libdeps: {bar[0]}{monotonic() - start:.0f} s, still reading")
        terminal.flush()
        told = True
    if told:
        terminal.write(ERASE)
        terminal.flush()
