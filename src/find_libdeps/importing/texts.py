"""Strings that are put together: %, f-strings, str.format, and str itself."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from itertools import product
from types import NoneType

from find_libdeps.importing.classes import is_union, union_of
from find_libdeps.importing.indexing import item
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.operands import each_way, special
from find_libdeps.importing.values import (
    MAX_ALTERNATIVES,
    MISSING,
    VIEWS,
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
    starting,
)
from find_libdeps.importing.walking import is_plain, is_small

MAX_TEXT = 2_000_000
"""Most characters of a text: files are read whole, and their texts may be put together."""
_CONTAINERS = (list, tuple, dict, set, frozenset, slice, *VIEWS)
_CONVERSIONS = {115: "s", 114: "r", 97: "a"}
_WIDTH = re.compile(r"\d{4,}|\*")
"""A width that makes a text long, or one that is a value."""


def joined(machine: Machine, parts: Sequence[Value]) -> Value:
    """The parts of a string, one after the other; unknown if one is."""
    beginnings = [list[str]()]
    size = 0
    machine.step(len(parts) // 8)
    for part in parts:
        choices = part.values if isinstance(part, Alternatives) else (part,)
        if unknown := next((each for each in choices if isinstance(each, Unknown)), None):
            is_one = len(beginnings) == 1
            return starting(unknown, "".join(beginnings[0]) if is_one else "")
        texts = [each for each in choices if isinstance(each, str)]
        if len(texts) < len(choices):
            return machine.unknown("a part of a string")
        if len(texts) > 1:
            machine.step(len(beginnings))
            beginnings = [[*begun, text] for begun in beginnings for text in texts]
            if len(beginnings) > MAX_ALTERNATIVES:
                return machine.unknown("which of many strings it is")
        else:
            for begun in beginnings:
                begun.append(texts[0])
        size += max(map(len, texts))
        if size > MAX_TEXT:
            return machine.cut("a text that is too long")
    return join([weighed(machine, "".join(begun)) for begun in beginnings])


def weighed(machine: Machine, text: Value) -> Value:
    """A text whose making counts as work; unknown if it is too long."""
    machine.weigh(text)
    if isinstance(text, str | bytes) and len(text) > MAX_TEXT:
        return machine.cut("a text that is too long")
    return text


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
    if isinstance(value, _CONTAINERS):
        return _shown(machine, value, conversion)
    if isinstance(value, Class | type):
        return f"<class {_full_name(value)!r}>"
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | range):
        try:
            shown = ascii(value) if conversion == "a" else repr(value)
            return weighed(machine, shown if conversion in "ra" else str(value))
        except ValueError:  # an int of too many digits
            return machine.unknown("a number of many digits")
    return machine.unknown("the text of an object")


def _full_name(kind: Value) -> str:
    """The name of a class with that of its module, which is left out of Python's own."""
    if not isinstance(kind, Class):
        return name_of_class(kind) if isinstance(kind, type) else "object"
    module, name = kind.names.get("__module__"), kind.names.get("__qualname__")
    own = name if isinstance(name, str) else kind.name
    return f"{module}.{own}" if isinstance(module, str) and module != "builtins" else own


def _text_of_object(machine: Machine, value: Instance, conversion: str) -> Value:
    kind = value.kind
    for name in ("__repr__",) if conversion in "ra" else ("__str__", "__repr__"):
        for base in kind.mro if isinstance(kind, Class) else ():
            if isinstance(base, Class) and name in base.names:
                return machine.call(machine.attribute(value, name), [], {})
        if value.content is not None:
            return text_of(machine, value.content, conversion)
    if is_union(value):
        shown = ["None" if each is NoneType else _full_name(each) for each in union_of(value)]
        return joined(machine, [part for each in shown for part in (" | ", each)][1:])
    if isinstance(args := value.names.get("args"), tuple):
        return _text_of_error(machine, value, args, conversion)
    return machine.unknown("the text of an object")


def _text_of_error(
    machine: Machine, value: Instance, args: tuple[Value, ...], conversion: str
) -> Value:
    shown = [text_of(machine, arg, "r") for arg in args]
    if conversion in "ra":
        between = [part for each in shown for part in (", ", each)][1:]
        return joined(machine, [name_of_class(value.kind), "(", *between, ")"])
    if len(args) == 2 and isinstance(args[0], int):
        parts = [f"[Errno {args[0]}] ", text_of(machine, args[1])]
        if "filename" in value.names:
            parts += [": ", text_of(machine, value.names["filename"], "r")]
        return joined(machine, parts)
    if len(args) == 1:
        return shown[0] if value.kind is KeyError else text_of(machine, args[0])
    return _shown(machine, args) if args else ""


def _shown(machine: Machine, value: Value, conversion: str = "r") -> Value:
    if not is_plain(machine, value):
        return _pieced(machine, value)
    try:
        return weighed(machine, ascii(value) if conversion == "a" else repr(value))
    except ValueError:  # an int of too many digits is in it
        return machine.unknown("a number of many digits")


def _pieced(machine: Machine, value: Value) -> Value:
    """The text of a container with objects in it, put together of theirs."""
    unknown = machine.unknown("the text of a container")
    if not is_small(machine, value) or isinstance(value, set | frozenset):
        return unknown
    with machine.deeper() as is_followed:
        if not is_followed:
            return unknown
        if isinstance(value, dict):
            pairs = [[text_of(machine, part, "r") for part in pair] for pair in value.items()]
            shown = [joined(machine, [key, ": ", item]) for key, item in pairs]
            start, end = "{", "}"
        elif isinstance(value, list | tuple):
            shown = [text_of(machine, item, "r") for item in value]
            start, end = (
                "[]" if isinstance(value, list) else ("(", ",)" if len(value) == 1 else ")")
            )
        elif isinstance(value, VIEWS):
            shown = [text_of(machine, item, "r") for item in value]
            start, end = f"{type(value).__name__}([", "])"
        else:
            return unknown
    between = [part for each in shown for part in (", ", each)][1:]
    return joined(machine, [start, *between, end])


