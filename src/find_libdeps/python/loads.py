"""The libraries that Python source loads by name, through ctypes or cffi: no ELF header has them.

Sources are parsed, never imported. A load is a constant name that is passed to ``find_library``,
``CDLL``, ``PyDLL``, ``LoadLibrary`` or ``dlopen``, or to a function that passes it on to one of
these. In modules that load libraries, so is a string that looks like a soname.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache, cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.elf.sonames import Soname, any_version_of, is_any_version
from find_libdeps.python.module import Function, Module
from find_libdeps.python.on_linux import holds_on_linux

LOADERS = frozenset({"find_library", "CDLL", "PyDLL", "LoadLibrary", "dlopen"})
_WORDS = tuple(sorted(loader.encode() for loader in LOADERS))
_SONAME = re.compile(r"(?:[^/\s]*/)*(lib[\w.+-]*?\.so(?:\.\d+)*)\Z")
_FILE = re.compile(rb"lib[\w.+-]*\.so['\"]")
_STEM = re.compile(r"(?:lib)?([A-Za-z0-9_+-][\w.+-]*)\Z")
_OTHER_SYSTEMS = re.compile(
    r"\.(?:dll|dylib|framework|pyd)\b|\.framework/|\A/System/", re.IGNORECASE
)
_APPLE = frozenset(
    """objc AppKit ApplicationServices Carbon Cocoa CoreFoundation CoreGraphics CoreServices
    CoreText Foundation IOKit Quartz QuartzCore Security""".split()  # noqa: SIM905
)
"""macOS frameworks and its Objective-C runtime, by the names that ``find_library`` takes there.
Debian's libobjc is another library."""


class Load(NamedTuple):
    """A place in a source that loads a library, and the names that it tries."""

    path: PurePosixPath
    line: int
    function: int | None
    """The first line of the function that it is in, or None in the module's body."""
    loaders: frozenset[int | None]
    """The functions of the module that call a loader, by first line (None: its body). The load
    happens only if one of them runs, too."""
    sonames: tuple[Soname, ...]
    """What it may load, in order of preference: ``libmagic.so.1``, or ``libmagic.so.*`` for a name
    without a version, which ctypes completes."""
    names: frozenset[str]
    """The names in the source, without directories."""


def is_worth_parsing(source: bytes) -> bool:
    """Whether a source may load a library, or name the file of one.

    Called for ten thousand sources: a pass for one word takes a third as long as one with `re`.
    """
    if b"ctypes" in source or b"dlopen" in source:
        return any(True for word in _WORDS for _ in _places(source, word)) or _names_file(source)
    return b".so" in source and _names_file(source)


def _names_file(source: bytes) -> bool:
    return (b".so'" in source or b'.so"' in source) and _FILE.search(source) is not None


def find_loads(modules: Iterable[Module]) -> list[Load]:
    """The places in the modules of one package that load libraries."""
    wrappers = set(LOADERS)
    readers = [_Reader(module, wrappers) for module in modules]
    for _ in range(3):  # a wrapper around a wrapper around a wrapper
        wrappers.update(name for reader in readers for name in reader.new_wrappers())
    return [load for reader in readers for load in reader.loads()]


