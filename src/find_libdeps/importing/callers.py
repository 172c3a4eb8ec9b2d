"""Which modules may ask for libraries when they are imported, since they call what asks.

They are the modules that import one with a function that asks, and mention the function, or the
class that it is in, in code that runs when they are imported.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from find_libdeps.importing.candidates import (
    OF_ANYTHING,
    Askers,
    Candidates,
    last_of,
    top_of,
    with_facades,
)
from find_libdeps.importing.sources import NOT_PARSED, parse
from find_libdeps.python.code_words import aliases, may_run_at_import
from find_libdeps.python.import_words import ImportedNames
from find_libdeps.python.survey import Source

_CALLING = ("map", "filter", "partial")
"""Functions that call their arguments."""
MAX_NAME = 200
"""Most characters of a text that may be the dotted name of something."""


class Mention(NamedTuple):
    """A name in code that runs at import."""

    name: str
    is_called: bool = False


class Caller(NamedTuple):
    """A module whose import may call what asks."""

    source: Source
    modules: tuple[str, ...]
    """Those whose functions it may call."""
    names: frozenset[bytes] = frozenset()
    """These functions and classes; empty if the import itself asks."""


def possible_callers(askers: Askers, candidates: Sequence[Candidates]) -> list[Caller]:
    """The modules that import what asks, and have its names.

    Args:
        askers: what asks.
        candidates: what `find_candidates` found, for each package.
    """
    every = with_facades(askers, [each for package in candidates for each in package.sources])
    found = list[Caller]()
    for package in candidates:
        for source, imports, has_star in package.sources:
            modules = {m for m in imports.all | package.hidden if m in every} - {source.module}
            if has_star:  # of a package, which may name its modules in __all__
                modules |= {m for m in every if m.rpartition(".")[0] in imports.all}
            names = frozenset(name for module in modules for name in every[module])
            if names:
                tops = set(map(top_of, modules))
                origins = {
                    m for m in askers if top_of(m) in tops and not names.isdisjoint(askers[m])
                }
                is_certain = _takes_any(imports, modules, every)
                whole = tuple(sorted(modules | origins))
                found.append(Caller(source, whole, frozenset() if is_certain else names))
    return found


def calls(content: Callable[[str], bytes | None], caller: Caller) -> bool:
    """Whether a module uses the names in code that runs at import."""
    if not caller.names:
        return True
    text = content(caller.source.path) or b""
    every = {*caller.names, *aliases(text, caller.names)}
    return may_run_at_import(text, every) and _calls_by_ast(text, {name.decode() for name in every})


def _takes_any(imports: ImportedNames, modules: Iterable[str], askers: Askers) -> bool:
    """Whether an import takes a name of a module that asks for any name of it."""
    return any(
        last_of(module) in askers[module]
        and any(name.startswith(f"{module}.") for name in imports.at_import)
        for module in modules
    )


def _calls_by_ast(content: bytes, names: Collection[str]) -> bool:
    try:
        body = [statement for piece in parse(content) for statement in piece.tree.body]
    except NOT_PARSED:
        return False
    try:
        called = set[str]()
        for mention in mentions_at_import(body):
            if mention.name in names:
                return True
            if mention.is_called:
                called.add(mention.name)
        return _lead_to(called, names, body)
    except RecursionError:  # expressions that are nested too deeply: it may
        return True


def _lead_to(called: set[str], names: Collection[str], body: Iterable[ast.AST]) -> bool:
    """Whether functions and classes of a module that are called use some names, each by others."""
    parts = defaultdict[str, list[ast.AST]](list)
    for name, node in _parts(body):
        parts[name].append(node)
    done = set[str]()
    pending = (called - OF_ANYTHING) & parts.keys()
    while pending:
        done |= pending
        used = {name for part in pending for node in parts[part] for name in _names_in(node)}
        if not used.isdisjoint(names):
            return True
        pending = ((used - OF_ANYTHING) & parts.keys()) - done
    return False


def _parts(body: Iterable[ast.AST], owner: str = "") -> Iterator[tuple[str, ast.AST]]:
    """The functions and methods; a special method, and a base, by the name of its class."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield owner if owner and name.startswith("__") else name, node
            case ast.ClassDef(name=name, bases=bases):
                yield from ((name, base) for base in bases)
                yield from _parts(node.body, name)


def _names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name


def mentions_at_import(body: Iterable[ast.AST]) -> Iterator[Mention]:
    """The names, attributes and texts in code of a module, or class, that runs at import.

    Functions do not run then, but for their decorators and defaults. A class may be the base of
    another, and anything may be in ``__all__``: neither calls it.
    """
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _called(node.decorator_list)
                yield from mentions_at_import([node.args])
            case ast.ClassDef():
                yield from _called(node.decorator_list)
                yield from mentions_at_import((*node.keywords, *node.body))
            case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.alias() | ast.arg():
                pass
            case ast.AugAssign(target=ast.Name(id="__all__")):
                pass
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                pass  # what a program does, not an import
            case ast.AnnAssign(value=value):
                yield from mentions_at_import([value] if value else [])
            case ast.Call(func=func, args=args, keywords=keywords):
                yield from _called([func, *(each.value for each in keywords)])
                is_of_functions = isinstance(func, ast.Name | ast.Attribute) and (
                    getattr(func, "attr", getattr(func, "id", "")) in _CALLING
                )
                yield from _called(args) if is_of_functions else mentions_at_import(args)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield Mention(name)
                yield from mentions_at_import(ast.iter_child_nodes(node))
            case ast.Constant(value=str() as text):
                if len(text) < MAX_NAME:
                    yield Mention(text.rpartition(".")[2])
            case _:
                yield from mentions_at_import(ast.iter_child_nodes(node))


def _called(nodes: Iterable[ast.expr]) -> Iterator[Mention]:
    """The same of expressions whose values are called."""
    for node in nodes:
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield Mention(name, is_called=True)
        yield from mentions_at_import([node])
