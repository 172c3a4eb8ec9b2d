"""What an attribute of any value is.

Source: Python's language reference, 3.3.2 "Customizing attribute access".
"""

from __future__ import annotations

import ast
from dataclasses import replace

from find_libdeps.importing import classes, methods, objects, operands
from find_libdeps.importing.frames import qualified
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Class,
    ClassMethod,
    Deferred,
    Foreign,
    Function,
    Instance,
    Method,
    Native,
    Property,
    Raised,
    StaticMethod,
    Super,
    Unknown,
    Value,
    bare,
    name_of_class,
)


def attribute(machine: Machine, value: Value, name: str) -> Value:
    """An attribute of a value. Raises Raised (AttributeError) if it has none."""
    try:
        found = own_attribute(machine, value, name)
    except Raised as raised:
        if (
            classes.in_class(value, "__getattr__") is MISSING
            or classes.handles(machine, AttributeError, raised.value) is not True
        ):
            raise
        found = MISSING
    if found is not MISSING:
        return found
    match value:
        case Instance() if (method := classes.in_class(value, "__getattr__")) is not MISSING:
            return machine.call(classes.bound(machine, method, value, value.kind), [name], {})
        case Class() if (method := classes.in_class(value, "__getattr__")) is not MISSING:
            return machine.call(Method(method, value), [name], {})
        case Module() if (method := value.names.get("__getattr__", MISSING)) is not MISSING:
            return machine.call(method, [name], {})
    if _is_open(value, name):
        why = f"what {_described(value)}.{name} is"
        return Foreign(why, machine.place) if _is_foreign(machine, value) else machine.unknown(why)
    raise classes.missing_attribute(value, name)


def own_attribute(machine: Machine, value: Value, name: str) -> Value:
    """An attribute of a value, found without ``__getattr__``; `MISSING` if there is none."""
    match value:
        case Module():
            return _of_module(machine, value, name)
        case Unknown():
            if not isinstance(value, Foreign) and machine.limits.is_own(machine.place.path):
                machine.sought.setdefault(name, machine.place)
            return bare(value)
        case Alternatives():
            return _of_alternatives(machine, value, name)
        case Instance():
            found = _of_instance(machine, value, name)
        case Class():
            found = classes.attribute_of_class(machine, value, name)
            if found is MISSING:
                found = _of_class(value, name)
        case Super():
            found = classes.attribute_of_super(machine, value, name)
            if found is MISSING:
                found = _inherited(value.owner, name)
            return found if found is not MISSING else objects.attribute_of_object(value, name)
        case Function() | Native():
            found = _of_function(machine, value, name)
        case Method(function=function, owner=owner):
            found = {"__func__": function, "__self__": owner}.get(name, MISSING)
            if found is MISSING:
                found = own_attribute(machine, function, name)
        case Property(getter=getter):
            found = _of_property(value, name) if name != "fget" else getter
        case StaticMethod(function=function) | ClassMethod(function=function):
            found = function if name in ("__func__", "__wrapped__") else MISSING
        case _:
            found = _of_constant(value, name)
    return found if found is not MISSING else objects.attribute_of_object(value, name)


def _of_module(machine: Machine, module: Module, name: str) -> Value:
    found = module.names.get(name, MISSING)
    if module.pending and (found is MISSING or name == "__doc__"):
        machine.settle(module)
        found = module.names.get(name, MISSING)
    if isinstance(found, Deferred):
        module.names[name] = found = resolved(machine, found)
    if found is MISSING and name == "__dict__":
        return module.names
    if found is MISSING and name == "__class__":
        return type(machine)
    return found


def resolved(machine: Machine, value: Deferred) -> Value:
    """The value of a name that is taken from a module only now; unknown if it is not there."""
    module = value.module
    try:
        if isinstance(module, Module):
            machine.settle(module)
        return machine.from_module(module, value.name)
    except Raised:
        return machine.unknown(f"what {value.name} is")


def _of_alternatives(machine: Machine, value: Alternatives, name: str) -> Value:
    return operands.each_way(machine, value.values, lambda each: machine.attribute(each, name))


