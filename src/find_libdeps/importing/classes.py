"""Classes: how they are made, how their attributes are found, and what is an instance of what.

Source: Python's language reference, 3.3.2 "Customizing attribute access" and 3.3.3 "Customizing
class creation"; the order of bases is that of "The Python 2.3 Method Resolution Order" (C3).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType, NoneType, UnionType

from find_libdeps.importing.expressions import arguments
from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Cell,
    Class,
    ClassMethod,
    Deferred,
    Function,
    Instance,
    Items,
    Keys,
    Method,
    Names,
    Native,
    Property,
    Raised,
    StaticMethod,
    Super,
    Union,
    Unknown,
    Value,
    error,
    join,
    name_of_class,
)

CONTENTS = (str, bytes, bytearray, int, float, complex, list, dict, tuple, set, frozenset)
"""The classes whose objects have a content; see `Instance`."""
_PARTS = (property, staticmethod, classmethod)
_MAKERS = ("__init__", "__new__", "__setattr__", "__getattribute__")
"""Methods that may give an object any attribute, if they are unknown."""
_WHOLE = ("abc", "collections.abc", "enum", "functools", "typing")
"""Modules whose models have all that matters of their classes."""
_RUNTIME: dict[type, type] = {
    Function: FunctionType,
    Native: BuiltinFunctionType,
    Method: MethodType,
    Keys: type({}.keys()),
    Union: UnionType,
    Module: ModuleType,
    NoneType: NoneType,
    Items: type(iter(())),
    Property: property,
    StaticMethod: staticmethod,
    ClassMethod: classmethod,
    Super: super,
}


def define(machine: Machine, frame: Frame, node: ast.ClassDef) -> Value:
    """Evaluate the body of a class statement, and make the class."""
    args, keywords = arguments(machine, frame, node)
    bases = tuple(_resolved(machine, args))
    kind = keywords.pop("metaclass", None) or _kind_of(bases)
    names: Names = {}
    if isinstance(kind, Class):
        prepare = _in_mro(kind, "__prepare__")
        if prepare is not MISSING:
            prepared = machine.call(machine.attribute(kind, "__prepare__"), [node.name, bases], {})
            names = prepared if isinstance(prepared, dict) else names
    parent = frame.parent if frame.kind is Kind.CLASS else frame
    body = Frame(Kind.CLASS, frame.module, names, parent if frame.kind is not Kind.MODULE else None)
    body.cell = Cell()
    names["__module__"], names["__qualname__"] = frame.module.name, qualified(frame, node.name)
    doc = ast.get_docstring(node, clean=False)
    names["__doc__"] = doc
    for _ in machine.run(body, node.body):
        pass
    made = _made(machine, node.name, bases, names, kind, keywords)
    body.cell.value = made
    if isinstance(made, Class) and frame.module.is_model and frame.module.name not in _WHOLE:
        made.is_partial = True
    return made


def qualified(frame: Frame, name: str) -> str:
    """The name of what is defined in a frame, after that of the class around it."""
    outer = frame.names.get("__qualname__") if frame.kind is Kind.CLASS else None
    return f"{outer}.{name}" if isinstance(outer, str) else name


def _made(
    machine: Machine, name: str, bases: tuple[Value, ...], names: Names, kind: Value, rest: Names
) -> Value:
    """The class that a metaclass makes."""
    if isinstance(kind, Class):
        return machine.call(kind, [name, bases, names], rest)
    if isinstance(kind, Unknown):
        bases = (*bases, kind)
    elif kind is not None and not isinstance(kind, type):
        return machine.call(kind, [name, bases, names], rest)
    return make_class(machine, name, bases, names, type, rest)


def _resolved(machine: Machine, bases: Sequence[Value]) -> list[Value]:
    """The bases; those that are no classes say what stands for them (PEP 560)."""
    found = list[Value]()
    for base in bases:
        if isinstance(base, Instance) and (method := in_class(base, "__mro_entries__")) is not MISSING:
            entries = machine.call(Method(method, base), [tuple(bases)], {})
            found += entries if isinstance(entries, tuple) else ()
        elif isinstance(base, Class | type):
            found.append(base)
        else:
            found.append(base if isinstance(base, Unknown) else machine.unknown("a base class"))
    return found


def _kind_of(bases: Sequence[Value]) -> Value:
    """The metaclass that a class inherits: the most derived one of its bases."""
    kinds = [base.kind for base in bases if isinstance(base, Class) and isinstance(base.kind, Class)]
    return next((k for k in kinds if all(o in k.mro for o in kinds)), kinds[0] if kinds else None)


def make_class(
    machine: Machine,
    name: str,
    bases: tuple[Value, ...],
    names: Names,
    kind: Value = type,
    rest: Names | None = None,
) -> Class:
    """Make a class, and tell its descriptors and its base class. Raises Raised (TypeError)."""
    made = Class(name, bases or (object,), dict(names), kind)
    made.is_open = any(isinstance(b, Unknown) or (isinstance(b, Class) and b.is_open) for b in bases)
    made.is_open = made.is_open or any(isinstance(names.get(each), Unknown) for each in _MAKERS)
    made.mro = _linearized(made)
    made.is_partial = any(isinstance(base, Class) and base.is_partial for base in bases)
    cell = made.names.pop("__classcell__", None)
    if isinstance(cell, Cell):
        cell.value = made
    for attribute, value in list(made.names.items()):
        if isinstance(value, Instance) and (hook := in_class(value, "__set_name__")) is not MISSING:
            machine.call(Method(hook, value), [made, attribute], {})
    for implicit in ("__init_subclass__", "__class_getitem__"):
        if isinstance(found := made.names.get(implicit), Function):
            made.names[implicit] = ClassMethod(found)
    hook = attribute_after(made, made, "__init_subclass__")
    if hook is not MISSING:
        machine.call(Method(unwrapped(hook), made), [], rest or {})
    return made


def unwrapped(value: Value) -> Value:
    """The function in a class or static method."""
    return value.function if isinstance(value, ClassMethod | StaticMethod) else value


def _linearized(made: Class) -> list[Value]:
    orders = [_mro_of(base) for base in made.bases if not isinstance(base, Unknown)]
    orders.append([base for base in made.bases if not isinstance(base, Unknown)])
    merged: list[Value] = [made]
    while orders := [order for order in orders if order]:
        for order in orders:
            head = order[0]
            if not any(head in other[1:] for other in orders):
                break
        else:
            head = orders[0][0]  # Python would raise a TypeError; unknown bases may be the reason
            orders = [[base for base in order if base is not head] or order for order in orders]
        merged.append(head)
        orders = [[base for base in order if base is not head] for order in orders]
    return merged if object in merged else [*merged, object]


def _mro_of(base: Value) -> list[Value]:
    return list(base.mro) if isinstance(base, Class) else list(getattr(base, "__mro__", (object,)))


def _in_mro(kind: Class, name: str) -> Value:
    for base in kind.mro:
        if isinstance(base, Class) and name in base.names:
            return base.names[name]
    return MISSING


def in_class(value: Value, name: str) -> Value:
    """What an object's class has by a name, as it is; `MISSING` if it has nothing."""
    kind = value.kind if isinstance(value, Instance | Class) else None
    return _in_mro(kind, name) if isinstance(kind, Class) else MISSING


