"""The methods of generators and other iterators.

Source: Python's language reference, 6.2.9.1 "Generator-iterator methods".
"""

from __future__ import annotations

from typing import cast

from find_libdeps.importing.machine import Machine
from find_libdeps.importing.values import Class, Instance, Items, Names, Raised, Value, error


def ended(returned: Value) -> Raised:
    """The exception at the end of an iterator, with what a generator returned."""
    return error(StopIteration, *(() if returned is None else (returned,)), value=returned)


def send(machine: Machine, args: list[Value], names: Names) -> Value:
    """``send`` and ``__next__``. Raises Raised (StopIteration)."""
    items = args[0]
    if isinstance(items, Items):
        items.send = args[1] if len(args) > 1 else None
        try:
            return next(items.items)
        except StopIteration:
            raise ended(items.returned) from None
    return machine.unknown("what a generator yields")


def throw(machine: Machine, args: list[Value], names: Names) -> Value:
    """Raise an exception where a generator waits. Raises Raised."""
    items = args[0]
    throw = getattr(items.items, "throw", None) if isinstance(items, Items) else None
    thrown = next((arg for arg in args[1:] if isinstance(arg, Instance)), None)
    if thrown is None and isinstance(args[1], type | Class):
        made = machine.call(args[1], args[2:3] if args[2:3] != [None] else [], {})
        thrown = made if isinstance(made, Instance) else None
    if throw is None or thrown is None:
        return machine.unknown("what a generator yields")
    try:
        return cast(Value, throw(Raised(thrown, is_sure=True)))
    except StopIteration:
        raise ended(items.returned if isinstance(items, Items) else None) from None


def close(machine: Machine, args: list[Value], names: Names) -> Value:
    """Run what a generator does at its end."""
    try:
        throw(machine, [args[0], error(GeneratorExit).value], {})
    except Raised as raised:
        kind = raised.value.kind if isinstance(raised.value, Instance) else None
        if kind not in (StopIteration, GeneratorExit):
            raise
    return None
