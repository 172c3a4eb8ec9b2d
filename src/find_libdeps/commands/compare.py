"""Compares the list with one that was committed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from find_libdeps.debian.package import Package, is_request
from find_libdeps.errors import ListError, printable
from find_libdeps.report.findings import Finding, ListCode

if TYPE_CHECKING:
    from find_libdeps.output.list_alerts import Difference


def read_list(path: str | PathLike[str]) -> dict[str, int]:
    """The packages in a list, sorted, with their lines. Lines that start with ``#`` are comments.

    Raises:
        ListError: the file can't be read, or is no list of packages.
    """
    try:
        text = Path(path).read_text("utf-8", "replace")
    except OSError as error:
        raise ListError("read the list", path, error.strerror) from None
    words = dict[str, int]()
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line.startswith("#"):
            for word in line.split():
                words.setdefault(word, number)
    for word in sorted(words):
        if not is_request(word):
            raise ListError("read the list", path, f'"{word}" is no name of a package')
    return {word: words[word] for word in sorted(words)}


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


def compared(
    path: str,
    committed: Mapping[str, int],
    packages: Iterable[Package],
    *,
    versions: bool,
    without: Collection[str] = (),
) -> Difference:
    """What a committed list has too much or too little.

    Args:
        path: the file of the list.
        committed: what `read_list` returned.
        packages: what should be in it.
        versions: whether to compare versions; if not, those in the committed list are ignored.
        without: names of packages that may be in one of them only.
    """
    from find_libdeps.output.list_alerts import Difference, changes_as_findings  # seldom needed

    old = {word: line for word, line in committed.items() if word.partition("=")[0] not in without}
    new = [each for each in packages if str(each).partition("=")[0] not in without]
    diff = difference(old, new, versions=versions)
    return Difference(path, tuple(diff), changes_as_findings(lines_to_change(diff, old), path))


def is_change(finding: Finding) -> bool:
    """Whether a finding is a package that a committed list has too many or too few."""
    return finding.code is ListCode.LIST_DIFFERS


def lines_to_change(diff: Iterable[str], committed: Mapping[str, int]) -> list[tuple[str, int]]:
    """The changed lines of a `difference`, each with the line of the committed list it concerns.

    A package to add belongs below the one that is sorted before it; 1 if there is none.
    """
    lines = {name: number for word, number in committed.items() for name in _names(word)}
    changes = []
    for line in diff:
        if line[0] in "+-" and not line.startswith(("+++ ", "--- ")):
            before = [word for word in committed if word <= line[1:]]
            number = lines.get(line[1:]) if line[0] == "-" else None
            changes.append((line, number or (committed[before[-1]] if before else 1)))
    return changes


def _names(word: str) -> tuple[str, str]:
    """What a word may be called in a difference: with its version, or without."""
    return (word.partition("=")[0], word)
