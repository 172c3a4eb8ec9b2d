"""``try`` and ``with``.

Source: Python's language reference, 8.4 "The try statement" and 8.5 "The with statement".
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from functools import partial

from find_libdeps.importing import classes
from find_libdeps.importing.branches import both_ways, may_wait
from find_libdeps.importing.doubt import Failure, Trial, restore, stay
from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import Machine, Running, Signal
from find_libdeps.importing.merging import take_effect
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Foreign,
    Instance,
    Raised,
    Unknown,
    Value,
    error,
)

_GROUP: type[BaseException] = getattr(builtins, "ExceptionGroup", Exception)


def run_try(machine: Machine, frame: Frame, node: ast.Try) -> Running:
    """Evaluate a ``try`` statement."""
    signal: Signal = None
    try:
        signal = yield from _handled(machine, frame, node)
    except Raised:
        end = yield from machine.run(frame, node.finalbody)
        if end is not None:
            return end
        raise
    end = yield from machine.run(frame, node.finalbody)
    return signal if end is None else end


def _handled(machine: Machine, frame: Frame, node: ast.Try) -> Running:
    trial = Trial(frame)
    machine.possible = [*machine.possible, trial]
    raised: Raised | None = None
    signal: Signal = None
    try:
        signal = yield from machine.run(frame, node.body)
    except Raised as failure:
        raised = failure
    finally:
        # a generator that waits inside its own try may have put another one on top
        machine.possible = [each for each in machine.possible if each is not trial]
        stay(machine, frame, trial)
    if not trial.failures:
        if raised is None:
            return signal if signal is not None else (yield from machine.run(frame, node.orelse))
        return (yield from _after(machine, frame, node, raised, signal))
    ways = [partial(_after, machine, frame, node, raised, signal)]
    ways += [partial(_after_failure, machine, frame, node, each) for each in trial.failures]
    return (yield from both_ways(machine, frame, ways, waits=may_wait(frame, [node])))


def _after(
    machine: Machine, frame: Frame, node: ast.Try, raised: Raised | None, signal: Signal
) -> Running:
    """What follows the body of a ``try``: a handler, or ``else``."""
    if raised and type(node).__name__ == "TryStar":
        return (yield from _handle_group(machine, frame, node, raised))
    if raised:
        return (yield from _handle(machine, frame, node, raised))
    return signal if signal is not None else (yield from machine.run(frame, node.orelse))


def _after_failure(machine: Machine, frame: Frame, node: ast.Try, failure: Failure) -> Running:
    """What follows if an exception was raised that may have been."""
    restore(machine, frame, [failure.names])
    take_effect(machine, [failure.effect])
    return (yield from _after(machine, frame, node, failure.raised, None))


def _handle(machine: Machine, frame: Frame, node: ast.Try, raised: Raised) -> Running:
    """Run the first handler that fits. Raises Raised if none does."""
    for handler in node.handlers:
        wanted = machine.evaluate(frame, handler.type) if handler.type else BaseException
        fits = classes.handles(machine, wanted, raised.value)
        if fits is False:
            continue
        if handler.name:
            frame.store(handler.name, raised.value)
        frame.caught.append(raised.value)
        try:
            return (yield from machine.run(frame, handler.body))
        finally:
            frame.caught.pop()
            if handler.name and frame.load(handler.name) is not MISSING:
                frame.delete(handler.name)
    raise raised


def _handle_group(machine: Machine, frame: Frame, node: ast.Try, raised: Raised) -> Running:
    """Run each handler of ``except*`` for the exceptions of a group that it fits (PEP 654)."""
    rest = _exceptions_of(raised.value)
    if rest is None:
        return (yield from _handle(machine, frame, node, raised))
    for handler in node.handlers:
        wanted = machine.evaluate(frame, handler.type) if handler.type else BaseException
        fitting = [each for each in rest if classes.handles(machine, wanted, each) is not False]
        if not fitting:
            continue
        rest = [each for each in rest if all(each is not other for other in fitting)]
        group = error(_GROUP, "", fitting)
        only = ast.Try(node.body, [ast.ExceptHandler(None, handler.name, handler.body)], [], [])
        signal = yield from _handle(machine, frame, only, group)
        if signal is not None:
            return signal
    if rest:
        raise error(_GROUP, "", rest) if _is_group(raised.value) else raised
    return None


def _exceptions_of(value: Value) -> list[Value] | None:
    """The exceptions of a group, or the one that is none; None if they are unknown."""
    if not isinstance(value, Instance):
        return None
    if not _is_group(value):
        return [value]
    match value.names.get("args"):
        case (_, list() | tuple() as inner):
            return list(inner)
    return None


def _is_group(value: Value) -> bool:
    return isinstance(value, Instance) and classes.is_exception_group(value)


def run_with(machine: Machine, frame: Frame, node: ast.With | ast.AsyncWith) -> Running:
    """Evaluate a ``with`` statement."""
    if not isinstance(node, ast.AsyncWith):
        return (yield from _with_items(machine, frame, node, node.items, ""))
    if not machine.limits.runs_coroutines:
        return (yield from machine.run(frame, node.body))
    return (yield from _with_items(machine, frame, node, node.items, "a"))


def _with_items(
    machine: Machine,
    frame: Frame,
    node: ast.With | ast.AsyncWith,
    items: Sequence[ast.withitem],
    kind: str,
) -> Running:
    """Enter some items, then evaluate the body. The methods of the kind ``a`` are coroutines."""
    if not items:
        return (yield from machine.run(frame, node.body))
    item, *rest = items
    manager = machine.evaluate(frame, item.context_expr)
    if isinstance(manager, Unknown | Alternatives):
        if item.optional_vars:
            is_foreign = isinstance(manager, Foreign)
            value = manager if is_foreign else machine.unknown("what a with statement sets")
            machine.assign(frame, item.optional_vars, value)
        return (yield from _with_items(machine, frame, node, rest, kind))
    leave = _leaving(machine, manager, kind)
    entered = machine.call(machine.attribute(manager, f"__{kind}enter__"), [], {})
    if item.optional_vars:
        machine.assign(frame, item.optional_vars, entered)
    try:
        signal = yield from _with_items(machine, frame, node, rest, kind)
    except Raised as raised:
        what = raised.value.kind if isinstance(raised.value, Instance) else raised.value
        swallowed = machine.call(leave, [what, raised.value, None], {})
        if machine.truth(swallowed) is not True:
            raise
        return None
    machine.call(leave, [None, None, None], {})
    return signal


def _leaving(machine: Machine, manager: Value, kind: str) -> Value:
    """The function that is called at the end of a with statement. Raises Raised."""
    try:
        machine.attribute(manager, f"__{kind}enter__")
        return machine.attribute(manager, f"__{kind}exit__")
    except Raised as raised:
        is_missing = classes.handles(machine, AttributeError, raised.value)
        if is_missing and machine.world.host.python >= (3, 11):
            raise error(TypeError, "object does not support the context manager protocol") from None
        raise
