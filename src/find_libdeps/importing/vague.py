"""Containers with items that may be there, or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import cast

from find_libdeps.importing.doubt import fail
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.merging import has_maybe, maybe, sure
from find_libdeps.importing.values import (
    ITEMS,
    KEYS,
    VALUES,
    Maybe,
    Unknown,
    Value,
    error,
    join,
)


def item(machine: Machine, items: Sequence[Value], index: Value) -> Value:
    """What ``items[index]`` may be. Raises Raised (IndexError)."""
    machine.step(len(items) // 16)
    if isinstance(index, slice):
        part: list[Value] = [maybe(machine, each) for each in items[index]]
        if not part:  # an unknown item may stand for several, of which some may be in it
            unknown = (each for each in items if isinstance(sure(each), Unknown))
            part += [maybe(machine, each) for each in unknown][:1]
        return part if isinstance(items, list) else tuple(part)
    if not isinstance(index, int):
        return machine.unknown("an item of a list that may have others")
    if index < 0:
        items, index = items[::-1], -index - 1
    if index < len(items) and not any(isinstance(each, Maybe) for each in items[: index + 1]):
        return items[index]
    if any(isinstance(sure(each), Unknown) for each in items):
        return machine.unknown("an item of a list that may have others")
    # each item is at its place, or before it by as many as may not be there
    missing = accumulate(isinstance(each, Maybe) for each in items)
    found = [
        sure(each)
        for place, (each, count) in enumerate(zip(items, missing, strict=True))
        if place - count + isinstance(each, Maybe) <= index <= place
    ]
    too_short = error(IndexError, "list index out of range")
    if not found:
        raise too_short
    if sum(not isinstance(each, Maybe) for each in items) <= index:
        fail(machine, too_short)
    return join(found)


def popped(machine: Machine, items: list[Value], *index: Value) -> Value:
    """What ``items.pop()`` may return. Raises Raised (IndexError)."""
    place = index[0] if index else -1
    found = item(machine, items, place)
    if isinstance(place, int):
        ordered = items if place >= 0 else items[::-1]
        if place in (0, -1) and not isinstance(ordered[0], Maybe):
            del items[place]
        else:
            items[:] = [maybe(machine, each) for each in items]
    return found


def item_or(
    machine: Machine,
    container: dict[Value, Value],
    method: str,
    found: Maybe,
    args: Sequence[Value],
) -> Value:
    """What ``get``, ``pop`` and ``setdefault`` return for a key that may be there."""
    if method == "popitem" or (method == "pop" and len(args) < 2):
        fail(machine, error(KeyError, *args[:1]))
        return found.value
    result = join([found.value, args[1] if len(args) > 1 else None])
    if method == "setdefault":
        container[args[0]] = result
    return result


def put_all(machine: Machine, container: dict[Value, Value], added: dict[Value, Value]) -> None:
    """Set the items of a dict that another one has."""
    machine.touch(container)
    if not machine.is_vague:
        container.update(added)
        return
    machine.step(len(added) // 16)
    for name, value in added.items():
        before = container.get(name)
        is_kept = isinstance(value, Maybe) and name in container and not isinstance(before, Maybe)
        container[name] = join([before, sure(value)]) if is_kept else value


def entries(machine: Machine, container: Value, items: Iterator[Value]) -> Iterator[Value]:
    """The keys or the items of a dict; those that may not be there say so."""
    if isinstance(container, ITEMS):
        for pair in items:
            match pair:
                case (name, Maybe(value=value)):
                    yield maybe(machine, (name, value))
                case _:
                    yield pair
        return
    values = cast(Mapping[Value, Value], getattr(container, "mapping", container))
    for name in items:
        yield maybe(machine, name) if isinstance(values.get(name), Maybe) else name


def may_lack(machine: Machine, container: object) -> bool:
    """Whether an item of a container may not be there."""
    return machine.is_vague and has_maybe(machine, _items_of(container))


def may_be_empty(machine: Machine, container: object) -> bool:
    """Whether each item of a container may not be there."""
    if not machine.is_vague:
        return False
    items = _items_of(container)
    if len(items) > 1 and has_maybe(machine, items):
        return all(isinstance(each, Maybe) for each in items)
    return any(isinstance(each, Maybe) for each in items)


def _items_of(container: object) -> Collection[Value]:
    if isinstance(container, dict | KEYS | ITEMS):
        return cast(Mapping[Value, Value], getattr(container, "mapping", container)).values()
    return container if isinstance(container, list | tuple | set | frozenset | VALUES) else ()


def unpacked(items: Sequence[Value], count: int) -> list[Value]:
    """What each of some targets may be that take the items of a container."""
    if len(items) == count:
        return list(map(sure, items))
    return [join([sure(each) for each in items])] * count
