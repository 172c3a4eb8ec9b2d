"""Branches on unknown conditions: all ways are followed, and what they set is joined.

A way that ends by an exception is left out if another goes on.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import Break, Continue, Machine, Return, Running, Signal
from find_libdeps.importing.values import MISSING, Names, Raised, join


def both_ways(machine: Machine, frame: Frame, ways: Sequence[Sequence[ast.stmt]]) -> Running:
    """Follow all ways that may be taken from here, and join what they set."""
    ends = list[tuple[Signal | Raised, Names]]()
    starts = list[int]()
    for way in ways:
        starts.append(len(machine.asks))
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
        ends.append((end, changed))
    _ask_once(machine, starts)
    return joined_end(machine, frame, ends)


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
