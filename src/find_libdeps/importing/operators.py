"""Arithmetic operators: of the evaluator's own values, and of constants, bounded in what they make.

Source: Python's language reference, 6.5 to 6.9 and 3.3.8 "Emulating numeric types".
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any

from find_libdeps.importing import indexing, texts, vague
from find_libdeps.importing.classes import is_union, union_of
from find_libdeps.importing.machine import MAX_BITS, MAX_ITEMS, Machine
from find_libdeps.importing.merging import refill
from find_libdeps.importing.operands import content, distributed, is_open, special, uncertain
from find_libdeps.importing.values import (
    ITEMS,
    KEYS,
    MISSING,
    Class,
    Instance,
    Unknown,
    Value,
    error,
    starting,
)
from find_libdeps.importing.walking import has_unknown, taken

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
_UNARY: dict[type[ast.unaryop], tuple[str, Callable[[Any], Any]]] = {
    ast.USub: ("neg", operator.neg),
    ast.UAdd: ("pos", operator.pos),
    ast.Invert: ("invert", operator.invert),
}
_ERRORS = (TypeError, ValueError, ArithmeticError, LookupError)
_CONTAINERS = (list, tuple, dict, set, frozenset)
_SETS = (set, frozenset, KEYS, ITEMS)
_OF_SETS = frozenset({"sub", "or", "and", "xor"})


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
        return starting(unknown, _start(left) if isinstance(symbol, ast.Add) else "")
    if isinstance(symbol, ast.BitOr) and (_is_type(left) or _is_type(right)):
        return _union(machine, left, right)
    if name in _OF_SETS and (isinstance(left, _SETS) or isinstance(right, _SETS)):
        return _of_sets(machine, function, left, right)
    if isinstance(left, Instance | Class) or isinstance(right, Instance | Class):
        if is_open(left) or is_open(right):
            return machine.unknown("what an operator makes of an object")
        raise error(TypeError, f"unsupported operand type(s) for {name}")
    if _is_too_much(machine, symbol, left, right):
        return machine.cut("a value that is too large")
    return _computed(machine, function, left, right)


def _computed(
    machine: Machine, function: Callable[[Any, Any], Any], left: Value, right: Value
) -> Value:
    try:
        made: Value = function(left, right)
    except _ERRORS as problem:
        kind = next(each for each in type(problem).__mro__ if each.__module__ == "builtins")
        raise error(kind, str(problem)) from None
    machine.weigh(left, right, made)
    return made


def _of_sets(
    machine: Machine, function: Callable[[Any, Any], Any], left: Value, right: Value
) -> Value:
    """What an operator makes of sets, or of views of dicts, which take any iterable."""
    if isinstance(left, KEYS | ITEMS) or isinstance(right, KEYS | ITEMS):
        left, right = (indexing.make_set(machine, taken(machine, side)) for side in (left, right))
    for side in (left, right):
        if not isinstance(side, set | frozenset):
            raise error(TypeError, "unsupported operand type(s) for sets")
        if has_unknown(side) and function is not operator.or_:
            return machine.unknown("what an operator makes of sets")
        indexing.weigh_sets(machine, side)
    return _computed(machine, function, left, right)


def _start(left: Value) -> str | tuple[Value, ...]:
    """What is known of a sum with a text, or with a list, whatever is added to it."""
    match left:
        case Unknown(start=start) | (str() as start):
            return start
        case [first, *_] if not isinstance(first, Unknown):
            return (first,)
    return ""


def _is_type(value: Value) -> bool:
    return isinstance(value, type | Class) or is_union(value)


def _union(machine: Machine, left: Value, right: Value) -> Value:
    """What ``|`` makes of classes (PEP 604)."""
    found = list[Value]()
    for side in (left, right):
        kind = NoneType if side is None else side
        if isinstance(kind, (str, bytes, int, float, *_CONTAINERS)):
            raise error(TypeError, "unsupported operand type(s) for |")
        if not _is_type(kind):
            return machine.unknown("a union of types")
        machine.step(len(found) // 16)
        found += [part for part in union_of(kind) or [kind] if part not in found]
    if len(found) == 1:
        return found[0]
    made = Instance(UnionType)
    made.names["__args__"] = tuple(found)
    return made


def _is_too_much(machine: Machine, symbol: ast.operator, left: Value, right: Value) -> bool:
    """Whether the result of an operation would have too many bits or items."""
    match symbol, left, right:
        case _, int(), int() if max(left.bit_length(), right.bit_length()) > 2 * MAX_BITS:
            return True
        case ast.Pow(), complex(), int():
            return abs(right) > MAX_BITS
        case ast.Pow(), int(), int():
            return left.bit_length() * max(right, 0) > MAX_BITS or right < -MAX_BITS
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
            return len(left) + len(right) > texts.MAX_TEXT
        case ast.Add(), (list() | tuple()), (list() | tuple()):
            return len(left) + len(right) > MAX_ITEMS
        case ast.BitOr(), dict(), dict():
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
    inner = content(value)
    if isinstance(inner, int | float | complex):
        try:
            made: Value = function(inner)
        except TypeError as problem:
            raise error(TypeError, str(problem)) from None
        return made
    if isinstance(inner, Unknown):
        return inner
    if isinstance(inner, str | bytes | list | tuple | dict | set | frozenset) or inner is None:
        raise error(TypeError, f"bad operand type for unary {name}")
    return machine.unknown("a sign of an object")


def augment(machine: Machine, symbol: ast.operator, left: Value, right: Value) -> Value:
    """What ``left += right`` and the like leave in ``left``: containers change themselves."""
    inner = content(left)
    match symbol, inner:
        case ast.Add(), list():
            added = taken(machine, right)
            if len(inner) + len(added) > MAX_ITEMS:
                return machine.cut("a list that is too long")
            machine.touch(inner)
            inner += added
            return left
        case ast.Mult(), list():
            made = binary(machine, symbol, inner, right)
            if not isinstance(made, list):
                return made
            machine.touch(inner)
            refill(inner, made)
            return left
        case ast.BitOr(), dict() if isinstance(more := content(right), dict):
            machine.weigh(more)
            vague.put_all(machine, inner, more)
            return left
        case ((ast.BitOr() | ast.Sub() | ast.BitAnd() | ast.BitXor()), set()):
            made = binary(machine, symbol, inner, right)
            if isinstance(made, set):
                machine.touch(inner)
                refill(inner, made)
                return left
            return made
    return binary(machine, symbol, left, right)
