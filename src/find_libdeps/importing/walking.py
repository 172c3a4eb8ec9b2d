"""Goes through values that hold others, within bounds: each may hold the same one many times.

``a = (a, a)`` forty times is a value of 41 tuples, and a walk through it never ends. So Python
itself compares, hashes and shows only what `is_plain` has gone through before.
"""

from __future__ import annotations

from collections.abc import Iterator

from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.values import VIEWS, Unknown, Value

MAX_NESTING = 40
"""Most containers inside each other that a walk follows."""
MAX_SMALL = 200
"""Most items, inner ones too, of a container whose objects are compared one by one."""
_ATOMS = frozenset(
    {
        type(None),
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        type,
        range,
        type(...),
        type(NotImplemented),
    }
)
_CONTAINERS = (list, tuple, set, frozenset, *VIEWS)
_PARTS_A_STEP = 16
_ITEMS_A_STEP = 32


def is_plain(machine: Machine, value: Value) -> bool:
    """Whether a value and all that is in it are constants and containers, and not too many.

    Only such values may be compared, hashed or shown by Python itself.
    """
    kind = type(value)
    if kind is str or kind is bytes:
        machine.weigh(value)
        return True
    return kind in _ATOMS or isinstance(value, type) or _is_bounded(machine, value, MAX_ITEMS, True)


def is_small(machine: Machine, value: Value) -> bool:
    """Whether a container has only few items, the inner ones counted, too."""
    return _is_bounded(machine, value, MAX_SMALL, False)


def _is_bounded(machine: Machine, value: Value, limit: int, only_plain: bool) -> bool:
    level, visited = [value], 0
    for _ in range(MAX_NESTING):
        inner = list[Value]()
        for part in level:
            visited += 1
            parts = _parts(part)
            if parts is not None:
                inner += parts
                if visited + len(inner) > limit:
                    machine.step(visited // _PARTS_A_STEP)
                    return False
            elif type(part) in _ATOMS or isinstance(part, type):
                machine.weigh(part)
            elif only_plain:
                machine.step(visited // _PARTS_A_STEP)
                return False
        if not inner:
            machine.step(visited // _PARTS_A_STEP)
            return True
        level = inner
    return False


def _parts(value: Value) -> list[Value] | None:
    """What a container holds, cut where that is too much anyway; None if it is no container."""
    if isinstance(value, _CONTAINERS):
        return list(value) if len(value) <= MAX_ITEMS else [None] * (MAX_ITEMS + 1)
    if isinstance(value, dict):
        if len(value) > MAX_ITEMS:
            return [None] * (MAX_ITEMS + 1)
        return [*value, *value.values()]
    if isinstance(value, slice):
        return [value.start, value.stop, value.step]
    return None


def taken(machine: Machine, value: Value, limit: int = MAX_ITEMS) -> list[Value]:
    """All items of a value; what an unknown one has is a single unknown item.

    Raises Raised (TypeError) if it has none, or what taking them raises.
    """
    kind = type(value)
    is_shown = kind in VIEWS and machine.is_vague  # its items may not be there
    if kind in _CONTAINERS and not is_shown and len(value) <= limit:  # type: ignore[arg-type]
        machine.step(len(value) // _ITEMS_A_STEP)  # type: ignore[arg-type]
        return list(value)  # type: ignore[call-overload,no-any-return]
    found = list[Value]()
    for item in machine.iterate(value):
        machine.step()
        found.append(item)
        if len(found) >= limit:
            found.append(machine.cut(f"what follows the first {limit} items"))
            break
    return found


def flattened(value: Value, limit: int = MAX_SMALL) -> list[Value] | None:
    """The values in a tuple of tuples; None if they are many."""
    found, pending, visited = list[Value](), [value], 0
    while pending:
        part = pending.pop()
        visited += 1
        if visited > limit:
            return None
        if isinstance(part, tuple):
            if len(part) > limit:
                return None
            pending += reversed(part)
        else:
            found.append(part)
    return found


def bounded(machine: Machine, items: Iterator[Value]) -> Iterator[Value]:
    """Some items, each of which counts as a step."""
    for item in items:
        machine.step()
        yield item


def has_unknown(values: object) -> bool:
    """Whether an unknown value is among the keys or items of a container."""
    return any(isinstance(value, Unknown) for value in values)  # type: ignore[attr-defined]
