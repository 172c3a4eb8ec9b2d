"""Statements: what each of Python's does.

Each function is a generator, which yields what the evaluated program's generators yield, and whose
result says how the statement ended. A branch on an unknown condition is followed both ways: what
the two ways set is joined, and a way that ends by an exception is left out if the other goes on.

Source: Python's language reference, 7 "Simple statements" and 8 "Compound statements".
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from find_libdeps.importing import classes, making, patterns
from find_libdeps.importing.branches import blocks
from find_libdeps.importing.calls import make_function
from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.handlers import run_try, run_with
from find_libdeps.importing.imports import import_from, import_names
from find_libdeps.importing.loops import run_for, run_while
from find_libdeps.importing.machine import (
    Break,
    Continue,
    Exhausted,
    Machine,
    Return,
    Running,
    Signal,
)
from find_libdeps.importing.scopes import nodes_of
from find_libdeps.importing.targets import delete_targets, run_augmented
from find_libdeps.importing.values import (
    Alternatives,
    Instance,
    Place,
    Raised,
    Unknown,
    Value,
    error,
    name_of_class,
    sure_error,
)
from find_libdeps.importing.yields import yield_first
from find_libdeps.process.memory import check_room

Simple: TypeAlias = Callable[[Machine, Frame, Any], Signal]
Compound: TypeAlias = Callable[[Machine, Frame, Any], Running]
SEEMS_TO_RAISE = "a statement that seems to raise"
NOT_EVALUATED = "a statement that could not be evaluated"
"""Why the values of a statement are unknown on which the evaluator itself failed."""


def run(machine: Machine, frame: Frame, body: Sequence[ast.stmt]) -> Running:
    """Evaluate statements one after the other, until one of them ends the block."""
    path = frame.module.path
    is_model = frame.module.is_model
    is_generator = frame.scope is not None and frame.scope.is_generator
    for statement in body:
        machine.step()
        start = len(machine.asks)
        if not is_model:
            machine.place = Place(path, statement.lineno)
            machine.frame = frame
        if is_generator:
            yield from yield_first(machine, frame, statement)
        try:
            simple = SIMPLE.get(type(statement))
            if simple is not None:
                signal = simple(machine, frame, statement)
            else:
                signal = yield from COMPOUND[type(statement)](machine, frame, statement)
        except Raised as raised:
            if frame.kind is not Kind.MODULE or machine.possible or is_model:
                raise
            if raised.is_sure and not _may_be_ready(machine, path, raised, start):
                raise
            _pass_over(machine, frame, statement, raised)
            signal = None
        except Exhausted:
            raise
        except RecursionError:
            _give_up(frame, statement, machine.cut("a statement that is nested too deeply"))
            signal = None
        except Exception as problem:
            if isinstance(problem, (MemoryError, SystemError)):  # CPython may mix them up
                check_room()
            why = f"{NOT_EVALUATED} ({type(problem).__name__}: {problem})"
            _give_up(frame, statement, machine.cut(why))
            signal = None
        if signal is not None:
            return signal
    return None


def _pass_over(machine: Machine, frame: Frame, statement: ast.stmt, raised: Raised) -> None:
    """Go on after a statement that raised what nobody handles, and that Python may not raise.

    What is installed can be imported, as a rule: then the evaluator knows less than Python.
    """
    kind = raised.value.kind if isinstance(raised.value, Instance) else None
    _give_up(frame, statement, machine.cut(f"{SEEMS_TO_RAISE} {name_of_class(kind)}"))


def _may_be_ready(machine: Machine, path: str, raised: Raised, start: int) -> bool:
    """Whether a package may not raise, in the real program, what it has raised for an own module.

    Some have to be set up first, by a server for example: then they know more than we do. Not so
    if a module is missing, or a library, or if own code itself raises it.
    """
    is_own, place = machine.limits.is_own, raised.place
    if not machine.goes_on or not is_own(path) or place is None or is_own(place.path):
        return False
    is_import = classes.handles(machine, ImportError, raised.value) is not False
    return not is_import and all(ask.answer for ask in machine.asks[start:])


def _give_up(frame: Frame, statement: ast.stmt, unknown: Unknown) -> None:
    """Make unknown what a statement would have set."""
    for node in nodes_of([statement]):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                frame.names.setdefault(name, unknown)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                frame.names.setdefault(node.name, unknown)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for alias in names:
                    frame.names.setdefault(alias.asname or alias.name.partition(".")[0], unknown)


def _expression(machine: Machine, frame: Frame, node: ast.Expr) -> Signal:
    machine.evaluate(frame, node.value)
    return None


def _assign(machine: Machine, frame: Frame, node: ast.Assign) -> Signal:
    value = machine.evaluate(frame, node.value)
    for target in node.targets:
        machine.assign(frame, target, value)
    return None


def _annotated(machine: Machine, frame: Frame, node: ast.AnnAssign) -> Signal:
    if node.value is not None:
        machine.assign(frame, node.target, machine.evaluate(frame, node.value))
    if frame.kind is Kind.FUNCTION:
        return None
    note: Value
    if frame.module.postpones:
        machine.step(4)
        note = _text_of(node.annotation) or machine.unknown("an annotation")
    else:
        note = machine.evaluate(frame, node.annotation)
    if isinstance(node.target, ast.Name):
        notes = frame.names.setdefault("__annotations__", {})
        if isinstance(notes, dict):
            notes[node.target.id] = note
    return None


def _text_of(node: Any) -> str | None:
    """The text of an expression; None if it is nested too deeply. It stays with the node: a cache
    would keep whole trees alive.
    """
    if not hasattr(node, "text"):
        try:
            node.text = ast.unparse(node)
        except RecursionError:
            node.text = None
    found: str | None = node.text
    return found


def _return(machine: Machine, frame: Frame, node: ast.Return) -> Signal:
    return Return(machine.evaluate(frame, node.value) if node.value else None)


def _raise(machine: Machine, frame: Frame, node: ast.Raise) -> Signal:
    if node.exc is None:
        if frame_caught := _caught(frame):
            raise Raised(frame_caught[-1], is_sure=True, place=machine.place)
        raise error(RuntimeError, "No active exception to reraise")
    value = machine.evaluate(frame, node.exc)
    cause = machine.evaluate(frame, node.cause) if node.cause is not None else None
    if classes.is_exception_class(value):
        value = machine.call(value, [], {})
    if isinstance(value, Instance):
        if classes.is_exception_class(cause):
            cause = machine.call(cause, [], {})
        value.names["__cause__"] = cause
        value.names["__context__"] = next(iter(_caught(frame)[-1:]), None)
    if isinstance(value, Alternatives):
        value = machine.unknown("which exception is raised")
    if isinstance(value, Instance | Unknown):
        raise Raised(value, is_sure=True, place=machine.place)
    raise error(TypeError, "exceptions must derive from BaseException")


def _caught(frame: Frame) -> list[Value]:
    inner: Frame | None = frame
    while inner is not None and not inner.caught:
        inner = inner.parent
    return inner.caught if inner else []


def _assert(machine: Machine, frame: Frame, node: ast.Assert) -> Signal:
    if machine.truth(machine.evaluate(frame, node.test)) is False:
        args = (machine.evaluate(frame, node.msg),) if node.msg else ()
        raise sure_error(AssertionError, *args)
    return None


def _import(machine: Machine, frame: Frame, node: ast.Import) -> Signal:
    import_names(machine, frame, node)
    return None


def _import_from(machine: Machine, frame: Frame, node: ast.ImportFrom) -> Signal:
    import_from(machine, frame, node)
    return None


def _pass(machine: Machine, frame: Frame, node: ast.stmt) -> Signal:
    return None


def _break(machine: Machine, frame: Frame, node: ast.Break) -> Signal:
    return Break()


def _continue(machine: Machine, frame: Frame, node: ast.Continue) -> Signal:
    return Continue()


def _function(
    machine: Machine, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> Signal:
    decorators = [machine.evaluate(frame, decorator) for decorator in node.decorator_list]
    function = make_function(machine, frame, node, node.name)
    if not frame.module.postpones:
        _evaluate_annotations(machine, frame, node)
    value: Value = function
    for decorator in reversed(decorators):
        value = decorated(machine, decorator, value)
    frame.store(node.name, value)
    return None


def decorated(machine: Machine, decorator: Value, value: Value) -> Value:
    """What a decorator makes; one that is unknown is taken to leave its function as it is."""
    made = machine.call(decorator, [value], {})
    return value if isinstance(made, Unknown) else made


def _evaluate_annotations(
    machine: Machine, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> None:
    arguments = node.args
    stars = filter(None, (arguments.vararg, arguments.kwarg))
    every = (*arguments.posonlyargs, *arguments.args, *stars, *arguments.kwonlyargs)
    for note in (*(argument.annotation for argument in every), node.returns):
        if note is not None and not isinstance(note, ast.Name | ast.Constant):
            machine.evaluate(frame, note)


def _class(machine: Machine, frame: Frame, node: ast.ClassDef) -> Signal:
    decorators = [machine.evaluate(frame, decorator) for decorator in node.decorator_list]
    value = making.define(machine, frame, node)
    for decorator in reversed(decorators):
        value = decorated(machine, decorator, value)
    frame.store(node.name, value)
    return None


def _type_alias(machine: Machine, frame: Frame, node: ast.AST) -> Signal:
    name = getattr(node, "name", None)
    if isinstance(name, ast.Name):
        frame.store(name.id, machine.unknown("an alias of a type"))
    return None


def _if(machine: Machine, frame: Frame, node: ast.If) -> Running:
    # a row of elifs is as deep as it is long
    while True:
        truth = machine.truth(machine.evaluate(frame, node.test))
        if truth is None:
            return (yield from blocks(machine, frame, node.body, node.orelse))
        if truth or len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            return (yield from machine.run(frame, node.body if truth else node.orelse))
        node = node.orelse[0]
        machine.step()
        if not frame.module.is_model:
            machine.place = Place(frame.module.path, node.lineno)


def _match(machine: Machine, frame: Frame, node: ast.Match) -> Running:
    subject = machine.evaluate(frame, node.subject)
    possible = list[Sequence[ast.stmt]]()
    for case in node.cases:
        fits = patterns.fits(machine, frame, case.pattern, subject)
        if fits is not False and case.guard:
            guard = machine.truth(machine.evaluate(frame, case.guard))
            fits = False if guard is False else (fits if guard else None)
        if fits:
            possible.append(case.body)
            break
        if fits is None:
            possible.append(case.body)
    else:
        possible.append(())
    if len(possible) == 1:
        return (yield from machine.run(frame, possible[0]))
    return (yield from blocks(machine, frame, *possible))


SIMPLE: dict[type[ast.AST], Simple] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: run_augmented,
    ast.Delete: delete_targets,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Pass: _pass,
    ast.Global: _pass,
    ast.Nonlocal: _pass,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
}
"""For each kind of statement without a block the function that evaluates it."""
COMPOUND: dict[type[ast.AST], Compound] = {
    ast.If: _if,
    ast.For: run_for,
    ast.AsyncFor: run_for,
    ast.While: run_while,
    ast.Try: run_try,
    ast.With: run_with,
    ast.AsyncWith: run_with,
    ast.Match: _match,
}
"""For each kind of statement with a block the function that evaluates it."""
if hasattr(ast, "TryStar"):  # Python 3.11
    COMPOUND[ast.TryStar] = run_try
if hasattr(ast, "TypeAlias"):  # Python 3.12
    SIMPLE[ast.TypeAlias] = _type_alias
