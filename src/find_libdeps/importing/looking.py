"""Looks at one module by itself: what its body and its functions may ask for.

This tells which modules matter before whole packages are imported. All others are cold, and every
library is there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from find_libdeps.importing.calls import call_function
from find_libdeps.importing.evaluator import Evaluator
from find_libdeps.importing.machine import Exhausted, Limits
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    Argument,
    Class,
    ClassMethod,
    Function,
    Instance,
    Place,
    Property,
    Raised,
    StaticMethod,
    Unknown,
    Value,
)
from find_libdeps.importing.world import Ask, World
from find_libdeps.python.survey import LOADERS, NAMESPACES

MAX_LOOKING_STEPS = 60_000
"""Most steps that looking at one module takes."""


class Looked(NamedTuple):
    """What a module may ask for."""

    name: str
    path: str
    at_import: tuple[Ask, ...]
    """What its body asks for."""
    on_demand: tuple[Ask, ...]
    """What its functions ask for, if somebody calls them."""
    wrappers: frozenset[str]
    """The functions that ask for what their callers name."""
    is_whole: bool = True
    """Whether its import was evaluated to its end."""
    given_up: Place | None = None
    """Where looking at it took too many steps; None if all was looked at."""
    cuts: tuple[Unknown, ...] = ()
    """What was not evaluated, each once for a place."""


def names_loader(tree: ast.Module) -> bool:
    """Whether code, not only a comment or a text about it, names what asks the loader."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in LOADERS + NAMESPACES:
                return True
            case ast.alias(name=name) if name in LOADERS or name.startswith(NAMESPACES[0]):
                return True
            case ast.ImportFrom(module=str() as name) if name.startswith(NAMESPACES[0]):
                return True
            case ast.Constant(value=str() as name) if name in LOADERS:
                return True
    return False


def look_at(world: World, name: str, path: str, source: bytes) -> Looked:
    """Look at the module with a name, in the file at `path`."""
    top = name.partition(".")[0]
    limits = Limits(
        is_cold=lambda other: other != path,
        is_far=lambda other: other.partition(".")[0] != top,
        max_steps=MAX_LOOKING_STEPS,
    )
    machine = Evaluator(world, limits)
    module: Value = None
    given_up: Place | None = None
    try:
        module = machine.import_module(name)
    except Raised:
        module = machine.modules().get(name)
    except Exhausted as exhausted:
        given_up = exhausted.place
    at_import, is_whole = tuple(machine.asks), given_up is None
    wrappers = set[str]()
    if isinstance(module, Module):
        lines = source.decode("utf-8", "replace").splitlines()
        try:
            _call_functions(machine, module, lines, wrappers)
        except Exhausted as exhausted:
            given_up = exhausted.place
    on_demand = tuple(machine.asks[len(at_import) :])
    cuts = tuple(machine.cuts)
    return Looked(name, path, at_import, on_demand, frozenset(wrappers), is_whole, given_up, cuts)


def _call_functions(
    machine: Evaluator, module: Module, lines: list[str], wrappers: set[str]
) -> None:
    """Call the functions of a module that have words of code that asks, and those that name these.

    Adds the names of those that ask for what their callers name to `wrappers`. Raises Exhausted.
    """
    functions = [each for each in _functions(module) if each[0].node not in machine.called]
    words = {*LOADERS, *NAMESPACES}
    for _ in range(3):
        chosen = [each for each in functions if _mentions(each[0].node, lines, words)]
        functions = [each for each in functions if each not in chosen]
        for function, owner in chosen:
            start = len(machine.asks)
            _call(machine, function, owner)
            asked = machine.asks[start:]
            is_special = function.name.startswith("__") and owner is not None
            name = owner.name if owner is not None and is_special else function.name
            if asked:
                words.add(name)
            if any(isinstance(ask.name, Argument) for ask in asked):
                wrappers.add(name)


def _mentions(node: ast.AST, lines: list[str], words: set[str]) -> bool:
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0) or 0
    text = "\n".join(lines[first - 1 : last])
    return any(word in text for word in words)


def _functions(module: Module) -> Iterator[tuple[Function, Class | None]]:
    """The functions of a module, and those of its classes, each with its class."""
    seen = set[int]()
    for value in list(module.names.values()):
        yield from _in(value, None, module, seen)


def _in(
    value: Value, owner: Class | None, module: Module, seen: set[int]
) -> Iterator[tuple[Function, Class | None]]:
    match value:
        case Function() if value.frame.module is module and id(value.node) not in seen:
            seen.add(id(value.node))
            yield value, owner
        case StaticMethod(function=inner) | ClassMethod(function=inner) | Property(getter=inner):
            yield from _in(inner, owner, module, seen)
        case Class() if value.names.get("__module__") == module.name and id(value) not in seen:
            seen.add(id(value))
            for each in list(value.names.values()):
                yield from _in(each, value, module, seen)


def _call(machine: Evaluator, function: Function, owner: Class | None) -> None:
    """Call a function with arguments that nobody knows. Raises Exhausted."""
    arguments = function.node.args
    every = (*arguments.posonlyargs, *arguments.args)
    count = len(every) - len(function.defaults)
    args: list[Value] = [Argument(f"the argument {each.arg!r}") for each in every[: max(count, 0)]]
    if owner is not None and args:
        first = Instance(owner)
        first.is_vague = True
        args[0] = owner if every[0].arg == "cls" else first
    names = {
        each.arg: Argument(f"the argument {each.arg!r}")
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    }
    try:
        result = call_function(machine, function, args, dict(names))
        for _ in machine.iterate(result) if hasattr(result, "items") else ():
            machine.step()
    except Raised:
        return
