"""The ``yield`` expressions of a statement, which are evaluated before the rest of it.

Source: Python's language reference, 6.2.9 "Yield expressions"; PEP 380 for ``yield from``.
"""

from __future__ import annotations

import ast
from collections.abc import Generator

from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import Machine, Running
from find_libdeps.importing.scopes import yields_of
from find_libdeps.importing.values import Items, Raised, Value, error


def yield_first(machine: Machine, frame: Frame, statement: ast.stmt) -> Running:
    """Evaluate the ``yield`` expressions in a statement, before the rest of it."""
    for part in _heads(statement):
        for node in yields_of(part):
            if isinstance(node, ast.Yield):
                value = machine.evaluate(frame, node.value) if node.value else None
                frame.sent[node] = yield value
                continue
            frame.sent[node] = yield from _delegated(machine, machine.evaluate(frame, node.value))
    return None


def _delegated(machine: Machine, inner: Value) -> Generator[Value, Value, Value]:
    """Yield the items of an iterator; what is sent or thrown goes to it (PEP 380)."""
    items = machine.iterate(inner)
    thrown: Raised | None = None
    while True:
        machine.step()
        try:
            item = items.throw(thrown) if thrown else next(items)  # type: ignore[attr-defined]
        except StopIteration:
            return inner.returned if isinstance(inner, Items) else None
        thrown = None
        try:
            sent = yield item
            if isinstance(inner, Items):
                inner.send = sent
            if sent is not None and not hasattr(items, "throw"):
                raise error(AttributeError, "the iterator has no attribute 'send'")
        except Raised as raised:
            if not hasattr(items, "throw"):
                raise
            thrown = raised


def _heads(statement: ast.stmt) -> list[ast.AST]:
    """The parts of a statement that are evaluated once, before its blocks."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return []
        case ast.If(test=test):
            return [test]
        case ast.For(iter=items):
            return [items]
        case ast.With(items=managers):
            return [item.context_expr for item in managers]
        case ast.Match(subject=subject):
            return [subject]
        case ast.While() | ast.Try():
            return []
    return [statement]
