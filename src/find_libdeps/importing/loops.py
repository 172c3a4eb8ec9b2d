"""Loops.

Source: Python's language reference, 8.2 "The while statement" and 8.3 "The for statement".
"""

from __future__ import annotations

import ast

from find_libdeps.importing.branches import both_ways
from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import MAX_TURNS, Break, Machine, Return, Running
from find_libdeps.importing.scopes import nodes_of
from find_libdeps.importing.values import Alternatives, Unknown, Value
from find_libdeps.importing.yields import yield_first

MAX_UNSURE_TURNS = 4
"""Most turns of a loop that goes on or ends by a condition that is unknown."""


def run_for(machine: Machine, frame: Frame, node: ast.For | ast.AsyncFor) -> Running:
    """Evaluate a ``for`` statement."""
    values = machine.evaluate(frame, node.iter)
    if isinstance(values, Alternatives):
        values = values.values[0]
    if isinstance(values, Unknown):
        return (yield from _once(machine, frame, node, values))
    for turn, item in enumerate(machine.iterate(values)):
        machine.step()
        if turn >= MAX_TURNS:
            return (yield from _once(machine, frame, node, machine.cut("a loop of too many turns")))
        machine.assign(frame, node.target, item)
        signal = yield from machine.run(frame, node.body)
        if isinstance(signal, Break):
            return None
        if isinstance(signal, Return):
            return signal
    return (yield from machine.run(frame, node.orelse))


def _once(machine: Machine, frame: Frame, node: ast.For | ast.AsyncFor, value: Value) -> Running:
    """Follow the body of a loop over what is unknown, which may have any number of turns."""
    for target in ast.walk(node.target):
        if isinstance(target, ast.Name):
            frame.store(target.id, value)
    signal = yield from both_ways(machine, frame, [node.body, ()])
    if isinstance(signal, Return):
        return signal
    return (yield from both_ways(machine, frame, [node.orelse, ()]))


def run_while(machine: Machine, frame: Frame, node: ast.While) -> Running:
    """Evaluate a ``while`` statement."""
    is_generator = frame.scope is not None and frame.scope.is_generator
    unsure = 0
    for _ in range(MAX_TURNS):
        machine.step()
        frame.may_leave = False
        if is_generator:
            yield from yield_first(machine, frame, ast.Expr(node.test))
        truth = machine.truth(machine.evaluate(frame, node.test))
        if truth is None:
            signal = yield from both_ways(machine, frame, [node.body, ()])
            _forget(machine, frame, node)
            return signal if isinstance(signal, Return) else None
        if not truth:
            return (yield from machine.run(frame, node.orelse))
        signal = yield from machine.run(frame, node.body)
        if isinstance(signal, Break):
            return None
        if isinstance(signal, Return):
            return signal
        unsure += frame.may_leave
        if unsure == MAX_UNSURE_TURNS:
            break
    else:
        machine.cut("a loop of too many turns")
    _forget(machine, frame, node)
    return None


def _forget(machine: Machine, frame: Frame, node: ast.stmt) -> None:
    """Make all names unknown that a loop sets, since nobody knows how often it turns."""
    for part in nodes_of([node]):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            frame.store(part.id, machine.unknown("what a loop sets"))
