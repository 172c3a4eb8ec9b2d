"""What installing the list adds to the target: found out when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from find_libdeps.needs.target import Target
from find_libdeps.report.report import PackageUse

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


def find_costs(target: Target, uses: Sequence[PackageUse]) -> Costs | None:
    """What installing any of some packages takes; None if it is not known.

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
    if costs is None or not is_assumed:
        return costs
    base = installation([_APT], costs.known.get, there.__contains__).whole.packages
    return replace(costs, there=there.union(base), is_assumed=True)
