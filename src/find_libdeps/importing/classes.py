"""Classes: how their attributes are found, and what is an instance of what.

Source: Python's language reference, 3.3.2 "Customizing attribute access".
"""

from __future__ import annotations

import builtins
import collections.abc
from types import (
    BuiltinFunctionType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    NoneType,
    UnionType,
)

from find_libdeps.importing.machine import Machine
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Class,
    ClassMethod,
    Deferred,
    Function,
    Instance,
    Items,
    Method,
    Native,
    Property,
    Raised,
    Slot,
    StaticMethod,
    Super,
    Unknown,
    Value,
    error,
    join,
    name_of_class,
)
from find_libdeps.importing.walking import flattened

CONTENTS = (str, bytes, bytearray, int, float, complex, list, dict, tuple, set, frozenset)
"""The classes whose objects have a content; see `Instance`."""
_BY_METHOD = {
    "Callable": "__call__",
    "Container": "__contains__",
    "Iterable": "__iter__",
    "Iterator": "__next__",
    "Sized": "__len__",
}
"""Abstract collections that every class with a method is a subclass of."""
_OF_TYPE = {"__name__": "name", "__bases__": "bases", "__dict__": "names"}
"""What `type` itself tells of a class, whatever the class defines."""
_OF_EVERY_CLASS = frozenset(vars(object)) - {"__class__", "__doc__"}
"""What a class has from `object`, if from no other: its metaclass is not asked."""
_RUNTIME: dict[type, type] = {
    Function: FunctionType,
    Native: BuiltinFunctionType,
    Method: MethodType,
    Module: ModuleType,
    NoneType: NoneType,
    Items: type(iter(())),
    Property: property,
    StaticMethod: staticmethod,
    ClassMethod: classmethod,
    Slot: MemberDescriptorType,
    Super: super,
}


def unwrapped(value: Value) -> Value:
    """The function in a class or static method."""
    return value.function if isinstance(value, ClassMethod | StaticMethod) else value


def in_mro(kind: Class, name: str) -> Value:
    """What a class and those that it inherits from have by a name; `MISSING` if nothing."""
    for base in kind.mro:
        if isinstance(base, Class) and name in base.names:
            return base.names[name]
    return MISSING


def in_class(value: Value, name: str) -> Value:
    """What an object's class has by a name, as it is; `MISSING` if it has nothing."""
    kind = value.kind if isinstance(value, Instance | Class) else None
    return in_mro(kind, name) if isinstance(kind, Class) else MISSING


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
        case Slot(name=name) if isinstance(owner, Instance):
            if name in owner.names:
                return owner.names[name]
            raise missing_attribute(owner, name)
        case ClassMethod(function=function):
            return function if isinstance(function, Unknown) else Method(function, kind)
        case Deferred():
            if isinstance(found.module, Module):
                machine.settle(found.module)
            return machine.from_module(found.module, found.name)
        case Instance() if (getter := in_class(found, "__get__")) is not MISSING:
            return machine.call(Method(getter, found), [owner, kind], {})
    return found


def attribute_of_object(machine: Machine, value: Instance, name: str) -> Value:
    """An attribute of an object; `MISSING` if it has none, and its class no ``__getattr__``."""
    kind = value.kind
    if not isinstance(kind, Class):
        return value.names.get(name, MISSING)
    found = in_mro(kind, name)
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
    meta = in_mro(value.kind, name) if isinstance(value.kind, Class) else MISSING
    if isinstance(meta, Property):
        return bound(machine, meta, value, value.kind)
    if name in _OF_TYPE:
        return getattr(value, _OF_TYPE[name])
    own = in_mro(value, name)
    if own is not MISSING:
        return bound(machine, own, None, value)
    if name in _OF_EVERY_CLASS:
        return MISSING
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
    if isinstance(value, Alternatives):
        answers = {is_instance(machine, each, kind) for each in value.values}
        return answers.pop() if len(answers) == 1 else None
    own = class_of(value)
    return None if isinstance(own, Unknown) else is_subclass(own, kind)


def kinds_of(value: Value) -> list[Value] | None:
    """The classes in a tuple, or a union, of classes; None if they are many."""
    found = flattened(value)
    if found is not None and any(map(is_union, found)):
        return [part for each in found for part in (union_of(each) or [each])]
    return found


def is_union(value: Value) -> bool:
    """Whether a value is what ``|`` makes of classes (PEP 604)."""
    return isinstance(value, Instance) and value.kind is UnionType


def union_of(value: Value) -> list[Value]:
    """The classes of a union; none of what is no union."""
    args = value.names["__args__"] if isinstance(value, Instance) and is_union(value) else ()
    return list(args) if isinstance(args, tuple) else []


def is_subclass(kind: Value, base: Value) -> bool | None:
    """Whether a class inherits from another, or from one of a tuple; None if unknown."""
    bases = kinds_of(base)
    if bases is None:
        return None
    answers = [_inherits(kind, each) for each in bases]
    return True if True in answers else (None if None in answers else False)


def _inherits(kind: Value, base: Value) -> bool | None:
    if not isinstance(base, Class | type):
        return None
    if isinstance(base, Class) and base.names.get("__module__") in ("collections.abc", "typing"):
        return _is_abstractly(kind, base)
    return _is_derived(kind, base)


def _is_abstractly(kind: Value, base: Class) -> bool | None:
    """Whether a class is a subclass of an abstract collection, also by the methods that it has."""
    derived = _is_derived(kind, base)
    abstract = getattr(collections.abc, base.name, None)
    if derived is not False or abstract is None:
        return derived
    hosts = kind.mro if isinstance(kind, Class) else [kind]
    if any(isinstance(each, type) and issubclass(each, abstract) for each in hosts):
        return True
    method = _BY_METHOD.get(base.name)
    return method is not None and isinstance(kind, Class) and in_mro(kind, method) is not MISSING


def _is_derived(kind: Value, base: Class | type) -> bool | None:
    if isinstance(kind, Class):
        if any(each is base for each in kind.mro):
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


def is_exception_group(value: Instance) -> bool:
    """Whether an exception is a group of others (PEP 654)."""
    group = getattr(builtins, "BaseExceptionGroup", None)
    return group is not None and is_subclass(value.kind, group) is True


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
