"""Whether memory is short: MemoryError may also mean that too much was asked for at once."""

from __future__ import annotations

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
