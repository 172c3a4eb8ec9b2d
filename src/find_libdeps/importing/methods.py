"""The methods of strings, lists, dicts and other containers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from find_libdeps.importing import operators, texts
from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Host,
    Instance,
    Items,
    Keys,
    Names,
    Native,
    Raised,
    Rest,
    Unknown,
    Value,
    error,
    has_rest,
)

MAX_TEXT = 100 * MAX_ITEMS
"""Most characters of a text: files are read whole."""
_ERRORS = (TypeError, ValueError, IndexError, KeyError, LookupError, OverflowError, AttributeError)
_TEXT = """capitalize casefold center count encode endswith expandtabs find index isalnum isalpha
    isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper
    ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition
    rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill decode
    hex fromhex maketrans""".split()  # noqa: SIM905
_NUMBER = """bit_length conjugate is_integer as_integer_ratio to_bytes from_bytes hex fromhex real
    imag numerator denominator bit_count""".split()  # noqa: SIM905
_STATIC = ("maketrans", "fromhex")
_GROWING = {"center", "ljust", "rjust", "zfill", "expandtabs", "replace", "translate", "to_bytes"}


def plain_call(
    machine: Machine, function: Callable[..., Any], args: list[Value], names: Names
) -> Value:
    """What one of Python's own pure functions makes of constants; unknown for other values.

    Raises Raised for the errors that the function raises.
    """
    spread = operators.distributed(
        machine, args, lambda *each: plain_call(machine, function, list(each), names)
    )
    if spread is not None:
        return spread
    plain = [operators.content(arg) for arg in args]
    unknown = operators.uncertain(*plain, *names.values())
    if unknown is not None:
        return unknown
    if not all(map(operators.is_plain, (*plain, *names.values()))):
        return machine.unknown(f"what {function.__name__}() makes of an object")
    try:
        return cast(Value, function(*plain, **names))
    except UnicodeError:
        raise error(UnicodeDecodeError, "cannot decode") from None
    except _ERRORS as problem:
        kind = type(problem) if type(problem) in _ERRORS else ValueError
        raise error(kind, *problem.args) from None
    except (MemoryError, RecursionError):
        return machine.unknown(f"what {function.__name__}() makes of that")


def pure(function: Callable[..., Any], name: str = "") -> Native:
    """One of Python's own functions that has no effect and does little work."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        return plain_call(machine, function, args, names)

    return Native(name or function.__name__, call)


def _text_method(name: str) -> Host:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        value = operators.content(args[0])
        if name in _STATIC:
            return _static(machine, name, args)
        if not isinstance(value, str | bytes | type):
            return machine.unknown(f"what {name}() makes of that")
        if name in _GROWING and _is_long(name, value, args[1:]):
            return machine.cut("a text of that length")
        return plain_call(machine, getattr(value, name), args[1:], names)

    return call


def _static(machine: Machine, name: str, args: list[Value]) -> Value:
    """``str.maketrans`` and ``bytes.fromhex``, which have no object; but may be called of one."""
    if len(args) == 4 or (len(args) == 2 and isinstance(args[1], dict)):
        args = args[1:]
    kind = str if name == "maketrans" and not isinstance(args[0], bytes) else bytes
    return plain_call(machine, getattr(kind, name), args, {})


def _is_long(name: str, value: Value, args: list[Value]) -> bool:
    """Whether a method's result may be too long."""
    size = len(value) if isinstance(value, str | bytes) else 8
    match args:
        case [int(width), *_]:
            return size * (width if name == "expandtabs" else 1) + width > MAX_TEXT
        case [str() | bytes(), (str() | bytes()) as new, *_]:
            return (size + 1) * (len(new) + 1) > 10 * MAX_TEXT
        case [dict() as table]:
            return any(isinstance(v, str) and len(v) * size > MAX_TEXT for v in table.values())
    return False


def _join(machine: Machine, args: list[Value], names: Names) -> Value:
    separator, found = operators.content(args[0]), list[Value]()
    for item in machine.iterate(args[1]):
        machine.step()
        inner = operators.content(item)
        if not isinstance(inner, str | bytes | Unknown | Alternatives):
            raise error(TypeError, "sequence item: expected str instance")
        found += [separator, inner] if found else [inner]
    if isinstance(separator, bytes):
        return plain_call(machine, separator.join, [found[::2]], {})
    return texts.joined(machine, found)


