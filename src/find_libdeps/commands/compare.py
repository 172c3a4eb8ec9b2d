"""Compares the list with one that was committed."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from find_libdeps.debian.package import Package, is_request
from find_libdeps.errors import ListError, printable


def read_list(path: str | PathLike[str]) -> list[str]:
    """The packages in a list, sorted. Lines that start with ``#`` are comments.

    Raises:
        ListError: the file can't be read, or is no list of packages.
    """
    try:
        text = Path(path).read_text("utf-8", "replace")
    except OSError as error:
        raise ListError("read the list", path, error.strerror) from None
    lines = (line.strip() for line in text.splitlines())
    words = {word for line in lines if not line.startswith("#") for word in line.split()}
    for word in sorted(words):
        if not is_request(word):
            raise ListError("read the list", path, f'"{word}" is no name of a package')
    return sorted(words)


def difference(
    committed: Iterable[str], packages: Iterable[Package], *, versions: bool
) -> list[str]:
    """The lines of a unified diff from a committed list to the packages found; none if they agree.

    Args:
        committed: what `read_list` returned.
        packages: what should be in it.
        versions: whether to compare versions; if not, those in the committed list are ignored.
    """
    old = [printable(word if versions else word.partition("=")[0]) for word in committed]
    new = [str(package) for package in packages]
    from difflib import unified_diff  # seldom needed

    diff = unified_diff(sorted(set(old)), sorted(set(new)), "committed", "found", lineterm="")
    return list(diff)
