"""Calls the functions of a module as if somebody did, with arguments that nobody knows."""

from __future__ import annotations

import ast

from find_libdeps.importing.calls import call_function
from find_libdeps.importing.evaluator import Evaluator
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import Argument, Class, Function, Instance, Raised, Value


def module_in(machine: Evaluator, path: str, made: Value) -> Module | None:
    """The module in a file, whatever came of its import, if anything is known of it.

    It may have put another object in its own place, or its import may have failed.
    """
    if isinstance(made, Module):
        return made
    frames = (each.frame for each in machine.made)
    return next((each.module for each in frames if each.module.path == path), None)


def functions_of(machine: Evaluator, module: Module) -> list[tuple[Function, Class | None]]:
    """The functions of a module, and those of its classes, each with its class.

    Whatever decorators made of them, and whether names of the module lead to them or not.
    """
    own = {each.node: each for each in machine.made if each.frame.module is module}
    return [
        (each, class_of(each)) for each in own.values() if not isinstance(each.node, ast.Lambda)
    ]


def class_of(function: Function) -> Class | None:
    """The class that a function is a method of; None if it is of none."""
    found = function.cell.value if function.cell else None
    return found if isinstance(found, Class) else None


def any_object(kind: Class) -> Instance:
    """An object of a class, of which nothing else is known."""
    made = Instance(kind)
    made.is_vague = True
    return made


def call_with_anything(
    machine: Evaluator, function: Function, owner: Class | None, first: Instance | None = None
) -> Raised | None:
    """Call a function with arguments that nobody knows; returns its exception. Raises Exhausted.

    Args:
        machine: the evaluation.
        function: what is called.
        owner: the class that it is a method of.
        first: the object that it is called of; any one if it is None.
    """
    arguments = function.node.args
    every = (*arguments.posonlyargs, *arguments.args)
    count = len(every) - len(function.defaults)
    args: list[Value] = [Argument(f"the argument {each.arg!r}") for each in every[: max(count, 0)]]
    if owner is not None and args and every[0].arg in ("self", "cls"):
        args[0] = owner if every[0].arg == "cls" else first or any_object(owner)
    if arguments.vararg:
        args += [Argument(f"an argument of {each.arg!r}") for each in every[max(count, 0) :]]
        args.append(Argument(f"an argument of {arguments.vararg.arg!r}"))
    names = {
        each.arg: Argument(f"the argument {each.arg!r}")
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    }
    try:
        result = call_function(machine, function, args, dict(names))
        for _ in machine.iterate(result) if hasattr(result, "items") else ():
            machine.step()
    except Raised as raised:
        return raised
    return None
