"""One Python source file, parsed."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeAlias, cast

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
MAX_SOURCE_SIZE = 300 << 10
"""Most bytes of a source file that is parsed. Larger ones are tables and documentation."""


@dataclass(slots=True)
class Module:
    """A parsed module."""

    name: str
    path: PurePosixPath
    body: list[ast.stmt]
    is_package: bool
    source: bytes = field(repr=False)
    functions: dict[str, list[Function]] = field(default_factory=dict)
    """Functions and methods by their bare name, except those inside functions."""
    classes: dict[str, list[Function]] = field(default_factory=dict)
    """Classes, and the methods that run when an instance is made or entered."""
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The origin of each imported name: a module, and a name in it (empty: the module itself)."""
    constants: dict[str, list[ast.expr]] = field(default_factory=dict)
    """All expressions that are assigned to each name at module level."""

    def fold(self) -> None:
        """Drop the bodies of functions; `body_of` parses them again.

        Few functions run at import, and trees take a hundred times the memory of their source.
        """
        if not _is_utf8(self.source):
            return
        lines = self.source.splitlines()
        for function in (f for named in self.functions.values() for f in named):
            indentation = lines[function.lineno - 1][: function.col_offset]
            if not indentation.strip(b" \t"):
                function.body = []

    def body_of(self, function: Function) -> list[ast.stmt]:
        """The statements of a function, parsed again after `fold`."""
        if not function.body:
            is_inner = function.col_offset > 0  # and, being indented, needs a block around it
            lines = self.source.splitlines()[function.lineno - 1 : function.end_lineno]
            above = [b""] * (function.lineno - 1 - is_inner) + [b"if 1:"] * is_inner
            (node,) = ast.parse(b"\n".join((*above, *lines, b""))).body  # the line numbers stay
            whole = node.body[0] if isinstance(node, ast.If) else node
            function.body = cast(Function, whole).body
        return function.body


def parse(source: bytes, path: PurePosixPath, name: str) -> Module | None:
    """Parse a module; None if Python could not parse it either."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escape sequences
            body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    module = Module(name, path, body, path.name == "__init__.py", source)
    for statement in _statements(body):
        match statement:
            case ast.ImportFrom(names=names):
                base = absolute_name(module, statement)
                module.imported |= {a.asname or a.name: (base, a.name) for a in names}
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                module.functions.setdefault(statement.name, []).append(statement)
            case ast.ClassDef():
                methods = [s for s in _statements(statement.body) if isinstance(s, Function)]
                for method in methods:
                    module.functions.setdefault(method.name, []).append(method)
                makers = [m for m in methods if m.name in ("__init__", "__new__", "__enter__")]
                module.classes.setdefault(statement.name, []).extend(makers)
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                module.constants.setdefault(target, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value):
                module.constants.setdefault(target, []).append(value)
    return module


def _is_utf8(source: bytes) -> bool:
    """Whether its first lines declare no other encoding (PEP 263)."""
    return b"coding" not in b"".join(source.split(b"\n", 2)[:2])


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a block and of the blocks inside it, except functions and classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, Function | ast.ClassDef):
            for inner in ast.iter_child_nodes(statement):
                if isinstance(inner, ast.stmt):
                    yield from _statements([inner])
                elif isinstance(inner, ast.ExceptHandler | ast.match_case):
                    yield from _statements(inner.body)


def absolute_name(module: Module, node: ast.ImportFrom) -> str:
    """The module that ``from X import`` names; a relative name is resolved in `module`."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    keep = len(parts) - node.level + (1 if module.is_package else 0)
    return ".".join([*parts[: max(keep, 0)], *([node.module] if node.module else [])])
