"""Expressions: what each of Python's evaluates to.

Source: Python's language reference, 6 "Expressions".
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from find_libdeps.importing import operators, texts
from find_libdeps.importing.calls import make_function
from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Deferred,
    Items,
    Names,
    Raised,
    Rest,
    Super,
    Unknown,
    Value,
    error,
    join,
)

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
    return operators.item(machine, value, machine.evaluate(frame, node.slice))


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
                if names := _namespace(machine, frame, function, name):
                    return names[0]
    args, names = arguments(machine, frame, node)
    return machine.call(function, args, names)


def _super(frame: Frame) -> Value:
    inner: Frame | None = frame
    while inner is not None and inner.first is MISSING:
        inner = inner.parent
    # code in a string may set __class__ itself
    kind = inner.cell.value if inner and inner.cell else frame.load("__class__")
    if inner is None or kind is MISSING:
        raise error(RuntimeError, "super(): no arguments")
    return Super(kind, inner.first)


def _namespace(machine: Machine, frame: Frame, function: Value, name: str) -> tuple[Value] | None:
    """What ``globals()`` and the like return, in a tuple; None if the name is not theirs."""
    if function is not machine.name_of(machine.module_of(frame).frame, name):
        return None
    while frame.kind is Kind.COMPREHENSION and frame.parent:
        frame = frame.parent
    names: dict[Any, Value] = frame.module.names if name == "globals" else frame.names
    return (sorted(n for n in names if isinstance(n, str)) if name == "dir" else names,)


def arguments(
    machine: Machine, frame: Frame, node: ast.Call | ast.ClassDef
) -> tuple[list[Value], Names]:
    """The arguments of a call, or the bases of a class, and those that have names."""
    args = list[Value]()
    for part in node.args if isinstance(node, ast.Call) else node.bases:
        if isinstance(part, ast.Starred):
            value = machine.evaluate(frame, part.value)
            args += [Rest(value)] if isinstance(value, Unknown) else taken(machine, value)
        else:
            args.append(machine.evaluate(frame, part))
    names: Names = {}
    for keyword in node.keywords:
        value = machine.evaluate(frame, keyword.value)
        if keyword.arg is not None:
            names[keyword.arg] = value
        elif isinstance(value, dict):
            names |= {key: each for key, each in value.items() if isinstance(key, str)}
            args += [key for key in value if isinstance(key, Rest)]
        elif isinstance(value, Unknown):
            args.append(Rest(value))
    return args, names


def taken(machine: Machine, value: Value, limit: int = MAX_ITEMS) -> list[Value]:
    """All items of a value; what an unknown one has is a single unknown item."""
    if isinstance(value, list | tuple) and len(value) <= limit:
        return list(value)
    found = list[Value]()
    for item in machine.iterate(value):
        machine.step()
        found.append(item)
        if len(found) >= limit:
            machine.cut(f"what follows the first {limit} items")
            break
    return found


def _tuple(machine: Machine, frame: Frame, node: ast.Tuple) -> Value:
    return tuple(_items(machine, frame, node.elts))


def _list(machine: Machine, frame: Frame, node: ast.List) -> Value:
    return _items(machine, frame, node.elts)


def _set(machine: Machine, frame: Frame, node: ast.Set) -> Value:
    return operators.make_set(machine, _items(machine, frame, node.elts))


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
            name = operators.key(machine, machine.evaluate(frame, key))
            found[name] = machine.evaluate(frame, value)
            continue
        other = machine.evaluate(frame, value)
        if isinstance(other, dict):
            found |= other
    return found


def _boolean(machine: Machine, frame: Frame, node: ast.BoolOp) -> Value:
    decisive = isinstance(node.op, ast.Or)
    possible = list[Value]()
    try:
        for part in node.values:
            value = machine.evaluate(frame, part)
            truth = machine.truth(value)
            if truth is decisive:
                return join([*possible, value])
            if truth is None:
                # what follows is evaluated, or not: nobody knows
                machine.doubts += not possible
                possible.append(value)
    finally:
        machine.doubts -= bool(possible)
    return join([*possible, value])


def _conditional(machine: Machine, frame: Frame, node: ast.IfExp) -> Value:
    truth = machine.truth(machine.evaluate(frame, node.test))
    if truth is not None:
        return machine.evaluate(frame, node.body if truth else node.orelse)
    machine.doubts += 1
    values, failures = list[Value](), list[Raised]()
    for part in (node.body, node.orelse):
        try:
            values.append(machine.evaluate(frame, part))
        except Raised as failure:
            failures.append(failure)
    machine.doubts -= 1
    if not values:
        raise failures[0]
    return join(values)


def _compare(machine: Machine, frame: Frame, node: ast.Compare) -> Value:
    left, result = machine.evaluate(frame, node.left), True
    value: Value = True
    for operator, part in zip(node.ops, node.comparators, strict=True):
        right = machine.evaluate(frame, part)
        value = operators.compare(machine, operator, left, right)
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


def _comprehended(
    machine: Machine, frame: Frame, node: ast.ListComp | ast.SetComp | ast.GeneratorExp
) -> Iterator[Value]:
    inner, first = _comprehension_frame(machine, frame, node.generators)
    return _turns(machine, inner, node.generators, first, lambda: machine.evaluate(inner, node.elt))


def _comprehension_frame(
    machine: Machine, frame: Frame, generators: list[ast.comprehension]
) -> tuple[Frame, Iterator[Value]]:
    first = machine.iterate(machine.evaluate(frame, generators[0].iter))
    parent = frame if frame.kind is not Kind.CLASS else frame.parent
    inner = Frame(Kind.COMPREHENSION, frame.module, {}, parent)
    inner.cell = frame.cell
    for generator in generators:
        for target in ast.walk(generator.target):
            if isinstance(target, ast.Name):
                inner.names[target.id] = MISSING
    return inner, first


def _turns(
    machine: Machine,
    frame: Frame,
    generators: list[ast.comprehension],
    items: Iterator[Value],
    result: Callable[[], Value],
) -> Iterator[Value]:
    """The results of the innermost turns of a comprehension, one by one."""
    generator, *rest = generators
    for item in items:
        machine.step()
        machine.assign(frame, generator.target, item)
        truths = (machine.truth(machine.evaluate(frame, test)) for test in generator.ifs)
        if any(truth is False for truth in truths):
            continue
        if rest:
            inner = machine.iterate(machine.evaluate(frame, rest[0].iter))
            yield from _turns(machine, frame, rest, inner, result)
        else:
            yield result()
            if isinstance(item, Rest):
                yield item


def _listed(machine: Machine, frame: Frame, node: ast.ListComp) -> Value:
    return taken(machine, Items(_comprehended(machine, frame, node)))


def _set_of(machine: Machine, frame: Frame, node: ast.SetComp) -> Value:
    return operators.make_set(machine, taken(machine, Items(_comprehended(machine, frame, node))))


def _generator(machine: Machine, frame: Frame, node: ast.GeneratorExp) -> Value:
    return Items(_comprehended(machine, frame, node))


def _dict_of(machine: Machine, frame: Frame, node: ast.DictComp) -> Value:
    inner, first = _comprehension_frame(machine, frame, node.generators)
    found = dict[Value, Value]()

    def pair() -> Value:
        name = operators.key(machine, machine.evaluate(inner, node.key))
        found[name] = machine.evaluate(inner, node.value)
        return None

    taken(machine, Items(_turns(machine, inner, node.generators, first, pair)))
    return found


def _yield(machine: Machine, frame: Frame, node: ast.Yield | ast.YieldFrom) -> Value:
    return frame.sent.get(node)


def _await(machine: Machine, frame: Frame, node: ast.Await) -> Value:
    machine.evaluate(frame, node.value)
    return machine.unknown("what is awaited")


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
    ast.ListComp: _listed,
    ast.SetComp: _set_of,
    ast.DictComp: _dict_of,
    ast.GeneratorExp: _generator,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Await: _await,
    ast.Starred: _starred,
}
"""For each kind of expression the function that evaluates it."""
