"""The methods of strings, lists, dicts and other containers."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any, cast

from find_libdeps.importing import comparison, indexing, operands, texts, walking
from find_libdeps.importing.machine import MAX_BITS, MAX_ITEMS, Machine
from find_libdeps.importing.texts import MAX_TEXT
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Class,
    Host,
    Instance,
    Items,
    Names,
    Native,
    Raised,
    Unknown,
    Value,
    error,
)

_ERRORS = (
    *(TypeError, ValueError, IndexError, KeyError, LookupError, AttributeError),
    *(OverflowError, ZeroDivisionError, ArithmeticError),
)
_TEXT = """capitalize casefold center count encode endswith expandtabs find index isalnum isalpha
    isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper
    ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition
    rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill decode
    hex fromhex maketrans""".split()  # noqa: SIM905
_NUMBER = """bit_length conjugate is_integer as_integer_ratio to_bytes from_bytes hex fromhex real
    imag numerator denominator bit_count""".split()  # noqa: SIM905
_GROWING = {"center", "ljust", "rjust", "zfill", "expandtabs", "replace", "translate", "to_bytes"}
_BACKWARDS = {"rfind", "rindex", "rsplit", "rpartition"}
"""Methods that may take as long as both lengths multiplied."""
_ENCODING = re.compile(r"(utf|us.?ascii|ascii|latin|iso|cp|windows|l)[-_\dA-Za-z]{0,20}|.*escape")
"""Encodings whose work grows as the text does."""


def plain_call(
    machine: Machine, function: Callable[..., Any], args: list[Value], names: Names
) -> Value:
    """What one of Python's own pure functions makes of constants; unknown for other values.

    Raises Raised for the errors that the function raises.
    """
    spread = operands.distributed(
        machine, args, lambda *each: plain_call(machine, function, list(each), names)
    )
    if spread is not None:
        return spread
    plain = [operands.content(arg) for arg in args]
    unknown = operands.uncertain(*plain, *names.values())
    if unknown is not None:
        return unknown
    given = (*plain, *names.values())
    if not all(walking.is_plain(machine, each) for each in given):
        return machine.unknown(f"what {function.__name__}() makes of an object")
    if any(isinstance(each, int) and each.bit_length() > 2 * MAX_BITS for each in given):
        return machine.cut("a number of that size")
    try:
        made: Value = function(*plain, **names)
    except UnicodeError as problem:
        raise error(type(problem), "cannot encode or decode") from None
    except _ERRORS as problem:
        kind = type(problem) if type(problem) in _ERRORS else ValueError
        raise error(kind, *problem.args) from None
    except (MemoryError, RecursionError):
        return machine.unknown(f"what {function.__name__}() makes of that")
    machine.weigh(made)
    return made


def pure(function: Callable[..., Any], name: str = "") -> Native:
    """One of Python's own functions that has no effect and does little work."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        return plain_call(machine, function, args, names)

    return Native(name or function.__name__, call)


def _text_method(name: str) -> Host:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        value = operands.content(args[0])
        if isinstance(args[0], Alternatives):
            return operands.distributed(
                machine, args[:1], lambda each: call(machine, [each, *args[1:]], names)
            )
        if isinstance(value, Unknown):
            return value
        method = getattr(value, name, None)
        if not isinstance(value, str | bytes) or method is None:
            raise error(TypeError, f"descriptor {name!r} doesn't apply to that object")
        machine.weigh(value)
        rest = [operands.content(arg) for arg in args[1:]]
        if _takes_long(name, value, [*rest, *names.values()]):
            return machine.cut(f"what {name}() makes of that")
        return plain_call(machine, method, rest, names)

    return call


def _takes_long(name: str, value: str | bytes, args: list[Value]) -> bool:
    """Whether a method's result may be too long, or take too much work."""
    if name in _GROWING:
        return _is_long(name, value, args)
    if name in _BACKWARDS:
        sizes = [len(arg) for arg in args if isinstance(arg, str | bytes)]
        return len(value) * max(sizes, default=0) > 100 * MAX_TEXT
    if name in ("encode", "decode"):
        return any(isinstance(arg, str) and not _ENCODING.fullmatch(arg) for arg in args[:1])
    return False


def _is_long(name: str, value: str | bytes, args: list[Value]) -> bool:
    match args:
        case [int(width), *_]:
            return len(value) * (width if name == "expandtabs" else 1) + width > MAX_TEXT
        case [(str() | bytes()) as old, (str() | bytes()) as new, *_]:
            if type(old) is not type(value) or type(new) is not type(value):
                return False
            return len(value) + value.count(old) * len(new) > MAX_TEXT  # type: ignore[arg-type]
        case [dict() as table]:
            sizes = [len(each) for each in table.values() if isinstance(each, str)]
            return len(value) * max(sizes, default=1) > MAX_TEXT
    return False


def _to_bytes(machine: Machine, own: Any, args: list[Value], names: Names) -> Value:
    if any(isinstance(arg, int) and arg > MAX_ITEMS for arg in (*args, *names.values())):
        return machine.cut("a value of that size")
    return plain_call(machine, own, args, names)


