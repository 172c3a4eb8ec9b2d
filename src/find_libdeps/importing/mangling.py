"""Private names: in a class ``C``, the name ``__x`` means ``_C__x``.

Source: Python's language reference, 6.2.1 "Identifiers (Names)", private name mangling.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_PRIVATE = re.compile(rb"\b__(?!\w*__\b)\w")


def mangle(tree: ast.AST, source: bytes) -> None:
    """Replace the private names in the classes of a parsed source, if it has any."""
    if not _PRIVATE.search(source):
        return
    lines = source.splitlines()
    pending: list[tuple[ast.AST, str]] = [
        (each, "") for each in _classes(tree) if _has_private(each, lines)
    ]
    while pending:
        node, owner = pending.pop()
        if owner:
            _mangle_node(node, owner)
        if not isinstance(node, ast.ClassDef):
            pending += [(child, owner) for child in ast.iter_child_nodes(node)]
            continue
        body = set(map(id, node.body))
        inner = node.name
        for child in ast.iter_child_nodes(node):
            pending.append((child, inner if id(child) in body else owner))


def _has_private(node: ast.ClassDef, lines: list[bytes]) -> bool:
    return any(map(_PRIVATE.search, lines[node.lineno - 1 : node.end_lineno]))


def _classes(tree: ast.AST) -> Iterator[ast.ClassDef]:
    """The outermost classes: they are statements, which no expression has in it."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.ClassDef):
            yield node
            continue
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, field, None)
            pending += inner if isinstance(inner, list) else ()


def _mangle_node(node: ast.AST, owner: str) -> None:
    match node:
        case ast.Name(id=name):
            node.id = mangled(name, owner)
        case ast.Attribute(attr=name):
            node.attr = mangled(name, owner)
        case ast.arg(arg=name):
            node.arg = mangled(name, owner)
        case ast.keyword(arg=str() as name):
            node.arg = mangled(name, owner)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            node.name = mangled(name, owner)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            node.names = [mangled(name, owner) for name in names]
        case ast.alias(asname=str() as name):
            node.asname = mangled(name, owner)


def mangled(name: str, owner: str) -> str:
    """What a name means in the body of a class."""
    owner = owner.lstrip("_")
    is_private = name.startswith("__") and not name.endswith("__")
    return f"_{owner}{name}" if owner and is_private else name
