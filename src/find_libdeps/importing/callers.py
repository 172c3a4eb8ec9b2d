"""Which modules may ask for libraries when they are imported, since they call what asks.

They are the modules that import one with a function that asks, and mention the function, or the
class that it is in, in code that runs when they are imported.
"""

from __future__ import annotations

import ast
import builtins
import io
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from find_libdeps.importing.sources import NOT_PARSED, parse
from find_libdeps.python.import_words import is_dynamic
from find_libdeps.python.reach import names_imported_by
from find_libdeps.python.survey import PackageSurvey, Source

_CALLING = ("map", "filter", "partial")
"""Functions that call their arguments."""
_OF_ANYTHING = frozenset(
    (*dir(builtins), *dir(dict), *dir(list), *dir(str), *dir(io.TextIOWrapper))
)
"""Names of functions and methods that say nothing of what has them."""
MAX_NAME = 200
"""Most characters of a text that may be the dotted name of something."""


class Mention(NamedTuple):
    """A name in code that runs at import."""

    name: str
    is_called: bool = False


def modules_that_call(
    asking: Mapping[str, Collection[str]],
    packages: Iterable[PackageSurvey],
    content: Callable[[str], bytes | None],
) -> list[Source]:
    """The modules whose import may call a function that asks.

    Args:
        asking: modules, each with the names of its functions and classes that ask.
        packages: all sources.
        content: reads the source at a path.
    """
    by_top = defaultdict[str, dict[str, Collection[str]]](dict)
    words = defaultdict[str, set[bytes]](set)
    for module, names in asking.items():
        top = module.partition(".")[0]
        by_top[top][module] = known = [name for name in names if name not in _OF_ANYTHING]
        words[top].update(name.encode() for name in known)
    found = dict[str, Source]()
    for package in packages:
        texts = ((source, content(source.path) or b"") for source in package.sources)
        candidates = [
            (source, text, top)
            for source, text in texts
            for top in by_top
            if source.module not in asking  # those were looked at by themselves
            and (top == package.name or top.encode() in text)
            and any(word in text for word in words[top])
        ]
        own = by_top[package.name] if any(top == package.name for *_, top in candidates) else {}
        hidden = _imported_by_computed_names(own, package, content)
        found |= {
            source.path: source
            for source, text, top in candidates
            if _calls(source, text, by_top[top], hidden if top == package.name else frozenset())
        }
    return list(found.values())


def _imported_by_computed_names(
    modules: Iterable[str], package: PackageSurvey, content: Callable[[str], bytes | None]
) -> frozenset[str]:
    """Those of some modules of a package that no statement imports, if any code may import them.

    Each module of the package may use what they have.
    """
    left = {module: module.rpartition(".")[2].encode() for module in modules}
    may_import = False
    for source in package.sources if left else ():
        text = content(source.path) or b""
        may_import = may_import or is_dynamic(text)
        left = {
            module: last
            for module, last in left.items()
            if b"import " + last not in text and last + b" import " not in text
        }
        if not left:
            break
    return frozenset(left) if may_import else frozenset()


def _calls(
    source: Source, content: bytes, asking: Mapping[str, Collection[str]], hidden: frozenset[str]
) -> bool:
    """Whether a module imports one that asks, or may, and uses its functions at import."""
    imports = names_imported_by(source, content).all | hidden
    names = {name for module in asking if module in imports for name in asking[module]}
    if not any(name.encode() in content for name in names):
        return False
    try:
        body = [statement for piece in parse(content) for statement in piece.tree.body]
    except NOT_PARSED:
        return False
    users = _users(names, body)
    try:
        return any(
            mention.name in names or (mention.is_called and mention.name in users)
            for mention in mentions_at_import(body)
        )
    except RecursionError:  # expressions that are nested too deeply: it may
        return True


def _users(names: Collection[str], body: Iterable[ast.AST]) -> set[str]:
    """The functions and classes of a module that use some names, one by the other."""
    parts = [(name, {*_names_in(node)}) for name, node in _parts(body)]
    found, count = set(names), 0
    while count != len(found):
        count = len(found)
        found.update(name for name, used in parts if not used.isdisjoint(found))
        found -= _OF_ANYTHING
    return found


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
