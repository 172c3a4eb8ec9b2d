"""The values of the evaluated program.

Constants and containers are Python's own objects: ``None``, numbers, strings, bytes, tuples, lists,
dicts, sets, ranges and slices. Everything that has code, or that the host would run code for, is
one of the classes below, and so are values that can't be known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import ast

    from find_libdeps.importing.frames import Frame
    from find_libdeps.importing.machine import Machine

Value: TypeAlias = object
"""Any value of the evaluated program."""
Names: TypeAlias = dict[str, Value]
"""The names of a module, a class or a function, or the attributes of an object."""
Implementation: TypeAlias = "Callable[[Machine, list[Value], Names], Value]"
"""A function that the evaluator itself has: it gets the positional and the keyword arguments."""

_EMPTY: dict[Value, Value] = {}
KEYS, ITEMS, VALUES = type(_EMPTY.keys()), type(_EMPTY.items()), type(_EMPTY.values())
"""What the methods of a dict return, which show what it has whenever they are asked."""
VIEWS = (KEYS, ITEMS, VALUES)

MAX_ALTERNATIVES = 16
"""Most values that are kept of one that may be several; one of more is unknown."""


class Place(NamedTuple):
    """A line of a source file."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Unknown:
    """A value that can't be known."""

    __slots__ = ("start", "where", "why")

    def __init__(self, why: str, where: Place | None = None) -> None:
        self.start: str | tuple[Value, ...] = ""
        """What it starts with, if it is a text of which that is known; its first item, if it is a
        list.
        """
        self.why = why
        """What of it is unknown: ``what sockets.connect() returns``."""
        self.where = where
        """Where it became unknown."""

    def __repr__(self) -> str:
        return f"Unknown({self.why!r})"


class Maybe(Unknown):
    """An item of a container that may not be there."""

    __slots__ = ("value",)

    def __init__(self, value: Value, where: Place | None) -> None:
        super().__init__("an item that may not be there", where)
        self.value = value
        """What it is, if it is there."""


class Argument(Unknown):
    """The unknown argument of a function that is looked at without a caller."""

    __slots__ = ()


class Foreign(Unknown):
    """A value of a package whose code is not evaluated: no object of one that is."""

    __slots__ = ()


class Alternatives:
    """A value that is one of several, since a condition is unknown."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[Value, ...]) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"Alternatives{self.values!r}"


class Function:
    """A function with the names that it can see."""

    __slots__ = ("cell", "defaults", "frame", "keyword_defaults", "name", "names", "node")

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        name: str,
        frame: Frame,
        defaults: list[Value],
        keyword_defaults: list[Value | None],
    ) -> None:
        self.node = node
        self.name = name
        self.frame = frame
        """Where it is defined."""
        self.defaults = defaults
        self.keyword_defaults = keyword_defaults
        """For each keyword-only parameter; `MISSING` without a default."""
        self.cell = frame.cell
        """The class whose body it is in, for `super`."""
        self.names: Names = {}

    def __repr__(self) -> str:
        return f"<function {self.name}>"


class Native:
    """A function of the evaluator's own."""

    __slots__ = ("call", "name", "names")

    def __init__(self, name: str, call: Implementation) -> None:
        self.name = name
        self.call = call
        self.names: Names = {}

    def __repr__(self) -> str:
        return f"<native {self.name}>"


class Method:
    """A function that is bound to an object or a class."""

    __slots__ = ("function", "owner")

    def __init__(self, function: Value, owner: Value) -> None:
        self.function = function
        self.owner = owner

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Method)
            and self.function is other.function
            and self.owner is other.owner
        )

    def __hash__(self) -> int:
        return hash((id(self.function), id(self.owner)))


class Class:
    """A class of the evaluated program."""

    __slots__ = ("bases", "is_abstract", "is_open", "is_partial", "kind", "mro", "name", "names")

    def __init__(self, name: str, bases: tuple[Value, ...], names: Names, kind: Value) -> None:
        self.name = name
        self.bases = bases
        self.names = names
        self.kind = kind
        """Its metaclass: `type`, or a `Class`."""
        self.is_open = any(isinstance(base, Unknown) for base in bases)
        """Whether it may have names that nobody knows, since a base class is unknown."""
        self.is_abstract = False
        """Whether it has abstract methods, so that it has no objects."""
        self.is_partial = False
        """Whether it inherits from a model, which may lack names."""
        self.mro: list[Value] = []
        """The classes in which names are looked up, in order."""

    def __repr__(self) -> str:
        return f"<class {self.name}>"


