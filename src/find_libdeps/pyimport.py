"""What runs when a Python package is imported: followed in its source, never by importing it.

From a package's root module its own imports and calls are followed, as far as names tell: the body
of a module, of a function that is called there, of a class that is made, and so on. Branches for
other operating systems are left out. It is a guess, on the side of too much: a method counts as
called if one of that name is.
"""

from __future__ import annotations

import ast
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import TypeAlias, cast

from find_libdeps.errors import TreeError
from find_libdeps.tree import Tree

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

MAX_SOURCE_SIZE = 300 << 10
"""Bytes of a source file that is worth parsing. Larger ones are tables and documentation."""
MAX_FOLLOWED = 3 << 19
"""Bytes of source that are followed in one package, the modules nearest to its root first. In the
few packages that import more than this at once, what lies deeper counts as not reached."""


@dataclass(slots=True)
class Module:
    """A parsed module."""

    name: str
    path: PurePosixPath
    body: list[ast.stmt]
    is_package: bool
    source: bytes = field(repr=False)
    functions: dict[str, list[Function]] = field(default_factory=dict)
    """Functions and methods by their bare name, as far as they stand outside of functions."""
    classes: dict[str, list[Function]] = field(default_factory=dict)
    """What making an instance runs."""
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Local names to what they come from: a module, and a name in it (or nothing)."""
    constants: dict[str, list[ast.expr]] = field(default_factory=dict)
    """All that is assigned to a name at the module's level."""

    def fold(self) -> None:
        """Let go of what is in functions, until it is asked for.

        Few of them run at import, and trees take a hundred times the room of their source.
        """
        if not _is_utf8(self.source):
            return
        lines = self.source.splitlines()
        for function in (f for named in self.functions.values() for f in named):
            indentation = lines[function.lineno - 1][: function.col_offset]
            if not indentation.strip(b" \t"):
                function.body = []

    def body_of(self, function: Function) -> list[ast.stmt]:
        """The statements of a function."""
        if not function.body:
            is_inner = function.col_offset > 0  # and needs something to be in
            lines = self.source.splitlines()[function.lineno - 1 : function.end_lineno]
            above = [b""] * (function.lineno - 1 - is_inner) + [b"if 1:"] * is_inner
            (node,) = ast.parse(b"\n".join((*above, *lines, b""))).body  # numbered as before
            whole = node.body[0] if isinstance(node, ast.If) else node
            function.body = cast(Function, whole).body
        return function.body


