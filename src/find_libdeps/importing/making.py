"""How classes are made.

Source: Python's language reference, 3.3.3 "Customizing class creation"; the order of bases is that
of "The Python 2.3 Method Resolution Order" (C3).
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Sequence

from find_libdeps.importing.arguments import arguments
from find_libdeps.importing.classes import attribute_after, in_class, in_mro, unwrapped
from find_libdeps.importing.frames import Frame, Kind, qualified
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.mangling import mangled
from find_libdeps.importing.merging import sure
from find_libdeps.importing.values import (
    MISSING,
    Cell,
    Class,
    ClassMethod,
    Function,
    Instance,
    Maybe,
    Method,
    Names,
    Property,
    Slot,
    Unknown,
    Value,
    error,
)
from find_libdeps.importing.walking import taken

MAX_BASES = 100
"""Most classes that a class inherits from; what one has of further ones is unknown."""
_WHOLE = ("abc", "collections.abc", "enum", "functools", "typing")
"""Modules whose models have all that matters of their classes."""


def define(machine: Machine, frame: Frame, node: ast.ClassDef) -> Value:
    """Evaluate the body of a class statement, and make the class."""
    args, keywords = arguments(machine, frame, node)
    bases = tuple(_resolved(machine, args))
    kind = keywords.pop("metaclass", None) or _kind_of(bases)
    names: Names = {}
    if isinstance(kind, Class):
        prepare = in_mro(kind, "__prepare__")
        if prepare is not MISSING:
            prepared = machine.call(machine.attribute(kind, "__prepare__"), [node.name, bases], {})
            names = prepared if isinstance(prepared, dict) else names
    parent = frame.parent if frame.kind is Kind.CLASS else frame
    body = Frame(Kind.CLASS, frame.module, names, parent if frame.kind is not Kind.MODULE else None)
    body.cell = Cell()
    names["__module__"] = frame.module.name
    names["__qualname__"] = qualified(frame, node.name)
    doc = ast.get_docstring(node, clean=False)
    names["__doc__"] = doc
    for _ in machine.run(body, node.body):
        pass
    made = _made(machine, node.name, bases, names, kind, keywords)
    body.cell.value = made
    if isinstance(made, Class) and frame.module.is_model and frame.module.name not in _WHOLE:
        made.is_partial = True
    return made


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
        if (
            isinstance(base, Instance)
            and (method := in_class(base, "__mro_entries__")) is not MISSING
        ):
            entries = machine.call(Method(method, base), [tuple(bases)], {})
            found += entries if isinstance(entries, tuple) else ()
        elif isinstance(base, Class | type):
            found.append(base)
        else:
            found.append(base if isinstance(base, Unknown) else machine.unknown("a base class"))
    return found


def _kind_of(bases: Sequence[Value]) -> Value:
    """The metaclass that a class inherits: the most derived one of its bases."""
    kinds = [
        base.kind for base in bases if isinstance(base, Class) and isinstance(base.kind, Class)
    ]
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
    # a name that may not be there is taken to be there
    made = Class(name, bases or (object,), {key: sure(each) for key, each in names.items()}, kind)
    made.is_open = any(
        isinstance(b, Unknown) or (isinstance(b, Class) and b.is_open) for b in bases
    )
    made.mro = _linearized(machine, made)
    made.is_partial = any(isinstance(base, Class) and base.is_partial for base in bases)
    made.is_abstract = _has_abstract_methods(machine, made)
    _make_slots(machine, made, names)
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
    elif rest and all(map(_is_own, made.mro)):
        raise error(TypeError, f"{name}.__init_subclass__() takes no keyword arguments")
    return made


def _make_slots(machine: Machine, made: Class, names: Names) -> None:
    """Make a descriptor of each name in ``__slots__``. Raises Raised (ValueError)."""
    slots = made.names.get("__slots__", ())
    for name in [slots] if isinstance(slots, str) else taken(machine, slots):
        if not isinstance(name, str) or name in ("__dict__", "__weakref__"):
            continue
        own = mangled(name, made.name)
        if own in names and own != "__doc__" and not isinstance(names[own], Maybe):
            raise error(ValueError, f"{name!r} in __slots__ conflicts with class variable")
        made.names[own] = Slot(own)


def _is_own(base: Value) -> bool:
    """Whether a class is `object`, or one of the program's own."""
    if not isinstance(base, Class):
        return base is object
    top = str(base.names.get("__module__", "")).partition(".")[0]
    return not base.is_open and top not in sys.stdlib_module_names


def _has_abstract_methods(machine: Machine, made: Class) -> bool:
    """Whether a class of a metaclass that looks for such methods has one, or inherits it."""
    kinds = made.kind.mro if isinstance(made.kind, Class) else ()
    if not any(isinstance(kind, Class) and kind.name == "ABCMeta" for kind in kinds):
        return False
    seen = set[str]()
    for base in made.mro:
        names = base.names if isinstance(base, Class) else {}
        machine.step(len(names) // 16)
        for name, value in names.items():
            if name not in seen and _is_abstract(value):
                return True
            seen.add(name)
    return False


def _is_abstract(value: Value) -> bool:
    function = value.getter if isinstance(value, Property) else unwrapped(value)
    return isinstance(function, Function) and function.names.get("__isabstractmethod__") is True


def _linearized(machine: Machine, made: Class) -> list[Value]:
    """The order in which names are looked up (C3), cut after `MAX_BASES` classes."""
    bases = [base for base in made.bases if not isinstance(base, Unknown)][:MAX_BASES]
    orders = [*map(_mro_of, bases), bases]
    machine.step(sum(map(len, orders)) // 16)
    orders = [order[::-1] for order in orders if order]
    behind = Counter(id(base) for order in orders for base in order[:-1])
    merged: list[Value] = [made]
    while orders and len(merged) < MAX_BASES:
        heads = (order[-1] for order in orders if not behind[id(order[-1])])
        # without such a head Python would raise a TypeError; unknown bases may be the reason
        head = next(heads, orders[0][-1])
        merged.append(head)
        for order in orders:
            if order[-1] is head:
                order.pop()
                if order:
                    behind[id(order[-1])] -= 1
            elif behind[id(head)]:
                behind[id(head)] -= order.count(head)
                order[:] = [base for base in order if base is not head]
        machine.step(len(orders) // 16)
        orders = [order for order in orders if order]
    if len(merged) >= MAX_BASES:
        machine.cut(f"what {made.name} inherits of its many bases")
        made.is_open = True
    return merged if object in merged else [*merged, object]


def _mro_of(base: Value) -> list[Value]:
    return list(base.mro) if isinstance(base, Class) else list(getattr(base, "__mro__", (object,)))
