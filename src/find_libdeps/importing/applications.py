"""An application's own code, as far as it leads to code that may ask for a library."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from find_libdeps.importing.looking import Looked
from find_libdeps.importing.machine import Limits
from find_libdeps.importing.packages import may_ask, noted_sources
from find_libdeps.importing.sources import NOT_PARSED, parse, trees
from find_libdeps.python.code_words import without_long_texts
from find_libdeps.python.reach import Importer, find_leading
from find_libdeps.python.survey import Source

MAX_REACHING_STEPS = 400_000
"""Most steps for all that the own code of an environment reaches."""
_INSTALLERS = frozenset({"pip", "setuptools", "pkg_resources", "wheel", "_distutils_hack"})
"""Packages of installers, to which nearly all others lead somehow: no application runs them."""
_LATER = ("", ".apps", ".models", ".base")
"""What is imported of a package that is named by a text: Django's applications have ``apps`` and
``models``, and its ``ENGINE`` of a database has ``base``."""


class Program(NamedTuple):
    """An application's own code, as far as it leads to code that may ask."""

    modules: tuple[Source, ...]
    named: tuple[str, ...]
    """Modules that texts in it name: a framework imports and uses them."""
    variables: tuple[tuple[str, str], ...]
    """The environment variables that it sets, such as ``DJANGO_SETTINGS_MODULE``."""
    limits: Limits


def program_of(
    own: Sequence[Source],
    looked: Sequence[Looked],
    sources: Sequence[Importer],
    content: Callable[[str], bytes | None],
) -> Program | None:
    """The own code of an environment; None if it leads to no code that may ask.

    Args:
        own: its sources.
        looked: the modules that name a loader, or that call one that does.
        sources: what each source of the environment imports, own ones, too.
        content: reads the source at a path.
    """
    asking = {each.name for each in looked if each.askers or may_ask(each)}
    asking |= {name for each in looked if may_ask(each) for name in each.calls}
    asking |= {each.module for each in own if each.may_import}
    if not asking:
        return None
    leading = find_leading(list(_importing(sources, asking, content)), asking)
    named = tuple(_named(own, {each.module for each in sources if each.path in leading}, content))
    modules = tuple(each for each in own if each.path in leading)
    if not modules and not named:
        return None
    near = {name.partition(".")[0] for name in (*asking, *(each.module for each in own))}
    noted = noted_sources(sources, leading, asking)
    paths = frozenset(each.path for each in own)
    limits = Limits(
        is_cold=lambda path: path not in leading,
        is_far=lambda name: name.partition(".")[0] not in near,
        max_steps=MAX_REACHING_STEPS,
        is_active=lambda path: path in leading,
        asks=lambda path: path in noted,
        is_own=lambda path: path in paths,
        runs_coroutines=True,
        may_have_programs=True,
    )
    return Program(modules, named, tuple(_variables(own, content)), limits)


def _importing(
    sources: Iterable[Importer],
    asking: Collection[str],
    content: Callable[[str], bytes | None],
) -> Iterator[Importer]:
    """The sources of what an application runs.

    A text in one, such as an example, may look as if it imported another package that asks.
    """
    tops = {name.partition(".")[0] for name in asking}
    for source in sources:
        if source.top in _INSTALLERS:
            continue
        others = tops & source.imports.all if source.top not in tops else frozenset()
        if not (others and _only_in_texts(others, content(source.path) or b"")):
            yield source


def _only_in_texts(packages: Collection[str], source: bytes) -> bool:
    """Whether a source has no statement that imports one of some packages."""
    alternatives = "|".join(map(re.escape, packages)).encode()
    statement = rb"^[ \t]*(?:from|import)[ \t]+(?:%s)\b" % alternatives
    if re.search(statement, without_long_texts(source), re.MULTILINE):
        return False  # so it is in most sources, and parsing takes longer
    try:
        for piece in parse(source):
            for node in ast.walk(piece.tree):
                match node:
                    case ast.Import(names=names):
                        found = [alias.name for alias in names]
                    case ast.ImportFrom(module=str() as name, level=0):
                        found = [name]
                    case ast.Constant(value=str() as text):  # for import_module
                        found = [text]
                    case _:
                        continue
                if any(name.partition(".")[0] in packages for name in found):
                    return False
    except NOT_PARSED:
        return False
    return True


def _named(
    own: Iterable[Source], modules: Collection[str], content: Callable[[str], bytes | None]
) -> Iterator[str]:
    """The modules that texts name: ``"django.contrib.gis.db.backends.postgis"``."""
    tops = {name.partition(".")[0] for name in modules if "." in name}
    found = dict[str, None]()
    for source in own:
        text = content(source.path) or b""
        if any(top.encode() + b"." in text for top in tops):
            found |= dict.fromkeys(_dotted_texts(text))
    for name in found:
        if name.partition(".")[0] in tops:
            yield from (name + end for end in _LATER if name + end in modules)
            holder = name.rpartition(".")[0]
            if name not in modules and holder in modules:  # a class, or a function, in a module
                yield holder


def _variables(
    own: Iterable[Source], content: Callable[[str], bytes | None]
) -> Iterator[tuple[str, str]]:
    """What own code puts into ``os.environ``, somewhere, as it is written."""
    for source in own:
        text = content(source.path) or b""
        if b"environ" in text:
            yield from _variables_in(text)


def _variables_in(source: bytes) -> Iterator[tuple[str, str]]:
    for node in _nodes(source):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="setdefault", value=ast.Attribute(attr="environ")),
                args=[ast.Constant(value=str() as name), ast.Constant(value=str() as value)],
            ):
                yield name, value
            case ast.Assign(
                targets=[
                    ast.Subscript(
                        value=ast.Attribute(attr="environ"),
                        slice=ast.Constant(value=str() as name),
                    )
                ],
                value=ast.Constant(value=str() as value),
            ):
                yield name, value


def _dotted_texts(source: bytes) -> Iterator[str]:
    for node in _nodes(source):
        match node:
            case ast.Constant(value=str() as text) if "." in text and " " not in text:
                yield text


def _nodes(source: bytes) -> Iterator[ast.AST]:
    return (node for tree in trees(source) for node in ast.walk(tree))