def attribute_after(kind: Class, after: Value, name: str) -> Value:
    """What the classes after one in a class's order have by a name; `MISSING` if nothing."""
    rest = kind.mro[kind.mro.index(after) + 1 :] if after in kind.mro else []
    for base in rest:
        if isinstance(base, Class) and name in base.names:
            return base.names[name]
    return MISSING


def bound(machine: Machine, found: Value, owner: Value, kind: Value) -> Value:
    """What an attribute of a class is for one of its objects, or for itself if `owner` is None."""
    match found:
        case Function() | Native() if owner is not None:
            return Method(found, owner)
        case Property(getter=getter) if owner is not None:
            return machine.call(getter, [owner], {})
        case StaticMethod(function=function):
            return function
        case ClassMethod(function=function):
            return _of_class_method(machine, function, kind)
        case Deferred():
            if isinstance(found.module, Module):
                machine.settle(found.module)
            return machine.from_module(found.module, found.name)
        case Instance() if (getter := in_class(found, "__get__")) is not MISSING:
            return machine.call(Method(getter, found), [owner, kind], {})
    return found


def _of_class_method(machine: Machine, function: Value, kind: Value) -> Value:
    match function:
        case Unknown():
            return function
        case Property(getter=getter):
            return machine.call(getter, [kind], {})
        case Instance() if (getter := in_class(function, "__get__")) is not MISSING:
            return machine.call(Method(getter, function), [kind, kind], {})
    return Method(function, kind)


def attribute_of_object(machine: Machine, value: Instance, name: str) -> Value:
    """An attribute of an object; `MISSING` if it has none, and its class no ``__getattr__``."""
    kind = value.kind
    if not isinstance(kind, Class):
        return value.names.get(name, MISSING)
    found = _in_mro(kind, name)
    is_data = isinstance(found, Property) and not found.is_cached
    if isinstance(found, Instance):
        is_data = in_class(found, "__set__") is not MISSING
    if is_data or name not in value.names:
        if found is not MISSING:
            result = bound(machine, found, value, kind)
            if isinstance(found, Property) and found.is_cached:
                value.names[name] = result
            return result
        return MISSING
    return value.names[name]