def formatted(machine: Machine, value: Value, conversion: int, specification: Value) -> Value:
    """One field of an f-string. Raises Raised."""
    if isinstance(specification, Unknown):
        return specification
    if conversion in _CONVERSIONS:
        value = text_of(machine, value, _CONVERSIONS[conversion])
    own = special(machine, value, "__format__", specification)
    if own is not MISSING:
        return own
    if specification == "" or not isinstance(specification, str):
        return text_of(machine, value)
    return _format(machine, value, specification)


def _format(machine: Machine, value: Value, specification: str) -> Value:
    if isinstance(value, Alternatives):
        return join([_format(machine, each, specification) for each in value.values])
    if isinstance(value, Unknown):
        return value
    if _WIDTH.search(specification):
        return machine.cut("a text that is too wide")
    if isinstance(value, Instance):
        kind = value.kind
        if (
            value.content is None
            and isinstance(kind, Class)
            and not (kind.is_open or kind.is_partial)
        ):
            raise error(TypeError, "unsupported format string passed to object.__format__")
        value = value.content if value.content is not None else text_of(machine, value)
    if not isinstance(value, str | int | float | complex):
        return machine.unknown("the text of an object")
    try:
        return weighed(machine, format(value, specification))
    except (ValueError, TypeError) as problem:
        raise error(type(problem), str(problem)) from None


def percent(machine: Machine, template: str | bytes, values: Value) -> Value:
    """What ``template % values`` makes. Raises Raised (TypeError, ValueError)."""
    shown = template if isinstance(template, str) else template.decode("latin-1")
    if _WIDTH.search(shown) and re.search(r"%[^a-zA-Z%]*(\d{4,}|\*)", shown):
        return machine.cut("a text that is too wide")
    plain: Value
    if isinstance(values, tuple):
        parts = [_scalar(machine, value) for value in values]
        if any(isinstance(part, Alternatives) for part in parts):
            choices = [p.values if isinstance(p, Alternatives) else (p,) for p in parts]
            return each_way(machine, product(*choices), lambda c: percent(machine, template, c))
        plain = tuple(parts)
    elif isinstance(values, dict) and not re.search(r"%[^%(]", shown.replace("%%", "")):
        used = set(re.findall(r"%\(([^)]*)\)", shown))
        plain = {k: _scalar(machine, v) for k, v in values.items() if k in used}
        parts = list(plain.values())
    else:
        plain = _scalar(machine, values)
        parts = [plain]
    for part in parts:
        if isinstance(part, Alternatives):
            return machine.unknown("which of several values is shown")
        if isinstance(part, Unknown):
            return starting(part, shown.partition("%")[0])
    if _length_of(shown, parts, isinstance(plain, dict)) > MAX_TEXT:
        return machine.cut("a text that is too long")
    try:
        return weighed(machine, template % plain)
    except (TypeError, ValueError, KeyError, OverflowError) as problem:
        raise error(type(problem), str(problem)) from None


def _length_of(template: str, parts: Sequence[Value], are_named: bool) -> int:
    """How long a text that % makes may be at most."""
    fields = template.count("%")
    width = max(map(int, re.findall(r"\d{1,3}", template)), default=0)
    sizes = [len(part) if isinstance(part, str | bytes) else 1_300 for part in parts]
    shown = max(sizes, default=0) * fields if are_named else sum(sizes)
    # %r and %a may write four characters and more for one
    return (
        len(template) + fields * width + shown * (10 if "r" in template or "a" in template else 1)
    )


def _scalar(machine: Machine, value: Value) -> Value:
    """A value as % may show it: a constant, or the text of anything else."""
    if isinstance(value, str | bytes | int | float | Unknown | Alternatives):
        return value
    text, shown = text_of(machine, value), text_of(machine, value, "r")
    if isinstance(text, str) and isinstance(shown, str):
        return _Shown(text, shown)
    return text if isinstance(text, Unknown) else shown


class _Shown(str):
    """The text of a value, which %r shows otherwise."""

    __slots__ = ("_shown",)
    _shown: str

    def __new__(cls, text: str, shown: str) -> _Shown:
        made = super().__new__(cls, text)
        made._shown = shown
        return made

    def __repr__(self) -> str:
        return self._shown


class _Fields(string.Formatter):
    """`str.format` with the evaluated program's attributes and items."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._length = 0

    def get_field(self, field_name: str, args: Sequence[Value], kwargs: Names) -> tuple[Value, str]:  # type: ignore[override]
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
        self._machine.step()
        if isinstance(found, str):
            self._length += len(found)
            if self._length > MAX_TEXT:
                raise _UnknownFieldError(self._machine.cut("a text that is too long"))
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
        start = re.split("[{}]", template)[0]
        if isinstance(value, Unknown):
            return starting(value, start)
        return machine.unknown("a field of a template")
    except Raised:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as problem:
        kind = type(problem) if type(problem) in (ValueError, KeyError, IndexError) else ValueError
        raise error(kind, str(problem)) from None
    return weighed(machine, text)
