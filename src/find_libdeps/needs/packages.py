"""What the Python packages of an environment load by name, by evaluating their imports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath

from find_libdeps.debian.typelibs import Wanted, typelib_of, wanted_by
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


def look_at_packages(
    packages: Sequence[PackageSurvey], full: World, *, can_fork: bool
) -> list[Looked]:
    """Look at the modules that may load libraries, one by one.

    Args:
        packages: the sources.
        full: a world in which every library is there.
        can_fork: whether forked processes can read the files, too.
    """
    look, sources = partial(looked_at, full), modules_to_look_at(packages)
    with forked_helpers(look, sources, can_fork=can_fork) as results:
        return [found for found in results() if found]


def evaluate_loads(
    packages: Sequence[PackageSurvey],
    looked: Sequence[Looked],
    world: World,
    prepare: Callable[[Iterable[Soname]], None],
) -> PythonLoads:
    """Evaluate the imports of an environment's packages.

    Args:
        packages: the sources.
        looked: the modules that may load libraries; see `look_at_packages`.
        world: the host, with the libraries that are there, or that will be.
        prepare: is told early which libraries the world may be asked for.
    """
    if not looked:
        return NO_LOADS
    roots = list(roots_of(packages, looked, lambda s: world.content(s.path) or b""))
    # those whose own code asks come first, in case that not all can be evaluated
    roots.sort(key=lambda root: root.name.partition(".")[0] not in root.asking)
    asks = [ask for each in looked for ask in (*each.at_import, *each.on_demand)]
    prepare(soname for ask in asks if (soname := _soname(ask)))
    evaluations, unbegun = _evaluate_roots(roots, world)
    ran = frozenset[str]().union(*(each.ran for _, each in evaluations))
    left = MAX_ALL_STEPS - sum(each.steps for _, each in evaluations)
    rest = others_of(packages, roots, ran) if left > MAX_OTHERS_STEPS else ()
    others = [import_others(world, *each) for each in rest]
    at_import = [ask for _, each in evaluations for ask in each.asks]
    on_demand = _asked_on_demand(looked, at_import, others, ran)
    opened = frozenset(_files(at_import))
    return PythonLoads(
        loads=(*_all_loads_at_import(evaluations), *_loads_on_demand(on_demand)),
        opened=opened,
        opened_on_demand=frozenset(_files(on_demand)) - opened,
        unknown=_unknown_loads(evaluations),
        unfinished=(*_unfinished(evaluations, others), *unbegun),
    )


def _evaluate_roots(
    roots: Iterable[Root], world: World
) -> tuple[list[tuple[str, Evaluation]], list[Unfinished]]:
    """The imports of roots by their names, and those for which no steps were left."""
    left = MAX_ALL_STEPS
    evaluations, unbegun = list[tuple[str, Evaluation]](), list[Unfinished]()
    for root in roots:
        if left < MIN_STEPS:
            unbegun.append(Unfinished(root.name, _line_of(None)))
            continue
        evaluation = import_root(world, root, min(left, MAX_STEPS))
        left -= evaluation.steps
        evaluations.append((root.name, evaluation))
    return evaluations, unbegun


def _soname(ask: Ask) -> Soname | None:
    """The library or typelib that an ask is for, if a package may have it."""
    match ask:
        case Ask(by=By.TYPELIB, answer=str(typelib)):
            return Soname(typelib)
        case Ask(by=By.TYPELIB, name=str(name)):
            namespace, _, version = name.partition(" ")
            return typelib_of(namespace, version)
        case Ask(by=By.FIND_LIBRARY, name=str(stem)) if "/" not in stem and stem:
            return any_version_of(f"lib{stem}")
        case Ask(by=By.DLOPEN | By.CFFI, name=str(name)) if "/" not in name and ".so" in name:
            return Soname(name) if wanted_by(name) is Wanted.LIBRARY else None
    return None


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
    for _, evaluation in evaluations:
        for load in _loads_at_import(evaluation):
            key = load.place, load.sonames
            if key not in loads or len(load.way) < len(loads[key].way):
                loads[key] = load
    return loads.values()


def _unknown_loads(evaluations: Iterable[tuple[str, Evaluation]]) -> tuple[UnknownLoad, ...]:
    """The places at which imports load libraries with unknown names."""
    found = dict[Line, UnknownLoad]()
    for name, evaluation in evaluations:
        for ask in evaluation.asks:
            if isinstance(ask.name, Unknown):
                found.setdefault(_line(ask), UnknownLoad(_line(ask), ask.name.why, name))
    return tuple(found.values())


def _unfinished(
    evaluations: Iterable[tuple[str, Evaluation]], others: Iterable[Evaluation]
) -> Iterator[Unfinished]:
    """The imports that took more steps than they may, and where each was given up."""
    for name, each in evaluations:
        if not each.is_whole:
            yield Unfinished(name, _line_of(each.cuts[-1].where))
    for each in others:
        if not each.is_whole:
            yield Unfinished(each.end, _line_of(each.cuts[-1].where), is_root=False)


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
            is_newest = ask.by is By.TYPELIB and " " not in str(ask.name)
            yield Load(_line(ask), (soname,), True, way=_way(ask), is_newest=is_newest)
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
