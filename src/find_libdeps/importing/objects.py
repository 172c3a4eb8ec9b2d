"""How objects are made, and what every object has: the methods of ``object`` and ``type``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import cast

from find_libdeps.importing import (
    classes,
    comparison,
    indexing,
    making,
    methods,
    operands,
    setting,
    texts,
)
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.values import (
    MISSING,
    Class,
    Instance,
    Method,
    Names,
    Native,
    Super,
    Unknown,
    Value,
    error,
)
from find_libdeps.importing.walking import taken


def attributes_of(machine: Machine, value: Instance) -> Value:
    """``__dict__`` of an object."""
    if "args" in value.names and classes.is_instance(machine, value, BaseException):
        return machine.unknown("the attributes of an exception")
    if classes.in_class(value, "__slots__") is not MISSING:
        return machine.unknown("the attributes of an object with slots")
    return value.names


def instantiate(machine: Machine, kind: Class, args: list[Value], names: Names) -> Value:
    """Call a class: make an object of it. Raises Raised."""
    call = classes.in_class(kind, "__call__")
    if call is not MISSING:
        return machine.call(classes.bound(machine, call, kind, kind.kind), args, names)
    return make(machine, kind, args, names)


def make(machine: Machine, kind: Class, args: list[Value], names: Names) -> Value:
    """Make an object as ``type.__call__`` does. Raises Raised."""
    new = next(
        (b.names["__new__"] for b in kind.mro if isinstance(b, Class) and "__new__" in b.names),
        None,
    )
    if new is None:
        made = new_object(machine, kind, args, names)
    else:
        made = machine.call(classes.unwrapped(new), [kind, *args], names)
    if (
        not isinstance(made, Instance | Class)
        or classes.is_instance(machine, made, kind) is not True
    ):
        return made
    init = classes.in_class(made, "__init__")
    if isinstance(init, Unknown) and isinstance(made, Instance):
        made.is_vague = True
    elif init is not MISSING:
        machine.call(classes.bound(machine, init, made, kind), args, names)
    return made


def new_object(machine: Machine, kind: Value, args: list[Value], names: Names) -> Value:
    """What ``object.__new__`` and its like make for a class. Raises Raised (TypeError)."""
    if isinstance(kind, type):
        return machine.call(kind, args, names)
    if not isinstance(kind, Class):
        return machine.unknown("an object of an unknown class")
    if type in kind.mro:
        return _new_class(machine, kind, args, names)
    if kind.is_abstract:
        raise error(TypeError, f"Can't instantiate abstract class {kind.name}")
    made = Instance(kind)
    host = next((base for base in kind.mro if isinstance(base, type)), object)
    if (args or names) and host is object and not (kind.is_open or kind.is_partial):
        own = [base.names for base in kind.mro if isinstance(base, Class)]
        if any("__new__" in each for each in own) or not any("__init__" in each for each in own):
            raise error(TypeError, f"{kind.name}() takes no arguments")
    if issubclass(host, BaseException):
        made.names["args"] = tuple(args)
    elif host in classes.CONTENTS:
        made.content = content_for(machine, kind, host, args, names)
    return made


def content_for(
    machine: Machine, kind: Class, host: type, args: list[Value], names: Names
) -> Value:
    """The string, list and so on that a new object is.

    A mutable one is empty until ``__init__`` fills it.
    """
    has_init = any(isinstance(b, Class) and "__init__" in b.names for b in kind.mro)
    if has_init and host in (list, dict, set):
        return host()
    value = machine.call(host, args, names)
    return host() if isinstance(value, Unknown) and host in (list, dict, set) else value


def _new_class(machine: Machine, kind: Class, args: list[Value], names: Names) -> Value:
    match args:
        case [str(name), tuple(bases), dict(inner)]:
            own = {key: value for key, value in inner.items() if isinstance(key, str)}
            return making.make_class(machine, name, bases, own, kind, names)
    return machine.unknown("a class that a metaclass makes")


def _init(machine: Machine, args: list[Value], names: Names) -> Value:
    made, *rest = args
    if isinstance(made, Instance) and "args" in made.names:
        made.names["args"] = tuple(rest)
        made.names.update({name: v for name, v in names.items() if name in ("name", "path")})
    elif isinstance(made, Instance) and isinstance(made.content, list):
        made.content.extend(taken(machine, rest[0]) if rest else ())
    elif isinstance(made, Instance) and isinstance(made.content, dict):
        made.content.update(methods.pairs(machine, rest[0]) if rest else {}, **names)
    elif isinstance(made, Instance) and isinstance(made.content, set) and rest:
        made.content.update(indexing.make_set(machine, taken(machine, rest[0])))
    elif (rest or names) and isinstance(made, Instance) and isinstance(made.kind, Class):
        _refuse_arguments(made.kind)
    return None


def _refuse_arguments(kind: Class) -> None:
    """Raise Raised (TypeError) where ``object.__init__`` takes no arguments."""
    own = [base.names for base in kind.mro if isinstance(base, Class)]
    is_plain = all(base is object for base in kind.mro if isinstance(base, type))
    has_init = any("__init__" in names for names in own)
    if is_plain and has_init and not (kind.is_open or kind.is_partial):
        raise error(TypeError, "object.__init__() takes exactly one argument")


def _new(machine: Machine, args: list[Value], names: Names) -> Value:
    return new_object(machine, args[0], args[1:], names)


def _type_call(machine: Machine, args: list[Value], names: Names) -> Value:
    kind, *rest = args
    if isinstance(kind, Class):
        return make(machine, kind, rest, names)
    return machine.call(kind, rest, names)


def _set(machine: Machine, args: list[Value], names: Names) -> Value:
    match args:
        case [value, str(name), new]:
            setting.put_attribute(machine, value, name, new)
    return None


def _get(machine: Machine, args: list[Value], names: Names) -> Value:
    match args:
        case [Instance() as value, str(name)]:
            found = classes.attribute_of_object(machine, value, name)
            if found is not MISSING:
                return found
            match name:
                case "__dict__":
                    return attributes_of(machine, value)
                case "__class__":
                    return value.kind
            raise classes.missing_attribute(value, name)
        case [value, str(name)]:
            return machine.attribute(value, name)
    return machine.unknown("an attribute")


def _delete(machine: Machine, args: list[Value], names: Names) -> Value:
    match args:
        case [value, str(name)]:
            setting.remove_attribute(machine, value, name)
    return None


def _text(machine: Machine, args: list[Value], names: Names) -> Value:
    value = args[0]
    if isinstance(value, Instance) and isinstance(value.kind, Class):
        return f"<{value.kind.name} object>"
    return texts.text_of(machine, value)


def _dictionary_method(name: str) -> Callable[[Machine, list[Value], Names], Value]:
    """A method that containers have under a special name, as ``dict.__getitem__``."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        inner = operands.content(args[0])
        if not isinstance(inner, list | dict | tuple | str | set | bytes):
            return machine.unknown(f"what {name} does")
        match name, args[1:]:
            case "__getitem__", [index]:
                return indexing.item(machine, inner, index)
            case "__setitem__", [index, new]:
                indexing.set_item(machine, inner, index, new)
                return None
            case "__delitem__", [index]:
                indexing.delete_item(machine, inner, index)
                return None
            case "__contains__", [item]:
                return comparison.compare(machine, ast.In(), item, inner)
            case "__len__", []:
                return len(inner)
            case "__iter__", []:
                return machine.call(iter, [inner], {})
        return machine.unknown(f"what {name} does")

    return call


