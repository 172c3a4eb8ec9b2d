"""The signals that end the command, and how it cleans up before it ends by one."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end the command, unless the parent process ignores them."""


class Stopped(BaseException):
    """A signal asks the command to end. Temporary files are removed while this propagates."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def ending_by_signals() -> Iterator[None]:
    """Clean up on a signal, then end by that signal, so that a shell or CI sees what happened.

    A second signal ends the process at once. Signals that the parent process ignores stay ignored
    (nohup(1)).
    """
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        yield
    except Stopped as stopped:
        with suppress(OSError):  # nobody can say what SIGKILL does
            signal.signal(stopped.number, signal.SIG_DFL)
        os.kill(os.getpid(), stopped.number)
        sys.exit(128 + stopped.number)  # the first process of a container does not die of its own
    finally:
        _die_at_once()


def _stop(number: int, _: FrameType | None) -> NoReturn:
    _die_at_once()
    raise Stopped(number)


def _die_at_once() -> None:
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


class Interrupted(KeyboardInterrupt):
    """A signal arrived; it ends the process once the work has cleaned up."""


class DelayedSignals:
    """Delays signals until the work inside can clean up, and so be interrupted."""

    def __init__(self) -> None:
        self.are_delayed = True
        """Whether signals are delayed."""
        self._received: int | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> DelayedSignals:
        if threading.current_thread() is threading.main_thread():  # others get no signals
            for number in SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._handlers[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._received is not None:
            signal.raise_signal(self._received)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._received = self._received or number
        self.check()

    def check(self) -> None:
        """Raise `Interrupted` if a signal arrived and is not delayed; delay all later ones."""
        if self._received is not None and not self.are_delayed:
            self.are_delayed = True
            raise Interrupted