class Instance:
    """An object of a class of the evaluated program, or an exception."""

    __slots__ = ("content", "is_vague", "kind", "names")

    def __init__(self, kind: Value, content: Value = None) -> None:
        self.kind = kind
        """Its class."""
        self.names: Names = {}
        self.content = content
        """The string, the list and so on that it is, if its class inherits from such a type."""
        self.is_vague = False
        """Whether it stands for any object of its class: what it has is unknown."""

    def __repr__(self) -> str:
        return f"<{name_of_class(self.kind)} object>"


@dataclass(slots=True, eq=False)
class Property:
    """What ``property`` and ``cached_property`` make."""

    getter: Value
    setter: Value = None
    deleter: Value = None
    is_cached: bool = False


@dataclass(slots=True, eq=False)
class Slot:
    """What a class has for a name in its ``__slots__``."""

    name: str


@dataclass(slots=True, eq=False)
class StaticMethod:
    """What ``staticmethod`` makes."""

    function: Value


@dataclass(slots=True, eq=False)
class ClassMethod:
    """What ``classmethod`` makes."""

    function: Value


@dataclass(slots=True, eq=False)
class Super:
    """What ``super`` makes: the names after a class in the order of an object's classes."""

    after: Value
    owner: Value


class Items:
    """An iterator: a generator, or what ``iter``, ``map`` and the like make."""

    __slots__ = ("are_known", "items", "returned", "send")

    def __init__(self, items: Iterator[Value]) -> None:
        self.items = items
        self.send: Value = None
        """What the generator is sent next."""
        self.returned: Value = None
        """What the generator returned at its end."""


@dataclass(slots=True, eq=False)
class Deferred:
    """A name of a module that is evaluated when the name is used."""

    module: Value
    name: str


class Cell:
    """The class that a class statement makes, once it is made."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Value = None


class Raised(Exception):  # noqa: N818 - it is no error of ours
    """An exception of the evaluated program on its way to a handler."""

    def __init__(self, value: Value, *, is_sure: bool = False, place: Place | None = None) -> None:
        self.value = value
        """An `Instance` whose class is an exception, or `Unknown`."""
        self.place = place
        """The line of the ``raise`` statement, if there is one."""
        self.is_sure = is_sure
        """Whether Python would raise it, too: the program raises it, or a file is missing. The
        other exceptions may come of what the evaluator does not know."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Value = _Missing()
"""Stands for no value."""


def name_of_class(kind: Value) -> str:
    """The bare name of a class."""
    match kind:
        case Class(name=name):
            return name
        case type():
            return kind.__name__
    return "object"


def error(kind: type[BaseException], *args: Value, **names: Value) -> Raised:
    """An exception of one of Python's own classes, to be raised."""
    instance = Instance(kind)
    instance.names = {"args": args, **names}
    return Raised(instance)


def sure_error(kind: type[BaseException], *args: Value, **names: Value) -> Raised:
    """An exception that Python would certainly raise, too; see `Raised.is_sure`."""
    raised = error(kind, *args, **names)
    raised.is_sure = True
    return raised


def bare(value: Unknown) -> Unknown:
    """A value that is made of an unknown one, or of an item that may not be there."""
    return starting(value, "") if value.start or isinstance(value, Maybe) else value


def starting(value: Unknown, start: str | tuple[Value, ...]) -> Unknown:
    """A text, or a list, that is made of an unknown value, of which the start is known."""
    kind = Unknown if isinstance(value, Maybe) else type(value)
    made = kind(value.why, value.where)
    made.start = start
    return made


def join(values: list[Value]) -> Value:
    """The value that is one of several."""
    first = values[0]
    if all(value is first for value in values):
        return bare(first) if isinstance(first, Unknown) else first
    found: dict[object, Value] = {}
    for value in values:
        parts = value.values if isinstance(value, Alternatives) else (value,)
        for part in parts:
            if isinstance(part, Unknown):
                return bare(part)
            found.setdefault(_identity(part), part)
    if len(found) == 1:
        return next(iter(found.values()))
    if len(found) > MAX_ALTERNATIVES:
        return Unknown("which of many values it is")
    return Alternatives(tuple(found.values()))


def is_same(one: Value, other: Value) -> bool:
    """Whether two values can't be told apart: the same object, or equal constants."""
    if one is other:
        return True
    return type(one) is type(other) and type(one) in _SIMPLE and one == other


def _identity(value: Value) -> object:
    """What is equal for values that can't be told apart, and for no others; see `is_same`."""
    return (type(value), value) if type(value) in _SIMPLE else id(value)


_SIMPLE = frozenset((str, bytes, int, float, bool))
"""The types of constants, but for None, which is but one object."""
