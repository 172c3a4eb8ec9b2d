"""Which modules lead to code that loads libraries: those have to be evaluated, and no others."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from find_libdeps.python.survey import PackageSurvey, Source


def find_leading(packages: Iterable[PackageSurvey], targets: Collection[str]) -> frozenset[str]:
    """Follow imports backwards from the modules with some dotted names.

    Returns:
        The paths of the sources of these modules, and of those that lead to them.
    """
    sources = [source for package in packages for source in package.sources]
    new = [source for source in sources if source.module in targets]
    reached = {source.path for source in new}
    rest = [source for source in sources if source.path not in reached]
    while new:
        names = {source.module for source in new}
        tops = {_top(source) for source in new}
        # what imports modules by computed names may import each of its package's
        new = [
            source
            for source in rest
            if not names.isdisjoint(source.imports) or (source.is_dynamic and _top(source) in tops)
        ]
        reached |= {source.path for source in new}
        rest = [source for source in rest if source.path not in reached]
    return frozenset(reached)


def _top(source: Source) -> str:
    return source.module.partition(".")[0]
