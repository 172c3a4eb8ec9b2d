"""Finds what could not be found out about the libraries that Python source loads by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from find_libdeps.needs.loads import PassedOver, PythonLoads, Unfinished, UnknownLoad
from find_libdeps.needs.use import Line
from find_libdeps.report.findings import Code, Finding, Level, Spot

_SOLUTION = "import it in the image to see what it misses"


def unknown_loads(
    environments: Sequence[PythonLoads], passed_over: Iterable[PassedOver]
) -> Iterator[Finding]:
    """Findings for libraries with unknown names, and for what was not evaluated.

    What would be loaded on demand only is left out: most packages have modules that few import.
    """
    yield from (_unknown_name(load) for each in environments for load in each.unknown)
    unfinished = [each for loads in environments for each in loads.unfinished]
    yield from (_unfinished(each) for each in unfinished if each.is_root)
    for each in (each for each in passed_over if each.is_root):
        name = each.place.path.name
        yield Finding(
            Level.NOTE,
            Code.NOT_EVALUATED,
            name,
            (_spot(each.place),),
            f"not evaluated: {each.reason}",
        )


def _unknown_name(load: UnknownLoad) -> Finding:
    return Finding(
        Level.WARNING if load.is_serious else Level.NOTE,
        Code.UNKNOWN_NAME,
        load.way.module,
        (_spot(load.place),),
        f"its import loads a library whose name could not be found out (unknown: {load.reason})",
        _SOLUTION,
    )


def _unfinished(unfinished: Unfinished) -> Finding:
    return Finding(
        Level.WARNING,
        Code.NOT_EVALUATED,
        unfinished.module,
        (_spot(unfinished.place),),
        "its import was not followed to the end, which takes too many steps: it may load more",
        _SOLUTION,
    )


def _spot(line: Line) -> Spot:
    return Spot(line.path, line.number)
