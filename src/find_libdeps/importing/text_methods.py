"""The methods of strings and bytes.

Source: Python's library reference, "Text Sequence Type" and "Binary Sequence Types".
"""

from __future__ import annotations

import re
from typing import Any

from find_libdeps.importing import operands, texts, walking
from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.natives import natives
from find_libdeps.importing.purely import plain_call
from find_libdeps.importing.texts import MAX_TEXT
from find_libdeps.importing.values import Alternatives, Implementation, Names, Unknown, Value, error

_TEXT = """capitalize casefold center count encode endswith expandtabs find index isalnum isalpha
    isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper
    ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition
    rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill decode
    hex fromhex maketrans""".split()  # noqa: SIM905
_GROWING = {"center", "ljust", "rjust", "zfill", "expandtabs", "replace", "translate", "to_bytes"}
_BACKWARDS = {"rfind", "rindex", "rsplit", "rpartition"}
"""Methods that may take as long as both lengths multiplied."""
_ENCODING = re.compile(r"(utf|us.?ascii|ascii|latin|iso|cp|windows|l)[-_\dA-Za-z]{0,20}|.*escape")
"""Encodings whose work grows as the text does."""


def _text_method(name: str) -> Implementation:
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
            return machine.cut(f"what {name}() makes of so long a text")
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


def to_bytes(machine: Machine, own: Any, args: list[Value], names: Names) -> Value:
    """``int.to_bytes``, bounded in its length."""
    if any(isinstance(arg, int) and arg > MAX_ITEMS for arg in (*args, *names.values())):
        return machine.cut("a value that is too large")
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
            return machine.cut("a text that is too long")
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


OF_TEXT = natives(
    {
        **{name: _text_method(name) for name in _TEXT},
        "join": _join,
        "format": _format,
        "format_map": _format_map,
    }
)
