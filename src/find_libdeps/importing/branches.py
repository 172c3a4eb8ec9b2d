"""Branches on unknown conditions: all ways are followed, and what they set is joined.

A way that ends by an exception is left out if another goes on; the handlers around it are followed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias, cast

from find_libdeps.importing.doubt import Apart, fail, leave, one_of
from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import Break, Continue, Machine, Return, Running, Signal
from find_libdeps.importing.merging import Effect, take_effect
from find_libdeps.importing.scopes import nodes_of
from find_libdeps.importing.values import Names, Raised, join

Way: TypeAlias = Callable[[], Running]
"""Code that may be run."""


MAX_STATES = 4
"""Most states of the names of a frame that are kept apart where a loop may have been left."""


class _End(NamedTuple):
    """How a way ends, and what it has set in its frame and elsewhere."""

    signal: Signal | Raised
    changed: Names
    effect: Effect


def blocks(machine: Machine, frame: Frame, *bodies: Sequence[ast.stmt]) -> Running:
    """Follow all blocks of which one is run, and join what they set."""
    ways = [partial(machine.run, frame, body) for body in bodies]
    return both_ways(machine, frame, ways, waits=may_wait(frame, *bodies))


def may_wait(frame: Frame, *bodies: Sequence[ast.AST]) -> bool:
    """Whether one of some blocks of a generator has a ``yield``."""
    if frame.scope is None or not frame.scope.is_generator:
        return False
    nodes = (node for body in bodies for node in nodes_of(body))
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes)


def skipped() -> Running:
    """The way in which nothing happens."""
    return None
    yield


def both_ways(
    machine: Machine, frame: Frame, ways: Sequence[Way], *, waits: bool = False
) -> Running:
    """Follow all ways that may be taken from here, and join what they set.

    Args:
        machine: the evaluation.
        frame: where they are.
        ways: the ways.
        waits: whether one of them may wait inside; see `Apart`.
    """
    ends = list[_End]()
    starts = list[int]()
    for way in ways:
        starts.append(len(machine.asks))
        apart = Apart(machine, frame, waits=waits)
        end: Signal | Raised
        try:
            with apart:
                end = yield from way()
        except Raised as raised:
            end = raised
        ends.append(_End(end, apart.changed, apart.effect))
    _ask_once(machine, starts)
    return _joined_end(machine, frame, ends)


def _ask_once(machine: Machine, starts: Sequence[int]) -> None:
    """What two ways ask for alike is asked for once."""
    if len(starts) == 2:
        first, second = machine.asks[starts[0] : starts[1]], machine.asks[starts[1] :]
        if [(ask.by, ask.name) for ask in first] == [(ask.by, ask.name) for ask in second]:
            del machine.asks[starts[1] :]


def _joined_end(machine: Machine, frame: Frame, ends: Sequence[_End]) -> Signal:
    """How several ways end together: by one of those that go on, if there is one."""
    failures = [end for end in ends if isinstance(end.signal, Raised)]
    others = [end for end in ends if not isinstance(end.signal, Raised)]
    if not others:
        *possible, last = failures
        for end in possible:
            _fail(machine, frame, end)
        take_effect(machine, [last.effect])
        frame.apply(last.changed)
        raise cast(Raised, last.signal)
    for end in failures:
        _fail(machine, frame, end)
    take_effect(machine, [end.effect for end in others])
    going = [end for end in others if end.signal is None]
    left = [end for end in others if isinstance(end.signal, Break | Continue)]
    if going or left:
        frame.returned += [end.signal.value for end in others if isinstance(end.signal, Return)]
    if going:
        for end in left:
            _leave(machine, frame, end)
        if len(going) + len(left) < len(others):
            leave(machine, frame, frame)
        frame.merge([end.changed for end in going])
        return None
    if left:
        return _left(machine, frame, left)
    return Return(join([end.signal.value for end in others if isinstance(end.signal, Return)]))


def _fail(machine: Machine, frame: Frame, end: _End) -> None:
    fail(machine, cast(Raised, end.signal), frame, end.changed, end.effect)


def _leave(machine: Machine, frame: Frame, end: _End) -> None:
    """Remember how the names are where a loop, or its turn, may be left."""
    if frame.loop is None:
        return
    names = frame.names | end.changed
    machine.weigh(names)
    states = frame.loop.broken if isinstance(end.signal, Break) else frame.loop.continued
    states.append(names)
    if len(states) > MAX_STATES:
        states[:] = [one_of(machine, states)]
    leave(machine, frame, frame.loop)


def _left(machine: Machine, frame: Frame, left: Sequence[_End]) -> Signal:
    """The end of ways that all leave the turn of a loop: if one goes on with it, that one's."""
    staying = [end for end in left if isinstance(end.signal, Continue)]
    if staying and len(staying) < len(left):
        for end in left:
            if isinstance(end.signal, Break):
                _leave(machine, frame, end)
        left = staying
    frame.merge([end.changed for end in left])
    return left[0].signal if not isinstance(left[0].signal, Raised) else None