def _join(machine: Machine, args: list[Value], names: Names) -> Value:
    separator, found = operands.content(args[0]), list[Value]()
    for item in walking.taken(machine, args[1]):
        inner = operands.content(item)
        if not isinstance(inner, type(separator) | Unknown | Alternatives):
            raise error(TypeError, "sequence item: expected str instance")
        found += [separator, inner] if found else [inner]
    if isinstance(separator, bytes):
        if sum(len(part) for part in found if isinstance(part, bytes)) > MAX_TEXT:
            return machine.cut("a text of that length")
        return plain_call(machine, separator.join, [found[::2]], {})
    return texts.joined(machine, found)


def _format(machine: Machine, args: list[Value], names: Names) -> Value:
    template = operands.content(args[0])
    if isinstance(template, str):
        return texts.format_template(machine, template, args[1:], names)
    return machine.unknown("a text of that format")


def _format_map(machine: Machine, args: list[Value], names: Names) -> Value:
    given = operands.content(args[1])
    return _format(machine, args[:1], given if isinstance(given, dict) else {})


def _append(machine: Machine, args: list[Value], names: Names) -> Value:
    items = operands.content(args[0])
    if isinstance(items, list):
        if len(items) >= MAX_ITEMS:
            machine.cut("a list of that length")
        else:
            items.append(args[1])
    return None


def _extend(machine: Machine, args: list[Value], names: Names) -> Value:
    items = operands.content(args[0])
    if isinstance(items, list):
        added = walking.taken(machine, args[1])
        if len(items) + len(added) > MAX_ITEMS:
            machine.cut("a list of that length")
        else:
            items += added
    return None


def _changing(name: str) -> Host:
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
        try:
            return cast(Value, getattr(container, name)(*rest, **names))
        except _ERRORS as problem:
            raise error(type(problem), *problem.args) from None

    return call


def _search(name: str) -> Host:
    """``index``, ``count`` and ``remove`` of a list or tuple, which compare."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        items, wanted, *ends = operands.content(args[0]), args[1], *args[2:]
        if not isinstance(items, list | tuple) or not all(isinstance(end, int) for end in ends):
            return machine.unknown(f"what {name}() does")
        count = 0
        numbers = range(len(items))[slice(*ends)] if ends else range(len(items))
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
        items[:] = ordered(machine, walking.taken(machine, items), names)
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
            container |= indexing.make_set(machine, walking.taken(machine, other))
        elif isinstance(container, dict):
            container.update(pairs(machine, other))
    if isinstance(container, dict):
        container.update(names)
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


def _view(name: str) -> Host:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        container = operands.content(args[0])
        if not isinstance(container, dict):
            return machine.unknown(f"what {name}() does")
        machine.weigh(container)
        return list(getattr(container, name)())

    return call


def _combined(name: str) -> Host:
    """A method of sets that takes any iterables."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        own = operands.content(args[0])
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


def ended(returned: Value) -> Raised:
    """The exception at the end of an iterator, with what a generator returned."""
    return error(StopIteration, *(() if returned is None else (returned,)), value=returned)


def _send(machine: Machine, args: list[Value], names: Names) -> Value:
    items = args[0]
    if isinstance(items, Items):
        items.send = args[1] if len(args) > 1 else None
        try:
            return next(items.items)
        except StopIteration:
            raise ended(items.returned) from None
    return machine.unknown("what a generator yields")


def _throw(machine: Machine, args: list[Value], names: Names) -> Value:
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


def _close(machine: Machine, args: list[Value], names: Names) -> Value:
    """Run what a generator does at its end."""
    try:
        _throw(machine, [args[0], error(GeneratorExit).value], {})
    except Raised as raised:
        kind = raised.value.kind if isinstance(raised.value, Instance) else None
        if kind not in (StopIteration, GeneratorExit):
            raise
    return None


def _natives(methods: dict[str, Host]) -> dict[str, Native]:
    return {name: Native(name, call) for name, call in methods.items()}


_OF_TEXT = _natives(
    {
        **{name: _text_method(name) for name in _TEXT},
        "join": _join,
        "format": _format,
        "format_map": _format_map,
    }
)
_OF_LIST = _natives(
    {
        "append": _append,
        "extend": _extend,
        **{name: _changing(name) for name in ("insert", "pop", "clear", "copy", "reverse")},
        **{name: _search(name) for name in ("index", "count", "remove")},
        "sort": _sort,
    }
)
_OF_DICT = _natives(
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
_OF_SET = _natives(
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
_OF_ITEMS = _natives({"send": _send, "__next__": _send, "throw": _throw, "close": _close})
METHODS: dict[type, dict[str, Native]] = {
    str: {name: method for name, method in _OF_TEXT.items() if hasattr(str, name)},
    bytes: {name: method for name, method in _OF_TEXT.items() if hasattr(bytes, name)},
    list: _OF_LIST,
    tuple: {name: _OF_LIST[name] for name in ("index", "count")},
    dict: _OF_DICT,
    set: _OF_SET,
    frozenset: _OF_SET,
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
            return Native(name, lambda machine, args, names: _to_bytes(machine, own, args, names))
        return pure(own, name) if callable(own) else (MISSING if own is None else own)
    return MISSING
