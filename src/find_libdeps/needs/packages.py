"""What the Python packages of an environment load by name, by evaluating their imports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from find_libdeps.elf.sonames import Soname
from find_libdeps.importing.evaluator import NOT_BEGUN, Evaluation, GivenUp
from find_libdeps.importing.interest import is_of_interest
from find_libdeps.importing.looking import Looked
from find_libdeps.importing.machine import MAX_STEPS
from find_libdeps.importing.packages import (
    MAX_ALL_STEPS,
    MAX_OTHERS_STEPS,
    MIN_STEPS,
    Root,
    import_others,
    import_root,
    others_of,
)
from find_libdeps.importing.statements import SEEMS_TO_RAISE
from find_libdeps.importing.values import Place, Unknown
from find_libdeps.importing.world import Ask, By, World
from find_libdeps.needs.loads import (
    NO_LOADS,
    Load,
    PassedOver,
    PythonLoads,
    Unfinished,
    UnknownLoad,
)
from find_libdeps.needs.selection import soname_of
from find_libdeps.needs.use import Line, Way
from find_libdeps.needs.variants import Choice
from find_libdeps.python.survey import PackageSurvey


def evaluate_loads(
    packages: Sequence[PackageSurvey],
    looked: Sequence[Looked],
    roots: Sequence[Root],
    world: World,
    choices: Sequence[Choice] = (),
) -> PythonLoads:
    """Evaluate the imports of an environment's packages.

    Args:
        packages: the sources.
        looked: the modules that may load libraries; see `look_at_packages`.
        roots: the modules whose import is evaluated; see `find_roots`.
        world: the host, with the libraries that are there, or that will be.
        choices: the modules that are there in several variants.
    """
    if not looked:
        return NO_LOADS
    evaluations, unbegun = _evaluate_roots(roots, world)
    evaluations += [(each.module, each.evaluation) for each in choices]
    ran = frozenset[str]().union(*(each.ran for _, each in evaluations))
    left = MAX_ALL_STEPS - sum(each.steps for _, each in evaluations)
    others, hinting = list[Evaluation](), list[GivenUp]()
    for root, names in others_of(packages, roots, looked, ran):
        if left > MAX_OTHERS_STEPS:
            others.append(import_others(world, root, names))
        else:
            hinting += (GivenUp(name, NOT_BEGUN) for name in names)
    decisive = [*unbegun, *(given for _, each in evaluations for given in each.given_up)]
    hinting += (given for each in others for given in each.given_up)
    hinting += (GivenUp(each.name, each.given_up) for each in looked if each.given_up)
    at_import = [ask for _, each in evaluations for ask in each.asks]
    on_demand = _asked_on_demand(looked, at_import, others, ran)
    opened = frozenset(_files((*at_import, *_asked_by_others(looked, roots))))
    opened |= {each.chosen for each in choices}
    return PythonLoads(
        loads=(*_all_loads_at_import(evaluations), *_loads_on_demand(on_demand, packages)),
        opened=opened,
        opened_on_demand=frozenset(_files(on_demand)) - opened,
        replaced={other: each.chosen for each in choices for other in each.others},
        unknown=_unknown_loads(evaluations),
        unfinished=_unfinished(decisive, hinting, packages),
        passed_over=_passed_over([each for _, each in evaluations], others, looked),
    )


def _asked_by_others(looked: Iterable[Looked], roots: Iterable[Root]) -> Iterator[Ask]:
    """What modules of packages ask for at import whose import is not evaluated: own files only."""
    evaluated = {root.name.partition(".")[0] for root in roots}
    for each in looked:
        if each.name.partition(".")[0] not in evaluated:
            yield from (ask for ask in each.at_import if ask.is_certain)


def _evaluate_roots(
    roots: Iterable[Root], world: World
) -> tuple[list[tuple[str, Evaluation]], list[GivenUp]]:
    """The imports of roots by their names, and those for which no steps were left."""
    left = MAX_ALL_STEPS
    evaluations, unbegun = list[tuple[str, Evaluation]](), list[GivenUp]()
    for root in roots:
        if left < MIN_STEPS:
            unbegun.append(GivenUp(root.name, NOT_BEGUN))
            continue
        evaluation = import_root(world, root, min(left, MAX_STEPS))
        left -= evaluation.steps
        evaluations.append((root.name, evaluation))
    return evaluations, unbegun


def _asked_on_demand(
    looked: Iterable[Looked],
    at_import: Iterable[Ask],
    others: Iterable[Evaluation],
    ran: frozenset[str],
) -> list[Ask]:
    """What no import of a root asks for, but its functions or the other modules do."""
    done = {(ask.place, ask.by, ask.name) for ask in at_import if not isinstance(ask.name, Unknown)}
    groups = [each.asks for each in others]
    for each in looked:
        # what a module's body did not get to, no function will do
        groups += [each.on_demand] if each.path in ran else [each.on_demand, each.at_import]
    return [
        ask
        for asks in groups
        for ask in asks
        if isinstance(ask.name, str) and (ask.place, ask.by, ask.name) not in done
    ]


def _all_loads_at_import(evaluations: Iterable[tuple[str, Evaluation]]) -> Iterable[Load]:
    """The loads of all imports, each once, with the shortest way to it."""
    loads = dict[object, Load]()
    for name, evaluation in evaluations:
        for load in _loads_at_import(name, evaluation):
            known = loads.setdefault((load.place, load.sonames), load)
            if load.way and known.way and len(load.way.lines) < len(known.way.lines):
                loads[load.place, load.sonames] = load
    return loads.values()


def _unknown_loads(evaluations: Iterable[tuple[str, Evaluation]]) -> tuple[UnknownLoad, ...]:
    """The places at which imports load libraries with unknown names."""
    found = dict[Line, UnknownLoad]()
    for name, evaluation in evaluations:
        for ask in evaluation.asks:
            if isinstance(ask.name, Unknown):
                load = UnknownLoad(_line(ask), ask.name.why, _way(name, ask), ask.is_certain)
                found.setdefault(_line(ask), load)
    return tuple(found.values())


def _unfinished(
    decisive: Iterable[GivenUp], others: Iterable[GivenUp], packages: Iterable[PackageSurvey]
) -> tuple[Unfinished, ...]:
    """The imports that took more steps than they may, each module once.

    Args:
        decisive: those that decide what is listed.
        others: those that give hints only.
        packages: the sources.
    """
    paths = {source.module: source.path for package in packages for source in package.sources}
    found = dict[str, Unfinished]()
    for is_root, group in ((True, decisive), (False, others)):
        for name, at in group:
            place = _line_of(at) or Line(PurePosixPath(paths.get(name, "/")), 0)
            found.setdefault(name, Unfinished(name, place, is_root))
    return tuple(found[name] for name in sorted(found))


def _passed_over(
    evaluations: Iterable[Evaluation], others: Iterable[Evaluation], looked: Iterable[Looked]
) -> tuple[PassedOver, ...]:
    """What was not evaluated, each place once."""
    decisive = [cut for each in evaluations for cut in each.cuts]
    hinting = [cut for each in others for cut in each.cuts]
    hinting += [cut for each in looked for cut in each.cuts]
    # not every module of a package can be imported
    hinting = [cut for cut in hinting if not cut.why.startswith(SEEMS_TO_RAISE)]
    found = dict[Line, PassedOver]()
    for is_root, cuts in ((True, decisive), (False, hinting)):
        for cut in cuts:
            line = _line_of(cut.where)
            if line:
                # an import of a whole source would decide, too
                found.setdefault(line, PassedOver(line, cut.why, is_root or not line.number))
    return tuple(found[line] for line in sorted(found))


def _line(ask: Ask) -> Line:
    return Line(PurePosixPath(ask.place.path), ask.place.line)


def _line_of(place: Place | None) -> Line | None:
    return Line(PurePosixPath(place.path), place.line) if place and place.path else None


def _way(module: str, ask: Ask) -> Way:
    return Way(module, tuple(filter(None, map(_line_of, ask.way))))


def _files(asks: Iterable[Ask]) -> Iterator[PurePosixPath]:
    """The files that are opened by their paths."""
    for ask in asks:
        if ask.by in (By.DLOPEN, By.CFFI) and isinstance(ask.name, str) and "/" in ask.name:
            yield PurePosixPath(ask.name)


def _loads_at_import(name: str, evaluation: Evaluation) -> Iterator[Load]:
    """The libraries that an import loads, and those without which it ends or goes on."""
    answers = set[str]()
    missing = list[Ask]()
    for ask in filter(is_of_interest, evaluation.asks):
        soname = soname_of(ask)
        if soname is None:
            continue
        if ask.answer is None:
            missing.append(ask)
            continue
        if soname not in answers:
            is_newest = ask.by is By.TYPELIB and " " not in str(ask.name)
            yield Load(_line(ask), (soname,), True, way=_way(name, ask), is_newest=is_newest)
        missing.clear()
        answers |= {ask.answer, soname}
    ends = not evaluation.given_up and evaluation.end != "imported"
    yield from _missing_loads(name, missing, ends)


def _missing_loads(name: str, asks: Sequence[Ask], ends: bool) -> Iterator[Load]:
    """What was not found since the last library that was."""
    groups = defaultdict[object, list[Ask]](list)
    for ask in asks:
        groups[None if ends else ask.place].append(ask)
    for group in groups.values():
        sonames = tuple(dict.fromkeys(soname for ask in group if (soname := soname_of(ask))))
        way = _way(name, group[0])
        yield Load(_line(group[0]), sonames, True, is_met=False, ends=ends, way=way)


def _loads_on_demand(asks: Iterable[Ask], packages: Iterable[PackageSurvey]) -> Iterator[Load]:
    """The libraries that are found when they are asked for, each once for a place."""
    found = dict[tuple[Line, Soname], Ask]()
    completed = set[object]()
    for ask in asks:
        soname = soname_of(ask)
        if not soname or ask.answer is None or not is_of_interest(ask):
            continue
        if ask.by is By.FIND_LIBRARY:
            completed.add((ask.answer, ask.way))
        elif (ask.name, ask.way) in completed:  # opens what find_library has found
            continue
        found.setdefault((_line(ask), soname), ask)
    modules = {source.path: source.module for package in packages for source in package.sources}
    for (place, soname), ask in found.items():
        # an import of the module that begins the way gets there; without a way only a function does
        module = modules.get(next((each.path for each in ask.way if each.path), ""))
        way = _way(module, ask) if module else None
        yield Load(place, (soname,), at_import=False, way=way)
