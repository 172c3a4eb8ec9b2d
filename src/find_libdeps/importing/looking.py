"""Looks at one module by itself: what its body and its functions may ask for.

This tells which modules matter before whole packages are imported. All others are cold.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from find_libdeps.importing.calling import call_with_anything, functions_of, module_in
from find_libdeps.importing.calls import TOO_DEEPLY
from find_libdeps.importing.evaluator import Evaluator
from find_libdeps.importing.interest import calls_for_packages, is_everywhere
from find_libdeps.importing.machine import Exhausted, Limits
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    Class,
    Function,
    Instance,
    Method,
    Place,
    Raised,
    Unknown,
    Value,
)
from find_libdeps.importing.world import Ask, By, World
from find_libdeps.python.survey import LOADERS, NAMESPACES

MAX_LOOKING_STEPS = 60_000
"""Most steps that looking at one module takes."""
MAX_STEPS_WITH_OTHERS = 6_000
"""After so many steps, nothing else of its package is looked at; what that has is unknown."""
MAX_CALLS = 4
"""How many functions of a module, one calling the next, are followed to one that asks."""
MAX_STEPS_OF_CALL = 3_000
"""Most steps for a call of one of its functions."""
MAX_STEPS_OF_OTHER = 1_500
"""Most steps for another module of its package."""
MAX_STEPS_OF_ASKING = 10_000
"""Most steps for another module, if one with functions that ask may be called."""


class Looked(NamedTuple):
    """What a module may ask for."""

    name: str
    path: str
    at_import: tuple[Ask, ...]
    """What its body asks for."""
    on_demand: tuple[Ask, ...]
    """What its functions ask for, if somebody calls them."""
    askers: Mapping[str, Sequence[Ask]]
    """The functions and methods that may ask for a package if they are called, and the asks; for
    special methods, the class and its objects."""
    is_whole: bool = True
    """Whether its import was evaluated to its end."""
    given_up: Place | None = None
    """Where looking at it took too many steps; None if all was looked at."""
    cuts: tuple[Unknown, ...] = ()
    """What was not evaluated, each once for a place."""
    calls: tuple[str, ...] = ()
    """The other modules whose functions it may call to ask."""


def names_loader(tree: ast.Module) -> bool:
    """Whether code, not only a comment or a text about it, names what asks the loader.

    Loading what is there wherever Python is does not count, nor does a mere import of a name.
    """
    runs_text = is_in_text = False
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        match node:
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name, value=ast.Name()),
                args=[ast.Constant(value=library), *rest],
            ) if name in LOADERS and is_everywhere(library):
                nodes += (*rest, *node.keywords)
                continue
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in LOADERS + NAMESPACES:
                return True
            case ast.alias(name=name, asname=str()) if name in LOADERS:
                return True
            case ast.alias(name=name) if name.startswith(NAMESPACES[0]):
                return True
            case ast.ImportFrom(module=str() as name) if name.startswith(NAMESPACES[0]):
                return True
            case ast.Constant(value=str() as name) if name in LOADERS:
                return True
            case ast.Constant(value=str() as text):
                is_in_text = is_in_text or any(name in text for name in LOADERS)
            case ast.Name(id="exec" | "eval"):
                runs_text = True
        nodes += ast.iter_child_nodes(node)
    return runs_text and is_in_text


def look_at(
    world: World, name: str, path: str, source: bytes, asking: tuple[str, ...] = ()
) -> Looked:
    """Look at the module with a name, in the file at `path`.

    Args:
        world: the host.
        name: the module.
        path: its file.
        source: what is in it.
        asking: other modules, whose functions it may call to ask.
    """
    near = {each.partition(".")[0] for each in (name, *asking)}
    limits = Limits(
        is_cold=lambda other: other != path,
        is_far=lambda other: (
            other not in asking
            and (other.partition(".")[0] not in near or machine.steps > MAX_STEPS_WITH_OTHERS)
        ),
        max_steps=MAX_LOOKING_STEPS,
        is_active=lambda other: other == path,
        asks=lambda other: other == path,
        max_passive_steps=MAX_STEPS_OF_ASKING if asking else MAX_STEPS_OF_OTHER,
        runs_coroutines=True,
    )
    machine = Evaluator(world, limits)
    made: Value = None
    given_up: Place | None = None
    try:
        made = machine.import_module(name)
    except Raised:
        made = machine.modules().get(name)
    except Exhausted as exhausted:
        given_up = exhausted.place
    at_import = tuple(machine.asks)
    is_cut = given_up is not None or any(cut.why.endswith(TOO_DEEPLY) for cut in machine.cuts)
    is_whole = not (is_cut or any(_is_open(machine, other) for other in asking))
    askers: dict[str, list[Ask]] = {}
    if module := module_in(machine, path, made):
        lines = source.decode("utf-8", "replace").splitlines()
        given_up = _call_functions(machine, module, lines, askers) or given_up
        own = {} if made is module else {"__getattr__": made}
        askers |= dict(_exported({**module.names, **own}, askers))
    on_demand = tuple(machine.asks[len(at_import) :])
    cuts = tuple(machine.cuts)
    return Looked(name, path, at_import, on_demand, askers, is_whole, given_up, cuts, asking)


def _is_open(machine: Evaluator, name: str) -> bool:
    """Whether a module was imported, but not all of it is known, as of one that is replaced."""
    module = machine.modules().get(name)
    return module.is_open if isinstance(module, Module) else module is not None


def _call_functions(
    machine: Evaluator, module: Module, lines: list[str], askers: dict[str, list[Ask]]
) -> Place | None:
    """Call the functions of a module that have words of code that asks, and those that name these.

    Adds the names of those that may ask for a package to `askers`, with their asks. Returns where
    one took too many steps.
    """
    given_up: Place | None = None
    functions = [each for each in functions_of(machine, module) if not _is_done(machine, *each)]
    called = set[Function]()
    aliases = [name for name, value in module.names.items() if _is_loader(value)]
    words: dict[str, list[Ask]] = {word: [] for word in (*LOADERS, *NAMESPACES, *aliases)}
    for _ in range(MAX_CALLS):
        found = defaultdict[str, list[Ask]](list)
        for function, owner in functions:
            name = function.name
            if owner and name.startswith("__"):
                name = owner.name
            named = _named(function, lines, words) if name not in askers else []
            start = len(machine.asks)
            if named and function not in called:
                called.add(function)
                given_up = _call_in_few_steps(machine, function, owner) or given_up
            # what it calls may have been asked for already, and kept
            known = [ask for word in named for ask in words[word] if isinstance(ask.name, str)]
            found[name] += filter(calls_for_packages, (*machine.asks[start:], *known))
        words = {name: asks for name, asks in found.items() if asks}
        askers |= words
    return given_up


def _exported(
    names: Mapping[str, Value], askers: Mapping[str, list[Ask]]
) -> Iterator[tuple[str, list[Ask]]]:
    """The names of a module for something that may ask: its classes' objects, and their methods.

    And those under which it has what asks the loader itself.
    """
    for name, value in names.items():
        if _is_loader(value) and name not in LOADERS:
            unknown = Unknown(f"what {name!r} is called with")
            yield name, [Ask(By.DLOPEN, unknown, Place("", 0), (), None, is_certain=False)]
        if isinstance(value, Method):
            value = value.owner
        kind = value.kind if isinstance(value, Instance) else value
        for base in kind.mro if isinstance(kind, Class) else [kind]:
            if isinstance(base, Class | Function) and base.name in askers:
                yield name, askers[base.name]


def _is_loader(value: Value) -> bool:
    """Whether a value is what asks the loader itself, or a class whose objects do."""
    match value:
        case Instance(kind=Class(name="LibraryLoader")):
            return True
        case Method(function=Function(name=name)) | Function(name=name):
            return name in LOADERS
        case Class(mro=bases):
            return any(isinstance(base, Class) and base.name in LOADERS for base in bases)
    return False


def _call_in_few_steps(machine: Evaluator, function: Function, owner: Class | None) -> Place | None:
    """Call a function; returns where it is given up, if that takes too many steps."""
    try:
        with machine.apart(), machine.portion(MAX_STEPS_OF_CALL) as portion:
            call_with_anything(machine, function, owner)
    except Exhausted as exhausted:
        return exhausted.place
    return portion.given_up


def _is_done(machine: Evaluator, function: Function, owner: Class | None) -> bool:
    """Whether a function was called when its module was imported, and may ask for nothing else."""
    arguments = function.node.args
    count = len((*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))
    return function.node in machine.called and count <= (owner is not None)


def _named(function: Function, lines: list[str], words: Iterable[str]) -> list[str]:
    """Those of some words that the text of a function has."""
    first, last = function.node.lineno, function.node.end_lineno or 0
    text = "\n".join(lines[first - 1 : last])
    return [word for word in words if word in text]
