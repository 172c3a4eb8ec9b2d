"""The built-in functions and classes, as the evaluated program sees them.

Source: Python's library reference, "Built-in Functions".
"""

from __future__ import annotations

import ast
import builtins as own
import zlib
from collections.abc import Callable, Iterable
from functools import partial

from find_libdeps.importing import (
    classes,
    indexing,
    operands,
    operators,
    purely,
    setting,
    texts,
    vague,
)
from find_libdeps.importing.constructors import CONSTRUCTORS
from find_libdeps.importing.execution import compiled, executed, imported
from find_libdeps.importing.iteration import (
    all_of,
    any_of,
    extreme,
    iterator_of,
    next_item,
    sorted_items,
    sum_of,
)
from find_libdeps.importing.machine import MAX_BITS, Machine
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    MISSING,
    VIEWS,
    Alternatives,
    Class,
    Function,
    Implementation,
    Instance,
    Method,
    Names,
    Native,
    Raised,
    StaticMethod,
    Unknown,
    Value,
    error,
    join,
)

_SIZED = (str, bytes, list, tuple, dict, set, frozenset, range, *VIEWS)


def _length(machine: Machine, args: list[Value], names: Names) -> Value:
    (value,) = args
    found = operands.special(machine, value, "__len__")
    if found is not MISSING:
        return found
    value = operands.content(value)
    if isinstance(value, range) and not -MAX_BITS < (value.stop - value.start).bit_length() < 63:
        raise error(OverflowError, "Python int too large to convert to C ssize_t")
    if isinstance(value, _SIZED):
        is_vague = vague.may_lack(machine, value)
        return machine.unknown("how many items there are") if is_vague else len(value)
    if isinstance(value, Alternatives):
        return join([_length(machine, [each], {}) for each in value.values])
    if isinstance(value, Unknown):
        return value
    raise error(TypeError, f"object of type {type(value).__name__!r} has no len()")


def _is_instance(machine: Machine, args: list[Value], names: Names) -> Value:
    value, kind = args
    is_one = partial(classes.is_instance, machine, value)
    answer = _of_any(machine, kind, "__instancecheck__", value, is_one)
    return machine.unknown("what kind of object it is") if answer is None else answer


def _is_subclass(machine: Machine, args: list[Value], names: Names) -> Value:
    value, kind = args
    is_one = partial(classes.is_subclass, value)
    answer = _of_any(machine, kind, "__subclasscheck__", value, is_one)
    return machine.unknown("what a class inherits") if answer is None else answer


def _of_any(
    machine: Machine,
    kind: Value,
    method: str,
    value: Value,
    otherwise: Callable[[Value], bool | None],
) -> bool | None:
    """Whether one of several classes says yes, by a method of its metaclass if that has one."""
    answers = list[bool | None]()
    for each in classes.kinds_of(kind) or [kind]:
        check = operands.special(machine, each, method, value)
        answer = otherwise(each) if check is MISSING else machine.truth(check)
        if answer:
            return True
        answers.append(answer)
    return None if None in answers else False


def _get_attribute(machine: Machine, args: list[Value], names: Names) -> Value:
    value, name, *default = args
    if isinstance(name, Alternatives):
        return join([_get_attribute(machine, [value, n, *default], {}) for n in name.values])
    if isinstance(name, Unknown):
        getter = classes.in_class(value, "__getattr__") if isinstance(value, Instance) else MISSING
        if isinstance(value, Instance) and getter is not MISSING:  # it may be asked, too
            machine.call(classes.bound(machine, getter, value, value.kind), [name], {})
        return name
    if not isinstance(name, str):
        return machine.unknown("an attribute")
    guesses = machine.guesses
    try:
        found = machine.attribute(value, name)
    except Raised as raised:
        if default and classes.handles(machine, AttributeError, raised.value):
            return default[0]
        raise
    return join([found, default[0]]) if default and machine.guesses > guesses else found


def _has_attribute(machine: Machine, args: list[Value], names: Names) -> Value:
    value, name = args
    if isinstance(value, Unknown) or not isinstance(name, str):
        return machine.unknown("whether an object has an attribute")
    guesses = machine.guesses
    try:
        found = machine.attribute(value, name)
    except Raised as raised:
        if classes.handles(machine, AttributeError, raised.value) is False:
            raise
        return False
    if machine.guesses > guesses:
        return machine.unknown(f"whether there is {name}")
    return found if isinstance(found, Unknown) else True


def _set_attribute(machine: Machine, args: list[Value], names: Names) -> Value:
    value, name, new = args
    if isinstance(name, str):
        machine.set_attribute(value, name, new)
    elif isinstance(value, Module):
        value.is_open = True
    return None


def _delete_attribute(machine: Machine, args: list[Value], names: Names) -> Value:
    setting.delete_attribute(machine, args[0], str(args[1]))
    return None


def _is_callable(machine: Machine, args: list[Value], names: Names) -> Value:
    match args[0]:
        case Function() | Native() | Method() | Class() | type() | StaticMethod():
            return True
        case Unknown() | Alternatives():
            return machine.unknown("whether it can be called")
        case Instance() as value:
            return classes.in_class(value, "__call__") is not MISSING
    return False


