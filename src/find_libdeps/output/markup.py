"""HTML that can't be broken by what is put into it: all text is escaped, but for what is HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from find_libdeps.errors import printable

_VOID = ("input", "rect")
"""The elements that have no content."""


class Html(str):
    """Text that is HTML already. Only this module makes it, of text that it escapes."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str | int | None) -> Html:
    """An element with its content.

    Args:
        name: what it is.
        children: its content; what is no `Html` is text.
        attributes: their names have ``_`` for ``-``, and one behind a word of Python's. A value of
            None leaves the attribute out, an empty text is a value.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{told}>" if name == "input" else f"<{name}{told}/>")
    return Html(f"<{name}{told}>{joined(children)}</{name}>")


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Parts, one after the other."""
    return Html(escaped(between).join(map(escaped, parts)))


def escaped(text: str) -> Html:
    """Text that shows as it is, on one line: no character has a meaning, or changes the order."""
    return text if isinstance(text, Html) else Html(escape(printable(text)))


def lines(texts: Iterable[str]) -> Html:
    """Lines of preformatted text."""
    return Html("\n".join(map(escaped, texts)))
