"""The methods of strings, lists, dicts and other containers."""

from __future__ import annotations

import ast
from typing import Any, cast

from find_libdeps.importing import comparison, indexing, operands, texts, vague, walking
from find_libdeps.importing.generators import close, send, throw
from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.merging import has_maybe
from find_libdeps.importing.natives import natives
from find_libdeps.importing.purely import ERRORS, pure
from find_libdeps.importing.text_methods import OF_TEXT, to_bytes
from find_libdeps.importing.values import (
    ITEMS,
    KEYS,
    MISSING,
    Alternatives,
    Implementation,
    Instance,
    Items,
    Maybe,
    Names,
    Native,
    Unknown,
    Value,
    error,
)

_NUMBER = """bit_length conjugate is_integer as_integer_ratio to_bytes from_bytes hex fromhex real
    imag numerator denominator bit_count""".split()  # noqa: SIM905


def _append(machine: Machine, args: list[Value], names: Names) -> Value:
    items = operands.content(args[0])
    if isinstance(items, list):
        if len(items) >= MAX_ITEMS:
            machine.cut("a list that is too long")
        else:
            machine.touch(items)
            items.append(args[1])
    return None


def _extend(machine: Machine, args: list[Value], names: Names) -> Value:
    items = operands.content(args[0])
    if isinstance(items, list):
        added = walking.taken(machine, args[1])
        if len(items) + len(added) > MAX_ITEMS:
            machine.cut("a list that is too long")
        else:
            machine.touch(items)
            items += added
    return None


def _changing(name: str) -> Implementation:
    """A method of a container that compares and calls nothing."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        container, rest = operands.content(args[0]), args[1:]
        if not hasattr(container, name):
            return machine.unknown(f"what {name}() does")
        if isinstance(container, dict | set | frozenset) and rest:
            rest = [indexing.key(machine, rest[0]), *rest[1:]]
            indexing.weigh_key(machine, rest[0], len(container))
            if isinstance(rest[0], Unknown) and name in ("pop", "get", "setdefault"):
                return rest[0]
            if name == "get" and rest[0] not in container and walking.has_unknown(container):
                return machine.unknown("an item of a dict with unknown keys")
        elif name in ("copy", "insert", "reverse") or (name == "pop" and rest):
            machine.weigh(container)
        if any(isinstance(each, Unknown | Alternatives) for each in rest[:1]) and isinstance(
            container, list
        ):
            return machine.unknown(f"what {name}() does")
        if isinstance(container, list | dict | set) and name not in ("get", "copy"):
            machine.touch(container)
        if name == "pop" and isinstance(container, list) and has_maybe(machine, container):
            return vague.popped(machine, container, *rest)
        try:
            found = cast(Value, getattr(container, name)(*rest, **names))
        except ERRORS as problem:
            raise error(type(problem), *problem.args) from None
        if isinstance(found, Maybe) and isinstance(container, dict):
            return vague.item_or(machine, container, name, found, rest)
        return found

    return call


def _search(name: str) -> Implementation:
    """``index``, ``count`` and ``remove`` of a list or tuple, which compare."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        items, wanted, *ends = operands.content(args[0]), args[1], *args[2:]
        plain = [end for end in ends if isinstance(end, int)]
        if not isinstance(items, list | tuple) or len(plain) != len(ends):
            return machine.unknown(f"what {name}() does")
        count = 0
        numbers = range(len(items))[slice(*(*plain, None, None)[:2])]
        for number in numbers:
            machine.step()
            item = items[number]
            truth = item is wanted or machine.truth(
                comparison.compare(machine, ast.Eq(), item, wanted)
            )
            if truth is None:
                return machine.unknown("where a value is in a list")
            count += truth
            if truth and name == "remove":
                machine.touch(cast(list[Value], items))
                del cast(list[Value], items)[number]
                return None
            if truth and name == "index":
                return number
        if name == "count":
            return count
        kind = "tuple" if isinstance(items, tuple) else "list"
        if name == "remove" or kind == "tuple":
            raise error(ValueError, f"{kind}.{name}(x): x not in {kind}")
        shown = texts.text_of(machine, wanted, "r")
        raise error(ValueError, texts.joined(machine, [shown, " is not in list"]))

    return call


def _sort(machine: Machine, args: list[Value], names: Names) -> Value:
    items = operands.content(args[0])
    if isinstance(items, list):
        found = ordered(machine, walking.taken(machine, items), names)
        machine.touch(items)
        items[:] = found
    return None