class _Reader:
    """Finds the loads in one module."""

    def __init__(self, module: Module, wrappers: set[str]) -> None:
        self._module = module
        self._wrappers = wrappers
        """The loaders, and the functions of the package that pass their arguments on to one."""
        self._aliases = {
            alias.asname: alias.name
            for statement in _all_statements(module.body)
            if isinstance(statement, ast.ImportFrom)
            for alias in statement.names
            if alias.asname
        }
        module.fold()
        self._loading: set[int | None] = set()
        self._lines_of = cache(self._find_lines)
        self._given = cache(self._find_given)

    def new_wrappers(self) -> Iterator[str]:
        """Further functions and classes of the module that pass an argument on to a loader."""
        self._unfold()
        plain = (c for c in self._module.functions.items() if not c[0].startswith("__"))
        for name, functions in (*plain, *self._module.classes.items()):
            if name not in self._wrappers and any(map(self.hands_on, functions)):
                yield name

    def _unfold(self) -> None:
        """Parse the bodies of functions that mention a loader or a file; see `Module.fold`."""
        for function in (f for named in self._module.functions.values() for f in named):
            if self._is_worth_reading(function):
                self._module.body_of(function)

    @cached_property
    def _loads(self) -> bool:
        """Whether the module calls a loader."""
        statements = filter(self._is_worth_reading, self._module.body)
        nodes = (node for statement in statements for node in ast.walk(statement))
        return any(isinstance(n, ast.Call) and self._is_loader(n.func) for n in nodes)

    def _is_worth_reading(self, statement: ast.stmt) -> bool:
        """Whether a statement mentions a loader or a file. Few do, and walking trees is slow."""
        lines = self._lines_of(len(self._wrappers))
        at = bisect_left(lines, statement.lineno)
        return at < len(lines) and lines[at] <= (statement.end_lineno or 0)

    def _find_lines(self, _: int) -> list[int]:
        """The lines that mention a wrapper or a file; cached by the number of known wrappers."""
        known = self._wrappers | {a for a, name in self._aliases.items() if name in self._wrappers}
        source = self._module.source
        found = [at for word in (*known, ".so") for at in _places(source, word.encode())]
        lines, last, number = list[int](), 0, 1
        for at in sorted(found):
            number += source.count(b"\n", last, at)
            last = at
            lines.append(number)
        return lines

    def hands_on(self, function: Function) -> bool:
        """Whether a function's parameter reaches a loader."""
        if not self._is_worth_reading(function):
            return False
        return any(self._names_loader(callee) for callee in self._given(function))

    def _find_given(self, function: Function) -> frozenset[str]:
        """What a function calls with a value that comes from its parameters, by name."""
        nodes = list(ast.walk(function))
        arguments = function.args
        tainted = {
            a.arg
            for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            if a.arg not in ("self", "cls")
        }
        tainted |= {arguments.vararg.arg} if arguments.vararg else set()
        for node in (*nodes, *nodes):
            match node:
                case (
                    ast.For(target=ast.Name(id=target), iter=source)
                    | ast.comprehension(target=ast.Name(id=target), iter=source)
                    | ast.Assign(targets=[ast.Name(id=target)], value=source)
                ):
                    if _names(source) & tainted:
                        tainted.add(target)
        calls = (node for node in nodes if isinstance(node, ast.Call) and node.args)
        return frozenset(
            _name_of(call.func)
            for call in calls
            if any(_names(argument) & tainted for argument in call.args)
        )

    def loads(self) -> Iterator[Load]:
        """What the module's body and its functions load."""
        self._unfold()
        found = list[Load]()
        with suppress(RecursionError):
            found += self._in_body(self._module.body, None, {})
        return (load._replace(loaders=frozenset(self._loading)) for load in found)

    def _in_body(
        self, body: Sequence[ast.AST], function: int | None, known: dict[str, list[str]]
    ) -> Iterator[Load]:
        """The loads of a block; `known` has the constants that local names may stand for."""
        for node in body:
            yield from self._in_node(node, function, known)

    def _in_node(
        self, node: ast.AST, function: int | None, known: dict[str, list[str]]
    ) -> Iterator[Load]:
        is_idle = isinstance(node, ast.stmt) and not self._is_worth_reading(node)
        if is_idle and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._in_body(node.body, node.lineno, dict(known))
                return
            case ast.If() | ast.IfExp():
                yield from self._in_body(self._taken(node), function, known)
                return
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                known.setdefault(name, []).extend(self._texts(value, known))
            case ast.For(target=ast.Name(id=name), iter=value):
                known.setdefault(name, []).extend(self._texts(value, known))
            case ast.Call(func=func, args=args) if self._is_loader(func):
                self._loading.add(function)
                by_path = _name_of(func) in ("CDLL", "PyDLL", "LoadLibrary")
                texts = [text for argument in args for text in self._texts(argument, known)]
                yield from self._named(node, function, texts, only_files=by_path)
            case ast.Subscript(value=value, slice=index) if _name_of(value) == "cdll":
                yield from self._named(node, function, self._texts(index, known), only_files=True)
            case ast.Tuple() | ast.List() | ast.Set() | ast.Dict():
                texts = self._texts(node, known) if self._loads else []
                if sum(_soname_of(text, only_files=True) is not None for text in texts) > 1:
                    yield from self._named(node, function, texts, only_files=True)
                    return
            case ast.Constant(value=str() as text) if _SONAME.match(text):
                soname = _soname_of(text, only_files=True)
                if soname:
                    yield self._load(node, function, [soname] if self._loads else [], [text])
        if is_idle and not hasattr(node, "body"):
            return
        for child in ast.iter_child_nodes(node):
            yield from self._in_node(child, function, known)

    def _taken(self, node: ast.If | ast.IfExp) -> list[ast.AST]:
        """The branches of a condition that may be taken on Linux."""
        truth = holds_on_linux(self._module, node.test)
        parts = ((node.body, truth is not False), (node.orelse, truth is not True))
        taken = [part for part, is_taken in parts if is_taken]
        return [n for part in taken for n in (part if isinstance(part, list) else [part])]

    def _named(
        self, node: ast.expr, function: int | None, texts: Sequence[str], *, only_files: bool
    ) -> Iterator[Load]:
        """The load at a place that tries some names, if any of them leads to a soname."""
        sonames = [s for text in texts if (s := _soname_of(text, only_files=only_files))]
        if sonames:
            yield self._load(node, function, sonames, texts)

    def _load(
        self,
        node: ast.expr,
        function: int | None,
        sonames: Sequence[Soname],
        texts: Sequence[str],
    ) -> Load:
        # a name with a version is better than one that ctypes has to complete
        order = sorted(dict.fromkeys(sonames), key=is_any_version)
        names = frozenset(text.rpartition("/")[2] for text in texts)
        path = self._module.path
        return Load(path, node.lineno, function, frozenset(), tuple(order), names)

    def _texts(self, node: ast.AST, known: dict[str, list[str]]) -> list[str]:
        """The constant strings that an expression may evaluate to, as far as can be told."""
        match node:
            case ast.Constant(value=str() as text):
                return [text]
            case ast.Name(id=name):
                if name in known:
                    return known[name]
                values = self._module.constants.get(name, ())
                return [text for value in values for text in self._texts(value, {name: []})]
            case (
                ast.Tuple(elts=items)
                | ast.List(elts=items)
                | ast.Set(elts=items)
                | ast.BoolOp(values=items)
            ):
                return [text for item in items for text in self._texts(item, known)]
            case ast.Starred(value=value):
                return self._texts(value, known)
            case ast.Call(func=ast.Attribute(value=value, attr="split"), args=[]):
                return [word for text in self._texts(value, known) for word in text.split()]
            case ast.Call(func=ast.Name(), args=[first, *_]):  # it may complete a name
                return self._texts(first, known)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                truth = holds_on_linux(self._module, test)
                parts = (
                    *([body] if truth is not False else []),
                    *([orelse] if truth is not True else []),
                )
                return [text for part in parts for text in self._texts(part, known)]
            case ast.Dict(keys=keys, values=values):
                kept = [v for k, v in zip(keys, values, strict=True) if not _is_other_system(k)]
                return [text for value in kept for text in self._texts(value, known)]
            case ast.Subscript(value=value) | ast.Call(func=ast.Attribute(value=value, attr="get")):
                return self._texts(value, known) if isinstance(value, ast.Dict | ast.Name) else []
        return []

    def _is_loader(self, callee: ast.expr) -> bool:
        return self._names_loader(_name_of(callee))

    def _names_loader(self, name: str) -> bool:
        return self._aliases.get(name, name) in self._wrappers


