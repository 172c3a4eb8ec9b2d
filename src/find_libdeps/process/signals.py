"""The signals that end the command, and how it cleans up before it ends by one."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Those that end the command, if the parent does not ignore them."""


class Stopped(BaseException):
    """A signal wants an end. What has been made for a while is removed on its way up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def ending_by_signals() -> Iterator[None]:
    """Clean up at a signal, and then end by it, so that a shell or a CI sees what happened.

    A second signal ends the process at once. One that the parent ignores stays ignored (nohup(1)).
    """
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        yield
    except Stopped as stopped:
        signal.signal(stopped.number, signal.SIG_DFL)
        os.kill(os.getpid(), stopped.number)
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
    """A signal came that ends the process, once it has put its things away."""


class Interruption:
    """Lets signals end a piece of work only where it can put things away."""

    def __init__(self) -> None:
        self.is_held = True
        """Whether a signal has to wait."""
        self._came: int | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():  # signals reach no other
            for number in SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._handlers[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._came is not None:
            signal.raise_signal(self._came)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._came = self._came or number
        self.check()

    def check(self) -> None:
        """Raise `Interrupted` if a signal came, and hold all others."""
        if self._came is not None and not self.is_held:
            self.is_held = True
            raise Interrupted
