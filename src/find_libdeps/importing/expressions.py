"""Expressions: what each of Python's evaluates to.

Source: Python's language reference, 6 "Expressions".
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeAlias

from find_libdeps.importing import comparison, indexing, operands, operators, texts
from find_libdeps.importing.arguments import arguments
from find_libdeps.importing.calls import make_function
from find_libdeps.importing.comprehensions import dict_of, generator, listed, set_of
from find_libdeps.importing.doubt import in_doubt
from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Deferred,
    Instance,
    Super,
    Unknown,
    Value,
    bare,
    error,
    join,
)
from find_libdeps.importing.walking import taken

Evaluator: TypeAlias = Callable[[Machine, Frame, Any], Value]


def _constant(machine: Machine, frame: Frame, node: ast.Constant) -> Value:
    return node.value


def _name(machine: Machine, frame: Frame, node: ast.Name) -> Value:
    value = frame.load(node.id)
    if value is MISSING or isinstance(value, Deferred):
        return machine.name_of(frame, node.id)
    return value


def _attribute(machine: Machine, frame: Frame, node: ast.Attribute) -> Value:
    return machine.attribute(machine.evaluate(frame, node.value), node.attr)


def _subscript(machine: Machine, frame: Frame, node: ast.Subscript) -> Value:
    value = machine.evaluate(frame, node.value)
    return indexing.item(machine, value, machine.evaluate(frame, node.slice))


def _slice(machine: Machine, frame: Frame, node: ast.Slice) -> Value:
    parts = [machine.evaluate(frame, p) if p else None for p in (node.lower, node.upper, node.step)]
    unknown = next((part for part in parts if isinstance(part, Unknown | Alternatives)), None)
    return machine.unknown("a slice") if unknown is not None else slice(*parts)


def _call(machine: Machine, frame: Frame, node: ast.Call) -> Value:
    function = machine.evaluate(frame, node.func)
    if not (node.args or node.keywords) and isinstance(node.func, ast.Name):
        match node.func.id:
            case "super" if function is super:
                return _super(frame)
            case "globals" | "locals" | "vars" | "dir" as name:
                if found := _namespace(machine, frame, function, name):
                    return found[0]
    args, names = arguments(machine, frame, node)
    if isinstance(function, Unknown) and isinstance(node.func, ast.Attribute) and args:
        machine.call_unknown(node.func.attr, args[0])
    return machine.call(function, args, names)


def _super(frame: Frame) -> Value:
    inner: Frame | None = frame
    while inner is not None and inner.first is MISSING:
        inner = inner.parent
    if inner is None:
        raise error(RuntimeError, "super(): no arguments")
    kind = inner.cell.value if inner.cell is not None else _named_class(inner)
    if kind is MISSING:
        raise error(RuntimeError, "super(): __class__ cell not found")
    return Super(kind, inner.first)


def _named_class(frame: Frame | None) -> Value:
    """What a function around a frame calls ``__class__``, for `super`; `MISSING` if none does."""
    while frame is not None and "__class__" not in frame.names:
        frame = frame.parent
    return MISSING if frame is None else frame.names["__class__"]


def _namespace(machine: Machine, frame: Frame, function: Value, name: str) -> tuple[Value] | None:
    """What ``globals()`` and the like return, in a tuple; None if the name is not theirs."""
    if function is not machine.name_of(frame.module.frame, name):
        return None
    while frame.kind is Kind.COMPREHENSION and frame.parent:
        frame = frame.parent
    names = frame.module.names if name == "globals" else frame.names
    return (sorted(_texts(names)) if name == "dir" else names,)


def _texts(names: Iterable[object]) -> list[str]:
    """The names that are strings: the evaluated program may put others into a dict of names."""
    return [name for name in names if isinstance(name, str)]


def _tuple(machine: Machine, frame: Frame, node: ast.Tuple) -> Value:
    return tuple(_items(machine, frame, node.elts))


def _list(machine: Machine, frame: Frame, node: ast.List) -> Value:
    return _items(machine, frame, node.elts)


def _set(machine: Machine, frame: Frame, node: ast.Set) -> Value:
    return indexing.make_set(machine, _items(machine, frame, node.elts))


def _items(machine: Machine, frame: Frame, nodes: list[ast.expr]) -> list[Value]:
    found = list[Value]()
    for node in nodes:
        if isinstance(node, ast.Starred):
            found += taken(machine, machine.evaluate(frame, node.value))
        else:
            found.append(machine.evaluate(frame, node))
    return found


def _dict(machine: Machine, frame: Frame, node: ast.Dict) -> Value:
    found = dict[Value, Value]()
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            name = indexing.key(machine, machine.evaluate(frame, key))
            found[name] = machine.evaluate(frame, value)
            continue
        other = machine.evaluate(frame, value)
        if isinstance(other, dict):
            machine.weigh(other)
            found |= other
    return found


def _boolean(machine: Machine, frame: Frame, node: ast.BoolOp) -> Value:
    decisive = isinstance(node.op, ast.Or)
    possible = list[Value]()
    value: Value = None
    for part in node.values:
        if possible:
            # what follows is evaluated, or not: nobody knows
            evaluated = partial(machine.evaluate, frame, part)
            value = in_doubt(machine, frame, evaluated)
            if value is MISSING:
                break
        else:
            value = machine.evaluate(frame, part)
        truth = machine.truth(value)
        if truth is decisive:
            break
        if truth is None:
            possible.append(value)
    return join([*possible, value] if value is not MISSING else possible)


def _conditional(machine: Machine, frame: Frame, node: ast.IfExp) -> Value:
    truth = machine.truth(machine.evaluate(frame, node.test))
    if truth is not None:
        return machine.evaluate(frame, node.body if truth else node.orelse)
    parts = (node.body, node.orelse)
    return operands.each_way(machine, parts, partial(machine.evaluate, frame), frame)


def _compare(machine: Machine, frame: Frame, node: ast.Compare) -> Value:
    left, result = machine.evaluate(frame, node.left), True
    value: Value = True
    for operator, part in zip(node.ops, node.comparators, strict=True):
        right = machine.evaluate(frame, part)
        value = comparison.compare(machine, operator, left, right)
        truth = machine.truth(value)
        if truth is None:
            return value if isinstance(value, Unknown) else machine.unknown("a comparison")
        result = result and truth
        if not result:
            return value
        left = right
    return value


def _unary(machine: Machine, frame: Frame, node: ast.UnaryOp) -> Value:
    value = machine.evaluate(frame, node.operand)
    if isinstance(node.op, ast.Not):
        truth = machine.truth(value)
        if truth is None:
            return value if isinstance(value, Unknown) else machine.unknown("a condition")
        return not truth
    return operators.unary(machine, node.op, value)


def _binary(machine: Machine, frame: Frame, node: ast.BinOp) -> Value:
    # a sum of a thousand parts is a thousand deep on its left side
    pending = [node]
    while isinstance(pending[-1].left, ast.BinOp):
        pending.append(pending[-1].left)
    value = machine.evaluate(frame, pending[-1].left)
    while pending:
        part = pending.pop()
        value = operators.binary(machine, part.op, value, machine.evaluate(frame, part.right))
    return value


def _joined(machine: Machine, frame: Frame, node: ast.JoinedStr) -> Value:
    return texts.joined(machine, [machine.evaluate(frame, part) for part in node.values])


def _formatted(machine: Machine, frame: Frame, node: ast.FormattedValue) -> Value:
    value = machine.evaluate(frame, node.value)
    specification = machine.evaluate(frame, node.format_spec) if node.format_spec else ""
    return texts.formatted(machine, value, node.conversion, specification)


def _named(machine: Machine, frame: Frame, node: ast.NamedExpr) -> Value:
    value = machine.evaluate(frame, node.value)
    machine.assign(frame, node.target, value)
    return value


def _lambda(machine: Machine, frame: Frame, node: ast.Lambda) -> Value:
    return make_function(machine, frame, node, "<lambda>")


def _yield(machine: Machine, frame: Frame, node: ast.Yield | ast.YieldFrom) -> Value:
    return frame.sent.get(node)


def _await(machine: Machine, frame: Frame, node: ast.Await) -> Value:
    value = machine.evaluate(frame, node.value)
    if isinstance(value, Unknown):
        return bare(value)
    # what a coroutine returns is what its function was seen to return
    is_open = isinstance(value, Instance | Alternatives) or not machine.limits.runs_coroutines
    return machine.unknown("what is awaited") if is_open else value


def _starred(machine: Machine, frame: Frame, node: ast.Starred) -> Value:
    return machine.evaluate(frame, node.value)


EVALUATORS: dict[type[ast.expr], Evaluator] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Call: _call,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.BoolOp: _boolean,
    ast.IfExp: _conditional,
    ast.Compare: _compare,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.JoinedStr: _joined,
    ast.FormattedValue: _formatted,
    ast.NamedExpr: _named,
    ast.Lambda: _lambda,
    ast.ListComp: listed,
    ast.SetComp: set_of,
    ast.DictComp: dict_of,
    ast.GeneratorExp: generator,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Await: _await,
    ast.Starred: _starred,
}
"""For each kind of expression the function that evaluates it."""
