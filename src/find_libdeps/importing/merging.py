"""One of several: what names have, and containers, after code of which only one part has run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeAlias, cast

from find_libdeps.importing.machine import Contents, Machine
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Maybe,
    Names,
    Unknown,
    Value,
    is_same,
    join,
)

Effect: TypeAlias = dict[tuple[int, str | None], tuple[object, Value]]
"""What code has set outside of its frame: for each name, or container, its holder and its value."""


def copied(container: Contents) -> Value:
    """What a container has now."""
    return container.copy()


def refill(container: Contents, contents: Value) -> None:
    """Give a container other contents."""
    if isinstance(container, list):
        container[:] = cast(list[Value], contents)
    else:
        container.clear()
        container.update(contents)  # type: ignore[call-overload,arg-type]


def take_effect(machine: Machine, effects: Sequence[Effect]) -> None:
    """Set what several ways have set outside of the frame, each of which may have been taken."""
    for key, (holder, _) in {
        key: part for effect in effects for key, part in effect.items()
    }.items():
        name = key[1]
        if name is None:
            container = cast(Contents, holder)
            machine.touch(container)
            versions = [effect[key][1] if key in effect else container for effect in effects]
            refill(container, merged(machine, versions))
            continue
        names = cast(Names, holder)
        before = names.get(name, MISSING)
        found = [effect[key][1] if key in effect else before for effect in effects]
        machine.note(names, name)
        if known := [value for value in found if value is not MISSING]:
            names[name] = joined(machine, known)
        else:
            names.pop(name, None)


def joined(machine: Machine, values: list[Value]) -> Value:
    """The value that is one of several; of different numbers, which count something, unknown."""
    found = join(values)
    if isinstance(found, Alternatives) and all(type(each) is int for each in found.values):
        return machine.unknown("a number that a branch sets")
    return found


def maybe(machine: Machine, value: Value) -> Maybe:
    """An item that may be in its container, or not."""
    machine.is_vague = True
    return value if isinstance(value, Maybe) else Maybe(value, machine.place)


def sure(value: Value) -> Value:
    """What an item is, if it is there."""
    return value.value if isinstance(value, Maybe) else value


def merged(machine: Machine, versions: Sequence[Value]) -> Value:
    """The contents of a container that are one of several."""
    machine.step(sum(len(cast(Contents, each)) for each in versions) // 8)
    if isinstance(versions[0], dict):
        return _merged_dicts(machine, cast(Sequence[dict[Value, Value]], versions))
    if isinstance(versions[0], list):
        return _merged_lists(machine, cast(Sequence[list[Value]], versions))
    sets = cast(Sequence[set[Value]], versions)
    common = set[Value].intersection(*sets)
    return common | {maybe(machine, item) for each in sets for item in each - common}


def _merged_dicts(machine: Machine, versions: Sequence[dict[Value, Value]]) -> dict[Value, Value]:
    found = dict[Value, Value]()
    for name in dict.fromkeys(name for each in versions for name in each):
        values = [each[name] for each in versions if name in each]
        first = values[0]
        if (
            len(values) == len(versions)
            and not isinstance(first, Unknown)
            and all(value is first for value in values)
        ):  # most of them
            found[name] = first
            continue
        value = joined(machine, [sure(value) for value in values])
        is_there = len(values) == len(versions) and not any(isinstance(v, Maybe) for v in values)
        found[name] = value if is_there else maybe(machine, value)
    return found


def _merged_lists(machine: Machine, versions: Sequence[list[Value]]) -> list[Value]:
    if len(set(map(len, versions))) == 1 and not machine.is_vague:
        return [joined(machine, list(row)) for row in zip(*versions, strict=True)]
    alike = 0
    for row in zip(*versions, strict=False):
        if not all(_is_alike(row[0], other) for other in row):
            break
        alike += 1
    found = versions[0][:alike]
    rest = list[Value]()
    for each in versions:
        added = each[alike:]
        rest += [item for item in added if not any(_is_alike(item, known) for known in rest[:64])]
    return found + [maybe(machine, item) for item in rest]


def _is_alike(one: Value, other: Value) -> bool:
    return type(one) is type(other) and is_same(sure(one), sure(other))


def has_maybe(machine: Machine, items: Collection[Value]) -> bool:
    """Whether one of some items may not be there."""
    if not machine.is_vague:
        return False
    machine.step(len(items) >> 8)
    return any(isinstance(item, Maybe) for item in items)