def _of_instance(machine: Machine, value: Instance, name: str) -> Value:
    getter = classes.in_class(value, "__getattribute__")
    if getter is not MISSING:
        return machine.call(Method(getter, value), [name], {})
    found = classes.attribute_of_object(machine, value, name)
    if found is not MISSING:
        return found
    if name == "__class__":
        return value.kind
    if name == "__dict__":
        return objects.attributes_of(machine, value)
    return _inherited(value, name)


def _inherited(value: Value, name: str) -> Value:
    """What an object has from the types of Python's own that its class inherits from."""
    content = value.content if isinstance(value, Instance) else None
    found = methods.method_of(content, name) if content is not None else MISSING
    return Method(found, value) if isinstance(found, Native) else found


def _of_class(value: Class, name: str) -> Value:
    match name:
        case "__mro__":
            return tuple(value.mro)
        case "__class__":
            return value.kind
    for base in value.mro:
        if isinstance(base, type):
            found = methods.method_of(base, name)
            if found is not MISSING:
                return found
    return MISSING


def _of_function(machine: Machine, value: Function | Native, name: str) -> Value:
    if name in value.names:
        return value.names[name]
    match name:
        case "__name__":
            return value.name
        case "__qualname__":
            return qualified(value.frame, value.name) if isinstance(value, Function) else value.name
        case "__dict__":
            return value.names
        case "__call__":
            return value
        case "__globals__" if isinstance(value, Function):
            return value.frame.module.names
        case "__module__" if isinstance(value, Function):
            return value.frame.module.name
        case "__defaults__" if isinstance(value, Function):
            return tuple(value.defaults) or None
        case "__get__":
            return Native("__get__", lambda _, args, names: _bound_by_hand(value, args))
        case "__code__" | "__annotations__" | "__kwdefaults__" | "__closure__" | "__type_params__":
            return machine.unknown(f"{name} of a function")
        case "__doc__":
            return _documentation(machine, value)
    return MISSING


def _documentation(machine: Machine, value: Function | Native) -> Value:
    if isinstance(value, Native):
        return machine.unknown("what Python says of its function")
    node = value.node
    if isinstance(node, ast.Lambda):
        return None
    is_cleaned = machine.world.host.python >= (3, 13)
    return ast.get_docstring(node, clean=is_cleaned)


def _bound_by_hand(value: Value, args: list[Value]) -> Value:
    return Method(value, args[0]) if args and args[0] is not None else value


def _of_property(value: Property, name: str) -> Value:
    match name:
        case "setter":
            return Native(
                "setter", lambda _, args, names: replace(value, setter=args[0] if args else None)
            )
        case "getter":
            return Native("getter", lambda _, args, names: replace(value, getter=args[0]))
        case "deleter":
            return Native("deleter", lambda _, args, names: replace(value, deleter=args[0]))
        case "fset":
            return value.setter
        case "__doc__":
            return None
    return MISSING


def _of_constant(value: Value, name: str) -> Value:
    found = methods.method_of(value, name)
    if isinstance(value, type):
        if name in ("__name__", "__qualname__"):
            return value.__name__
        if name == "__mro__":
            return value.__mro__
        if name == "__dict__":
            return {key: Unknown(f"{key} of {value.__name__}") for key in vars(value)}
        return found
    return Method(found, value) if isinstance(found, Native) and not _is_bound(value) else found


def _is_bound(value: Value) -> bool:
    """Whether `method_of` returns a bound method: numbers have no methods of ours."""
    return isinstance(value, int | float | complex)


def _is_open(value: Value, name: str) -> bool:
    match value:
        case Module(is_open=is_open):
            return is_open
        case Instance(is_vague=True):
            return True
        case Instance(kind=kind):
            return isinstance(kind, Class) and (kind.is_open or kind.is_partial)
        case Class(is_open=is_open, is_partial=is_partial):
            return is_open or is_partial
        case Super(owner=owner):
            return _is_open(owner, name)
    # Python has more attributes than we know of
    return hasattr(classes.class_of(value), name)


def _is_foreign(machine: Machine, value: Value) -> bool:
    """Whether a value is a module of a package whose code is not evaluated."""
    return isinstance(value, Module) and (value.is_model or machine.limits.is_far(value.name))


def _described(value: Value) -> str:
    match value:
        case Module(name=name) | Class(name=name):
            return name
        case Instance(kind=kind):
            return name_of_class(kind)
    return "it"