def _format(machine: Machine, args: list[Value], names: Names) -> Value:
    template = operators.content(args[0])
    if any(isinstance(each, Rest) for each in args[1:]):
        return machine.unknown("a text with unknown parts")
    if isinstance(template, str) and not re.search(r"\d{4,}", template):
        return texts.format_template(machine, template, args[1:], names)
    return machine.unknown("a text of that format")


def _format_map(machine: Machine, args: list[Value], names: Names) -> Value:
    given = operators.content(args[1])
    return _format(machine, args[:1], given if isinstance(given, dict) else {})


def _append(machine: Machine, args: list[Value], names: Names) -> Value:
    items = operators.content(args[0])
    if isinstance(items, list):
        if len(items) >= MAX_ITEMS:
            machine.cut("a list of that length")
        else:
            items.append(args[1])
    return None


def _extend(machine: Machine, args: list[Value], names: Names) -> Value:
    items = operators.content(args[0])
    if isinstance(items, list):
        for item in list(args[1]) if isinstance(args[1], list) else machine.iterate(args[1]):
            machine.step()
            _append(machine, [items, item], {})
    return None


def _changing(name: str) -> Host:
    """A method of a container that compares and calls nothing."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        container, rest = operators.content(args[0]), args[1:]
        if isinstance(container, dict | set | frozenset):
            rest = [operators.key(machine, rest[0]), *rest[1:]] if rest else rest
            if rest and name in ("pop", "get", "setdefault") and isinstance(container, dict):
                if isinstance(rest[0], Unknown):
                    return rest[0]
                if rest[0] not in container and operators.may_have_more(machine, container):
                    return machine.unknown("an item of a dict that may have it")
        try:
            return cast(Value, getattr(container, name)(*rest, **names))
        except _ERRORS as problem:
            if has_rest(container) or operators.may_have_more(machine, container):
                return machine.unknown("an item of a container that may have it")
            raise error(type(problem), *problem.args) from None

    return call


def _search(name: str) -> Host:
    """``index``, ``count`` and ``remove`` of a list or tuple, which compare."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        import ast

        items, wanted = operators.content(args[0]), args[1]
        count = 0
        for number, item in enumerate(list(cast(list[Value], items))):
            machine.step()
            truth = machine.truth(operators.compare(machine, ast.Eq(), item, wanted))
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
        raise error(ValueError, "it is not in the list")

    return call


def _sort(machine: Machine, args: list[Value], names: Names) -> Value:
    items = operators.content(args[0])
    if isinstance(items, list):
        items[:] = ordered(machine, list(items), names)
    return None


def ordered(machine: Machine, items: list[Value], names: Names) -> list[Value]:
    """Items in order, with ``key`` and ``reverse`` as `sorted` has them; as they are if unknown."""
    function = names.get("key")
    keys = items if function is None else [machine.call(function, [i], {}) for i in items]
    for _ in items:
        machine.step()
    sortable = [_sort_key(key) for key in keys]
    backwards = machine.truth(names.get("reverse", False)) is True
    if not all(map(operators.is_plain, sortable)):
        return items
    try:
        order = sorted(range(len(items)), key=lambda n: cast(Any, sortable[n]), reverse=backwards)
    except TypeError as problem:
        raise error(TypeError, str(problem)) from None
    return [items[number] for number in order]


def _sort_key(value: Value) -> Value:
    """What an object is sorted by: a path, by its text; an enum's member, by its value."""
    value = operators.content(value)
    if isinstance(value, Instance) and isinstance(value.names.get("_text"), str):
        return value.names["_text"]
    if isinstance(value, tuple):
        return tuple(map(_sort_key, value))
    return value


def _update(machine: Machine, args: list[Value], names: Names) -> Value:
    container = operators.content(args[0])
    for other in map(operators.content, args[1:]):
        if isinstance(container, set):
            for item in machine.iterate(other):
                machine.step()
                container.add(operators.key(machine, item))
        elif isinstance(container, dict):
            found = pairs(machine, other)
            container.update(found)
            if operators.uncertain(*found) or operators.may_have_more(machine, other):
                operators.open_names(machine, container)
    if isinstance(container, dict):
        container.update(names)
    return None


