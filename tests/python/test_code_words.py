"""Which words may run when a source is imported; the judge is `ast`."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from find_libdeps.python.code_words import aliases, may_run_at_import


def names_at_import(body: Iterable[ast.AST]) -> Iterator[str]:
    """The names and attributes in code outside of functions, with decorators and defaults."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                heads = (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults)
                yield from names_at_import(filter(None, heads))
            case ast.Lambda():
                pass
            case ast.Name(id=name):
                yield name
            case _:
                yield from [node.attr] if isinstance(node, ast.Attribute) else []
                yield from names_at_import(ast.iter_child_nodes(node))


def test_nothing_is_missed_in_the_standard_library() -> None:
    """What stands outside of functions may run, in every tenth source."""
    sources = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[::10]
    for path in sources:
        content = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = sorted(set(names_at_import(ast.parse(content).body)))
        assert [n for n in names[::5] if not may_run_at_import(content, [n.encode()])] == [], path
    assert len(sources) > 10


@pytest.mark.parametrize(
    "source",
    [
        "load('GL')",
        "if x:\n    load('GL')",
        "class C:\n    x = load('GL')",
        "def f(\n    a,\n    b=load('GL'),\n): pass",
        "def f():\n    load('GL')\nf()",
        "def f():\n    load('GL')\nclass C:\n    def g(self):\n        f()\nC().g()",
        "class C:\n    def __init__(self):\n        load('GL')\nC()",
        "def f():\n    '''\nA text'''\nload('GL')",
        "def f():\n    load('GL')\n    def g():\n        pass\nx = f",
        "def f(): pass\nload('GL')",
        "from x import (\n    y,\n)\nload('GL')",
        "from x import load; load('GL')",
    ],
)
def test_it_runs(source: str) -> None:
    """Outside of functions, or in one whose name is outside of them."""
    assert may_run_at_import(source.encode(), [b"load"])


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    load('GL')",
        "def f():\n    def g():\n        load('GL')\n    g()",
        "class C:\n    def f(self):\n        load('GL')\nC()",
        "from x import load",
        "from x import (\n    load,\n)\n# load",
        "def load():\n    pass",
        "unload('GL')",
        "async def f():\n    return [\n  load\n]",
    ],
)
def test_it_does_not_run(source: str) -> None:
    """In functions that nothing outside of functions names, and where it is only imported."""
    assert not may_run_at_import(source.encode(), [b"load"])


def test_a_chain_of_functions_is_followed_so_far() -> None:
    """Functions that use each other take time for each; after a hundred, the answer is yes."""
    chain = "".join(f"def f{n}():\n    f{n + 1}()\n" for n in range(200))
    assert may_run_at_import(chain.encode(), [b"f200"])
    assert not may_run_at_import(chain.encode(), [b"f50"])


def test_aliases() -> None:
    """Whatever stands between the words."""
    source = (
        b"from x import load as a, load \\\n as b, reload as c, load\nfrom y import (load\nas d)"
    )
    assert aliases(source, [b"load"]) == {b"a", b"b", b"d"}
