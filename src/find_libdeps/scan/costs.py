"""What installing the list adds to the target: found out when somebody asks for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from find_libdeps.debian.apt import APT
from find_libdeps.needs.system import System
from find_libdeps.needs.target import Target
from find_libdeps.process.progress import Tell
from find_libdeps.report.report import PackageUse
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Tree

if TYPE_CHECKING:
    from find_libdeps.debian.installing import Added, Costs

T = TypeVar("T")
_INSTALLER = "apt"
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


def find_costs(
    builder: System,
    target: Target,
    uses: Sequence[PackageUse],
    listed: Sequence[PackageUse] = (),
    fetch: Tell | None = None,
) -> Costs | None:
    """What installing any of some packages takes; None if it is not known.

    Args:
        builder: where some of them may be installed.
        target: where they will be.
        uses: the packages.
        listed: those of the list, which are measured as far as that is possible.
        fetch: have apt download what is measured and the builder lacks, and call this with a
            sentence about that. None: nothing is fetched.

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
    asked = [*dict.fromkeys(names), *([_INSTALLER] if is_assumed else ())]
    found = (each.costs(asked, target.architecture, there) for each in target.catalogues)
    costs = next(filter(None, found), None)
    if costs is None:
        return None
    if system is not None:
        packages = [use.package for use in listed if not use.essential]
        return _measured(costs, builder, target, system.tree, costs.of(packages).whole, fetch)
    base = installation([_INSTALLER], costs.known.get, there.__contains__).whole.packages
    return replace(costs, there=there.union(base), is_assumed=True)


def _measured(
    costs: Costs, builder: System, target: Target, there: Tree, added: Added, fetch: Tell | None
) -> Costs:
    """The same with what packages take in the target, as far as files tell that.

    The builder may have another version of a package, from before an update of its release. That
    changes little, and so it counts.

    Args:
        costs: what is known without their files.
        builder: has the files of packages that are installed there.
        target: where they will be.
        there: its files.
        added: the packages that are worth a download.
        fetch: see `find_costs`.

    Raises:
        TreeError: a file of the builder can't be looked at.
    """
    from find_libdeps.debian.disk_use import USUAL_RECORDS, DiskUse, Installed
    from find_libdeps.debian.path_rules import read_path_rules

    rules, tree, database = read_path_rules(there), builder.tree, builder.database
    disk = DiskUse(there, rules) if rules is not None else None
    known, sizes = dict(costs.known), dict[str, int]()
    sources = [costs.source]
    if disk and database and target.is_builders and isinstance(tree, DirectoryTree):
        installed = Installed(tree, database, target.architecture)
        found = ((name, disk.of_installed(name, installed)) for name in sorted(known))
        sizes |= {name: size for name, size in found if size is not None}
        sources += ["the builder's files"] if sizes else []
    left = [name for name in added.packages if name not in sizes and name in known]
    if disk and left and fetch and target.release:
        from find_libdeps.debian.fetched_packages import fetched_debs  # few have apt fetch them

        is_known = costs.source == APT
        debs = fetched_debs(target.release, target.architecture, left, fetch, is_known=is_known)
        sizes |= {name: disk.of_deb(deb) for name, deb in sorted(debs.items())}
        sources += ["fetched packages"] if debs else []
    for name, each in known.items():
        if name in sizes:
            known[name] = replace(each, size=sizes[name])
        elif rules is None or rules:
            most = math.ceil(each.size * (1 + costs.rounding)) + USUAL_RECORDS
            known[name] = replace(each, size=most, is_at_most=True)
    can_fetch = bool(disk and left and target.release and not fetch)
    return replace(costs, known=known, source=_joined(sources), can_fetch=can_fetch)


def _joined(sources: Sequence[str]) -> str:
    """``apt, the builder's files and fetched packages``."""
    return " and ".join(filter(None, (", ".join(sources[:-1]), sources[-1])))
