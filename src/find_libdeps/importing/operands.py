"""What all operators do first: look for alternatives, special methods and unknown values.

Source: Python's language reference, 3.3 "Special method names".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product

from find_libdeps.importing.doubt import Apart, fail
from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.merging import take_effect
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Class,
    Instance,
    Raised,
    Unknown,
    Value,
    bare,
    join,
)

MAX_CHOICES = 200
"""Most combinations of alternatives that one operation is done with."""


def content(value: Value) -> Value:
    """The string, list and so on that an object of a class with such a base is."""
    while isinstance(value, Instance) and value.content is not None:
        value = value.content
    return value


def uncertain(*values: Value) -> Unknown | None:
    """The first unknown value among some."""
    found = next((value for value in values if isinstance(value, Unknown)), None)
    return None if found is None else bare(found)


def distributed(
    machine: Machine, values: Sequence[Value], function: Callable[..., Value]
) -> Value | None:
    """What a function makes of values of which some are alternatives; None if none is."""
    if not any(isinstance(value, Alternatives) for value in values):
        return None
    choices = [v.values if isinstance(v, Alternatives) else (v,) for v in values]
    return each_way(machine, product(*choices), lambda chosen: function(*chosen))


def each_way(
    machine: Machine,
    choices: Iterable[Value],
    function: Callable[..., Value],
    frame: Frame | None = None,
) -> Value:
    """What a function makes of one of several values, nobody knows which. Raises Raised.

    What it sets, each time, in a frame and elsewhere, is joined.
    """
    found, failures, ways = list[Value](), list[tuple[Raised, Apart]](), list[Apart]()
    for number, chosen in enumerate(choices):
        machine.step()
        if number >= MAX_CHOICES:
            found.append(machine.unknown("which of many values it is"))
            break
        apart = Apart(machine, frame)
        try:
            with apart:
                value = function(chosen)
        except Raised as failure:
            failures.append((failure, apart))
            continue
        found.append(value)
        ways.append(apart)
    if not found:
        raise failures[0][0]
    for raised, apart in failures:
        fail(machine, raised, frame, apart.changed, apart.effect)
    take_effect(machine, [way.effect for way in ways])
    if frame is not None:
        frame.merge([way.changed for way in ways])
    return join(found)


def special(machine: Machine, value: Value, name: str, *args: Value) -> Value:
    """What a special method of an object's class returns; `MISSING` if it has none."""
    kind = value.kind if isinstance(value, Instance | Class) else None
    if not isinstance(kind, Class):
        return MISSING
    for base in kind.mro:
        if isinstance(base, Class) and name in base.names:
            return machine.call(machine.attribute(value, name), list(args), {})
    return MISSING


def is_open(value: Value) -> bool:
    """Whether an object or a class may have more than is known of it."""
    kind = value.kind if isinstance(value, Instance) else value
    return isinstance(kind, Class) and kind.is_open
