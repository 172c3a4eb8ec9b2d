"""Operators: of the evaluator's own values, and of constants, bounded in what they make.

Source: Python's language reference, 3.3 "Special method names" and 6 "Expressions".
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from find_libdeps.importing import texts
from find_libdeps.importing.machine import MAX_BITS, MAX_ITEMS, Machine
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Class,
    Instance,
    Items,
    Keys,
    Raised,
    Union,
    Unknown,
    Value,
    error,
    has_rest,
    join,
)

_SYMBOLS: dict[type[ast.AST], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("add", operator.add),
    ast.Sub: ("sub", operator.sub),
    ast.Mult: ("mul", operator.mul),
    ast.Div: ("truediv", operator.truediv),
    ast.FloorDiv: ("floordiv", operator.floordiv),
    ast.Mod: ("mod", operator.mod),
    ast.Pow: ("pow", operator.pow),
    ast.LShift: ("lshift", operator.lshift),
    ast.RShift: ("rshift", operator.rshift),
    ast.BitOr: ("or", operator.or_),
    ast.BitAnd: ("and", operator.and_),
    ast.BitXor: ("xor", operator.xor),
    ast.MatMult: ("matmul", operator.matmul),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, str, Callable[[Any, Any], bool]]] = {
    ast.Eq: ("eq", "eq", operator.eq),
    ast.NotEq: ("ne", "ne", operator.ne),
    ast.Lt: ("lt", "gt", operator.lt),
    ast.LtE: ("le", "ge", operator.le),
    ast.Gt: ("gt", "lt", operator.gt),
    ast.GtE: ("ge", "le", operator.ge),
}
_UNARY: dict[type[ast.unaryop], tuple[str, Callable[[Any], Any]]] = {
    ast.USub: ("neg", operator.neg),
    ast.UAdd: ("pos", operator.pos),
    ast.Invert: ("invert", operator.invert),
}
_ERRORS = (TypeError, ValueError, ZeroDivisionError, OverflowError, IndexError, KeyError)
_CONTAINERS = (list, tuple, dict, set, frozenset)


def content(value: Value) -> Value:
    """The string, list and so on that an object of a class with such a base is."""
    while isinstance(value, Instance) and value.content is not None:
        value = value.content
    return value


def uncertain(*values: Value) -> Unknown | None:
    """The first unknown value among some."""
    return next((value for value in values if isinstance(value, Unknown)), None)


def is_plain(value: Value, budget: list[int] | None = None) -> bool:
    """Whether a value and all that is in it are constants and containers, and not too many.

    Only such values may be compared, hashed or shown by Python itself.
    """
    budget = budget if budget is not None else [MAX_ITEMS]
    budget[0] -= 1
    if budget[0] < 0:
        return False
    match value:
        case None | bool() | int() | float() | complex() | str() | bytes() | type():
            return True
        case list() | tuple() | set() | frozenset():
            return all(is_plain(item, budget) for item in value)
        case dict():
            return all(is_plain(part, budget) for pair in value.items() for part in pair)
        case range() | slice():
            return True
    return value is Ellipsis or value is NotImplemented


def distributed(
    machine: Machine, values: Sequence[Value], function: Callable[..., Value]
) -> Value | None:
    """What a function makes of values of which some are alternatives; None if none is."""
    if not any(isinstance(value, Alternatives) for value in values):
        return None
    choices = [v.values if isinstance(v, Alternatives) else (v,) for v in values]
    found, failures = list[Value](), list[Raised]()
    machine.doubts += 1
    for number, chosen in enumerate(product(*choices)):
        if number > MAX_ITEMS // 100:
            found.append(machine.unknown("which of many values it is"))
            break
        try:
            found.append(function(*chosen))
        except Raised as failure:
            failures.append(failure)
    machine.doubts -= 1
    if not found:
        raise failures[0]
    return join(found)


def special(machine: Machine, value: Value, name: str, *args: Value) -> Value:
    """What a special method of an object's class returns; `MISSING` if it has none."""
    kind = value.kind if isinstance(value, Instance | Class) else None
    if not isinstance(kind, Class):
        return MISSING
    for base in kind.mro:
        if isinstance(base, Class) and name in base.names:
            return machine.call(machine.attribute(value, name), list(args), {})
    return MISSING


