"""What a root's apt has fetched, without asking it: the Release files in its usual place."""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePosixPath

from find_libdeps.debian.release import Release
from find_libdeps.errors import TreeError
from find_libdeps.roots.tree import Tree

LISTS = PurePosixPath("/var/lib/apt/lists")
_DATE = re.compile(rb"^Date: *(.+)$", re.MULTILINE)


def date_of_lists(tree: Tree, release: Release) -> date | None:
    """When the archive of a release was in the state that a root's apt knows; None if unknown.

    Args:
        tree: the root.
        release: the release. Pockets do not count: they change more often than names do.
    """
    from email.utils import parsedate_to_datetime  # only indexes of testing are asked about

    found = list[date]()
    suites = (release.codename, release.version)
    ends = tuple(f"_dists_{suite}_{file}" for suite in suites for file in ("InRelease", "Release"))
    for name in tree.names(LISTS):
        if name.endswith(ends):
            try:
                match = _DATE.search(tree.read(LISTS / name))
                found += [parsedate_to_datetime(match[1].decode()).date()] if match else []
            except (TreeError, ValueError):  # not to be read, or no date: it says nothing
                continue
    return max(found, default=None)