def _places(source: bytes, word: bytes) -> Iterator[int]:
    """The offsets of a whole word in a source. `re` takes ten times as long to find all."""
    at = source.find(word)
    while at >= 0:
        end = at + len(word)
        before = source[max(at - 1, 0) : at] if word[:1] != b"." else b""
        if not _is_word_character(source[end : end + 1]) and not _is_word_character(before):
            yield at
        at = source.find(word, end)


def _is_word_character(character: bytes) -> bool:
    return character.isalnum() or character == b"_"


def _all_statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements and those inside them; expressions are not visited."""
    for statement in body:
        yield statement
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            for inner in getattr(statement, block, ()):
                if isinstance(inner, ast.stmt):
                    yield from _all_statements([inner])
                else:
                    yield from _all_statements(inner.body)


def _name_of(callee: ast.AST) -> str:
    match callee:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _is_other_system(key: ast.expr | None) -> bool:
    match key:
        case ast.Constant(value=str() as text):
            return text.lower() in ("win32", "darwin", "windows", "cygwin", "nt", "macos", "msys")
    return False


def _soname_of(text: str, *, only_files: bool) -> Soname | None:
    """The soname that a name leads to on Linux, or None.

    Args:
        text: the name that is passed to a loader.
        only_files: whether it is opened as it is, without the completion of ``find_library``.
    """
    if _OTHER_SYSTEMS.search(text) or text in _APPLE:
        return None
    if found := _SONAME.match(text):
        name = found[1]
        is_whole = not name.endswith(".so")
        return Soname(name) if is_whole else any_version_of(name.removesuffix(".so"))
    if only_files or "/" in text:
        return None
    stem = _STEM.match(text)
    return any_version_of(f"lib{stem[1]}") if stem else None
