"""Whether a condition in Python source holds on Linux."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from find_libdeps.python.module import Module

_PLATFORM = {
    ("sys", "platform"): "linux",
    ("os", "name"): "posix",
    ("platform", "system"): "Linux",
}
"""The values of these names on Linux."""


def holds_on_linux(module: Module, test: ast.expr, hops: int = 8) -> bool | None:
    """Whether a condition holds on Linux; None if that is not known."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()]):
            return False
        case ast.Name(id=name) if len(module.constants.get(name, ())) == 1 and hops:
            return holds_on_linux(module, module.constants[name][0], hops - 1)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = holds_on_linux(module, operand, hops)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            truths = [holds_on_linux(module, value, hops) for value in values]
            decisive = isinstance(op, ast.Or)
            if decisive in truths:
                return decisive
            return None if None in truths else not decisive
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compares(_platform_text(module, left), op, _texts(right))
        case ast.Call(
            func=ast.Attribute(value=value, attr="startswith" | "endswith" as end), args=[part]
        ):
            text, parts = _platform_text(module, value), tuple(_texts(part))
            if not (text and parts):
                return None
            return text.startswith(parts) if end == "startswith" else text.endswith(parts)
    return None


def _compares(text: str | None, op: ast.cmpop, others: Sequence[str]) -> bool | None:
    if text is None or not others:
        return None
    match op:
        case ast.Eq() | ast.In():
            return text in others
        case ast.NotEq() | ast.NotIn():
            return text not in others
    return None


def _platform_text(module: Module, node: ast.expr, hops: int = 8) -> str | None:
    """The value of `node` on Linux if it names the platform, such as ``sys.platform``."""
    match node:
        case ast.Name(id=name):
            if module.imported.get(name) in _PLATFORM:
                return _PLATFORM[module.imported[name]]
            if len(module.constants.get(name, ())) == 1 and hops:
                return _platform_text(module, module.constants[name][0], hops - 1)
        case ast.Attribute(value=ast.Name(id=owner), attr=attribute):
            origin = module.imported.get(owner, (owner, ""))[0]
            return _PLATFORM.get((origin, attribute))
        case ast.Call(func=ast.Attribute(value=value, attr="lower"), args=[]):
            text = _platform_text(module, value, hops)
            return text.lower() if text else None
        case ast.Call(func=func, args=[]):
            return _platform_text(module, func, hops)
    return None


def _texts(node: ast.expr) -> list[str]:
    """The string of a constant, or all of a tuple, list or set; empty if anything else is in it."""
    items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    texts = [i.value for i in items if isinstance(i, ast.Constant) and isinstance(i.value, str)]
    return texts if len(texts) == len(items) else []
