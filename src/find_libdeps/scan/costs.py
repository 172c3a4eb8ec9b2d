"""What installing the list adds to the target: found out when somebody asks for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from find_libdeps.needs.system import System
from find_libdeps.needs.target import Target
from find_libdeps.report.report import PackageUse
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Tree

if TYPE_CHECKING:
    from find_libdeps.debian.installing import Costs

T = TypeVar("T")
_APT = "apt"
"""What every target has besides the essential packages: without it nothing can be installed."""


class Later(Generic[T]):
    """A value that is found out when it is first asked for, or when it is pickled."""

    def __init__(self, find: Callable[[], T]) -> None:
        self._find: Callable[[], T] | None = find
        self._found: list[T] = []

    def __call__(self) -> T:
        """The value."""
        if self._find is not None:
            self._found, self._find = [self._find()], None
        return self._found[0]

    def __getstate__(self) -> dict[str, object]:
        """The value alone: how it is found out may need open files."""
        return {"_find": None, "_found": [self()]}


def find_costs(builder: System, target: Target, uses: Sequence[PackageUse]) -> Costs | None:
    """What installing any of some packages takes; None if it is not known.

    Args:
        builder: where some of them may be installed.
        target: where they will be.
        uses: the packages.

    Raises:
        ReleaseError: an index is damaged.
    """
    from find_libdeps.debian.installing import Costs, installation  # few ask for that

    system, is_assumed = target.system, target.system is None
    names = [use.package.name for use in uses if not (use.essential or use.package.foreign)]
    if all(use.essential for use in uses):
        return Costs({}, frozenset(), "", is_assumed)
    there = target.essential
    if system is not None:
        there = system.database.status.installed if system.database else frozenset()
    asked = [*dict.fromkeys(names), *([_APT] if is_assumed else ())]
    found = (each.costs(asked, target.architecture, there) for each in target.catalogues)
    costs = next(filter(None, found), None)
    if costs is None or system is not None:
        return _measured(costs, builder, target, system.tree) if costs and system else None
    base = installation([_APT], costs.known.get, there.__contains__).whole.packages
    return replace(costs, there=there.union(base), is_assumed=True)


def _measured(costs: Costs, builder: System, target: Target, there: Tree) -> Costs:
    """The same with what packages take in the target, as far as the builder's files tell that.

    The builder may have another version of a package, from before an update of its release. That
    changes little, and so it counts.

    Raises:
        TreeError: a file of the builder can't be looked at.
    """
    from find_libdeps.debian.disk_use import USUAL_RECORDS, DiskUse
    from find_libdeps.debian.path_rules import read_path_rules

    rules, tree, database = read_path_rules(there), builder.tree, builder.database
    disk = None
    if rules is not None and database and target.is_builders and isinstance(tree, DirectoryTree):
        disk = DiskUse(tree, database, target.architecture, there, rules)
    known, is_measured = {}, False
    for name, each in sorted(costs.known.items()):
        size = disk.of(name) if disk else None
        if size is not None:
            known[name], is_measured = replace(each, size=size), True
        elif rules is None or rules:
            most = math.ceil(each.size * (1 + costs.rounding)) + USUAL_RECORDS
            known[name] = replace(each, size=most, is_at_most=True)
        else:
            known[name] = each
    source = f"{costs.source} and the builder's files" if is_measured else costs.source
    return replace(costs, known=known, source=source)
