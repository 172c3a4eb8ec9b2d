"""How attributes are set, and deleted.

Source: Python's language reference, 3.3.2 "Customizing attribute access".
"""

from __future__ import annotations

from find_libdeps.importing import classes
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Class,
    Function,
    Instance,
    Method,
    Names,
    Native,
    Property,
    Value,
    error,
)


def set_attribute(machine: Machine, value: Value, name: str, new: Value) -> None:
    """Set an attribute of a value. Raises Raised (AttributeError)."""
    match value:
        case Module(names=names):
            machine.settle(value)
            machine.note(names, name)
            names[name] = new
        case Instance():
            _set_of_instance(machine, value, name, new)
        case Class(names=names):
            setter = classes.in_class(value, "__setattr__")
            if setter is not MISSING:
                machine.call(Method(setter, value), [name, new], {})
            elif name == "__name__" and isinstance(new, str):
                value.name = new
            else:
                machine.note(names, name)
                names[name] = new
        case Function(names=names) | Native(names=names):
            names[name] = new
        case Method(function=function):
            set_attribute(machine, function, name, new)
        case Alternatives(values=values):
            for each in values:
                if isinstance(each, Instance | Module | Class):
                    set_attribute(machine, each, name, new)
        case None | int() | str() | bytes() | float() | tuple() | list() | dict() | type():
            raise error(AttributeError, f"cannot set {name!r}", name=name)


def _set_of_instance(machine: Machine, value: Instance, name: str, new: Value) -> None:
    setter = classes.in_class(value, "__setattr__")
    if setter is not MISSING:
        machine.call(Method(setter, value), [name, new], {})
        return
    put_attribute(machine, value, name, new)


def put_attribute(machine: Machine, value: Value, name: str, new: Value) -> None:
    """Set an attribute as ``object.__setattr__`` does. Raises Raised (AttributeError)."""
    if not isinstance(value, Instance):
        if isinstance(value, Class | Module | Function):
            value.names[name] = new
        return
    match classes.in_class(value, name):
        case Property(setter=None, is_cached=False):
            raise error(AttributeError, f"can't set attribute {name!r}", name=name)
        case Property(setter=setter) if setter is not None:
            machine.call(setter, [value, new], {})
        case Instance() as found if (hook := classes.in_class(found, "__set__")) is not MISSING:
            machine.call(Method(hook, found), [value, new], {})
        case _:
            if name == "__class__":
                value.kind = new if isinstance(new, Class | type) else machine.unknown("a class")
            elif name == "__dict__" and isinstance(new, dict):
                value.names = _names(new)
            else:
                machine.note(value.names, name)
                value.names[name] = new


def _names(values: dict[Value, Value]) -> Names:
    return {name: value for name, value in values.items() if isinstance(name, str)}


def delete_attribute(machine: Machine, value: Value, name: str) -> None:
    """Evaluate ``del value.name``. Raises Raised (AttributeError)."""
    if (method := classes.in_class(value, "__delattr__")) is not MISSING:
        machine.call(Method(method, value), [name], {})
        return
    remove_attribute(machine, value, name)


def remove_attribute(machine: Machine, value: Value, name: str) -> None:
    """Delete an attribute as ``object.__delattr__`` does. Raises Raised (AttributeError)."""
    found = classes.in_class(value, name)
    if isinstance(found, Property) and not found.is_cached:
        if found.deleter is not None:
            machine.call(found.deleter, [value], {})
            return
        raise error(AttributeError, f"can't delete attribute {name!r}", name=name)
    if (
        isinstance(found, Instance)
        and (hook := classes.in_class(found, "__delete__")) is not MISSING
    ):
        machine.call(Method(hook, found), [value], {})
        return
    names = getattr(value, "names", None)
    if isinstance(names, dict):
        if name not in names:
            raise error(AttributeError, name)
        del names[name]
