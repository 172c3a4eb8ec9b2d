"""What models ask of the evaluated program itself: functions of the module ``_host``."""

from __future__ import annotations

from collections.abc import Mapping

from find_libdeps.importing import classes, operands
from find_libdeps.importing.frames import Kind
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.values import Class, Function, Instance, Names, Native, Unknown, Value


def _unknown(machine: Machine, args: list[Value], names: Names) -> Value:
    return machine.unknown(str(args[0]) if args else "a value")


def _is_unknown(machine: Machine, args: list[Value], names: Names) -> Value:
    return isinstance(args[0], Unknown)


def _is_function(machine: Machine, args: list[Value], names: Names) -> Value:
    return isinstance(args[0], Function | Native)


def _hand(machine: Machine, args: list[Value], names: Names) -> Value:
    """Remember what may be called by code that nobody knows."""
    machine.handed += [(each, machine.lines()[0]) for each in args]
    return None


def _caller(machine: Machine, args: list[Value], names: Names) -> Value:
    """The names of the module that is being evaluated, outside of models."""
    return machine.frame.module.names if machine.frame else {}


def _frames(machine: Machine, args: list[Value], names: Names) -> Value:
    """The global and the local names of all callers, outside of models, the innermost first."""
    found = list[Value]()
    frame = machine.frame
    while frame is not None:
        while frame.kind is Kind.COMPREHENSION and frame.parent:
            frame = frame.parent
        if not frame.module.is_model:
            found.append((frame.module.names, frame.names))
        is_class = frame.kind is Kind.CLASS
        frame = frame.parent or frame.module.frame if is_class else frame.back
    return found


def _instance(machine: Machine, args: list[Value], names: Names) -> Value:
    kind, *content = args
    return Instance(kind, content[0] if content else None)


def _content_of(machine: Machine, args: list[Value], names: Names) -> Value:
    return operands.content(args[0])


def _subclasses(machine: Machine, args: list[Value], names: Names) -> Value:
    return isinstance(args[0], Class | type)


def _inherits(machine: Machine, args: list[Value], names: Names) -> Value:
    """Whether a class inherits from another, whatever their metaclasses say."""
    answer = classes.is_subclass(args[0], args[1])
    return machine.unknown("what a class inherits") if answer is None else answer


def _has_method(machine: Machine, args: list[Value], names: Names) -> Value:
    """Whether a class, or one that it inherits from, defines a method."""
    kind, name = args[0], str(args[1])
    orders = kind.mro if isinstance(kind, Class) else getattr(kind, "__mro__", ())
    for base in orders:
        known: Mapping[str, object] = base.names if isinstance(base, Class) else vars(base)
        if name in known:
            return known[name] is not None
    if isinstance(kind, Unknown) or (isinstance(kind, Class) and kind.is_open):
        return machine.unknown("whether a class has a method")
    return False


INTROSPECTION: Names = {
    native.name: native
    for native in (
        Native("unknown", _unknown),
        Native("is_unknown", _is_unknown),
        Native("is_function", _is_function),
        Native("is_class", _subclasses),
        Native("hand", _hand),
        Native("frames", _frames),
        Native("inherits", _inherits),
        Native("has_method", _has_method),
        Native("caller", _caller),
        Native("instance", _instance),
        Native("content_of", _content_of),
    )
}
