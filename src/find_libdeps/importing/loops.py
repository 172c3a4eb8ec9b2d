"""Loops.

Source: Python's language reference, 8.2 "The while statement" and 8.3 "The for statement".
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from find_libdeps.importing.branches import Way, both_ways, may_wait, skipped
from find_libdeps.importing.doubt import Watch, fail, leave, restore, stay
from find_libdeps.importing.frames import Frame, Loop
from find_libdeps.importing.machine import MAX_TURNS, Break, Continue, Machine, Return, Running
from find_libdeps.importing.values import (
    Alternatives,
    Instance,
    Maybe,
    Raised,
    Unknown,
    Value,
    is_same,
)
from find_libdeps.importing.yields import yield_first

MAX_UNSURE_TURNS = 4
"""Most turns of a loop that goes on or ends by a condition that is unknown."""
_Looping = Callable[[Machine, Frame, Loop], Running]


def run_for(machine: Machine, frame: Frame, node: ast.For | ast.AsyncFor) -> Running:
    """Evaluate a ``for`` statement."""
    values = machine.evaluate(frame, node.iter)
    if isinstance(node, ast.AsyncFor) and isinstance(values, Instance):
        values = _asynchronous(machine, values)
    return (yield from _looped(machine, frame, node, partial(_turns, node=node, values=values)))


def _asynchronous(machine: Machine, value: Value) -> Value:
    """What an asynchronous iterator yields, which is asked for one item. Raises Raised."""
    iterator = machine.call(machine.attribute(value, "__aiter__"), [], {})
    machine.call(machine.attribute(iterator, "__anext__"), [], {})
    return machine.unknown("what an asynchronous iterator yields")


def _turns(
    machine: Machine, frame: Frame, loop: Loop, node: ast.For | ast.AsyncFor, values: Value
) -> Running:
    def turn(item: Value) -> Running:
        machine.assign(frame, node.target, item)
        return (yield from _turn(machine, frame, loop, node.body))

    if isinstance(values, Alternatives):
        each = [partial(_turns, machine, frame, loop, node, value) for value in values.values]
        return (yield from both_ways(machine, frame, each, waits=may_wait(frame, node.body)))
    if isinstance(values, Unknown):
        return (yield from _repeated(machine, frame, node.body, partial(turn, values)))
    for number, item in enumerate(machine.iterate(values)):
        machine.step()
        if number >= MAX_TURNS:
            cut = machine.cut("a loop of too many turns")
            return (yield from _repeated(machine, frame, node.body, partial(turn, cut)))
        if isinstance(item, Maybe):
            ways: list[Way] = [partial(turn, item.value), skipped]
            waits = may_wait(frame, node.body)
            signal = yield from both_ways(machine, frame, ways, waits=waits)
        else:
            machine.assign(frame, node.target, item)
            signal = yield from _turn(machine, frame, loop, node.body)
        if signal is not None:
            return signal
    return None


def run_while(machine: Machine, frame: Frame, node: ast.While) -> Running:
    """Evaluate a ``while`` statement."""
    return (yield from _looped(machine, frame, node, partial(_while, node=node)))


def _while(machine: Machine, frame: Frame, loop: Loop, node: ast.While) -> Running:
    is_generator = frame.scope is not None and frame.scope.is_generator
    turn = partial(_turn, machine, frame, loop, node.body)
    unsure = 0
    for _ in range(MAX_TURNS):
        machine.step()
        if is_generator:
            yield from yield_first(machine, frame, ast.Expr(node.test))
        truth = machine.truth(machine.evaluate(frame, node.test))
        if truth is None:
            break
        if not truth:
            return None
        signal = yield from turn()
        if signal is not None:
            return signal
        unsure += bool(loop.broken or frame.returned)
        if unsure == MAX_UNSURE_TURNS:
            break
    else:
        machine.cut("a loop of too many turns")
    return (yield from _repeated(machine, frame, node.body, turn))


def _looped(
    machine: Machine, frame: Frame, node: ast.For | ast.AsyncFor | ast.While, turns: _Looping
) -> Running:
    """Evaluate a loop with its ``else``."""
    outer, loop = frame.loop, Loop()
    frame.loop = loop
    try:
        signal = yield from turns(machine, frame, loop)
    except Raised as raised:
        if not loop.broken:
            raise
        fail(machine, raised)
        restore(machine, frame, loop.broken)
        return None
    finally:
        frame.loop = outer
        stay(machine, frame, loop)
    if not loop.broken:
        if signal is None and node.orelse:
            return (yield from machine.run(frame, node.orelse))
        return signal if isinstance(signal, Return) else None
    ways: list[Way] = [partial(_restored, machine, frame, loop)]
    if isinstance(signal, Return):
        ways.append(partial(_ended, signal))
    elif signal is None and node.orelse:
        ways.append(partial(machine.run, frame, node.orelse))
    else:
        restore(machine, frame, loop.broken, now=True)
        return None
    return (yield from both_ways(machine, frame, ways, waits=may_wait(frame, node.orelse)))


def _restored(machine: Machine, frame: Frame, loop: Loop) -> Running:
    restore(machine, frame, loop.broken)
    return None
    yield


def _ended(signal: Return) -> Running:
    return signal
    yield


def _turn(machine: Machine, frame: Frame, loop: Loop, body: list[ast.stmt]) -> Running:
    """Evaluate one turn: it ends with None, `Break` or `Return`."""
    try:
        signal = yield from machine.run(frame, body)
    except Raised as raised:
        if not loop.continued:
            raise
        fail(machine, raised)
        restore(machine, frame, loop.continued)
        loop.continued.clear()
        return None
    if not loop.continued:
        return None if isinstance(signal, Continue) else signal
    if isinstance(signal, Break):
        loop.broken.append(dict(frame.names))
    elif isinstance(signal, Return):
        frame.returned.append(signal.value)
        leave(machine, frame, frame)
    restore(machine, frame, loop.continued, now=not isinstance(signal, Break | Return))
    loop.continued.clear()
    return None


def _repeated(machine: Machine, frame: Frame, body: list[ast.stmt], turn: Way) -> Running:
    """Follow a turn that may be taken any number of times: twice, if the second may differ."""
    waits = may_wait(frame, body)
    before, changes, start = dict(frame.names), machine.changes, len(machine.asks)
    machine.weigh(before)
    signal = yield from both_ways(machine, frame, [turn, skipped], waits=waits)
    is_carried = machine.changes != changes or any(
        not is_same(value, frame.names.get(name)) for name, value in before.items()
    )
    if signal is not None or not is_carried:
        return signal
    before, second = dict(frame.names), len(machine.asks)
    watch = Watch(machine, waits=waits)
    with watch:
        signal = yield from both_ways(machine, frame, [turn, skipped], waits=waits)
    known = {(ask.by, ask.name, ask.place) for ask in machine.asks[start:second]}
    machine.asks[second:] = [
        ask for ask in machine.asks[second:] if (ask.by, ask.name, ask.place) not in known
    ]
    for name, value in list(frame.names.items()):
        if name in before and not _is_stable(before[name], value):
            frame.put(name, machine.unknown("what a loop sets"))
    for names, name, former in watch.names():
        if not _is_stable(former, names.get(name)):
            names[name] = machine.unknown("what a loop sets")
    return signal


def _is_stable(before: Value, after: Value) -> bool:
    """Whether a further turn has added no value."""
    if isinstance(before, Alternatives) and isinstance(after, Alternatives):
        return len(before.values) == len(after.values)
    return is_same(before, after) or isinstance(before, Unknown)
