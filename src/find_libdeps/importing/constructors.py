"""The built-in classes: what makes their objects.

Source: Python's library reference, "Built-in Functions" and "Built-in Types".
"""

from __future__ import annotations

from types import MethodType

from find_libdeps.importing import (
    classes,
    indexing,
    making,
    methods,
    operands,
    purely,
    texts,
    walking,
)
from find_libdeps.importing.iteration import (
    enumerated,
    filtered,
    lazy,
    mapped,
    reversed_items,
    zipped,
)
from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.values import (
    MISSING,
    Class,
    ClassMethod,
    Implementation,
    Instance,
    Method,
    Names,
    Property,
    StaticMethod,
    Super,
    Unknown,
    Value,
    error,
)


def _text(machine: Machine, args: list[Value], names: Names) -> Value:
    if not args and not names:
        return ""
    value = operands.content(args[0]) if args else names.get("object", "")
    if isinstance(value, bytes) and (len(args) > 1 or names):
        given = {name: each for name, each in names.items() if name != "object"}
        return machine.call(machine.attribute(value, "decode"), args[1:], given)
    return texts.text_of(machine, args[0] if args else value)


def _number(kind: type) -> Implementation:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        for name in ("__int__", "__index__", "__float__"):
            found = operands.special(machine, args[0], name) if args else MISSING
            if found is not MISSING:
                return found
        value = operands.content(args[0]) if args else 0
        if isinstance(value, str | bytes) and len(value) > 1000:
            return machine.cut("a number with too many digits")
        return purely.plain_call(machine, kind, [value, *args[1:]] if args else [], names)

    return call


def _truth(machine: Machine, args: list[Value], names: Names) -> Value:
    truth = machine.truth(args[0]) if args else False
    if truth is not None:
        return truth
    return args[0] if isinstance(args[0], Unknown) else machine.unknown("a condition")


def _list(machine: Machine, args: list[Value], names: Names) -> Value:
    return walking.taken(machine, args[0]) if args else []


def _tuple(machine: Machine, args: list[Value], names: Names) -> Value:
    return tuple(walking.taken(machine, args[0])) if args else ()


def _set(kind: type) -> Implementation:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        made = indexing.make_set(machine, walking.taken(machine, args[0]) if args else [])
        return made if kind is set else frozenset(made)

    return call


def _dict(machine: Machine, args: list[Value], names: Names) -> Value:
    machine.weigh(names)
    made = dict[Value, Value](methods.pairs(machine, args[0])) if args else {}
    made.update(names)
    return made


def _bytes(machine: Machine, args: list[Value], names: Names) -> Value:
    match args:
        case []:
            return b""
        case [int(size)] if size > MAX_ITEMS:
            return machine.cut("a value that is too large")
        case [str(text), str(encoding), *_]:
            return machine.call(machine.attribute(text, "encode"), [encoding], {})
        case [str() | bytes() | int()] if not names:
            return purely.plain_call(machine, bytes, args, names)
        case [Unknown() as value, *_]:
            return value
    if len(args) != 1 or names:
        return machine.unknown("a value of bytes")
    return purely.plain_call(machine, bytes, [walking.taken(machine, args[0])], {})


def _type(machine: Machine, args: list[Value], names: Names) -> Value:
    match args:
        case [value]:
            return classes.class_of(value)
        case [str(name), tuple(bases), dict(inner)]:
            own_names = {key: value for key, value in inner.items() if isinstance(key, str)}
            kind = next((b.kind for b in bases if isinstance(b, Class)), type)
            if isinstance(kind, Class):
                return machine.call(kind, [name, bases, own_names], names)
            return making.make_class(machine, name, bases, own_names, type, names)
    return machine.unknown("a class that type() makes")


def _object(machine: Machine, args: list[Value], names: Names) -> Value:
    return Instance(object)


def _super(machine: Machine, args: list[Value], names: Names) -> Value:
    if len(args) < 2:
        return machine.unknown("what super() leads to")
    return Super(args[0], args[1])


def _property(machine: Machine, args: list[Value], names: Names) -> Value:
    getter = args[0] if args else names.get("fget")
    return Property(getter, args[1] if len(args) > 1 else names.get("fset"))


def _slice(machine: Machine, args: list[Value], names: Names) -> Value:
    unknown = operands.uncertain(*args)
    if not 1 <= len(args) <= 3:
        raise error(TypeError, "slice expected 1 to 3 arguments")
    return unknown if unknown is not None else slice(*args)


CONSTRUCTORS: dict[type, Implementation] = {
    str: _text,
    int: _number(int),
    float: _number(float),
    complex: _number(complex),
    bool: _truth,
    list: _list,
    tuple: _tuple,
    dict: _dict,
    set: _set(set),
    frozenset: _set(frozenset),
    bytes: _bytes,
    range: lambda machine, args, names: purely.plain_call(machine, range, args, names),
    slice: _slice,
    type: _type,
    object: _object,
    super: _super,
    MethodType: lambda machine, args, names: Method(args[0], args[1]),
    property: _property,
    staticmethod: lambda machine, args, names: StaticMethod(args[0]),
    classmethod: lambda machine, args, names: ClassMethod(args[0]),
    enumerate: lazy(enumerated),
    zip: lazy(zipped),
    map: lazy(mapped),
    filter: lazy(filtered),
    reversed: reversed_items,
}
"""For each of Python's own classes that can be called: what makes its objects."""


def new_error(machine: Machine, kind: type, args: list[Value], names: Names) -> Value:
    """An exception of one of Python's own classes."""
    if kind is OSError and len(args) > 1 and isinstance(args[0], int):
        made = purely.plain_call(machine, lambda number: type(OSError(number, "")), args[:1], {})
        kind = made if isinstance(made, type) else kind
    made = error(kind, *args, **names).value
    if isinstance(made, Instance) and issubclass(kind, OSError) and len(args) > 2:
        made.names |= {"args": tuple(args[:2]), "filename": args[2]}
        made.names |= {"errno": args[0], "strerror": args[1]}
    return made
