# typing: nothing of it matters, but that classes can inherit from some of it.
import collections
from collections.abc import Awaitable, AsyncIterable, AsyncIterator, Callable, Collection, Container
from collections.abc import Generator, Hashable, ItemsView, Iterable, Iterator, KeysView, Mapping
from collections.abc import MutableMapping, MutableSequence, MutableSet, Reversible, Sequence, Sized
from collections.abc import AsyncGenerator, ByteString, Coroutine, MappingView, ValuesView
from collections.abc import Set as AbstractSet

import _host

TYPE_CHECKING = False
Any = object
AnyStr = str
Text = str


class Generic:
    def __class_getitem__(cls, item):
        return cls


class Protocol(Generic):
    pass


class NamedTuple:
    def __mro_entries__(self, bases):
        return (_NamedTuple,)

    def __call__(self, name, fields=(), **names):
        return collections.namedtuple(name, [field for field, _ in fields] + list(names))


class _NamedTupleKind(type):
    def __new__(mcs, name, bases, names):
        if _NamedTuple is None:
            return super().__new__(mcs, name, bases, names)
        fields = list(names.get("__annotations__", {}))
        defaults = [names[field] for field in fields if field in names]
        made = collections.namedtuple(name, fields, defaults=defaults)
        for key, value in names.items():
            if key not in fields and key not in ("__annotations__", "__qualname__"):
                type.__setattr__(made, key, value)
        return made


_NamedTuple = None


class _Base(metaclass=_NamedTupleKind):
    pass


_NamedTuple = _Base
NamedTuple = NamedTuple()


class _TypedDict:
    def __mro_entries__(self, bases):
        return (dict,)

    def __call__(self, name, fields=(), **names):
        return dict


TypedDict = _TypedDict()


class _Special:
    def __init__(self, name):
        self._name = name

    def __getitem__(self, item):
        return self

    def __or__(self, other):
        return self

    __ror__ = __or__

    def __repr__(self):
        return "typing." + self._name


ClassVar, Final = _Special("ClassVar"), _Special("Final")


def cast(kind, value):
    return value


def overload(function):
    return function


def final(function):
    return function


def no_type_check(function):
    return function


def runtime_checkable(cls):
    return cls


def override(function):
    return function


def assert_never(value):
    raise AssertionError(value)


def get_type_hints(value, *args, **names):
    return _host.unknown("type hints")


def NewType(name, kind):
    return lambda value: value


def TypeVar(name, *args, **names):
    return _host.unknown("a type variable")


ParamSpec = TypeVarTuple = TypeVar


class SupportsInt(Protocol):
    pass


List, Dict, Tuple, Set, FrozenSet, Type = list, dict, tuple, set, frozenset, type
