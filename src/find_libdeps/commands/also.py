"""``--also NAME=FILE``: the result once more, in another format, without a second scan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


class Also(NamedTuple):
    """A format that is wanted in a file."""

    form: str
    """Its name, one that ``--format`` takes."""
    file: str
    """Where it goes."""


def with_also(forms: Sequence[str]) -> Callable[[Function], Function]:
    """Give a command the option, which it receives as its parameter `also`, a list of `Also`.

    Args:
        forms: the formats that the command can print.
    """

    def checked(_: click.Context, __: click.Parameter, words: Sequence[str]) -> list[Also]:
        return [_parsed(word, forms) for word in words]

    return click.option(
        "--also",
        metavar="NAME=FILE",
        multiple=True,
        callback=checked,
        help="Write another format, too; may be repeated.",
    )


def write(wanted: Sequence[Also], rendered: Callable[[str], str]) -> None:
    """Write each format into its file, in the encoding of stdout.

    Args:
        wanted: formats and files.
        rendered: makes the text of a format.

    Raises:
        OSError: a file can't be written.
    """
    for form, file in wanted:
        Path(file).write_text(rendered(form), "utf-8", "backslashreplace", newline="")


def _parsed(word: str, forms: Sequence[str]) -> Also:
    form, equals, file = word.partition("=")
    if form not in forms:
        raise click.BadParameter(f"{form!r} is not one of {', '.join(forms)}.")
    if not (equals and file):
        raise click.BadParameter(f"{word!r} names no file; {form}=FILE does.")
    return Also(form, file)
