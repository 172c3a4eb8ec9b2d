"""The lines to paste into the target stage of a Dockerfile."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from find_libdeps.errors import TreeError
from find_libdeps.needs.use import Role
from find_libdeps.report.report import Copy, PackageUse, Report

_PLAIN = re.compile(r"[\w./+@%=:,~-]+\Z", re.ASCII)
"""Paths that COPY takes literally: it gives a meaning to patterns, variables, quotes and spaces."""


def instructions(report: Report, *, essential: bool = False) -> Iterator[str]:
    """The lines that install the list, and that copy the other files from the stage ``builder``.

    Raises:
        TreeError: COPY would not take the name of a file literally.
    """
    packages = [p for p in report.packages if essential or not p.essential]
    if packages:
        yield "RUN apt-get update \\"
        yield "    && apt-get install -y --no-install-recommends \\"
        yield from _names([p for p in packages if not _is_for_plugins(p)])
        for_plugins = [p for p in packages if _is_for_plugins(p)]
        if for_plugins:
            yield "        # for plugins only, --no-plugins leaves them out:"
            yield from _names(for_plugins)
        yield "    && rm -rf /var/lib/apt/lists/*"
    if report.copies:
        yield from _copied(report.copies)
        yield "RUN ldconfig"


def _names(packages: Sequence[PackageUse]) -> Iterator[str]:
    yield from (f"        {package.package} \\" for package in packages)


def _is_for_plugins(package: PackageUse) -> bool:
    return all(use.role is Role.PLUGIN for use in package.uses)


def _copied(copies: Sequence[Copy]) -> Iterator[str]:
    """One COPY for each directory, since it takes many sources but only one destination."""
    places: dict[PurePosixPath, dict[PurePosixPath, None]] = defaultdict(dict)
    for copy in copies:
        for file in copy.files:
            if not _PLAIN.match(str(file)):
                raise TreeError("write a COPY of", file, "a Dockerfile reads that name differently")
            places[file.parent][file] = None
    for directory, files in sorted(places.items()):
        yield f"COPY --from=builder {' '.join(map(str, files))} {directory}/"
