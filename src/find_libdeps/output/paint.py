"""Colours for a terminal."""

from __future__ import annotations

from typing import Protocol


class Paint(Protocol):
    """Gives a text a colour, as `click.style` does."""

    def __call__(self, text: str, *, fg: str) -> str:
        """The text in the colour named `fg`."""
        ...


def plain(text: str, *, fg: str) -> str:
    """The text without a colour."""
    return text
