"""Strings that are put together: %, f-strings, str.format, and str itself."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.values import (
    Alternatives,
    Class,
    Instance,
    Names,
    Raised,
    Unknown,
    Value,
    error,
    join,
    name_of_class,
)

_CONVERSIONS = {115: "s", 114: "r", 97: "a"}
_WIDTH = re.compile(r"\d{4,}|\*")
"""A width that makes a text long, or one that is a value."""


def joined(machine: Machine, parts: Sequence[Value]) -> Value:
    """The parts of a string, one after the other; unknown if one is."""
    found = [""]
    for part in parts:
        if isinstance(part, Alternatives):
            rest = parts[len(found) :]
            before = "".join(found)
            return join([joined(machine, [before, each, *rest]) for each in part.values])
        if not isinstance(part, str):
            return part if isinstance(part, Unknown) else machine.unknown("a part of a string")
        found.append(part)
    text = "".join(found)
    return text if len(text) <= 100 * MAX_ITEMS else machine.cut("a text of that length")


def text_of(machine: Machine, value: Value, conversion: str = "s") -> Value:
    """What ``str`` or ``repr`` make of a value: a string, or unknown. Raises Raised."""
    if isinstance(value, Alternatives):
        return join([text_of(machine, each, conversion) for each in value.values])
    if isinstance(value, Unknown):
        return value
    if isinstance(value, str) and conversion == "s":
        return value
    if isinstance(value, Instance):
        return _text_of_object(machine, value, conversion)
    if isinstance(value, list | tuple | dict | set | frozenset):
        return _shown(machine, value)
    if isinstance(value, Class | type):
        return f"<class {name_of_class(value)!r}>"
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        try:
            return repr(value) if conversion in "ra" else str(value)
        except ValueError:  # an int of too many digits
            return machine.unknown("a number of many digits")
    return machine.unknown("the text of an object")


def _text_of_object(machine: Machine, value: Instance, conversion: str) -> Value:
    kind = value.kind
    for name in ("__repr__",) if conversion in "ra" else ("__str__", "__repr__"):
        for base in kind.mro if isinstance(kind, Class) else ():
            if isinstance(base, Class) and name in base.names:
                return machine.call(machine.attribute(value, name), [], {})
        if value.content is not None:
            return text_of(machine, value.content, conversion)
    args = value.names.get("args", ())
    if "args" in value.names and isinstance(args, tuple) and conversion == "s":
        if len(args) == 2 and isinstance(args[0], int):
            return joined(machine, [f"[Errno {args[0]}] ", text_of(machine, args[1])])
        return text_of(machine, args[0]) if len(args) == 1 else _shown(machine, args or "")
    return machine.unknown("the text of an object")


def _shown(machine: Machine, value: Value) -> Value:
    from find_libdeps.importing.operators import is_plain

    if value == "":
        return ""
    if not is_plain(value):
        return machine.unknown("the text of a container")
    text = repr(value)
    return text if len(text) <= 100 * MAX_ITEMS else machine.cut("a text of that length")


def formatted(machine: Machine, value: Value, conversion: int, specification: Value) -> Value:
    """One field of an f-string. Raises Raised."""
    if isinstance(specification, Unknown):
        return specification
    if conversion in _CONVERSIONS:
        value = text_of(machine, value, _CONVERSIONS[conversion])
    if specification == "" or not isinstance(specification, str):
        return text_of(machine, value)
    return _format(machine, value, specification)


def _format(machine: Machine, value: Value, specification: str) -> Value:
    if isinstance(value, Alternatives):
        return join([_format(machine, each, specification) for each in value.values])
    if isinstance(value, Unknown):
        return value
    if _WIDTH.search(specification):
        return machine.cut("a text of that width")
    if isinstance(value, Instance):
        value = value.content if value.content is not None else text_of(machine, value)
    if not isinstance(value, str | int | float | complex):
        return machine.unknown("the text of an object")
    try:
        return format(value, specification)
    except (ValueError, TypeError) as problem:
        raise error(type(problem), str(problem)) from None


def percent(machine: Machine, template: str | bytes, values: Value) -> Value:
    """What ``template % values`` makes. Raises Raised (TypeError, ValueError)."""
    shown = template if isinstance(template, str) else template.decode("latin-1")
    if _WIDTH.search(shown) and re.search(r"%[^a-zA-Z%]*(\d{4,}|\*)", shown):
        return machine.cut("a text of that width")
    plain: Value
    if isinstance(values, tuple):
        parts = [_scalar(machine, value) for value in values]
        plain = tuple(parts)
    elif isinstance(values, dict):
        used = set(re.findall(r"%\(([^)]*)\)", shown))
        named = {k: _scalar(machine, v) for k, v in values.items() if k in used}
        plain, parts = named, list(named.values())
    else:
        plain = _scalar(machine, values)
        parts = [plain]
    for number, part in enumerate(parts):
        if isinstance(part, Alternatives) and isinstance(values, tuple):
            choices = [
                percent(machine, template, (*parts[:number], each, *parts[number + 1 :]))
                for each in part.values
            ]
            return join(choices)
        if isinstance(part, Alternatives) and isinstance(plain, dict):
            names = [name for name, value in plain.items() if value is part]
            choices = [
                percent(machine, template, {**plain, **dict.fromkeys(names, each)})
                for each in part.values
            ]
            return join(choices)
        if isinstance(part, Alternatives):
            return join([percent(machine, template, each) for each in part.values])
        if isinstance(part, Unknown):
            return part
    try:
        return template % plain  # type: ignore[operator]
    except (TypeError, ValueError, KeyError, OverflowError) as problem:
        raise error(type(problem), str(problem)) from None


def _scalar(machine: Machine, value: Value) -> Value:
    """A value as % may show it: a constant, or the text of anything else."""
    if isinstance(value, str | bytes | int | float | Unknown | Alternatives):
        return value
    return text_of(machine, value)


class _Fields(string.Formatter):
    """`str.format` with the evaluated program's attributes and items."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def get_field(self, field_name: str, args: Sequence[Value], kwargs: Names) -> tuple[Value, str]:  # type: ignore[override]
        from find_libdeps.importing.operators import item

        first, *rest = re.split(r"(?=[.\[])", field_name)
        try:
            value = args[int(first)] if first.isdigit() else kwargs[first]
        except IndexError as problem:
            raise error(IndexError, str(problem)) from None
        except KeyError:
            raise error(KeyError, first) from None
        for part in rest:
            if part.startswith("."):
                value = self._machine.attribute(value, part[1:])
            else:
                index = part[1:].rstrip("]")
                value = item(self._machine, value, int(index) if index.isdigit() else index)
        return value, first

    def convert_field(self, value: Value, conversion: str | None) -> Value:
        return text_of(self._machine, value, conversion) if conversion else value

    def format_field(self, value: Value, format_spec: str) -> str:
        found = formatted(self._machine, value, -1, format_spec)
        if isinstance(found, str):
            return found
        raise _UnknownFieldError(found)


class _UnknownFieldError(Exception):
    def __init__(self, value: Value) -> None:
        self.value = value


def format_template(machine: Machine, template: str, args: list[Value], names: Names) -> Value:
    """What ``template.format(*args, **names)`` makes. Raises Raised."""
    try:
        text = _Fields(machine).vformat(template, args, names)
    except _UnknownFieldError as unknown:
        value = unknown.value
        return value if isinstance(value, Unknown) else machine.unknown("a field of a template")
    except Raised:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as problem:
        kind = type(problem) if type(problem) in (ValueError, KeyError, IndexError) else ValueError
        raise error(kind, str(problem)) from None
    return text if len(text) <= 100 * MAX_ITEMS else machine.cut("a text of that length")