def binary(machine: Machine, symbol: ast.operator, left: Value, right: Value) -> Value:
    """What an operator makes of two values. Raises Raised."""
    name, function = _SYMBOLS[type(symbol)]
    spread = distributed(machine, (left, right), lambda a, b: binary(machine, symbol, a, b))
    if spread is not None:
        return spread
    for value, method, other in ((left, f"__{name}__", right), (right, f"__r{name}__", left)):
        found = special(machine, value, method, other)
        if found is not MISSING and found is not NotImplemented:
            return found
    left, right = content(left), content(right)
    if isinstance(symbol, ast.Mod) and isinstance(left, str | bytes):
        return texts.percent(machine, left, right)
    unknown = uncertain(left, right)
    if unknown is not None:
        return unknown
    if isinstance(symbol, ast.BitOr) and (_is_class(left) or _is_class(right)):
        return Union((*_members(left), *_members(right)))
    if isinstance(symbol, ast.Sub | ast.BitOr | ast.BitAnd | ast.BitXor):
        if isinstance(left, Keys) or isinstance(right, Keys):
            left, right = _as_set(machine, left), _as_set(machine, right)
    if isinstance(left, Instance | Class) or isinstance(right, Instance | Class):
        if _is_open(left) or _is_open(right):
            return machine.unknown("what an operator makes of an object")
        raise error(TypeError, f"unsupported operand type(s) for {name}")
    if _is_too_much(symbol, left, right):
        return machine.cut("a value of that size")
    try:
        return function(left, right)  # type: ignore[no-any-return]
    except _ERRORS as problem:
        raise error(type(problem), str(problem)) from None


def _is_class(value: Value) -> bool:
    return isinstance(value, type | Class | Union)


def _members(value: Value) -> tuple[Value, ...]:
    """The classes of a part of a union."""
    return value if isinstance(value, Union) else (type(None) if value is None else value,)


def _as_set(machine: Machine, value: Value) -> Value:
    return make_set(machine, list(value)) if isinstance(value, _CONTAINERS) else value


def _is_open(value: Value) -> bool:
    kind = value.kind if isinstance(value, Instance) else value
    return isinstance(kind, Class) and kind.is_open


def _is_too_much(symbol: ast.operator, left: Value, right: Value) -> bool:
    """Whether the result of an operation would have too many bits or items."""
    match symbol, left, right:
        case ast.Pow(), int(), int():
            return left.bit_length() * max(right, 0) > MAX_BITS
        case ast.LShift(), int(), int():
            return left.bit_length() + right > MAX_BITS
        case ast.Mult(), int(), int():
            return left.bit_length() + right.bit_length() > MAX_BITS
        case ast.Mult(), (str() | bytes() | list() | tuple()), int():
            return len(left) * right > MAX_ITEMS
        case ast.Mult(), int(), (str() | bytes() | list() | tuple()):
            return len(right) * left > MAX_ITEMS
        case ast.Add(), (str() | bytes()), (str() | bytes()):
            # a long text is a text that was read, and may be put together
            return len(left) + len(right) > 100 * MAX_ITEMS
        case ast.Add(), (list() | tuple()), (list() | tuple()):
            return len(left) + len(right) > MAX_ITEMS
    return False


def unary(machine: Machine, symbol: ast.unaryop, value: Value) -> Value:
    """What a sign makes of a value. Raises Raised."""
    name, function = _UNARY[type(symbol)]
    spread = distributed(machine, (value,), lambda v: unary(machine, symbol, v))
    if spread is not None:
        return spread
    found = special(machine, value, f"__{name}__")
    if found is not MISSING:
        return found
    if isinstance(content(value), int | float | complex):
        return function(content(value))  # type: ignore[no-any-return]
    if isinstance(value, Unknown):
        return value
    return machine.unknown("a sign of an object")


def compare(machine: Machine, symbol: ast.cmpop, left: Value, right: Value) -> Value:
    """What a comparison of two values says: a truth value, as a rule. Raises Raised."""
    match symbol:
        case ast.Is() | ast.IsNot():
            same = _is_identical(left, right)
            if same is None:
                return uncertain(left, right) or machine.unknown("whether two values are one")
            return same is isinstance(symbol, ast.Is)
        case ast.In() | ast.NotIn():
            return _membership(machine, left, right, isinstance(symbol, ast.In))
    spread = distributed(machine, (left, right), lambda a, b: compare(machine, symbol, a, b))
    if spread is not None:
        return spread
    return _compare(machine, symbol, left, right)


def _compare(machine: Machine, symbol: ast.cmpop, left: Value, right: Value) -> Value:
    name, mirrored, function = _COMPARISONS[type(symbol)]
    for value, method, other in ((left, name, right), (right, mirrored, left)):
        found = special(machine, value, f"__{method}__", other)
        if found is not MISSING and found is not NotImplemented:
            return found
    if isinstance(symbol, ast.NotEq):
        truth = machine.truth(_compare(machine, ast.Eq(), left, right))
        return machine.unknown("a comparison") if truth is None else not truth
    left, right = content(left), content(right)
    unknown = uncertain(left, right)
    if unknown is not None:
        return unknown
    if left is right and isinstance(symbol, ast.Eq) and isinstance(left, _CONTAINERS):
        return True  # their items are the same
    if is_plain(left) and is_plain(right):
        try:
            return function(left, right)
        except TypeError as problem:
            raise error(TypeError, str(problem)) from None
    if not isinstance(symbol, ast.Eq):
        return machine.unknown("a comparison of objects")
    if isinstance(left, _CONTAINERS) and isinstance(right, _CONTAINERS):
        return _equal_items(machine, left, right)
    return left is right


