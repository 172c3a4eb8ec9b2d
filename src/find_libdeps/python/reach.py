"""Which modules lead to code that loads libraries: those have to be evaluated, and no others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from find_libdeps.python.survey import PackageSurvey, Source


class Reach(NamedTuple):
    """The sources that may load libraries, or import a module that may."""

    loading: frozenset[str]
    """The paths of sources that have words of code that loads libraries."""
    leading: frozenset[str]
    """The paths of these, and of those that lead to them."""


def find_reach(packages: Iterable[PackageSurvey]) -> Reach:
    """Follow imports backwards, from the modules that may load libraries."""
    sources = [source for package in packages for source in package.sources]
    loading = [source for source in sources if source.may_load]
    reached = {source.path for source in loading}
    tops = {_top(source) for source in loading}
    # what imports modules by computed names may import each of its package's
    new = [*loading, *(s for s in sources if s.is_dynamic and _top(s) in tops)]
    reached |= {source.path for source in new}
    rest = [source for source in sources if source.path not in reached]
    while new:
        names = {source.module for source in new}
        new = [source for source in rest if not names.isdisjoint(source.imports)]
        reached |= {source.path for source in new}
        dynamic = _dynamic_beside(new, rest, reached)
        new += dynamic
        reached |= {source.path for source in dynamic}
        rest = [source for source in rest if source.path not in reached]
    return Reach(frozenset(source.path for source in loading), frozenset(reached))


def _dynamic_beside(
    new: Sequence[Source], rest: Sequence[Source], reached: set[str]
) -> list[Source]:
    """Modules with dynamic imports in the packages of some others."""
    tops = {_top(source) for source in new}
    return [s for s in rest if s.is_dynamic and _top(s) in tops and s.path not in reached]


def _top(source: Source) -> str:
    return source.module.partition(".")[0]


def leading_packages(packages: Iterable[PackageSurvey], reach: Reach) -> dict[str, list[Source]]:
    """The sources that lead to loading ones, by the path of the package's site and its name."""
    found: dict[str, list[Source]] = defaultdict(list)
    for package in packages:
        sources = [source for source in package.sources if source.path in reach.leading]
        if sources:
            found[f"{package.site}/{package.name}"] = sources
    return dict(found)