def pairs(machine: Machine, value: Value) -> dict[Value, Value]:
    """A dict of a dict, of an object with ``keys``, or of pairs. Raises Raised (ValueError)."""
    value = operators.content(value)
    if isinstance(value, dict):
        return value
    if isinstance(value, Unknown):
        return {Rest(value): value}
    if isinstance(value, Alternatives):
        found = dict[Value, Value]()
        for each in value.values:
            found.update(pairs(machine, each))
        return found
    if isinstance(value, Instance):
        keys = machine.call(machine.attribute(value, "keys"), [], {})
        return {
            operators.key(machine, k): operators.item(machine, value, k)
            for k in machine.iterate(keys)
        }
    found = {}
    for pair in machine.iterate(value):
        machine.step()
        parts = list(machine.iterate(pair))
        if len(parts) != 2:
            if isinstance(pair, Unknown):
                continue
            raise error(ValueError, "dictionary update sequence element has not length 2")
        found[operators.key(machine, parts[0])] = parts[1]
    return found


def _view(name: str) -> Host:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        container = operators.content(args[0])
        found = getattr(container, name)() if isinstance(container, dict) else ()
        return list(found) if name == "values" else Keys(found)

    return call


def _combined(name: str) -> Host:
    """A method of sets that takes any iterables."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        own = operators.content(args[0])
        others = [operators.make_set(machine, list(machine.iterate(each))) for each in args[1:]]
        return cast(Value, getattr(own, name)(*others))

    return call


def _fromkeys(machine: Machine, args: list[Value], names: Names) -> Value:
    keys, *value = args[1:] if isinstance(args[0], type) or len(args) > 2 else args
    default = value[0] if value else None
    return {operators.key(machine, key): default for key in machine.iterate(keys)}


def _send(machine: Machine, args: list[Value], names: Names) -> Value:
    items = args[0]
    if isinstance(items, Items):
        items.send = args[1] if len(args) > 1 else None
        try:
            return next(items.items)
        except StopIteration:
            raise error(StopIteration, items.returned, value=items.returned) from None
    return machine.unknown("what a generator yields")


def _throw(machine: Machine, args: list[Value], names: Names) -> Value:
    items = args[0]
    throw = getattr(items.items, "throw", None) if isinstance(items, Items) else None
    thrown = next((arg for arg in args[1:] if isinstance(arg, Instance)), None)
    if throw is None or thrown is None:
        return machine.unknown("what a generator yields")
    try:
        return cast(Value, throw(Raised(thrown)))
    except StopIteration:
        raise error(StopIteration) from None


def _nothing(machine: Machine, args: list[Value], names: Names) -> Value:
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
        "fromkeys": _fromkeys,
    }
)
_OF_SET = _natives(
    {
        **{name: _changing(name) for name in ("add", "discard", "remove", "pop", "clear", "copy")},
        **{
            name: _combined(name)
            for name in (
                "union intersection difference symmetric_difference issubset issuperset isdisjoint"
            ).split()
        },
        "update": _update,
    }
)
_OF_ITEMS = _natives({"send": _send, "__next__": _send, "throw": _throw, "close": _nothing})
METHODS: dict[type, dict[str, Native]] = {
    str: _OF_TEXT,
    bytes: _OF_TEXT,
    list: _OF_LIST,
    tuple: {name: _OF_LIST[name] for name in ("index", "count")},
    dict: _OF_DICT,
    set: _OF_SET,
    frozenset: _OF_SET,
    Items: _OF_ITEMS,
}
"""For each type its methods, which take the object as their first argument."""


def method_of(value: Value, name: str) -> Value:
    """The method of a value of one of Python's own types, or of such a type; `MISSING` if none."""
    kind = value if isinstance(value, type) else type(value)
    for base in kind.__mro__:
        found = METHODS.get(base, {}).get(name)
        if found is not None:
            return found
    if kind in (int, float, complex, bool) and name in _NUMBER and not isinstance(value, type):
        own = getattr(value, name, None)
        return pure(own, name) if callable(own) else (MISSING if own is None else own)
    return MISSING