def parse(source: bytes, path: PurePosixPath, name: str) -> Module | None:
    """Parse a module, or None where Python could not either."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other people's escape sequences
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
    """Whether no line says that it is anything else (PEP 263)."""
    return b"coding" not in b"".join(source.split(b"\n", 2)[:2])


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a block and of the blocks in it that are no functions or classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, Function | ast.ClassDef):
            for inner in ast.iter_child_nodes(statement):
                if isinstance(inner, ast.stmt):
                    yield from _statements([inner])
                elif isinstance(inner, ast.ExceptHandler | ast.match_case):
                    yield from _statements(inner.body)


class Running:
    """What of one top-level package runs when it is imported."""

    def __init__(self, tree: Tree, site: PurePosixPath, package: str) -> None:
        self._tree = tree
        self._site = site
        self._package = package
        self.module = cache(self._module)
        self.modules: set[PurePosixPath] = set()
        """The files of the modules that run."""
        self.functions: set[tuple[PurePosixPath, int]] = set()
        """The functions that run, by file and first line."""
        self._followed = 0
        self._queue: deque[tuple[Module, Sequence[ast.stmt]]] = deque()
        roots = list(self._roots())
        for root in roots:
            self._import(root)
        self._follow()
        # an empty root is no way in: applications import what lies right below it
        for root in filter(self._is_empty, roots):
            for name in self._submodules(root):
                self._import(name)
        self._follow()
        self.module.cache_clear()  # the trees are a hundred times as large as what was found out

    def _follow(self) -> None:
        """Run what is waiting, and what that brings."""
        while self._queue:
            module, body = self._queue.popleft()
            for statement in body:
                with suppress(RecursionError):  # no hand has written such an expression
                    self._run(module, statement)

    def runs(self, path: PurePosixPath, line: int | None) -> bool:
        """Whether a module's body, or the function that starts at a line of it, runs."""
        return path in self.modules if line is None else (path, line) in self.functions

    def _roots(self) -> Iterator[str]:
        """The package itself; of a namespace package (PEP 420) the packages in it."""
        pending = [self._package]
        while pending:
            name = pending.pop()
            folder = self._site.joinpath(*name.split("."))
            if self.module(name) or len(name.split(".")) > 3:
                yield name
            else:
                pending += [f"{name}.{entry}" for entry in self._tree.names(folder)]

    def _is_empty(self, name: str) -> bool:
        """Whether a package's root does nothing but name things."""
        root = self.module(name)
        if root is None or not root.is_package:
            return False
        nodes = [node for statement in root.body for node in ast.walk(statement)]
        own = (n for n in nodes if isinstance(n, ast.ImportFrom))
        return not (
            any(isinstance(n, Function | ast.ClassDef | ast.Call) for n in nodes)
            or any(absolute_name(root, n).partition(".")[0] == self._package for n in own)
        )

    def _submodules(self, name: str) -> Iterator[str]:
        """The public modules and packages right in a package."""
        root = self.module(name)
        folder = self._site.joinpath(*name.split("."))
        for entry in self._tree.names(folder) if root and root.is_package else ():
            bare = entry.removesuffix(".py")
            if bare.isidentifier() and not bare.startswith("_"):
                yield f"{name}.{bare}"

    def _module(self, name: str) -> Module | None:
        base = self._site.joinpath(*name.split("."))
        for path in (base / "__init__.py", base.with_name(f"{base.name}.py")):
            if self._followed < MAX_FOLLOWED and self._tree.entry(path):
                with suppress(TreeError):  # told already, if it mentions a loader
                    source = self._tree.content(self._tree.regular(path), MAX_SOURCE_SIZE)
                    module = parse(source, path, name) if source is not None else None
                    if module:
                        module.fold()
                    return module
        return None

    def _import(self, name: str) -> None:
        """Import a module of the package, after the packages that it is in."""
        parts = name.split(".")
        if parts[0] != self._package:
            return
        for count in range(1, len(parts) + 1):
            module = self.module(".".join(parts[:count]))
            if module and module.path not in self.modules and self._followed < MAX_FOLLOWED:
                self.modules.add(module.path)
                self._followed += len(module.source)
                self._queue.append((module, module.body))

    def _run(self, module: Module, node: ast.AST) -> None:
        """One statement or expression, and what is in it."""
        match node:
            case ast.Import(names=names):
                for alias in names:
                    self._import(alias.name)
                    local = alias.asname or alias.name.partition(".")[0]
                    module.imported[local] = (alias.name if alias.asname else local, "")
            case ast.ImportFrom():
                self._import_from(module, node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
                    if part:
                        self._run(module, part)
                for decorator in node.decorator_list:
                    self._call(module, decorator)
                if not any(node is known for known in module.functions.get(node.name, ())):
                    self._run_functions(module, [node])  # in a function that runs: it is called
            case ast.Lambda():
                pass
            case ast.If(test=test, body=body, orelse=orelse):
                truth = holds_on_linux(module, test)
                taken = [test, *(body if truth is not False else ())]
                for child in (*taken, *(orelse if truth is not True else ())):
                    self._run(module, child)
            case _:
                if isinstance(node, ast.Call):
                    self._call(module, node.func)
                for child in ast.iter_child_nodes(node):
                    self._run(module, child)

    def _import_from(self, module: Module, node: ast.ImportFrom) -> None:
        base = absolute_name(module, node)
        self._import(base)
        for alias in node.names:
            submodule = f"{base}.{alias.name}"
            is_module = base.partition(".")[0] == self._package and self.module(submodule)
            if is_module:
                self._import(submodule)
            module.imported[alias.asname or alias.name] = (
                (submodule, "") if is_module else (base, alias.name)
            )

    def _call(self, module: Module, callee: ast.expr) -> None:
        """Run what a callee's name may stand for."""
        match callee:
            case ast.Name(id=name):
                self._run_named(module, name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in module.imported:
                origin, inner = module.imported[owner]
                other = self.module(origin) if origin.partition(".")[0] == self._package else None
                if other and not inner:
                    self._run_named(other, name)
                else:
                    self._run_method(module, name)
            case ast.Attribute(attr=name):
                self._run_method(module, name)

    def _run_named(self, module: Module, name: str, hops: int = 8) -> None:
        """A function or class by a name in a module, or in the one that it imports it from."""
        if name in module.classes:
            self._run_functions(module, module.classes[name])
        elif name in module.functions:
            self._run_functions(module, module.functions[name])
        elif name in module.imported and hops:
            origin, inner = module.imported[name]
            if inner and origin.partition(".")[0] == self._package:
                other = self.module(origin)
                if other:
                    self._run_named(other, inner, hops - 1)

    def _run_method(self, module: Module, name: str) -> None:
        self._run_functions(module, module.functions.get(name, ()))

    def _run_functions(self, module: Module, functions: Sequence[Function]) -> None:
        for function in functions:
            key = module.path, function.lineno
            if key not in self.functions:
                self.functions.add(key)
                self._queue.append((module, module.body_of(function)))


def absolute_name(module: Module, node: ast.ImportFrom) -> str:
    """The module that ``from X import`` names, relative ones counted from `module`."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    keep = len(parts) - node.level + (1 if module.is_package else 0)
    return ".".join([*parts[: max(keep, 0)], *([node.module] if node.module else [])])


_PLATFORM = {
    ("sys", "platform"): "linux",
    ("os", "name"): "posix",
    ("platform", "system"): "Linux",
}
"""What Linux answers to those who ask."""


def holds_on_linux(module: Module, test: ast.expr, hops: int = 8) -> bool | None:
    """Whether a condition holds on Linux; None where that can't be told."""
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
            told = [holds_on_linux(module, value, hops) for value in values]
            decisive = isinstance(op, ast.Or)
            if decisive in told:
                return decisive
            return None if None in told else not decisive
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
    """What `node` is on Linux, if it asks for the platform."""
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
    """The constant strings that a node is, or holds."""
    items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    texts = [i.value for i in items if isinstance(i, ast.Constant) and isinstance(i.value, str)]
    return texts if len(texts) == len(items) else []
