"""Comparisons, and membership.

Source: Python's language reference, 6.10 "Comparisons".
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from find_libdeps.importing.indexing import key, weigh_sets
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.operands import content, distributed, special, uncertain
from find_libdeps.importing.values import (
    KEYS,
    MISSING,
    Alternatives,
    Maybe,
    Method,
    Unknown,
    Value,
    error,
)
from find_libdeps.importing.walking import has_unknown, is_plain, is_small

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str, Callable[[Any, Any], bool]]] = {
    ast.Eq: ("eq", "eq", operator.eq),
    ast.NotEq: ("ne", "ne", operator.ne),
    ast.Lt: ("lt", "gt", operator.lt),
    ast.LtE: ("le", "ge", operator.le),
    ast.Gt: ("gt", "lt", operator.gt),
    ast.GtE: ("ge", "le", operator.ge),
}
_CONTAINERS = (list, tuple, dict)
_SETS = (set, frozenset, KEYS)


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
    if isinstance(left, _SETS) and isinstance(right, _SETS):
        return _of_sets(machine, function, left, right)
    if is_plain(machine, left) and is_plain(machine, right):
        return _plainly(function, left, right)
    if not isinstance(symbol, ast.Eq):
        return machine.unknown("a comparison of objects")
    if isinstance(left, _CONTAINERS) and isinstance(right, _CONTAINERS):
        return left is right or _equal_items(machine, left, right)
    return left is right if not isinstance(left, Method) else left == right


def _plainly(function: Callable[[Any, Any], bool], left: Value, right: Value) -> bool:
    try:
        return function(left, right)
    except TypeError as problem:
        raise error(TypeError, str(problem)) from None


def _of_sets(
    machine: Machine, function: Callable[[Any, Any], bool], left: Any, right: Any
) -> Value:
    """What a comparison of sets says; all their items can be hashed."""
    if has_unknown(left) or has_unknown(right):
        return machine.unknown("a comparison of objects")
    weigh_sets(machine, left, right)
    return _plainly(function, left, right)


def _equal_items(machine: Machine, left: Any, right: Any) -> Value:
    unknown = machine.unknown("a comparison of objects")
    if type(left) is not type(right) or len(left) != len(right):
        return False
    if not (is_small(machine, left) and is_small(machine, right)):
        return unknown
    if isinstance(left, dict):
        if any(name not in right for name in left):
            return unknown if has_unknown(left) or has_unknown(right) else False
        left, right = list(left.values()), [right[name] for name in left]
    with machine.deeper() as is_followed:
        if not is_followed:
            return unknown
        for one, other in zip(left, right, strict=True):
            machine.step()
            same = one is other and not isinstance(one, Unknown | Alternatives)
            truth = same or machine.truth(compare(machine, ast.Eq(), one, other))
            if truth is not True:
                return False if truth is False else unknown
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
    spread = distributed(machine, (item, values), lambda i, v: _membership(machine, i, v, wanted))
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
    if isinstance(values, dict | set | frozenset | KEYS):
        name = key(machine, item)
        is_there = name in values and not isinstance(name, Unknown)
        if is_there and isinstance(values, dict) and isinstance(values[name], Maybe):
            return machine.unknown("whether it is among others")
        if not is_there and (isinstance(name, Unknown) or has_unknown(values)):
            return machine.unknown("whether it is among others")
        return is_there is wanted
    if isinstance(values, str | bytes | range):
        if isinstance(plain, Unknown):
            return plain
        return _is_inside(machine, plain, values) is wanted
    is_unknown = False
    for each in machine.iterate(values):
        machine.step()
        if item is each and not isinstance(item, Unknown):
            return wanted
        truth = machine.truth(compare(machine, ast.Eq(), item, each))
        if truth:
            return wanted
        is_unknown = is_unknown or truth is None
    return machine.unknown("whether it is among others") if is_unknown else not wanted


def _is_inside(machine: Machine, part: Value, whole: str | bytes | range) -> bool:
    """Whether a text is in a text, or a number in a range. Raises Raised (TypeError)."""
    if isinstance(whole, range):
        if isinstance(part, float) and part.is_integer():
            part = int(part)
        return isinstance(part, int) and part in whole
    machine.weigh(whole, part)
    try:
        return part in whole  # type: ignore[operator]
    except (TypeError, ValueError) as problem:
        raise error(type(problem), str(problem)) from None
