"""Items: of sequences and dicts, and what may be a key.

Source: Python's language reference, 6.3.2 "Subscriptions" and 3.3.7 "Emulating container types".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from find_libdeps.importing import vague
from find_libdeps.importing.doubt import fail
from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.merging import has_maybe
from find_libdeps.importing.operands import content, distributed, is_open, special, uncertain
from find_libdeps.importing.values import (
    ITEMS,
    KEYS,
    MISSING,
    Alternatives,
    Class,
    Instance,
    Items,
    Maybe,
    Raised,
    Unknown,
    Value,
    error,
    join,
)
from find_libdeps.importing.walking import has_unknown, is_plain, taken

MAX_KEY = 100
"""Most parts of a tuple with objects in it that may be a key."""
_UNHASHABLE = (list, dict, set, slice, KEYS, ITEMS)
_HASH_BITS = 61
"""Integers of more bits may have the same hash by intent, and so may tuples."""


def key(machine: Machine, value: Value) -> Value:
    """A value as the key of a dict. Raises Raised (TypeError) if it can't be one."""
    if type(value) is str:
        return value
    if isinstance(value, _UNHASHABLE):
        raise error(TypeError, f"unhashable type: '{type(value).__name__}'")
    if isinstance(value, Instance):
        if isinstance(value.content, str | bytes | int | tuple):
            return key(machine, value.content)
        return machine.representative(value) if _compares(value) else value
    if isinstance(value, tuple):
        return _tuple_key(machine, value)
    return value


def _tuple_key(machine: Machine, value: tuple[Value, ...]) -> Value:
    pending, visited = list[Value](value), 0
    while pending:
        part = pending.pop()
        visited += 1
        if isinstance(part, _UNHASHABLE):
            raise error(TypeError, f"unhashable type: '{type(part).__name__}'")
        if isinstance(part, tuple):
            pending += part
        if isinstance(part, Unknown | Alternatives) or _compares(part):
            return machine.unknown("a key")
        if visited + len(pending) > MAX_KEY:
            break
    if not pending or is_plain(machine, value):
        return value
    return machine.unknown("a key")


def _compares(value: Value) -> bool:
    """Whether an object's class says itself which objects are equal."""
    kind = value.kind if isinstance(value, Instance) else None
    classes = kind.mro if isinstance(kind, Class) else ()
    return any(isinstance(base, Class) and "__eq__" in base.names for base in classes)


def weigh_key(machine: Machine, name: Value, size: int) -> None:
    """Count the work of finding a key among so many: all may have the same hash."""
    if isinstance(name, tuple) or _is_large(name):
        machine.step(size >> 8)


def _is_large(name: Value) -> bool:
    return type(name) is int and name.bit_length() > _HASH_BITS


def make_set(machine: Machine, items: Sequence[Value]) -> set[Value]:
    """A set of some items; in the order of their hashes, which the evaluated program may not use.

    Raises Raised (TypeError) if one can't be hashed.
    """
    made = set[Value]()
    for each in items:
        name = key(machine, each)
        weigh_key(machine, name, len(made))
        made.add(name)
    return made


