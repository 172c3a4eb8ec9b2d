"""What importing the packages of an environment asks for, and what they ask for on demand only.

Most packages ask for nothing, so there are three steps. Each module whose text names a loader is
looked at by itself. Imports are followed backwards from those that may ask. Only the packages that
lead there are imported, with all other modules cold.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from find_libdeps.importing.evaluator import (
    NOT_BEGUN,
    Evaluation,
    Evaluator,
    GivenUp,
    evaluate_import,
)
from find_libdeps.importing.looking import Looked, look_at, names_loader
from find_libdeps.importing.machine import MAX_STEPS, Exhausted, Limits
from find_libdeps.importing.sources import NOT_PARSED, parse, why_not_parsed
from find_libdeps.importing.values import Place, Raised, Unknown
from find_libdeps.importing.world import Ask, By, World
from find_libdeps.python.reach import find_leading
from find_libdeps.python.survey import PackageSurvey, Source

MAX_ALL_STEPS = 1_000_000
"""Most steps for all packages of an environment."""
MIN_STEPS = 20_000
"""Fewer steps are not worth beginning with."""
MAX_OTHERS_STEPS = 150_000
"""Most steps for the modules of one package that importing its root does not import."""
MAX_OTHER_STEPS = 20_000
"""Most steps for one of these modules."""
_OF_GLIBC = frozenset("c m dl pthread rt util resolv anl".split())  # noqa: SIM905
"""The stems of the libraries that are there wherever Python is."""
_OF_MACOS = "objc"
"""The runtime of macOS. Debian's libobjc, of gcc, is another library."""


class Root(NamedTuple):
    """A module that applications import, and that leads to code that may ask."""

    name: str
    leading: frozenset[str]
    """The paths of the sources that lead to such code; all others are cold."""
    near: frozenset[str]
    """The names of the packages whose cold modules are evaluated if their names are used."""
    asking: frozenset[str]
    """The names of the packages with such code."""

    def limits(self, max_steps: int) -> Limits:
        """How far the evaluation of its import goes."""
        return Limits(
            is_cold=lambda path: path not in self.leading,
            is_far=lambda name: name.partition(".")[0] not in self.near,
            max_steps=max_steps,
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
        return Looked(source.module, source.path, (), (), frozenset(), cuts=(unseen,))
    return look_at(world, source.module, source.path, content)


def may_matter(looked: Looked) -> bool:
    """Whether a module may ask for something that is not there wherever Python is.

    What its functions ask for on behalf of their callers is another question.
    """
    if not looked.is_whole:
        return True
    named = (ask for ask in looked.on_demand if not isinstance(ask.name, Unknown))
    return any(map(is_of_interest, (*looked.at_import, *named)))


def is_of_interest(ask: Ask) -> bool:
    """Whether a package of the release could meet an ask."""
    match ask:
        case Ask(name=None) | Ask(by=By.EXTENSION):
            return False
        case Ask(by=By.FIND_LIBRARY, name=str(name)):
            return name not in _OF_GLIBC and name != _OF_MACOS
        case Ask(by=By.DLOPEN | By.CFFI, name=str(name)):
            others = (*_OF_GLIBC, _OF_MACOS)
            return not name.startswith(tuple(f"lib{stem}.so" for stem in others))
    return True


def roots_of(
    packages: Sequence[PackageSurvey],
    looked: Sequence[Looked],
    content: Callable[[Source], bytes],
) -> Iterator[Root]:
    """The modules that applications import, as far as these lead to code that may ask.

    They are the top-level packages and modules. An empty one leads nowhere: applications import the
    public modules directly in it.

    Args:
        packages: the sources.
        looked: the modules that may ask.
        content: reads a source.
    """
    matter = {each.name for each in looked if may_matter(each)}
    matter |= {each.name for each in looked if _is_called(each, packages, content)}
    leading = find_leading(packages, matter)
    near = frozenset(name.partition(".")[0] for name in matter)
    for package in packages:
        for name in _names_of_roots(package, leading, content):
            yield Root(name, leading, near | {package.name}, near)


def _is_called(
    looked: Looked, packages: Sequence[PackageSurvey], content: Callable[[Source], bytes]
) -> bool:
    """Whether another module may call a function that asks for what its callers name."""
    names = [name.encode() for name in looked.wrappers]
    if not names:
        return False
    importers = (
        source
        for package in packages
        for source in package.sources
        if looked.name in source.imports
    )
    return any(name in content(source) for source in importers for name in names)


def _names_of_roots(
    package: PackageSurvey, leading: frozenset[str], content: Callable[[Source], bytes]
) -> Iterator[str]:
    names = sorted(s.module for s in package.sources if s.path in leading)
    if not names:
        return
    roots = [s for s in package.sources if s.module == package.name]
    if roots and not (
        roots[0].path.endswith("/__init__.py") and is_empty(content(roots[0]), package.name)
    ):
        if package.name in names:
            yield package.name
        return
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
    """Evaluate the imports of several modules of a package, one after the other."""
    machine = Evaluator(world, root.limits(MAX_OTHERS_STEPS))
    given_up = list[GivenUp]()
    for name in names:
        if not machine.allow(MAX_OTHER_STEPS):
            given_up.append(GivenUp(name, NOT_BEGUN))
            continue
        try:
            machine.import_module(name)
        except Raised:
            continue  # it can't be imported here
        except Exhausted as exhausted:
            given_up.append(GivenUp(name, exhausted.place))
    return machine.evaluation("imported", tuple(given_up))


def others_of(
    packages: Iterable[PackageSurvey], roots: Sequence[Root], ran: frozenset[str]
) -> Iterator[tuple[Root, list[str]]]:
    """The modules that lead to code that may ask, and that no root imports: for each package whose
    own code asks.
    """
    by_package = {root.name.partition(".")[0]: root for root in roots}
    for package in packages:
        root = by_package.get(package.name)
        if root is not None and package.name in root.asking:
            left = root.leading - ran
            names = [source.module for source in package.sources if source.path in left]
            if names:
                yield root, sorted(names, key=lambda name: (name.count("."), name))
