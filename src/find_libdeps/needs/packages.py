"""What the Python packages of an environment load by name, by evaluating their imports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.elf.sonames import Soname, any_version_of
from find_libdeps.importing.evaluator import Evaluation
from find_libdeps.importing.looking import Looked
from find_libdeps.importing.machine import MAX_STEPS
from find_libdeps.importing.packages import (
    MAX_ALL_STEPS,
    MAX_OTHERS_STEPS,
    MIN_STEPS,
    Root,
    import_others,
    import_root,
    is_of_interest,
    looked_at,
    modules_to_look_at,
    others_of,
    roots_of,
)
from find_libdeps.importing.values import Place, Unknown
from find_libdeps.importing.world import Ask, By, World
from find_libdeps.needs.loads import NO_LOADS, Load, PythonLoads, Unfinished, UnknownLoad
from find_libdeps.needs.use import Line
from find_libdeps.process.workers import forked_helpers
from find_libdeps.python.survey import PackageSurvey


class Worlds(NamedTuple):
    """Two worlds with the same files."""

    real: World
    """With the libraries that are there, or that will be."""
    full: World
    """In which every library is there."""


def evaluate_loads(
    packages: Sequence[PackageSurvey],
    worlds: Worlds,
    prepare: Callable[[Iterable[Soname]], None],
    *,
    can_fork: bool,
) -> PythonLoads:
    """Evaluate the imports of an environment's packages.

    Args:
        packages: the sources.
        worlds: the host.
        prepare: is told early which libraries the real world may be asked for.
        can_fork: whether forked processes can read the files, too.
    """
    sources = modules_to_look_at(packages)
    look = partial(looked_at, worlds.full)
    with (
        forked_helpers(look, sources)
        if can_fork
        else nullcontext(lambda: list(map(look, sources))) as results
    ):
        looked = [found for found in results() if found]
    if not looked:
        return NO_LOADS
    roots = list(roots_of(packages, looked, lambda s: worlds.full.content(s.path) or b""))
    # those whose own code asks come first, in case that not all can be evaluated
    roots.sort(key=lambda root: root.name.partition(".")[0] not in root.asking)
    asks = [ask for each in looked for ask in (*each.at_import, *each.on_demand)]
    prepare(soname for ask in asks if (soname := _soname(ask)))
    left = MAX_ALL_STEPS
    evaluations, unbegun = list[tuple[str, Evaluation]](), list[Root]()
    for root in roots:
        if left < MIN_STEPS:
            unbegun.append(root)
            continue
        evaluation = import_root(worlds.real, root, min(left, MAX_STEPS))
        left -= evaluation.steps
        evaluations.append((root.name, evaluation))
    ran = frozenset[str]().union(*(each.ran for _, each in evaluations))
    rest = others_of(packages, roots, ran) if left > MAX_OTHERS_STEPS else ()
    others = [import_others(worlds.real, *each) for each in rest]
    loads = _gathered(looked, evaluations, others)
    given_up = tuple(Unfinished(root.name, Line(PurePosixPath("/"), 0)) for root in unbegun)
    return loads._replace(unfinished=loads.unfinished + given_up)


def _soname(ask: Ask) -> Soname | None:
    """The library that an ask is for, if a package may have it."""
    match ask:
        case Ask(by=By.FIND_LIBRARY, name=str(stem)) if "/" not in stem and stem:
            return any_version_of(f"lib{stem}")
        case Ask(by=By.DLOPEN | By.CFFI, name=str(name)) if "/" not in name and ".so" in name:
            return Soname(name)
    return None


def _gathered(
    looked: Sequence[Looked],
    evaluations: Sequence[tuple[str, Evaluation]],
    others: Sequence[Evaluation],
) -> PythonLoads:
    """What all evaluations say together."""
    loads = dict[object, Load]()
    unknown = dict[Line, UnknownLoad]()
    for name, evaluation in evaluations:
        for load in _loads_at_import(evaluation):
            key = load.place, load.sonames
            if key not in loads or len(load.way) < len(loads[key].way):
                loads[key] = load
        for ask in evaluation.asks:
            if isinstance(ask.name, Unknown):
                place = _line(ask)
                unknown.setdefault(place, UnknownLoad(place, ask.name.why, name))
    at_import = [ask for _, each in evaluations for ask in each.asks]
    done = {(ask.place, ask.by, ask.name) for ask in at_import if not isinstance(ask.name, Unknown)}
    ran = frozenset[str]().union(*(each.ran for _, each in evaluations))
    on_demand = [
        ask
        for asks in (
            *(each.asks for each in others),
            *(each.on_demand for each in looked),
            # what a module's body did not get to, no function will do
            *(each.at_import for each in looked if each.path not in ran),
        )
        for ask in asks
        if isinstance(ask.name, str) and (ask.place, ask.by, ask.name) not in done
    ]
    opened = frozenset(_files(at_import))
    return PythonLoads(
        loads=(*loads.values(), *_loads_on_demand(on_demand)),
        opened=opened,
        opened_on_demand=frozenset(_files(on_demand)) - opened,
        unknown=tuple(unknown.values()),
        unfinished=tuple(
            Unfinished(name, _line_of(each.cuts[-1].where))
            for name, each in evaluations
            if not each.is_whole and each.cuts
        )
        + tuple(
            Unfinished(each.end, _line_of(each.cuts[-1].where), is_root=False)
            for each in others
            if not each.is_whole
        ),
    )


def _line(ask: Ask) -> Line:
    return _line_of(ask.place)


def _line_of(place: Place | None) -> Line:
    return Line(PurePosixPath(place.path), place.line) if place else Line(PurePosixPath("/"), 0)


def _way(ask: Ask) -> tuple[Line, ...]:
    return tuple(Line(PurePosixPath(place.path), place.line) for place in ask.way if place.path)


def _files(asks: Iterable[Ask]) -> Iterator[PurePosixPath]:
    """The files that are opened by their paths."""
    for ask in asks:
        if ask.by in (By.DLOPEN, By.CFFI) and isinstance(ask.name, str) and "/" in ask.name:
            yield PurePosixPath(ask.name)


def _loads_at_import(evaluation: Evaluation) -> Iterator[Load]:
    """The libraries that an import loads, and those without which it ends or goes on."""
    answers = set[str]()
    missing = list[Ask]()
    for ask in filter(is_of_interest, evaluation.asks):
        soname = _soname(ask)
        if soname is None:
            continue
        if ask.answer is None:
            missing.append(ask)
            continue
        if soname not in answers:
            yield Load(_line(ask), (soname,), True, way=_way(ask))
            missing.clear()
        answers |= {ask.answer, soname}
    yield from _missing_loads(missing, evaluation.is_whole and evaluation.end != "imported")


def _missing_loads(asks: Sequence[Ask], ends: bool) -> Iterator[Load]:
    """What was not found since the last library that was."""
    groups = defaultdict[object, list[Ask]](list)
    for ask in asks:
        groups[None if ends else ask.place].append(ask)
    for group in groups.values():
        sonames = tuple(dict.fromkeys(soname for ask in group if (soname := _soname(ask))))
        yield Load(_line(group[0]), sonames, True, is_met=False, ends=ends, way=_way(group[0]))


def _loads_on_demand(asks: Iterable[Ask]) -> Iterator[Load]:
    """The libraries that are found when they are asked for, each once for a place."""
    found = dict[tuple[Line, Soname], None]()
    for ask in asks:
        soname = _soname(ask)
        if soname and ask.answer is not None and is_of_interest(ask):
            found[_line(ask), soname] = None
    for place, soname in found:
        yield Load(place, (soname,), at_import=False)
