"""What the Python packages of an environment load by name, by evaluating their imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from find_libdeps.elf.sonames import Soname
from find_libdeps.importing.applications import Program
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
from find_libdeps.importing.reaching import NOTHING_REACHED, Reached, reach
from find_libdeps.importing.standard_modules import ModuleImport
from find_libdeps.importing.statements import SEEMS_TO_RAISE
from find_libdeps.importing.values import Place, Unknown
from find_libdeps.importing.world import Ask, By, World
from find_libdeps.needs.import_loads import (
    RootImport,
    line_of,
    line_of_ask,
    loads_at_import,
    loads_of_asks,
    opens_file,
    way_of,
)
from find_libdeps.needs.loads import (
    NO_LOADS,
    Load,
    PassedOver,
    ProgramRun,
    PythonLoads,
    Unfinished,
    UnknownLoad,
)
from find_libdeps.needs.selection import soname_of
from find_libdeps.needs.use import OWN_CODE, Line
from find_libdeps.needs.variants import Choice
from find_libdeps.python.standard_library import STANDARD_MODULES
from find_libdeps.python.survey import PackageSurvey


def evaluate_loads(
    packages: Sequence[PackageSurvey],
    looked: Sequence[Looked],
    roots: Sequence[Root],
    world: World,
    choices: Sequence[Choice] = (),
    program: Program | None = None,
) -> PythonLoads:
    """Evaluate the imports of an environment's packages.

    Args:
        packages: the sources.
        looked: the modules that may load libraries; see `look_at_packages`.
        roots: the modules whose import is evaluated; see `find_roots`.
        world: the host, with the libraries that are there, or that will be.
        choices: the modules that are there in several variants.
        program: the application's own code; None if there is none, or it leads to nothing.
    """
    if not (looked or program):
        return NO_LOADS
    imports, unbegun = _evaluate_roots(roots, world)
    imports += [RootImport(each.module, each.evaluation) for each in choices]
    evaluations = [each.evaluation for each in imports]
    ran = frozenset[str]().union(*(each.ran for each in evaluations))
    left = MAX_ALL_STEPS - sum(each.steps for each in evaluations)
    others, hinting = list[Evaluation](), list[GivenUp]()
    for root, names in others_of(packages, roots, looked, ran):
        if left > MAX_OTHERS_STEPS:
            others.append(import_others(world, root, names))
        else:
            hinting += (GivenUp(name, NOT_BEGUN) for name in names)
    reached = reach(world, program) if program else NOTHING_REACHED
    decisive = [
        *unbegun,
        *(given for each in evaluations for given in each.given_up),
    ]
    hinting += (*reached.doubtful, *(given for each in others for given in each.given_up))
    hinting += (GivenUp(each.name, each.given_up) for each in looked if each.given_up)
    at_import = [ask for each in evaluations for ask in each.asks]
    certain = [*at_import, *reached.evaluation.asks]
    on_demand = _asked_on_demand(looked, certain, others, ran)
    opened = frozenset(_files((*certain, *_asked_by_others(looked, roots))))
    opened |= {each.chosen for each in choices}
    loads = tuple(_all_loads_at_import(imports, world))
    return PythonLoads(
        loads=(*loads, *_loads_reached(reached, loads), *_loads_on_demand(on_demand, packages)),
        opened=opened,
        opened_on_demand=frozenset(_files(on_demand)) - opened,
        of_program=frozenset(map(line_of_ask, filter(_opens_program, certain))),
        replaced={other: each.chosen for each in choices for other in each.others},
        unknown=_unknown_loads(imports, reached),
        unfinished=(
            *_unfinished(decisive, hinting, packages),
            *(
                replace(each, is_own=True)
                for each in _unfinished((), reached.evaluation.given_up, packages)
            ),
        ),
        modules=tuple(_modules_reached(reached)),
        passed_over=_passed_over(evaluations, [*others, reached.evaluation], looked),
        programs=(
            *runs_of(OWN_CODE, reached.evaluation),
            *(run for each in imports for run in runs_of(each.name, each.evaluation)),
        ),
    )


def runs_of(module: str, evaluation: Evaluation) -> Iterator[ProgramRun]:
    """The programs that the import of a module, or own code, runs."""
    for ask in evaluation.programs:
        is_reached = module == OWN_CODE
        yield ProgramRun(line_of_ask(ask), str(ask.name), way_of(module, ask), is_reached)


def unfinished_hints(evaluation: Evaluation) -> tuple[Unfinished, ...]:
    """What was not followed to its end in an evaluation that only gives hints."""
    return _unfinished((), evaluation.given_up, ())


def _asked_by_others(looked: Iterable[Looked], roots: Iterable[Root]) -> Iterator[Ask]:
    """What modules of packages ask for at import whose import is not evaluated: own files only."""
    evaluated = {root.name.partition(".")[0] for root in roots}
    for each in looked:
        if each.name.partition(".")[0] not in evaluated:
            yield from (ask for ask in each.at_import if ask.is_certain)


def _evaluate_roots(roots: Iterable[Root], world: World) -> tuple[list[RootImport], list[GivenUp]]:
    """The imports of roots, and those for which no steps were left."""
    left = MAX_ALL_STEPS
    imports, unbegun = list[RootImport](), list[GivenUp]()
    for root in roots:
        if left < MIN_STEPS:
            unbegun.append(GivenUp(root.name, NOT_BEGUN))
            continue
        evaluation = import_root(world, root, min(left, MAX_STEPS))
        left -= evaluation.steps
        imports.append(RootImport(root.name, evaluation, root))
    return imports, unbegun


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


def _all_loads_at_import(imports: Iterable[RootImport], world: World) -> Iterable[Load]:
    """The loads of all imports, each once, with the shortest way to it."""
    loads = dict[object, Load]()
    for each in imports:
        for load in loads_at_import(each, world):
            known = loads.setdefault((load.place, load.sonames), load)
            if load.way and known.way and len(load.way.lines) < len(known.way.lines):
                loads[load.place, load.sonames] = load
    return loads.values()


def _loads_reached(reached: Reached, known: Iterable[Load]) -> Iterator[Load]:
    """The libraries that own code loads, and no import of a root does, each once for a place."""
    done = {(load.place, load.sonames) for load in known}
    for call in reached.calls:
        for load in loads_of_asks(OWN_CODE, call.asks, _last if call.fails else _none):
            if (load.place, load.sonames) not in done:
                done.add((load.place, load.sonames))
                yield load._replace(at_import=False, is_reached=True)


def _modules_reached(reached: Reached) -> Iterator[ModuleImport]:
    """The modules that own code certainly imports, and that a Python may lack, each once a line."""
    done = set[tuple[str, Place]]()
    for ask in reached.evaluation.asks:
        if ask.by is By.MODULE and ask.is_certain:
            for module in STANDARD_MODULES:
                if ask.name in module.importers and (module.name, ask.place) not in done:
                    done.add((module.name, ask.place))
                    yield ModuleImport(module, ask.place.path, ask.place.line, OWN_CODE)


def _last(places: Iterable[Place]) -> Sequence[Place]:
    return list(places)[-1:]


def _none(places: Iterable[Place]) -> Sequence[Place]:
    return ()


def _unknown_loads(imports: Iterable[RootImport], reached: Reached) -> tuple[UnknownLoad, ...]:
    """The places at which imports, and own code, load libraries with unknown names."""
    found = dict[Line, UnknownLoad]()
    asks = [(each.name, ask) for each in imports for ask in each.evaluation.asks]
    asks += [(OWN_CODE, ask) for ask in reached.evaluation.asks]
    for module, ask in asks:
        if isinstance(ask.name, Unknown):
            line, way = line_of_ask(ask), way_of(module, ask)
            found.setdefault(line, UnknownLoad(line, ask.name.why, way, ask.is_certain))
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
            place = line_of(at) or Line(PurePosixPath(paths.get(name, "/")), 0)
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
            line = line_of(cut.where)
            if line:
                # an import of a whole source would decide, too
                found.setdefault(line, PassedOver(line, cut.why, is_root or not line.number))
    return tuple(found[line] for line in sorted(found))


def _opens_program(ask: Ask) -> bool:
    return opens_file(ask) and ask.name is None


def _files(asks: Iterable[Ask]) -> Iterator[PurePosixPath]:
    """The files that are opened by their paths."""
    for ask in asks:
        if opens_file(ask) and isinstance(ask.name, str) and "/" in ask.name:
            yield PurePosixPath(ask.name)


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
        found.setdefault((line_of_ask(ask), soname), ask)
    modules = {source.path: source.module for package in packages for source in package.sources}
    for (place, soname), ask in found.items():
        # an import of the module that begins the way gets there; without a way only a function does
        module = modules.get(next((each.path for each in ask.way if each.path), ""))
        way = way_of(module, ask) if module else None
        yield Load(place, (soname,), at_import=False, way=way)