def _equal_items(machine: Machine, left: Any, right: Any) -> Value:
    if type(left) is not type(right) or len(left) != len(right):
        return False
    if not isinstance(left, list | tuple) or len(left) > MAX_ITEMS // 100:
        return machine.unknown("a comparison of objects")
    with machine.deeper() as is_followed:
        if not is_followed:
            return machine.unknown("a comparison of objects")
        for one, other in zip(left, right, strict=True):
            machine.step()
            truth = machine.truth(compare(machine, ast.Eq(), one, other))
            if truth is not True:
                return False if truth is False else machine.unknown("a comparison of objects")
    return True


def _is_identical(left: Value, right: Value) -> bool | None:
    """Whether two values are one object; None if that is unknown."""
    for value, other in ((left, right), (right, left)):
        if isinstance(value, Alternatives):
            answers = {_is_identical(each, other) for each in value.values}
            return answers.pop() if len(answers) == 1 else None
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        # what is unknown is not None: a function that returns nothing is rarely asked
        return None
    if isinstance(left, str | bytes | int) and isinstance(right, str | bytes | int):
        return type(left) is type(right) and left == right
    return left is right or (isinstance(left, tuple) and left == () == right)


def _membership(machine: Machine, item: Value, values: Value, wanted: bool) -> Value:
    spread = distributed(
        machine, (item, values), lambda i, v: _membership(machine, i, v, wanted)
    )
    if spread is not None:
        return spread
    found = special(machine, values, "__contains__", item)
    if found is not MISSING:
        truth = machine.truth(found)
        return machine.unknown("whether it is in an object") if truth is None else truth is wanted
    values = content(values)
    plain = content(item)
    if isinstance(values, Unknown):
        return values
    if isinstance(values, dict | set | frozenset):
        name = key(machine, item)
        is_there = name in values
        if not is_there and (isinstance(item, Unknown) or may_have_more(machine, values)):
            return machine.unknown("whether it is among others")
        return is_there is wanted
    if isinstance(values, str | bytes) or isinstance(values, range):
        try:
            return (plain in values) is wanted if is_plain(plain) else machine.unknown("a search")
        except TypeError as problem:
            raise error(TypeError, str(problem)) from None
    is_unknown = False
    for each in machine.iterate(values):
        machine.step()
        truth = machine.truth(compare(machine, ast.Eq(), item, each))
        if truth:
            return wanted
        is_unknown = is_unknown or truth is None
    return machine.unknown("whether it is among others") if is_unknown else not wanted


def key(machine: Machine, value: Value) -> Value:
    """A value as the key of a dict. Raises Raised (TypeError) if it can't be one."""
    if isinstance(value, list | dict | set):
        raise error(TypeError, f"unhashable type: '{type(value).__name__}'")
    if isinstance(value, Instance) and isinstance(value.content, str | bytes | int | tuple):
        return key(machine, value.content)
    if isinstance(value, tuple) and not is_plain(value):
        return machine.unknown("a key") if not _is_hashable(value, [100]) else value
    return value


def _is_hashable(value: Value, budget: list[int]) -> bool:
    budget[0] -= 1
    if budget[0] < 0 or isinstance(value, list | dict | set | slice):
        return False
    if isinstance(value, tuple | frozenset):
        return all(_is_hashable(item, budget) for item in value)
    return True


def make_set(machine: Machine, items: Sequence[Value]) -> set[Value]:
    """A set of some items; in the order of their hashes, which the evaluated program may not use.

    Raises Raised (TypeError) if one can't be hashed.
    """
    return {key(machine, item) for item in items}


def item(machine: Machine, value: Value, index: Value) -> Value:
    """What ``value[index]`` is. Raises Raised (IndexError, KeyError, TypeError)."""
    spread = distributed(machine, (value, index), lambda v, i: item(machine, v, i))
    if spread is not None:
        return spread
    found = special(machine, value, "__getitem__", index)
    if found is not MISSING:
        return found
    if isinstance(value, Class | type | Union):
        return _of_class(machine, value, index)
    base, value = value, content(value)
    unknown = uncertain(value, index)
    if unknown is not None:
        return unknown
    if isinstance(value, dict):
        name = key(machine, index)
        if name in value:
            return value[name]
        missing = special(machine, base, "__missing__", index)
        if missing is not MISSING:
            return missing
        if may_have_more(machine, value) or _has_uncertain(name):
            return machine.unknown("an item of a dict that may have it")
        raise error(KeyError, index)
    index = content(index)
    if isinstance(value, str | bytes | list | tuple | range):
        try:
            return value[index]  # type: ignore[index]
        except (TypeError, IndexError, ValueError) as problem:
            if has_rest(value):
                return machine.unknown("an item of a list that may be longer")
            raise error(type(problem), str(problem)) from None
    if isinstance(value, Items) or value is None or isinstance(value, int | set):
        raise error(TypeError, f"'{type(value).__name__}' object is not subscriptable")
    try:
        method = machine.attribute(base, "__getitem__")
    except Raised:
        raise error(TypeError, "object is not subscriptable") from None
    return machine.call(method, [index], {})


