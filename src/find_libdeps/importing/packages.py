"""What importing the packages of an environment asks for, and what they ask for on demand only.

Most packages ask for nothing, so there are three steps. Each module whose text names a loader is
looked at by itself. Imports are followed backwards from those that may ask. Only the packages that
lead there are imported, with all other modules cold.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from find_libdeps.importing.callers import Caller
from find_libdeps.importing.evaluator import (
    NOT_BEGUN,
    Evaluation,
    Evaluator,
    GivenUp,
    evaluate_import,
)
from find_libdeps.importing.interest import calls_for_packages
from find_libdeps.importing.looking import Looked, look_at, names_loader
from find_libdeps.importing.machine import MAX_STEPS, Exhausted, Limits
from find_libdeps.importing.sources import NOT_PARSED, parse, why_not_parsed
from find_libdeps.importing.values import Place, Raised, Unknown
from find_libdeps.importing.world import Ask, World
from find_libdeps.python.reach import Importer, find_importing, find_leading
from find_libdeps.python.survey import PackageSurvey, Source

MAX_ALL_STEPS = 1_000_000
"""Most steps for all packages of an environment."""
MIN_STEPS = 20_000
"""Fewer steps are not worth beginning with."""
MAX_PASSIVE_STEPS = 10_000
"""Most steps for a module that leads to no code that may ask, and for all calls of functions that
neither ask nor import.
"""
MAX_OTHERS_STEPS = 150_000
"""Most steps for the modules of one package that importing its root does not import."""
MAX_OTHER_STEPS = 20_000
"""Most steps for one of these modules, each time that it is tried."""
MAX_TRIES = 3
"""How often one of these modules is tried, if it takes too many steps."""


class Root(NamedTuple):
    """A module that applications import, and that leads to code that may ask."""

    name: str
    leading: frozenset[str]
    """The paths of the sources that lead to such code; all others are cold."""
    near: frozenset[str]
    """The names of the packages whose cold modules are evaluated if their names are used."""
    asking: frozenset[str]
    """The names of the packages with such code."""
    active: frozenset[str]
    """The paths of the sources with such code, and of those whose functions import it."""
    noted: frozenset[str]
    """Those of them with such code, or that import modules by computed names."""

    def limits(self, max_steps: int) -> Limits:
        """How far the evaluation of its import goes."""
        return Limits(
            is_cold=lambda path: path not in self.leading,
            is_far=lambda name: name.partition(".")[0] not in self.near,
            max_steps=max_steps,
            is_active=lambda path: path in self.active,
            asks=lambda path: path in self.noted,
            max_passive_steps=MAX_PASSIVE_STEPS,
        )


def modules_to_look_at(packages: Iterable[PackageSurvey]) -> list[Source]:
    """The modules whose text names a loader."""
    return [source for package in packages for source in package.sources if source.may_load]


def looked_at(world: World, source: Source) -> Looked | None:
    """Look at a module; None if only a comment, or a text about it, names a loader."""
    content = world.content(source.path)
    if content is None:
        return None  # the survey has said so
    try:
        if not any(names_loader(piece.tree) for piece in parse(content)):
            return None
    except NOT_PARSED as problem:
        reason, line = why_not_parsed(problem, world.host.python)
        unseen = Unknown(reason, Place(source.path, line))
        return Looked(source.module, source.path, (), (), {}, cuts=(unseen,))
    return look_at(world, source.module, source.path, content)


def looked_at_with_others(world: World, caller: Caller) -> Looked:
    """Look at a module that calls functions of others."""
    source, modules, _ = caller
    content = world.content(source.path) or b""
    return look_at(world, source.module, source.path, content, modules)


def unseen(caller: Caller) -> Looked:
    """A module that nobody looks at by itself: importing it may ask."""
    source, modules, _ = caller
    return Looked(source.module, source.path, (), (), {}, is_whole=False, calls=modules)


def may_ask(looked: Looked) -> bool:
    """Whether the import of a module, as it was looked at by itself, may ask for a package."""
    return not looked.is_whole or any(map(calls_for_packages, looked.at_import))


def askers_in(looked: Iterable[Looked], is_met: Callable[[Ask], bool]) -> dict[str, Sequence[str]]:
    """For each module, its functions that ask for what a package has, or what callers name."""
    return {
        each.name: names
        for each in looked
        if (
            names := [
                name
                for name, asks in each.askers.items()
                if any(isinstance(ask.name, Unknown) or is_met(ask) for ask in asks)
            ]
        )
    }


def roots_of(
    packages: Sequence[PackageSurvey],
    looked: Sequence[Looked],
    read_importers: Callable[[], Sequence[Importer]],
    content: Callable[[str], bytes | None],
) -> list[Root]:
    """The modules that applications import, as far as these lead to code that may ask at import.

    They are the top-level packages and modules. An empty one leads nowhere: applications import the
    public modules directly in it.

    Args:
        packages: the sources.
        looked: the modules that name a loader, or that call one that does.
        read_importers: says of all sources what they import.
        content: reads the source at a path.
    """
    asking = {name for each in looked if may_ask(each) for name in (each.name, *each.calls)}
    if not asking:
        return []
    sources = read_importers()
    leading = find_leading(sources, asking)
    near = frozenset(name.partition(".")[0] for name in asking)
    own = {source.path for source in sources if source.top in near and source.path in leading}
    importing = leading & find_importing(sources, own)
    names = {source.module for source in sources if source.path in leading}
    noted = noted_sources(sources, leading, asking)
    active = noted | {
        source.path
        for source in sources
        if source.path in leading and not names.isdisjoint(source.imports.only_in_functions)
    }
    roots = list[Root]()
    for package in packages:
        if package.is_own:  # all that it reaches counts, not only what its import does
            continue
        modules = list(_names_of_roots(package, importing, content))
        if not modules and package.name in near:
            modules = [package.name]  # what its root does not import is evaluated after it
        roots += (
            Root(name, leading, near | {package.name}, near, active, noted) for name in modules
        )
    return roots


def noted_sources(
    sources: Iterable[Importer], leading: Collection[str], asking: Collection[str]
) -> frozenset[str]:
    """The paths of those that ask, or that import modules by computed names."""
    return frozenset(
        source.path
        for source in sources
        if source.path in leading and (source.module in asking or source.is_dynamic)
    )


def _names_of_roots(
    package: PackageSurvey, leading: frozenset[str], content: Callable[[str], bytes | None]
) -> Iterator[str]:
    names = sorted(s.module for s in package.sources if s.path in leading)
    if not names:
        return
    roots = [s for s in package.sources if s.module == package.name]
    if roots and not (
        roots[0].is_package and is_empty(content(roots[0].path) or b"", package.name)
    ):
        if package.name in names:
            yield package.name
        return
    if roots and package.name in names:  # it only imports other packages
        yield package.name
    depth = 1 if roots else _depth_of_namespace(package)
    yield from (
        name
        for name in names
        if name.count(".") == depth and not name.rpartition(".")[2].startswith("_")
    )


def is_empty(content: bytes, package: str) -> bool:
    """Whether the root of a package only has texts, constants and names of other packages."""
    try:
        return all(_is_idle(each, package) for piece in parse(content) for each in piece.tree.body)
    except NOT_PARSED:
        return False


def _is_idle(statement: ast.stmt, package: str) -> bool:
    match statement:
        case ast.ImportFrom(level=0, module=str() as name):
            return name.partition(".")[0] != package
        case ast.Import(names=names):
            return all(alias.name.partition(".")[0] != package for alias in names)
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Assign(value=value):
            return not any(isinstance(node, ast.Call) for node in ast.walk(value))
    return False


def _depth_of_namespace(package: PackageSurvey) -> int:
    """How deep the first regular packages are below a namespace package (PEP 420)."""
    depths = [s.module.count(".") for s in package.sources if s.path.endswith("/__init__.py")]
    return min(depths, default=1)


def import_root(world: World, root: Root, max_steps: int = MAX_STEPS) -> Evaluation:
    """Evaluate the import of a root."""
    return evaluate_import(world, root.name, root.limits(max_steps))


def import_others(world: World, root: Root, names: Sequence[str]) -> Evaluation:
    """Evaluate the imports of several modules of a package, one after the other.

    Those that take too many steps are tried again in the end, with what is evaluated by then.
    """
    machine = Evaluator(world, root.limits(MAX_OTHERS_STEPS))
    given_up = _imported(machine, names)
    for _ in range(MAX_TRIES - 1):
        if given_up:
            machine.forget_interrupted()
            given_up = _imported(machine, [each.name for each in given_up])
    return machine.evaluation("imported", tuple(given_up))


def _imported(machine: Evaluator, names: Sequence[str]) -> list[GivenUp]:
    """Import modules; returns those for which the steps are not enough."""
    given_up = list[GivenUp]()
    for done, name in enumerate(names):
        try:
            with machine.apart(), machine.portion(MAX_OTHER_STEPS) as portion:
                machine.import_module(name)
        except Raised:
            continue  # it can't be imported here
        except Exhausted as exhausted:
            given_up.append(GivenUp(name, exhausted.place))
            given_up += (GivenUp(rest, NOT_BEGUN) for rest in names[done + 1 :])
            break
        if portion.given_up is not None:
            given_up.append(GivenUp(name, portion.given_up))
    return given_up


def others_of(
    packages: Iterable[PackageSurvey],
    roots: Sequence[Root],
    looked: Iterable[Looked],
    ran: frozenset[str],
) -> Iterator[tuple[Root, list[str]]]:
    """The modules that were looked at and that no root imports: for each package whose own code
    asks.

    They name a loader, or call what asks. Other modules can only import these, which would ask for
    the same.
    """
    looked_at = {each.path for each in looked}
    by_package = {root.name.partition(".")[0]: root for root in roots}
    for package in packages:
        root = by_package.get(package.name)
        if root is not None and package.name in root.asking:
            left = (root.leading & looked_at) - ran
            sources = [source for source in package.sources if source.path in left]
            sources.sort(key=lambda source: (source.module.count("."), source.module))
            if sources:
                yield root, [source.module for source in sources]
