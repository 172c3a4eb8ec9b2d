"""Targets of assignments, and what ``del`` deletes.

Source: Python's language reference, 7.2 "Assignment statements" and 7.5 "The del statement".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from find_libdeps.importing import indexing, operands, operators, setting, vague
from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import MAX_TURNS, Machine, Signal
from find_libdeps.importing.merging import has_maybe
from find_libdeps.importing.values import MISSING, Alternatives, Unknown, Value, error, join


def run_augmented(machine: Machine, frame: Frame, node: ast.AugAssign) -> Signal:
    """Evaluate ``target += value`` and the like."""
    read: ast.expr
    match node.target:
        case ast.Name(id=name):
            read = ast.Name(name, ast.Load())
        case ast.Attribute(value=value, attr=name):
            read = ast.Attribute(value, name, ast.Load())
        case ast.Subscript(value=value, slice=index):
            read = ast.Subscript(value, index, ast.Load())
    left, right = machine.evaluate(frame, read), machine.evaluate(frame, node.value)
    method = f"__i{type(node.op).__name__.lower()}__"
    new = operands.special(machine, left, method, right)
    if new is MISSING or new is NotImplemented:
        new = operators.augment(machine, node.op, left, right)
    machine.assign(frame, node.target, new)
    return None


def delete_targets(machine: Machine, frame: Frame, node: ast.Delete) -> Signal:
    """Evaluate a ``del`` statement."""
    for target in node.targets:
        match target:
            case ast.Name(id=name):
                frame.delete(name)
            case ast.Attribute(value=value, attr=name):
                setting.delete_attribute(machine, machine.evaluate(frame, value), name)
            case ast.Subscript(value=value, slice=index):
                container = machine.evaluate(frame, value)
                indexing.delete_item(machine, container, machine.evaluate(frame, index))
    return None


def assign(machine: Machine, frame: Frame, target: ast.expr, value: Value) -> None:
    """Assign a value to a target. Raises Raised."""
    match target:
        case ast.Name(id=name):
            if frame.scope and name in frame.scope.globals:
                machine.note(frame.module.names, name)
            elif frame.scope and name in frame.scope.nonlocals:
                machine.note(frame.holder(name).names, name)
            frame.store(name, value)
        case ast.Attribute(value=owner, attr=name):
            machine.set_attribute(machine.evaluate(frame, owner), name, value)
        case ast.Subscript(value=owner, slice=index):
            container = machine.evaluate(frame, owner)
            indexing.set_item(machine, container, machine.evaluate(frame, index), value)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            _unpack(machine, frame, targets, value)
        case ast.Starred(value=inner):
            machine.assign(frame, inner, value)


def _unpack(machine: Machine, frame: Frame, targets: Sequence[ast.expr], value: Value) -> None:
    star = next((n for n, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
    if isinstance(value, Unknown):
        for target in targets:
            machine.assign(frame, target, value)
        return
    if isinstance(value, Alternatives):
        rows = [_row(machine, targets, star, each) for each in value.values]
        for number, target in enumerate(targets):
            machine.assign(frame, target, join([row[number] for row in rows]))
        return
    for target, item in zip(targets, _row(machine, targets, star, value), strict=True):
        machine.assign(frame, target, item)


def _row(
    machine: Machine, targets: Sequence[ast.expr], star: int | None, value: Value
) -> list[Value]:
    """The items of a value, one for each target. Raises Raised (ValueError, TypeError)."""
    machine.step(len(targets) // 4)
    items = list(_bounded(machine.iterate(value), len(targets) if star is None else MAX_TURNS))
    if star is not None and len(items) > MAX_TURNS:
        items.append(machine.cut(f"what follows the first {MAX_TURNS} items"))
    if star is None and has_maybe(machine, items):
        return vague.unpacked(items, len(targets))
    if star is None:
        if len(items) != len(targets):
            wanted = f"(expected {len(targets)}"
            if len(items) > len(targets):
                raise error(ValueError, f"too many values to unpack {wanted})")
            raise error(ValueError, f"not enough values to unpack {wanted}, got {len(items)})")
        return items
    after = len(targets) - star - 1
    if len(items) < len(targets) - 1:
        wanted = f"(expected at least {len(targets) - 1}, got {len(items)})"
        raise error(ValueError, f"not enough values to unpack {wanted}")
    end = len(items) - after
    return [*items[:star], items[star:end], *items[end:]]


def _bounded(items: Iterator[Value], limit: int) -> Iterator[Value]:
    for number, item in enumerate(items):
        yield item
        if number >= limit:
            return
