"""What may happen, or not: code that depends on conditions that are unknown.

Such code is followed, but what it sets is undone, and joined with what else there may be. What it
raises may be raised, or not: the handlers around it are followed, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, cast

from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import Contents, Log, Machine
from find_libdeps.importing.merging import Effect, copied, joined, merged, refill, take_effect
from find_libdeps.importing.values import (
    MISSING,
    Instance,
    Names,
    Raised,
    Value,
    join,
)

MAX_FAILURES = 8
"""Most exceptions that may be raised in one ``try``; the handlers of others are not run."""


class Apart:
    """Evaluates something so that what it sets is undone at its end, and known then."""

    __slots__ = ("_before", "_frame", "_machine", "_outer", "_waits", "changed", "effect")

    def __init__(self, machine: Machine, frame: Frame | None, *, waits: bool = False) -> None:
        """Prepare that.

        Args:
            machine: the evaluation.
            frame: where it is evaluated; None if it sets no names there.
            waits: whether it may wait inside, while other code sets names: it has a ``yield``. Then
                what it sets elsewhere is not undone.
        """
        self._machine, self._frame, self._waits = machine, frame, waits
        self.changed: Names = {}
        """What it has set in its frame."""
        self.effect: Effect = {}
        """What it has set elsewhere."""

    def __enter__(self) -> Apart:
        machine, frame = self._machine, self._frame
        machine.doubts += 1
        self._outer = machine.writes, machine.base, machine.left
        if not self._waits:
            machine.writes = machine.base = {}
            machine.left = 0
        if frame is not None:
            self._before, frame.journal = frame.journal, {}
        return self

    def __exit__(self, *_: object) -> None:
        machine, frame = self._machine, self._frame
        machine.doubts -= 1
        if frame is not None:
            self.changed = frame.rollback(self._before)
        if not self._waits:
            _settle(machine)
            self.effect = _undone(machine.base or {})
            machine.writes, machine.base, left = self._outer
            _watch(machine, left + machine.left)


class Watch:
    """Notes which names something sets outside of its frame."""

    __slots__ = ("_log", "_machine", "_outer", "_waits")

    def __init__(self, machine: Machine, *, waits: bool) -> None:
        self._machine, self._waits = machine, waits
        self._log: Log = {}

    def __enter__(self) -> None:
        machine = self._machine
        self._outer = machine.writes, machine.base, machine.left
        if not self._waits:
            machine.writes = machine.base = self._log
            machine.left = 0

    def __exit__(self, *_: object) -> None:
        machine = self._machine
        if self._waits:
            return
        _settle(machine)
        machine.writes, machine.base, left = self._outer
        for key, write in self._log.items():
            if machine.writes is not None:
                machine.writes.setdefault(key, write)
        _watch(machine, left + machine.left)

    def names(self) -> Iterator[tuple[Names, str, Value]]:
        """The names that were there before, with what they were."""
        for holder, name, before in self._log.values():
            if name is not None and before is not MISSING:
                yield cast(Names, holder), name, before


class Leavable(Protocol):
    """A function, a loop or a ``try`` that is being evaluated."""

    doubts: int
    """In how many branches, inside each other, it may have been left before."""
    branch: Log | None
    """The innermost of these, by its log."""


def leave(machine: Machine, frame: Frame, construct: Leavable) -> None:
    """Remember that a function, a loop or a ``try`` of a frame may be left here.

    What follows is evaluated as if it was not; `stay` joins what that sets with what was before.
    """
    if construct.doubts and (construct.branch is machine.base or _is_generator(frame)):
        return
    construct.branch = machine.base
    construct.doubts += 1
    machine.doubts += 1
    _watch(machine, machine.left + 1)


def stay(machine: Machine, frame: Frame, construct: Leavable) -> None:
    """Go on after what may have been left."""
    if not construct.doubts:
        return
    machine.doubts -= construct.doubts
    if not _is_generator(frame):
        _settle(machine)
        _watch(machine, machine.left - construct.doubts)


def pause(machine: Machine, left: int) -> None:
    """Leave a generator that waits: what it has set since it may have been left is joined, too.

    Args:
        machine: the evaluation.
        left: how many functions, loops and ``try`` may have been left when it went on.
    """
    if machine.left != left:
        _settle(machine)
        _watch(machine, left)


def _watch(machine: Machine, left: int) -> None:
    """Note what is set from here on, if something may have been left before."""
    machine.left = left
    if left and machine.writes is machine.base:
        machine.writes = {}


def _settle(machine: Machine) -> None:
    """Join what was set since something may have been left with what was before."""
    log, base = machine.writes, machine.base
    if log is None or log is base:
        return
    machine.writes = base
    for key, write in log.items():
        holder, name, before = write
        if base is not None:
            base.setdefault(key, write)
        if name is None:
            container = cast(Contents, holder)
            refill(container, merged(machine, [before, copied(container)]))
            continue
        names = cast(Names, holder)
        known = [v for v in (before, names.get(name, MISSING)) if v is not MISSING]
        if known:
            names[name] = joined(machine, known)


def _is_generator(frame: Frame | None) -> bool:
    """Whether a frame may wait inside a branch, while other code sets names."""
    return frame is not None and frame.scope is not None and frame.scope.is_generator


def _undone(log: Log) -> Effect:
    """Undo what has been set; returns what that was."""
    effect: Effect = {}
    for key, (holder, name, _) in log.items():
        if name is None:
            effect[key] = (holder, copied(cast(Contents, holder)))
        else:
            effect[key] = (holder, cast(Names, holder).get(name, MISSING))
    for holder, name, before in reversed(log.values()):
        if name is None:
            refill(cast(Contents, holder), before)
        elif before is MISSING:
            cast(Names, holder).pop(name, None)
        else:
            cast(Names, holder)[name] = before
    return effect


class Failure(NamedTuple):
    """An exception that may have been raised in a ``try``."""

    raised: Raised
    names: Names
    """The names of the frame of the ``try`` at that moment."""
    effect: Effect
    """What the way that raised it had set elsewhere."""


class Trial:
    """A ``try`` that is being evaluated."""

    __slots__ = ("branch", "doubts", "failures", "frame")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.failures: list[Failure] = []
        self.doubts = 0
        self.branch: Log | None = None


def fail(
    machine: Machine,
    raised: Raised,
    frame: Frame | None = None,
    changed: Names | None = None,
    effect: Effect | None = None,
) -> None:
    """Remember that an exception may have been raised here.

    Args:
        machine: the evaluation.
        raised: the exception.
        frame: where.
        changed: what the way that raised it had set in that frame.
        effect: what it had set elsewhere.
    """
    if not machine.possible:
        return
    trial = machine.possible[-1]
    leave(machine, trial.frame, trial)
    if sum(_kind(each.raised) is _kind(raised) for each in trial.failures) >= 2:
        return
    if len(trial.failures) >= MAX_FAILURES:
        machine.cut("which of many exceptions is raised")
        return
    names = dict(trial.frame.names)
    machine.weigh(names)
    if frame is trial.frame:
        names |= changed or {}
    trial.failures.append(Failure(raised, names, effect or {}))


def _kind(raised: Raised) -> Value:
    return raised.value.kind if isinstance(raised.value, Instance) else None


def restore(machine: Machine, frame: Frame, states: Sequence[Names], *, now: bool = False) -> None:
    """Set the names of a frame to those of one of several states.

    Args:
        machine: the evaluation.
        frame: the frame.
        states: the states, each with all names.
        now: whether the names may be as they are, too.
    """
    every = [*states, frame.names] if now else states
    machine.step(sum(map(len, every)) // 16)
    for name in {name: None for each in every for name in each} | dict.fromkeys(frame.names):
        values = [each[name] for each in every if each.get(name, MISSING) is not MISSING]
        here = frame.names.get(name, MISSING)
        if all(value is here for value in values) and values:
            continue
        if values:
            frame.put(name, join(values))
        elif here is not MISSING:
            frame.remove(name)


def one_of(machine: Machine, states: Sequence[Names]) -> Names:
    """The names of a frame in one of several states."""
    machine.step(sum(map(len, states)) // 16)
    found: Names = {}
    for name in {name: None for each in states for name in each}:
        found[name] = join([each[name] for each in states if name in each])
    return found


def in_doubt(machine: Machine, frame: Frame | None, function: Callable[[], Value]) -> Value:
    """What something evaluates to that may not be evaluated at all; `MISSING` if it can't be."""
    apart = Apart(machine, frame)
    try:
        with apart:
            return function()
    except Raised as raised:
        fail(machine, raised, frame, apart.changed, apart.effect)
        apart.changed, apart.effect = {}, {}
        return MISSING
    finally:
        if frame is not None:
            frame.merge([apart.changed, {}])
        take_effect(machine, [apart.effect, {}])