def _shown(machine: Machine, args: list[Value], names: Names) -> Value:
    return texts.text_of(machine, args[0], "r")


def _formatted(machine: Machine, args: list[Value], names: Names) -> Value:
    return texts.formatted(machine, args[0], -1, args[1] if len(args) > 1 else "")


def _print(machine: Machine, args: list[Value], names: Names) -> Value:
    return None


def _hash(machine: Machine, args: list[Value], names: Names) -> Value:
    """``hash``: of a number as it is, of a text some number, as in Python."""
    (value,) = args
    found = operands.special(machine, value, "__hash__")
    if found is not MISSING:
        return found
    name = indexing.key(machine, value)
    if type(name) is str:
        machine.weigh(name)
        return zlib.crc32(name.encode("utf-8", "surrogatepass"))
    return hash(name) if isinstance(name, int | float) else machine.unknown("a hash")


def _identity(machine: Machine, args: list[Value], names: Names) -> Value:
    return machine.unknown("the identity of an object")


def _vars(machine: Machine, args: list[Value], names: Names) -> Value:
    if not args:
        return machine.unknown("the names of a function")
    return machine.attribute(args[0], "__dict__")


def _directory(machine: Machine, args: list[Value], names: Names) -> Value:
    value = args[0] if args else None
    if isinstance(value, Module):
        machine.settle(value)
    if isinstance(value, Module | Class) and not value.is_open:
        machine.weigh(value.names)
        names_of_value: Iterable[object] = value.names
        return sorted(name for name in names_of_value if isinstance(name, str))
    return machine.unknown("the names of an object")


def _names_of(machine: Machine, args: list[Value], names: Names) -> Value:
    return machine.unknown("the names of a function")


def _open(machine: Machine, args: list[Value], names: Names) -> Value:
    opened = machine.attribute(machine.import_module("io"), "open")
    return machine.call(opened, args, names)


def _unknown(name: str) -> Implementation:
    return lambda machine, args, names: machine.unknown(f"what {name}() returns")


_FUNCTIONS: dict[str, Implementation] = {
    "len": _length,
    "isinstance": _is_instance,
    "issubclass": _is_subclass,
    "getattr": _get_attribute,
    "hasattr": _has_attribute,
    "setattr": _set_attribute,
    "delattr": _delete_attribute,
    "callable": _is_callable,
    "iter": iterator_of,
    "next": next_item,
    "sorted": sorted_items,
    "any": any_of,
    "all": all_of,
    "sum": sum_of,
    "min": extreme(ast.Lt()),
    "max": extreme(ast.Gt()),
    "repr": _shown,
    "ascii": lambda machine, args, names: texts.text_of(machine, args[0], "a"),
    "format": _formatted,
    "print": _print,
    "hash": _hash,
    "id": _identity,
    "vars": _vars,
    "dir": _directory,
    "globals": _names_of,
    "locals": _names_of,
    "__import__": imported,
    "exec": lambda machine, args, names: executed(machine, args, names, "exec"),
    "eval": lambda machine, args, names: executed(machine, args, names, "eval"),
    "compile": compiled,
    "open": _open,
    "input": _unknown("input"),
    "memoryview": _unknown("memoryview"),
    "bytearray": _unknown("bytearray"),
    "__build_class__": _unknown("__build_class__"),
}
_PURE = (abs, divmod, ord, chr, hex, oct, bin)


def _power(machine: Machine, args: list[Value], names: Names) -> Value:
    if len(args) == 2:
        return operators.binary(machine, ast.Pow(), args[0], args[1])
    if any(
        isinstance(arg, int) and arg.bit_length() > MAX_BITS for arg in (*args, *names.values())
    ):
        return machine.cut("a number that is too large")
    machine.step(1_000)
    return purely.plain_call(machine, pow, args, names)


def _rounded(machine: Machine, args: list[Value], names: Names) -> Value:
    digits = args[1] if len(args) > 1 else names.get("ndigits")
    if isinstance(digits, int) and abs(digits) > MAX_BITS:
        return machine.cut("a number with too many digits")
    return purely.plain_call(machine, round, args, names)


def _all_builtins() -> Names:
    found: Names = {name: Native(name, call) for name, call in _FUNCTIONS.items()}
    found |= {function.__name__: purely.pure(function) for function in _PURE}
    found["pow"] = Native("pow", _power)
    found["round"] = Native("round", _rounded)
    found |= {kind.__name__: kind for kind in CONSTRUCTORS if hasattr(own, kind.__name__)}
    for name, value in vars(own).items():
        if isinstance(value, type) and issubclass(value, BaseException):
            found[name] = value
    constants: Names = {"None": None, "True": True, "False": False, "Ellipsis": Ellipsis}
    constants |= {"NotImplemented": NotImplemented, "__debug__": True}
    return found | constants


BUILTINS: Names = _all_builtins()
"""The names that every module sees."""
