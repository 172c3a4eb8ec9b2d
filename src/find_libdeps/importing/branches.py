"""Branches on unknown conditions: all ways are followed, and what they set is joined.

A way that ends by an exception is left out if another goes on.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeAlias

from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import Break, Continue, Machine, Return, Running, Signal, Write
from find_libdeps.importing.values import MISSING, Alternatives, Names, Raised, Value, join

_Effect: TypeAlias = dict[tuple[int, str], tuple[Names, Value]]
"""What a way has set outside of its own frame: the names, and the value."""


def both_ways(machine: Machine, frame: Frame, ways: Sequence[Sequence[ast.stmt]]) -> Running:
    """Follow all ways that may be taken from here, and join what they set."""
    ends = list[tuple[Signal | Raised, Names]]()
    starts = list[int]()
    effects = list[_Effect]()
    is_generator = frame.scope is not None and frame.scope.is_generator
    for way in ways:
        starts.append(len(machine.asks))
        writes = machine.writes
        if not is_generator:  # it may wait inside its branch, and others set names meanwhile
            machine.writes = []
        before, frame.journal = frame.journal, {}
        machine.doubts += 1
        end: Signal | Raised
        try:
            end = yield from machine.run(frame, way)
        except Raised as raised:
            end = raised
        finally:
            machine.doubts -= 1
            changed = frame.rollback(before)
            effect: _Effect = {}
            if not is_generator:
                effect = _undone(machine.writes or ())
                machine.writes = writes
        ends.append((end, changed))
        effects.append(effect)
    _ask_once(machine, starts)
    going = [
        effect
        for effect, (end, _) in zip(effects, ends, strict=True)
        if not isinstance(end, Raised)
    ]
    _take_effect(machine, going or effects)
    return joined_end(machine, frame, ends)


def _undone(writes: Sequence[Write]) -> _Effect:
    """Undo what a way has set outside of its frame; returns what that was."""
    effect = {(id(w.names), w.name): (w.names, w.names.get(w.name, MISSING)) for w in writes}
    for write in reversed(writes):
        if write.before is MISSING:
            write.names.pop(write.name, None)
        else:
            write.names[write.name] = write.before
    return effect


def _take_effect(machine: Machine, effects: Sequence[_Effect]) -> None:
    """Set what some ways have set outside of the frame, each of which may have been taken."""
    for where, (names, _) in {
        key: part for effect in effects for key, part in effect.items()
    }.items():
        name = where[1]
        before = names.get(name, MISSING)
        found = [effect[where][1] if where in effect else before for effect in effects]
        machine.note(names, name)
        if known := [value for value in found if value is not MISSING]:
            names[name] = _joined(machine, known)
        else:
            names.pop(name, None)


def _joined(machine: Machine, values: list[Value]) -> Value:
    """The value that is one of several; of different numbers, which count something, unknown."""
    joined = join(values)
    if isinstance(joined, Alternatives) and all(type(each) is int for each in joined.values):
        return machine.unknown("a number that a branch sets")
    return joined


def _ask_once(machine: Machine, starts: Sequence[int]) -> None:
    """What two ways ask for alike is asked for once."""
    if len(starts) == 2:
        first, second = machine.asks[starts[0] : starts[1]], machine.asks[starts[1] :]
        if [(ask.by, ask.name) for ask in first] == [(ask.by, ask.name) for ask in second]:
            del machine.asks[starts[1] :]


def joined_end(
    machine: Machine, frame: Frame, ends: Sequence[tuple[Signal | Raised, Names]]
) -> Signal:
    """How several ways end together: by one of those that go on, if there is one."""
    failures = [end for end, _ in ends if isinstance(end, Raised)]
    if len(failures) == len(ends):
        raise failures[-1]
    if machine.possible:
        machine.possible[-1] += failures
    going = [(end, names) for end, names in ends if end is None]
    left = [end for end, _ in ends if isinstance(end, Break | Continue)]
    results = [end.value for end, _ in ends if isinstance(end, Return)]
    if going:
        frame.may_leave = frame.may_leave or len(going) + len(failures) < len(ends)
        frame.returned += results
        _merge(frame, [names for _, names in going], len(going) == len(ends) - len(failures))
        return None
    if left:
        frame.returned += results
        _merge(frame, [n for e, n in ends if isinstance(e, Break | Continue)], True)
        return left[0]
    return Return(join(results))


def _merge(frame: Frame, changes: Sequence[Names], are_all: bool) -> None:
    """Set what the ways that go on have set: what only some of them set may be as before."""
    if len(changes) == 1 and are_all:
        frame.apply(changes[0])
        return
    names = dict.fromkeys(name for changed in changes for name in changed)
    before = {name: frame.names.get(name, MISSING) for name in names}
    for name in names:
        found = [changed.get(name, before[name]) for changed in changes]
        known = [value for value in found if value is not MISSING]
        if known:
            frame.put(name, join(known))