def attribute_of_class(machine: Machine, value: Class, name: str) -> Value:
    """An attribute of a class; `MISSING` if neither it nor its metaclass has it."""
    own = _in_mro(value, name)
    meta = _in_mro(value.kind, name) if isinstance(value.kind, Class) else MISSING
    if isinstance(meta, Property):
        return bound(machine, meta, value, value.kind)
    if own is not MISSING:
        return bound(machine, own, None, value)
    if name in vars(object):
        return MISSING  # object has it, before the metaclass
    return bound(machine, meta, value, value.kind) if meta is not MISSING else MISSING


def attribute_of_super(machine: Machine, value: Super, name: str) -> Value:
    """An attribute by ``super()``; `MISSING` if no class after its own has it."""
    owner = value.owner
    kind = owner if isinstance(owner, Class) else getattr(owner, "kind", None)
    if not isinstance(kind, Class):
        return machine.unknown("what super() leads to")
    if isinstance(owner, Class) and isinstance(value.after, Class) and value.after not in kind.mro:
        kind = owner.kind if isinstance(owner.kind, Class) else kind  # in a metaclass
    found = attribute_after(kind, value.after, name)
    if found is MISSING:
        return MISSING
    if isinstance(found, Function) and name == "__new__":
        return found
    return bound(machine, found, owner, kind)


def has_slot(kind: Class, name: str) -> bool:
    """Whether a class lists an attribute of its objects in ``__slots__``."""
    listed = [base.names.get("__slots__") for base in kind.mro if isinstance(base, Class)]
    return any(isinstance(slots, list | tuple | dict) and name in slots for slots in listed)


def delete_attribute(machine: Machine, value: Value, name: str) -> None:
    """Evaluate ``del value.name``. Raises Raised (AttributeError)."""
    names = getattr(value, "names", None)
    if isinstance(names, dict):
        if name not in names:
            raise error(AttributeError, name)
        del names[name]


def class_of(value: Value) -> Value:
    """The class of a value, as ``type`` tells it."""
    match value:
        case Instance(kind=kind):
            return kind
        case Class(kind=kind):
            return kind or type
        case Unknown():
            return value
        case Alternatives(values=values):
            return join([class_of(each) for each in values])
        case Method(function=Native()):
            return BuiltinFunctionType
    return _RUNTIME.get(type(value), type(value))


def is_instance(machine: Machine, value: Value, kind: Value) -> bool | None:
    """Whether a value is an instance of a class, or of one of a tuple; None if unknown."""
    if isinstance(kind, tuple):
        answers = [is_instance(machine, value, each) for each in kind]
        return True if True in answers else (None if None in answers else False)
    if isinstance(value, Alternatives):
        answers = [is_instance(machine, each, kind) for each in value.values]
        return answers[0] if len(set(answers)) == 1 else None
    if isinstance(value, Unknown):
        # what compiled code returns is no part of a Python class
        return False if kind in _PARTS or _is_of_functools(kind) else None
    return is_subclass(class_of(value), kind)


def _is_of_functools(kind: Value) -> bool:
    return isinstance(kind, Class) and kind.names.get("__module__") == "functools"


def is_subclass(kind: Value, base: Value) -> bool | None:
    """Whether a class inherits from another, or from one of a tuple; None if unknown."""
    if isinstance(base, tuple):
        answers = [is_subclass(kind, each) for each in base]
        return True if True in answers else (None if None in answers else False)
    if isinstance(kind, Alternatives):
        answers = [is_subclass(each, base) for each in kind.values]
        return answers[0] if len(set(answers)) == 1 else None
    if isinstance(kind, Unknown) or not isinstance(base, Class | type):
        return None
    if isinstance(kind, Class):
        if base in kind.mro:
            return True
        hosts = [each for each in kind.mro if isinstance(each, type)]
        if isinstance(base, type) and any(issubclass(each, base) for each in hosts):
            return True
        return None if kind.is_open else False
    if isinstance(kind, type) and isinstance(base, type):
        return issubclass(kind, base)
    return False


def is_exception_class(value: Value) -> bool:
    """Whether a value is a class of exceptions."""
    return isinstance(value, Class | type) and is_subclass(value, BaseException) is True


def handles(machine: Machine, wanted: Value, raised: Value) -> bool | None:
    """Whether a handler of some classes handles an exception; None if unknown."""
    if isinstance(raised, Unknown):
        return None
    return is_instance(machine, raised, wanted)


def missing_attribute(value: Value, name: str) -> Raised:
    """The error of an attribute that is not there."""
    kind = class_of(value)
    shown = name_of_class(kind)
    return error(AttributeError, f"{shown!r} object has no attribute {name!r}", name=name)