def _nothing(machine: Machine, args: list[Value], names: Names) -> Value:
    return None


def _same(machine: Machine, args: list[Value], names: Names) -> Value:
    return args[0] is args[1] or NotImplemented


def _hash(machine: Machine, args: list[Value], names: Names) -> Value:
    return machine.unknown("a hash")


def _with_traceback(machine: Machine, args: list[Value], names: Names) -> Value:
    return args[0]


def _mro(machine: Machine, args: list[Value], names: Names) -> Value:
    kind = args[0]
    return list(kind.mro) if isinstance(kind, Class) else list(cast(type, kind).__mro__)


def _instance_check(machine: Machine, args: list[Value], names: Names) -> Value:
    kind, value = args
    answer = classes.is_instance(machine, value, kind)
    return machine.unknown("what kind of object it is") if answer is None else answer


def _subclass_check(machine: Machine, args: list[Value], names: Names) -> Value:
    answer = classes.is_subclass(args[1], args[0])
    return machine.unknown("what a class inherits") if answer is None else answer


_OF_OBJECT = {
    "__init__": Native("__init__", _init),
    "__new__": Native("__new__", _new),
    "__setattr__": Native("__setattr__", _set),
    "__getattribute__": Native("__getattribute__", _get),
    "__delattr__": Native("__delattr__", _delete),
    "__str__": Native("__str__", _text),
    "__repr__": Native("__repr__", _text),
    "__eq__": Native("__eq__", _same),
    "__hash__": Native("__hash__", _hash),
    "__init_subclass__": Native("__init_subclass__", _nothing),
    "__subclasshook__": Native("__subclasshook__", _nothing),
}
_OF_CLASS = {
    "__call__": Native("__call__", _type_call),
    "mro": Native("mro", _mro),
    "__instancecheck__": Native("__instancecheck__", _instance_check),
    "__subclasscheck__": Native("__subclasscheck__", _subclass_check),
    "__prepare__": Native("__prepare__", lambda machine, args, names: {}),
    "__subclasses__": Native("__subclasses__", lambda m, args, names: m.unknown("subclasses")),
}
_OF_CONTAINER = {
    name: Native(name, _dictionary_method(name))
    for name in (
        "__getitem__ __setitem__ __delitem__ __contains__ __len__ __iter__".split()  # noqa: SIM905
    )
}
_OF_ERROR = {
    "with_traceback": Native("with_traceback", _with_traceback),
    "add_note": Native("add_note", _nothing),
}
_OF_ERRORS_NAMES = """__cause__ __context__ __traceback__ errno strerror filename filename2 name
    path msg obj code value text lineno offset""".split()  # noqa: SIM905


