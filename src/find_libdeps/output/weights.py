"""What packages weigh: what each adds to the target, alone or with others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from find_libdeps.debian.installing import Costs, Installation
from find_libdeps.report.report import PackageUse


class Shared(NamedTuple):
    """What some packages of the list bring together: without all of them it would not come."""

    by: tuple[str, ...]
    """These packages."""
    packages: tuple[tuple[str, int], ...]
    """What they bring, the largest first, with sizes in KiB."""
    size: int
    """How much that is, in KiB."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What packages add to the target."""

    costs: Costs
    added: Installation
    """By the whole list."""

    def of(self, package: PackageUse) -> int | None:
        """What a package and what it alone brings take, in KiB; None if that is not known."""
        name = package.package.qualified_name
        if name in self.added.unknown:
            return None
        own = self.added.own.get(name)
        return own.size if own else 0

    def brought_by(self, package: PackageUse) -> tuple[tuple[str, int], ...]:
        """What comes with a package and with no other, the largest first, with sizes in KiB."""
        name = package.package.qualified_name
        own = self.added.own.get(name)
        return self._sized([each for each in own.packages if each != name] if own else [])

    def shared(self, packages: Sequence[PackageUse]) -> list[Shared]:
        """What several packages of a list bring, the largest first."""
        by = {name: list[str]() for name in self.added.shared.packages}
        for each in packages:
            for name in self.costs.of([each.package]).whole.packages:
                if name in by:
                    by[name].append(each.package.qualified_name)
        groups = defaultdict[tuple[str, ...], list[str]](list)
        for name, bringing in by.items():
            groups[tuple(bringing)].append(name)
        found = [(bringing, self._sized(names)) for bringing, names in groups.items()]
        shared = [Shared(b, sized, sum(size for _, size in sized)) for b, sized in found]
        return sorted(shared, key=lambda each: (-each.size, each.by))

    def saved(self, packages: Sequence[PackageUse], left: Sequence[PackageUse]) -> int:
        """What a list would add less without some packages, in KiB."""
        before = [each.package for each in packages]
        after = [each.package for each in packages if each not in left]
        return self.costs.saved(before, after).size

    def _sized(self, names: Sequence[str]) -> tuple[tuple[str, int], ...]:
        sizes = [(name, self.added.sizes.get(name, 0)) for name in names]
        return tuple(sorted(sizes, key=lambda each: (-each[1], each[0])))