def ordered(machine: Machine, items: list[Value], names: Names) -> list[Value]:
    """Items in order, with ``key`` and ``reverse`` as `sorted` has them; as they are if unknown."""
    function = names.get("key")
    keys = items if function is None else [machine.call(function, [i], {}) for i in items]
    for _ in items:
        machine.step()
    is_flat = all(not isinstance(key, tuple) or walking.is_small(machine, key) for key in keys)
    sortable = [_sort_key(key) for key in keys] if is_flat else keys
    backwards = machine.truth(names.get("reverse", False)) is True
    if not walking.is_plain(machine, sortable):
        return items
    machine.step(len(items) // 4)
    try:
        order = sorted(range(len(items)), key=lambda n: cast(Any, sortable[n]), reverse=backwards)
    except TypeError as problem:
        raise error(TypeError, str(problem)) from None
    return [items[number] for number in order]


def _sort_key(value: Value) -> Value:
    """What an object is sorted by: a path, by its text; an enum's member, by its value."""
    value = operands.content(value)
    if isinstance(value, Instance) and isinstance(value.names.get("_text"), str):
        return value.names["_text"]
    if isinstance(value, tuple):
        return tuple(map(_sort_key, value))
    return value


def _update(machine: Machine, args: list[Value], names: Names) -> Value:
    container = operands.content(args[0])
    for other in map(operands.content, args[1:]):
        if isinstance(container, set):
            added = indexing.make_set(machine, walking.taken(machine, other))
            machine.touch(container)
            container |= added
        elif isinstance(container, dict):
            vague.put_all(machine, container, pairs(machine, other))
    if isinstance(container, dict):
        vague.put_all(machine, container, cast(dict[Value, Value], names))
    return None


def pairs(machine: Machine, value: Value) -> dict[Value, Value]:
    """A dict of a dict, of an object with ``keys``, or of pairs. Raises Raised (ValueError)."""
    value = operands.content(value)
    if isinstance(value, dict):
        machine.weigh(value)
        return value
    if isinstance(value, Unknown):
        return {value: value}
    if isinstance(value, Instance):
        keys = machine.call(machine.attribute(value, "keys"), [], {})
        return {
            indexing.key(machine, k): indexing.item(machine, value, k)
            for k in machine.iterate(keys)
        }
    found = dict[Value, Value]()
    for pair in machine.iterate(value):
        machine.step()
        if isinstance(pair, Unknown | Alternatives):
            found[pair] = pair
            continue
        parts = walking.taken(machine, pair, limit=3)
        if len(parts) != 2:
            raise error(ValueError, "dictionary update sequence element has not length 2")
        name = indexing.key(machine, parts[0])
        indexing.weigh_key(machine, name, len(found))
        found[name] = parts[1]
    return found


def _view(name: str) -> Implementation:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        container = operands.content(args[0])
        if not isinstance(container, dict):
            return machine.unknown(f"what {name}() does")
        return cast(Value, getattr(container, name)())

    return call


def _combined(name: str) -> Implementation:
    """A method of sets that takes any iterables."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        own = operands.content(args[0])
        if isinstance(own, KEYS | ITEMS):
            own = indexing.make_set(machine, walking.taken(machine, own))
        others = [indexing.make_set(machine, walking.taken(machine, each)) for each in args[1:]]
        if not isinstance(own, set | frozenset) or any(map(walking.has_unknown, (own, *others))):
            return machine.unknown(f"what {name}() makes of sets")
        machine.weigh(own, *others)
        return cast(Value, getattr(own, name)(*others))

    return call


def _fromkeys(machine: Machine, args: list[Value], names: Names) -> Value:
    keys, *value = args
    default = value[0] if value else names.get("value")
    return {indexing.key(machine, key): default for key in walking.taken(machine, keys)}


_OF_LIST = natives(
    {
        "append": _append,
        "extend": _extend,
        **{name: _changing(name) for name in ("insert", "pop", "clear", "copy", "reverse")},
        **{name: _search(name) for name in ("index", "count", "remove")},
        "sort": _sort,
    }
)
_OF_DICT = natives(
    {
        **{
            name: _changing(name)
            for name in ("get", "pop", "popitem", "setdefault", "clear", "copy")
        },
        **{name: _view(name) for name in ("keys", "values", "items")},
        "update": _update,
        "fromkeys": lambda machine, args, names: _fromkeys(machine, args[1:], names),
    }
)
_OF_SET = natives(
    {
        **{name: _changing(name) for name in ("add", "discard", "remove", "pop", "clear", "copy")},
        **{
            name: _combined(name)
            for name in [
                "union",
                "intersection",
                "difference",
                "symmetric_difference",
                "issubset",
                "issuperset",
                "isdisjoint",
            ]
        },
        "update": _update,
    }
)
_OF_ITEMS = natives({"send": send, "__next__": send, "throw": throw, "close": close})
METHODS: dict[type, dict[str, Native]] = {
    str: {name: method for name, method in OF_TEXT.items() if hasattr(str, name)},
    bytes: {name: method for name, method in OF_TEXT.items() if hasattr(bytes, name)},
    list: _OF_LIST,
    tuple: {name: _OF_LIST[name] for name in ("index", "count")},
    dict: _OF_DICT,
    set: _OF_SET,
    frozenset: _OF_SET,
    KEYS: {"isdisjoint": _OF_SET["isdisjoint"]},
    ITEMS: {"isdisjoint": _OF_SET["isdisjoint"]},
    Items: _OF_ITEMS,
}
"""For each type its methods, which take the object as their first argument."""
_STATIC: dict[type, dict[str, Native]] = {
    str: {"maketrans": pure(str.maketrans)},
    bytes: {"maketrans": pure(bytes.maketrans), "fromhex": pure(bytes.fromhex)},
    int: {"from_bytes": pure(int.from_bytes)},
    float: {"fromhex": pure(float.fromhex)},
    dict: {"fromkeys": Native("fromkeys", _fromkeys)},
}
"""For each type the methods that don't take an object of it."""


def method_of(value: Value, name: str) -> Value:
    """The method of a value of one of Python's own types, or of such a type; `MISSING` if none."""
    kind = value if isinstance(value, type) else type(value)
    if isinstance(value, type) and name in _STATIC.get(value, {}):
        return _STATIC[value][name]
    for base in kind.__mro__:
        found = METHODS.get(base, {}).get(name)
        if found is not None:
            return found
    if kind in (int, float, complex, bool) and name in _NUMBER and not isinstance(value, type):
        own = getattr(value, name, None)
        if name == "to_bytes":
            return Native(name, lambda machine, args, names: to_bytes(machine, own, args, names))
        return pure(own, name) if callable(own) else (MISSING if own is None else own)
    return MISSING