def weigh_sets(machine: Machine, *sets: Collection[Value]) -> None:
    """Count the work of finding all items of some sets in the others."""
    for each in sets:
        machine.step(len(each) // 64)
        if len(each) > 64 and any(isinstance(k, tuple) or _is_large(k) for k in each):
            machine.step(len(each) * max(map(len, sets)) >> 10)


def item(machine: Machine, value: Value, index: Value) -> Value:
    """What ``value[index]`` is. Raises Raised (IndexError, KeyError, TypeError)."""
    spread = distributed(machine, (value, index), lambda v, i: item(machine, v, i))
    if spread is not None:
        return spread
    found = special(machine, value, "__getitem__", index)
    if found is not MISSING:
        return found
    if isinstance(value, Class | type):
        return _of_class(machine, value, index)
    base, value = value, content(value)
    unknown = uncertain(value, index)
    if unknown is not None:
        return unknown
    if isinstance(value, dict):
        return _of_dict(machine, base, value, index)
    index = _index(machine, index)
    if isinstance(index, Unknown):
        return index
    if isinstance(value, str | bytes | list | tuple | range):
        return _of_sequence(machine, value, index)
    if isinstance(value, Items) or value is None or isinstance(value, int | set):
        raise error(TypeError, f"'{type(value).__name__}' object is not subscriptable")
    try:
        method = machine.attribute(base, "__getitem__")
    except Raised:
        raise error(TypeError, "object is not subscriptable") from None
    return machine.call(method, [index], {})


def _of_sequence(machine: Machine, value: Any, index: Value) -> Value:
    if isinstance(value, list | tuple) and has_maybe(machine, value):
        return vague.item(machine, value, index)
    try:
        found: Value = value[index]
    except (TypeError, IndexError, ValueError) as problem:
        raise error(type(problem), str(problem)) from None
    if isinstance(index, slice):
        machine.weigh(found)
    return found


def _of_dict(machine: Machine, base: Value, value: dict[Value, Value], index: Value) -> Value:
    name = key(machine, index)
    if isinstance(name, Unknown):
        return name
    weigh_key(machine, name, len(value))
    found = value.get(name, MISSING)
    if found is not MISSING and not isinstance(found, Maybe):
        return found
    missing = special(machine, base, "__missing__", index)
    if isinstance(found, Maybe):
        if missing is MISSING:
            fail(machine, error(KeyError, index))
            return found.value
        return join([found.value, missing])
    if missing is not MISSING:
        return missing
    if has_unknown(value):
        return machine.unknown("an item of a dict with unknown keys")
    raise error(KeyError, index)


def _index(machine: Machine, index: Value) -> Value:
    """An index as Python's own sequences take it."""
    found = special(machine, index, "__index__")
    if found is not MISSING:
        return found
    if isinstance(index, slice):
        parts = [content(part) for part in (index.start, index.stop, index.step)]
        unknown = uncertain(*parts)
        return unknown if unknown is not None else slice(*parts)
    return content(index)


def _of_class(machine: Machine, value: Value, index: Value) -> Value:
    """What ``list[int]`` or an own generic class with an argument is."""
    if isinstance(value, Class):
        for base in value.mro:
            if isinstance(base, Class) and "__class_getitem__" in base.names:
                method = machine.attribute(value, "__class_getitem__")
                return machine.call(method, [index], {})
    return value


def set_item(machine: Machine, value: Value, index: Value, new: Value) -> None:
    """Evaluate ``value[index] = new``. Raises Raised."""
    if special(machine, value, "__setitem__", index, new) is not MISSING:
        return
    value = content(value)
    if isinstance(value, Alternatives):
        for each in value.values:
            set_item(machine, each, index, join([new, item_or_missing(machine, each, index)]))
    elif isinstance(value, dict):
        name = key(machine, index)
        weigh_key(machine, name, len(value))
        machine.touch(value)
        value[name] = new
    elif isinstance(value, list):
        _set_in_list(machine, value, _index(machine, index), new)
    elif _has_no_items(value):
        raise error(TypeError, "object does not support item assignment")


def _set_in_list(machine: Machine, value: list[Value], index: Value, new: Value) -> None:
    machine.touch(value)
    if isinstance(index, Unknown | Alternatives):
        value[:] = [join([each, new]) for each in value]
        return
    if isinstance(index, slice):
        new = taken(machine, new)
        machine.weigh(value)
        if len(value) + len(new) > MAX_ITEMS:
            machine.cut("a list that is too long")
            return
    try:
        value[index] = new  # type: ignore[call-overload]
    except (IndexError, ValueError, TypeError) as problem:
        raise error(type(problem), str(problem)) from None


def item_or_missing(machine: Machine, value: Value, index: Value) -> Value:
    """What ``value[index]`` is, or unknown if that is an error."""
    try:
        return item(machine, value, index)
    except Raised:
        return machine.unknown("an item that is not there")


def delete_item(machine: Machine, value: Value, index: Value) -> None:
    """Evaluate ``del value[index]``. Raises Raised."""
    if special(machine, value, "__delitem__", index) is not MISSING:
        return
    value = content(value)
    if isinstance(value, dict) and not isinstance(index, Unknown):
        name = key(machine, index)
        if name not in value:
            raise error(KeyError, index)
        if isinstance(value[name], Maybe):
            fail(machine, error(KeyError, index))
        machine.touch(value)
        del value[name]
    elif isinstance(value, list):
        machine.weigh(value)
        machine.touch(value)
        try:
            del value[_index(machine, index)]  # type: ignore[arg-type]
        except (IndexError, TypeError) as problem:
            if not isinstance(index, Unknown):
                raise error(type(problem), str(problem)) from None
    elif _has_no_items(value):
        raise error(TypeError, "object doesn't support item deletion")


def _has_no_items(value: Value) -> bool:
    """Whether no item of a value can be set."""
    if isinstance(value, Instance):
        return isinstance(value.kind, Class) and not is_open(value) and not value.kind.is_partial
    return value is None or isinstance(value, tuple | str | bytes | int | float | set | frozenset)
