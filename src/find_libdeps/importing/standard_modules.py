"""The sources that import modules of the standard library which a Python may lack.

Only what certainly runs when a source is imported counts: not what is in a function,
depends on a condition, or may fail in a ``try``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from find_libdeps.importing.sources import NOT_PARSED, parse, trees
from find_libdeps.python.reach import Importer, find_importing, names_imported_by
from find_libdeps.python.standard_library import STANDARD_MODULES, StandardModule
from find_libdeps.python.survey import Source

_OF_PYTHON_2 = frozenset({"Tkinter", "gdbm"})
"""Names that no Python 3 has: one of them in a ``try`` is no way out."""
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
MAX_ROUNDS = 8
"""How often all sources of a package are read for what leads to such an import, one module by the
next; for longer ways, what each source imports is found out, once."""
_VERSIONS = ("version_info", "PY2", "PY3", "hexversion")


class ModuleImport(NamedTuple):
    """A line that certainly runs when a root is imported, and that imports such a module."""

    module: StandardModule
    path: str
    line: int
    root: str
    """The package or module whose import gets there; empty if own code names a module that does."""


class _Imported(NamedTuple):
    name: str
    line: int


def module_imports(
    sources: Sequence[Source],
    content: Callable[[str], bytes | None],
    words: Collection[str] = (),
) -> Iterator[ModuleImport]:
    """The imports of such modules that importing a top-level package or module certainly does.

    Args:
        sources: all sources of a package.
        content: reads the source at a path.
        words: what own code says in texts, in lower case: ``tkagg`` chooses ``backend_tkagg``.
    """
    found = {each.path: _certain(each, content) for each in sources if each.may_import}
    asking = [each for each in sources if any(map(_standard, found.get(each.path, ())))]
    near = _leading_to(asking, sources, content)
    by_module = {each.module: each for each in near}
    roots = sorted(name for name in by_module if "." not in name)
    chosen = sorted(name for name in by_module if "." in name and _is_named(name, words))
    if roots or chosen:
        found = {each.path: found.get(each.path) or _certain(each, content) for each in near}
    done = set[tuple[str, str]]()
    for root in (*roots, *chosen):
        for source in _reached(root, by_module, found):
            for imported in found[source.path]:
                for module in _standard(imported):
                    if (module.name, source.path) not in done:
                        done.add((module.name, source.path))
                        named = root if root in roots else ""
                        yield ModuleImport(module, source.path, imported.line, named)


def _is_named(module: str, words: Collection[str]) -> bool:
    """Whether a word is the name of a module, or its last part."""
    name = module.rpartition(".")[2].lower()
    return name in words or name.rpartition("_")[2] in words


def words_of(source: bytes) -> Iterator[str]:
    """The texts in a source that may name something, in lower case; not where it may be missing."""
    for tree in trees(source):
        pending: list[ast.AST] = [tree]
        while pending:
            node = pending.pop()
            match node:
                case ast.Constant(value=str() as text) if text.isidentifier():
                    yield text.lower()
                case ast.Try(handlers=handlers) if any(map(_catches_imports, handlers)):
                    continue
            pending += ast.iter_child_nodes(node)


def _standard(imported: _Imported) -> list[StandardModule]:
    """The standard modules that an import leads to."""
    return [each for each in STANDARD_MODULES if _is_within(imported.name, each.importers)]


def _leading_to(
    asking: Sequence[Source], sources: Sequence[Source], content: Callable[[str], bytes | None]
) -> list[Source]:
    """Some sources, and those that lead to them by imports outside of functions.

    Most sources do not have the names of these modules: no others are looked at more closely.
    """
    near = {each.path: each for each in asking}
    new = list(asking)
    for _ in range(MAX_ROUNDS):
        if not new:
            return list(near.values())
        words = {each.module: each.module.rpartition(".")[2].encode() for each in new}
        new = []
        for source in sources:
            if source.path in near:
                continue
            text = content(source.path) or b""
            named = {module for module, word in words.items() if word in text}
            if named and not named.isdisjoint(names_imported_by(source, text).at_import):
                new.append(source)
        near |= {each.path: each for each in new}
    every = [
        Importer(each, names_imported_by(each, content(each.path) or b""), is_dynamic=False)
        for each in sources
    ]
    paths = find_importing(every, near.keys())
    return [each for each in sources if each.path in paths]


def _is_within(name: str, modules: Collection[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _reached(
    root: str, by_module: Mapping[str, Source], found: Mapping[str, list[_Imported]]
) -> Iterator[Source]:
    """The sources that importing a root certainly runs, as far as they are near."""
    queue, seen = [root], {root}
    while queue:
        source = by_module[queue.pop(0)]
        yield source
        for name, _ in found[source.path]:
            parts = name.split(".")
            for count in range(1, len(parts) + 1):
                each = ".".join(parts[:count])
                if each in by_module and each not in seen:
                    seen.add(each)
                    queue.append(each)


def _certain(source: Source, content: Callable[[str], bytes | None]) -> list[_Imported]:
    """What the statements of a source certainly import, by absolute names."""
    parts = source.module.split(".")
    package = parts if source.is_package else parts[:-1]
    found = list[_Imported]()
    with suppress(*NOT_PARSED):  # such a source can't be imported
        for piece in parse(content(source.path) or b""):
            found += _in_statements(piece.tree.body, package)
    return found


def _in_statements(body: Iterable[ast.stmt], package: list[str]) -> Iterator[_Imported]:
    for statement in body:
        match statement:
            case ast.Import(names=names):
                yield from (_Imported(alias.name, statement.lineno) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = package[: len(package) - level + 1] if level else []
                prefix = ".".join([*base, *([module] if module else [])])
                yield _Imported(prefix, statement.lineno)
                for alias in names:
                    yield _Imported(f"{prefix}.{alias.name}", statement.lineno)
            case ast.If(test=test) if any(word in ast.dump(test) for word in _VERSIONS):
                yield from _in_statements([*statement.body, *statement.orelse], package)
            case ast.ClassDef(body=inner) | ast.With(body=inner) if not _suppresses(statement):
                yield from _in_statements(inner, package)
            case ast.Try():
                yield from _in_try(statement, package)


def _in_try(statement: ast.Try, package: list[str]) -> Iterator[_Imported]:
    """What a ``try`` certainly imports: not what its handlers let fail."""
    tried = list(_in_statements(statement.body, package))
    handlers = [each for each in statement.handlers if _catches_imports(each)]
    instead = [list(_in_statements(each.body, package)) for each in handlers]
    raises = all(
        any(isinstance(each, ast.Raise) for each in handler.body)
        or any(imported.name in _OF_PYTHON_2 for imported in imports)
        for handler, imports in zip(handlers, instead, strict=True)
    )
    if raises:  # also if there is no such handler
        yield from tried
    elif any(imported.name in _OF_PYTHON_2 for imported in tried):
        yield from (imported for imports in instead for imported in imports)
    yield from _in_statements(statement.finalbody, package)


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = [node for node in ast.walk(handler.type) if isinstance(node, ast.Name | ast.Attribute)]
    return any(getattr(n, "id", getattr(n, "attr", "")) in _IMPORT_ERRORS for n in names)


def _suppresses(statement: ast.stmt) -> bool:
    items = statement.items if isinstance(statement, ast.With) else ()
    return any("suppress" in ast.dump(item.context_expr) for item in items)
