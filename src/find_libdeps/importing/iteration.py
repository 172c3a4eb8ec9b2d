"""The built-in functions that go through iterables.

Source: Python's library reference, "Built-in Functions".
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial

from find_libdeps.importing import classes, comparison, generators, methods, operators, walking
from find_libdeps.importing.doubt import fail, in_doubt
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.merging import has_maybe, maybe, sure
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Class,
    Implementation,
    Instance,
    Items,
    Maybe,
    Names,
    Raised,
    Unknown,
    Value,
    error,
    join,
)


def iterator_of(machine: Machine, args: list[Value], names: Names) -> Value:
    """``iter``."""
    if len(args) == 2:
        return Items(_until(machine, args[0], args[1]))
    value = args[0]
    if isinstance(value, Items | Unknown):
        return value
    if isinstance(value, Instance) and classes.in_class(value, "__iter__") is not MISSING:
        return machine.call(machine.attribute(value, "__iter__"), [], {})
    return Items(machine.iterate(value))


def _until(machine: Machine, function: Value, last: Value) -> Iterator[Value]:
    while True:
        machine.step()
        value = machine.call(function, [], {})
        if machine.truth(comparison.compare(machine, ast.Eq(), value, last)) is not False:
            return
        yield value


def next_item(machine: Machine, args: list[Value], names: Names) -> Value:
    """``next``. Raises Raised (StopIteration)."""
    value, *default = args
    try:
        if isinstance(value, Items):
            machine.step()
            item = next(value.items, MISSING)
            if isinstance(item, Maybe):
                return _next_of(machine, value, item, default)
            if item is not MISSING:
                return item
            raise generators.ended(value.returned)
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, Instance | Class | Alternatives):
            raise error(TypeError, f"'{type(value).__name__}' object is not an iterator")
        return machine.call(machine.attribute(value, "__next__"), [], {})
    except Raised as raised:
        if default and classes.handles(machine, StopIteration, raised.value):
            return default[0]
        raise


def _next_of(machine: Machine, value: Items, item: Value, default: list[Value]) -> Value:
    """What ``next`` returns if the next items may not be there."""
    found = list[Value]()
    while isinstance(item, Maybe):
        machine.step()
        found.append(item.value)
        item = next(value.items, MISSING)
    if item is not MISSING:
        return join([*found, item])
    if not default:
        fail(machine, generators.ended(value.returned))
    return join([*found, *default])


def lazy(function: Callable[[Machine, list[Value], Names], Iterator[Value]]) -> Implementation:
    """A function that makes an iterator."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        return Items(function(machine, args, names))

    return call


def enumerated(machine: Machine, args: list[Value], names: Names) -> Iterator[Value]:
    """``enumerate``."""
    start = args[1] if len(args) > 1 else names.get("start", 0)
    for number, item in enumerate(machine.iterate(args[0]), start if isinstance(start, int) else 0):
        machine.step()
        yield maybe(machine, (number, item.value)) if isinstance(item, Maybe) else (number, item)


def zipped(machine: Machine, args: list[Value], names: Names) -> Iterator[Value]:
    """``zip``."""
    if args:
        for row in zip(*map(machine.iterate, args), strict=False):
            machine.step()
            yield maybe(machine, tuple(map(sure, row))) if has_maybe(machine, row) else row


def mapped(machine: Machine, args: list[Value], names: Names) -> Iterator[Value]:
    """``map``."""
    for row in zip(*map(machine.iterate, args[1:]), strict=False):
        machine.step()
        called = partial(machine.call, args[0], list(map(sure, row)), {})
        if not has_maybe(machine, row):
            yield called()
        elif (value := in_doubt(machine, None, called)) is not MISSING:
            yield maybe(machine, value)


def filtered(machine: Machine, args: list[Value], names: Names) -> Iterator[Value]:
    """``filter``."""
    function, items = args
    for each in machine.iterate(items):
        machine.step()
        item = sure(each)
        value = item if function is None else machine.call(function, [item], {})
        truth = machine.truth(value)
        if truth is not False:
            yield item if truth and each is item else maybe(machine, item)


def sorted_items(machine: Machine, args: list[Value], names: Names) -> Value:
    """``sorted``."""
    return methods.ordered(machine, walking.taken(machine, args[0]), names)


def reversed_items(machine: Machine, args: list[Value], names: Names) -> Value:
    """``reversed``."""
    return Items(iter(walking.taken(machine, args[0])[::-1]))


def any_of(machine: Machine, args: list[Value], names: Names) -> Value:
    """``any``."""
    return _decided(machine, args[0], True)


def all_of(machine: Machine, args: list[Value], names: Names) -> Value:
    """``all``."""
    return _decided(machine, args[0], False)


def _decided(machine: Machine, values: Value, decisive: bool) -> Value:
    """Whether one of some items is true, or false."""
    is_unknown = False
    try:
        for item in machine.iterate(values):
            machine.step()
            truth = machine.truth(item)
            if truth is decisive:
                return decisive
            if truth is None and not is_unknown:
                is_unknown = True
                machine.doubts += 1  # further items may not be looked at
    finally:
        machine.doubts -= is_unknown
    return machine.unknown("whether any is true") if is_unknown else not decisive


def sum_of(machine: Machine, args: list[Value], names: Names) -> Value:
    """``sum``."""
    total = args[1] if len(args) > 1 else names.get("start", 0)
    for item in machine.iterate(args[0]):
        machine.step()
        total = operators.binary(machine, ast.Add(), total, item)
    return total


def extreme(symbol: ast.cmpop) -> Implementation:
    """``min`` or ``max``, by the comparison that a better item fulfils."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        items = walking.taken(machine, args[0]) if len(args) == 1 else args
        if not items:
            if "default" in names:
                return names["default"]
            raise error(ValueError, "iterable argument is empty")
        function = names.get("key")
        best = best_key = MISSING
        for item in items:
            machine.step()
            key = machine.call(function, [item], {}) if function is not None else item
            if best is MISSING:
                best, best_key = item, key
                continue
            truth = machine.truth(comparison.compare(machine, symbol, key, best_key))
            if truth is None:
                return machine.unknown("the largest or smallest of some values")
            if truth:
                best, best_key = item, key
        return best

    return call