def attribute_of_object(value: Value, name: str) -> Value:
    """What every object of a kind has by a name; `MISSING` if nothing."""
    owner = value.owner if isinstance(value, Super) else value
    found: Value = MISSING
    if isinstance(owner, Class | type):
        if name in _OF_CLASS:
            found = _OF_CLASS[name]
            return found if owner is type else Method(found, owner)
        found = _OF_OBJECT.get(name, _OF_CONTAINER.get(name, MISSING))
        if name == "__doc__":
            return None
        if isinstance(value, Super) and isinstance(found, Native) and name != "__new__":
            return Method(found, owner)
        return found
    if isinstance(owner, Instance) and "args" in owner.names:
        found = _of_error(owner, name)
    if found is MISSING:
        found = _OF_OBJECT.get(name, MISSING)
    if found is MISSING and isinstance(operands.content(owner), list | dict | tuple | str | set):
        found = _OF_CONTAINER.get(name, MISSING)
    if name == "__doc__":
        return None
    if name == "__class__":
        return classes.class_of(owner)
    if isinstance(found, Native):
        return found if name == "__new__" else Method(found, owner)
    return found


def _items_of(value: Value) -> list[Value]:
    """The items of a list or tuple."""
    return list(value) if isinstance(value, list | tuple) else []


def _of_error(value: Instance, name: str) -> Value:
    args = value.names["args"]
    if name in ("message", "exceptions") and classes.is_exception_group(value):
        message, inner = (*args, "", ())[:2] if isinstance(args, tuple) else ("", ())
        return message if name == "message" else tuple(_items_of(inner))
    if name == "filename" and isinstance(args, tuple) and len(args) > 2:
        return args[2]
    if name in ("errno", "strerror") and isinstance(args, tuple) and len(args) > 1:
        return args[name == "strerror"]
    if name == "code" and isinstance(args, tuple):
        return args[0] if args else None
    if name == "msg" and isinstance(args, tuple) and args:
        return args[0]
    if name in _OF_ERRORS_NAMES:
        return None
    return _OF_ERROR.get(name, MISSING)
