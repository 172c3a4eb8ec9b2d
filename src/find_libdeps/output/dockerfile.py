"""The lines to paste into the target stage of a Dockerfile."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from find_libdeps.debian.package import Package
from find_libdeps.errors import TreeError, quoted
from find_libdeps.needs.use import Role
from find_libdeps.report.report import Copy, PackageUse, Report

_LITERAL = re.compile(r"[\w ./+@%=:,~-]+")
"""Paths that COPY takes literally: it gives a meaning to patterns, variables and quotes."""


def instructions(report: Report, *, essential: bool = False) -> Iterator[str]:
    """The lines that install the list, and that copy the other files from the stage ``builder``.

    Raises:
        TreeError: COPY would not take the name of a file literally.
    """
    packages = [p for p in report.packages if essential or not p.essential]
    if packages:
        yield from _costs(report)
        yield "RUN apt-get update \\"
        yield "    && apt-get install -y --no-install-recommends \\"
        yield from _names([p for p in packages if not _is_for_plugins(p)])
        for_plugins = [p for p in packages if _is_for_plugins(p)]
        if for_plugins:
            left = [each.package for each in packages if each not in for_plugins]
            less = _less(report, left)
            yield f"        # for plugins only, --no-plugins leaves them out{less}:"
            yield from _names(for_plugins)
        yield "    && rm -rf /var/lib/apt/lists/*"
    if report.copies:
        yield from _copied(report.copies)
        yield "RUN ldconfig"


def _costs(report: Report) -> Iterator[str]:
    """A comment with what the list adds, if that is known."""
    costs, added = report.costs(), report.added
    if costs and added and added.whole.packages:
        from find_libdeps.output.sizes import in_short, told_by  # messages use this module, too

        yield f"# {in_short(added.whole)}, by {told_by(costs)}"


def _less(report: Report, left: Sequence[Package]) -> str:
    """How much less a shorter list adds; empty if that is not known."""
    costs = report.costs()
    if costs is None:
        return ""
    from find_libdeps.output.sizes import in_short

    return f", which saves {in_short(costs.saved(report.to_install(), left))}"


def _names(packages: Sequence[PackageUse]) -> Iterator[str]:
    yield from (f"        {package.package} \\" for package in packages)


def _is_for_plugins(package: PackageUse) -> bool:
    return all(use.role is Role.PLUGIN for use in package.uses)


def _copied(copies: Sequence[Copy]) -> Iterator[str]:
    """One COPY for each directory, since it takes many sources but only one destination."""
    places: dict[PurePosixPath, dict[PurePosixPath, None]] = defaultdict(dict)
    for copy in copies:
        for file in copy.files:
            places[file.parent][file] = None
    for directory, files in sorted(places.items()):
        line = _copy_line(list(files), f"{directory}/")
        if line is None:
            raise TreeError(
                "write a COPY of", min(files), "a Dockerfile reads the name differently"
            )
        yield line


def how_to_copy(sources: Sequence[PurePosixPath], destination: str) -> str:
    """A line to paste into a Dockerfile; words, if it would not take the names literally."""
    words = f"copy {' '.join(map(quoted, sources))} to {quoted(destination)}"
    by_hand = f"{words}, by hand: a Dockerfile reads such a name differently"
    return _copy_line(sources, destination) or by_hand


def _copy_line(sources: Sequence[PurePosixPath], destination: str) -> str | None:
    """The instruction, in its form for names with blanks if need be (Dockerfile reference, COPY).

    None if it would not take the names literally.
    """
    paths = [*map(str, sources), destination]
    if not all(map(_LITERAL.fullmatch, paths)):
        return None
    has_blanks = any(" " in path for path in paths)
    words = json.dumps(paths, ensure_ascii=False) if has_blanks else " ".join(paths)
    return f"COPY --from=builder {words}"
