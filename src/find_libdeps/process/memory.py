"""Memory: whether it is short, since MemoryError may also mean that too much was asked for at once;
and giving it back.
"""

from __future__ import annotations

import gc
from contextlib import suppress

ROOM = 16 << 20
"""Bytes. No step of bounded work takes more; what failed for the lack of less is no such step."""


def check_room(more: int = 0) -> None:
    """Tell after a failure whether memory is short, or too much was asked for.

    Args:
        more: the bytes, besides `ROOM`, that what has failed may take.

    Raises:
        MemoryError: it is short.
    """
    bytes(ROOM + more)  # calloc(3): no page of it is touched


def give_back() -> None:
    """Give the memory back that is not used any more, in a process that goes on for long.

    The C library keeps what it has freed, and much of it in a thread (malloc_trim(3)).
    """
    import ctypes  # most processes are short

    gc.collect()
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