def _has_uncertain(name: Value) -> bool:
    return isinstance(name, tuple) and any(isinstance(n, Unknown | Alternatives) for n in name)


def _of_class(machine: Machine, value: Value, index: Value) -> Value:
    """What ``list[int]`` or an own generic class with an argument is."""
    if isinstance(value, Class):
        for base in value.mro:
            if isinstance(base, Class) and "__class_getitem__" in base.names:
                method = machine.attribute(value, "__class_getitem__")
                return machine.call(method, [index], {})
    return value


def set_item(machine: Machine, value: Value, index: Value, new: Value) -> None:
    """Evaluate ``value[index] = new``. Raises Raised."""
    if special(machine, value, "__setitem__", index, new) is not MISSING:
        return
    value = content(value)
    if isinstance(value, Alternatives):
        for each in value.values:
            set_item(machine, each, index, join([new, item_or_missing(machine, each, index)]))
    elif isinstance(value, dict):
        value[key(machine, index)] = new
        if isinstance(index, Unknown):
            open_names(machine, value)
    elif isinstance(value, list) and isinstance(index, int | slice):
        try:
            value[index] = list(machine.iterate(new)) if isinstance(index, slice) else new
        except (IndexError, ValueError) as problem:
            if not has_rest(value):
                raise error(type(problem), str(problem)) from None
    elif isinstance(value, tuple | str | bytes) or value is None:
        raise error(TypeError, "object does not support item assignment")


def may_have_more(machine: Machine, values: Value) -> bool:
    """Whether a container may have items that nobody knows: one of them is unknown, or it is the
    names of a module of which not all is known.
    """
    if not isinstance(values, dict | set | frozenset):
        return False
    return any(isinstance(each, Unknown) for each in values) or any(
        module.is_open for module in _modules_of(machine, values)
    )


def open_names(machine: Machine, values: Value) -> None:
    """Note that an unknown name was set, if a dict is that of the names of a module."""
    for module in _modules_of(machine, values):
        module.is_open = True
        known: dict[Any, Value] = module.names
        for name in [name for name in known if isinstance(name, Unknown)]:
            del known[name]


def _modules_of(machine: Machine, values: Value) -> list[Module]:
    modules = machine.modules().values() if isinstance(values, dict) and "__name__" in values else ()
    return [each for each in modules if isinstance(each, Module) and each.names is values]


def item_or_missing(machine: Machine, value: Value, index: Value) -> Value:
    """What ``value[index]`` is, or unknown if that is an error."""
    try:
        return item(machine, value, index)
    except Raised:
        return machine.unknown("an item that is not there")


def delete_item(machine: Machine, value: Value, index: Value) -> None:
    """Evaluate ``del value[index]``. Raises Raised."""
    if special(machine, value, "__delitem__", index) is not MISSING:
        return
    value = content(value)
    if isinstance(value, dict) and not isinstance(index, Unknown):
        name = key(machine, index)
        if name not in value:
            raise error(KeyError, index)
        del value[name]
    elif isinstance(value, list) and isinstance(index, int | slice):
        try:
            del value[index]
        except IndexError as problem:
            raise error(IndexError, str(problem)) from None


def augment(machine: Machine, symbol: ast.operator, left: Value, right: Value) -> Value:
    """What ``left += right`` and the like leave in ``left``: containers change themselves."""
    inner = content(left)
    match symbol, inner:
        case ast.Add(), list():
            added = list(machine.iterate(right)) if not isinstance(right, list) else list(right)
            if len(inner) + len(added) > MAX_ITEMS:
                return machine.cut("a list of that length")
            inner += added
            return left
        case ast.BitOr(), dict() if isinstance(content(right), dict):
            inner.update(content(right))  # type: ignore[arg-type]
            return left
        case (ast.BitOr() | ast.Sub() | ast.BitAnd() | ast.BitXor()), set():
            made = binary(machine, symbol, inner, right)
            if isinstance(made, set):
                inner.clear()
                inner.update(made)
                return left
            return made
    return binary(machine, symbol, left, right)
