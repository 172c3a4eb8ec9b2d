"""What the words of a source say that it imports; the judge is `ast`."""

from __future__ import annotations

import ast
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from find_libdeps.python.import_words import imported_names, is_dynamic

PACKAGE = ["a", "b"]


def named_by(statement: ast.AST) -> Iterator[str]:
    """The absolute names in an import statement of the module ``a.b.c``."""
    match statement:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level) if level <= len(PACKAGE):
            base = [*PACKAGE[: len(PACKAGE) - level + 1]] if level else []
            base += [module] if module else []
            yield ".".join(base)
            yield from (".".join([*base, alias.name]) for alias in names if alias.name != "*")


def by_ast(source: bytes) -> set[str]:
    """What a source imports outside of the standard library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = ast.walk(ast.parse(source))
    names = {name for node in nodes for name in named_by(node)}
    ours = {"a", "a.b", "a.b.c"}
    standard = {*sys.stdlib_module_names, "__main__"}
    return {name for name in names - ours if name.partition(".")[0] not in standard}


STATEMENTS = """\
import x
import x.y as z, w
import x ; import w
from x import y
from x import (y as z, w)
from x import (
    y,  # not these: (v, u)
    # nor this), w
    w,
)
from x import (  # not this (nor that)
    y,
    w,
)
from . import y
from .x import y
from .. import y
from ..x.y import z
from .x import *
from ... import x
if x: import y
try: from x import y
except ImportError: import z
from x \\
    import y, \\
    z
from x import\\
 y
from x import(y)
from x import (\\
    y,
    z)
from .import x
from.x import y
x = "import " + y; from z import w
"""


def test_each_kind_of_statement_is_found() -> None:
    """One by one, and all in one source."""
    start = 0
    lines = STATEMENTS.splitlines(keepends=True)
    for end in range(1, len(lines) + 1):
        source = "".join(lines[start:end]).encode()
        try:
            expected = by_ast(source)
        except SyntaxError:
            continue
        assert expected <= imported_names(source, PACKAGE, "a.b.c").all, source
        start = end
    source = STATEMENTS.replace("try: from x import y\nexcept ImportError: ", "").encode()
    assert by_ast(source) <= imported_names(source, PACKAGE, "a.b.c").all


@pytest.mark.thorough
def test_words_find_what_ast_finds() -> None:
    """In the modules of the standard library, and in packages of this virtualenv."""
    stdlib, purelib = map(Path, map(sysconfig.get_path, ("stdlib", "purelib")))
    judged = 0
    for path in sorted(
        (*stdlib.glob("*.py"), *stdlib.glob("[a-l]*/*.py"), *purelib.glob("p*/*/*.py"))
    ):
        source = path.read_bytes()
        try:
            expected = by_ast(source)
        except (SyntaxError, ValueError, RecursionError):
            continue
        missed = expected - imported_names(source, PACKAGE, "a.b.c").all
        assert not missed, path
        judged += 1
    assert judged > 300


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"import x.y", {"x", "x.y"}),
        (b"from a.b.d import e", {"a.b.d", "a.b.d.e"}),
        (b"import a.b.c", set()),
        (b"import os, x", {"x"}),
        (b"text = '''\n>>> import x\n'''", set()),
        (b"importlib.import_module('x.y')", {"x", "x.y"}),
        (b"import_module('.y', __package__)", {"a.b.y"}),
        ("import \N{CYRILLIC SMALL LETTER A}".encode(), {"\N{CYRILLIC SMALL LETTER A}"}),
        (b"import", set()),
        (b"", set()),
    ],
)
def test_names_come_with_their_packages(source: bytes, expected: set[str]) -> None:
    """But for those that the module is in, and those of the standard library."""
    assert imported_names(source, PACKAGE, "a.b.c").all == expected


def test_work_grows_with_the_source() -> None:
    """Unclosed parentheses and lines without an end are gone through once."""
    for piece in (b"from x import (", b"import x ", b"import x;", b"from x import (a,\n"):
        assert "x" in imported_names(piece * 20_000, PACKAGE, "a.b.c").all


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"import_module(name)", True),
        (b"__import__(name)", True),
        (b"pkgutil.walk_packages(__path__)", True),
        (b"lazy.attach(__name__, names)", True),
        (b"exec(code)", True),
        (b"import x", False),
    ],
)
def test_names_that_are_not_written(source: bytes, expected: bool) -> None:
    """The words of code that imports what is computed."""
    assert is_dynamic(source) is expected
