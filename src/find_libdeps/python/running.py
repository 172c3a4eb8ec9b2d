"""What runs when a Python package is imported, found in its source without importing it.

Starting from the package's root module, imports and calls inside the package are followed by name,
into the bodies of modules, of called functions, of instantiated classes, and so on. Branches for
other operating systems are left out. The result is a guess, too large rather than too small: a
method counts as called if any method of that name is.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import PurePosixPath

from find_libdeps.errors import TreeError
from find_libdeps.python.module import MAX_SOURCE_SIZE, Function, Module, absolute_name, parse
from find_libdeps.python.on_linux import holds_on_linux
from find_libdeps.roots.tree import Tree

MAX_FOLLOWED = 3 << 19
"""Most bytes of source that are followed in one package, the modules nearest to its root first. In
the few packages that import more than this at once, deeper modules count as not run."""


class Running:
    """The modules and functions of a top-level package that run when it is imported."""

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
        # an empty root leads nowhere: applications import the modules directly below it
        for root in filter(self._is_empty, roots):
            for name in self._submodules(root):
                self._import(name)
        self._follow()
        self.module.cache_clear()  # the trees are a hundred times as large as the result

    def _follow(self) -> None:
        """Follow what is in the queue, and what that adds to it."""
        while self._queue:
            module, body = self._queue.popleft()
            for statement in body:
                with suppress(RecursionError):  # only generated code nests so deep
                    self._run(module, statement)

    def runs(self, path: PurePosixPath, line: int | None) -> bool:
        """Whether the function that starts at `line` runs, or the module's body if that is None."""
        return path in self.modules if line is None else (path, line) in self.functions

    def _roots(self) -> Iterator[str]:
        """The package itself or, if it is a namespace package (PEP 420), the packages in it."""
        pending = [self._package]
        while pending:
            name = pending.pop()
            folder = self._site.joinpath(*name.split("."))
            if self.module(name) or len(name.split(".")) > 3:
                yield name
            else:
                pending += [f"{name}.{entry}" for entry in self._tree.names(folder)]

    def _is_empty(self, name: str) -> bool:
        """Whether a package's root defines and calls nothing, and imports nothing from itself."""
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
        """The public modules and packages directly in a package."""
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
                with suppress(TreeError):  # reported already, if it mentions a loader
                    source = self._tree.content(self._tree.regular(path), MAX_SOURCE_SIZE)
                    module = parse(source, path, name) if source is not None else None
                    if module:
                        module.fold()
                    return module
        return None

    def _import(self, name: str) -> None:
        """Follow the import of a module of the package, after the packages that it is in."""
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
        """Follow one statement or expression, and what is in it."""
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
                    self._run_functions(module, [node])  # nested: it counts as called
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
        """Follow the functions that a callee's name may stand for."""
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
        """Follow a function or class by its name in a module, which may only import it."""
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
