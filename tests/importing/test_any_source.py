"""Whatever the source, evaluating it ends within its budget, without an error of our own."""

from __future__ import annotations

import ast
import sysconfig
import time
import warnings
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_libdeps.importing.evaluator import Evaluator
from find_libdeps.importing.machine import Exhausted, Limits
from find_libdeps.importing.statements import NOT_EVALUATED
from find_libdeps.importing.values import Raised
from hostile_sources import SOURCES
from made_programs import Maker
from project import FIXTURES, PROJECT
from small_world import SmallWorld

FEW_STEPS = 10_000
"""A budget that is spent within a second, so that work without a step shows."""
PATIENCE = 10.0
"""Most seconds of processor time for that budget: no measure, but the end of patience."""

EVERY_SYNTAX = """
import a.b as c, os
from . import d
from os import *
global g
@c
def f(a, /, b: int = 1, *args: 'x', k=2, **rest) -> None:
    nonlocal_ = yield a
    r = yield from b
    return lambda *z, y=1: (z, y)
def h():
    x = 1
    def inner():
        nonlocal x
        x += 1; del x
    return inner
async def g():
    async with a as b: await c
    async for x in y: pass
    return [i async for i in z]
@c
class C(f, metaclass=g, **c):
    x: int = 1
    (y): str
    __p = 3
    def m(self): return super().m(self.__p)
for i, (j, *k) in [(1, (2, 3))]: continue
else: pass
while x: break
else: pass
if x: pass
elif y: pass
else: pass
with a as (b, c), d: pass
match x:
    case {'a': 1, **rest} | [1, *_] | C(x, y=2) | None | -1j | a.b: pass
    case str() as s if s: pass
    case _: pass
try: raise x from y
except (A, B) as e: pass
except: raise
else: pass
finally: pass
assert x, y
a = b = c[1:2:3, ...] = d.e = *f, g = [1]
a @= b; a //= b; a **= b; a <<= b; a >>= b; a &= b; a ^= b; a |= b; a %= b
x = {1: 2, **a}, {1, *b}, [*c], (yield_ := 1), {k: v for k, v in a if k}, {s for s in t}
x = (g for g in h for i in g if i), f'{a!r:>{b}}{c=}', b'', 1j, not a, ~a, +a, -a
x = a if b else c, a or b and c, a < b <= c != d is e is not f in g not in h
f(*a, b=1, **c)(d)[e].g
"""


def evaluate(source: bytes, max_steps: int = FEW_STEPS) -> Evaluator:
    """Evaluate a module, and check what holds for all."""
    machine = Evaluator(SmallWorld({"rule.py": source}), Limits(max_steps=max_steps))
    started = time.process_time()
    try:
        machine.import_module("rule")
    except (Raised, Exhausted):
        pass
    else:
        assert (machine.doubts, machine.possible, machine.way) == (0, [], [])
    assert time.process_time() - started < PATIENCE
    assert [cut for cut in machine.cuts if cut.why.startswith(NOT_EVALUATED)] == []
    return machine


@pytest.mark.parametrize("name", SOURCES)
def test_a_hostile_source_ends(name: str) -> None:
    """Nothing in it takes more work than its steps count."""
    evaluate(SOURCES[name].encode("utf-8", "surrogatepass"))


@given(st.integers(0, 2**32))
def test_a_source_of_parts_that_do_not_fit_ends(seed: int) -> None:
    """Parts of real sources are exchanged for others of the same kind."""
    if source := shuffled(Random(seed)):  # noqa: S311 - it is no secret
        evaluate(source.encode("utf-8", "surrogatepass"))


@given(st.text())
def test_any_text_ends(text: str) -> None:
    """As a rule it is no Python."""
    evaluate(text.encode("utf-8", "surrogatepass"))


@pytest.mark.thorough
@pytest.mark.parametrize("part", range(8))
def test_the_standard_library_ends(part: int) -> None:
    """Whole modules, some of them large, and the sources of this project."""
    places = [Path(sysconfig.get_path("stdlib")), PROJECT / "src", PROJECT / "tests"]
    files = sorted(
        path
        for place in places
        for path in place.rglob("*.py")
        if "site-packages" not in path.parts and path.stat().st_size < 1_000_000
    )
    for path in files[part::8]:
        evaluate(path.read_bytes(), max_steps=100_000)


def shuffled(random: Random) -> str | None:
    """A source in which parts stand that were taken from elsewhere; None if none can be written."""
    tree = ast.parse(
        random.choice((EVERY_SYNTAX, Maker(random.randrange(2**32)).program(), *_rules()))
    )
    for _ in range(random.randint(1, 8)):
        nodes = [node for node in ast.walk(tree) if not isinstance(node, ast.Module)]
        _exchange(random, random.choice(nodes))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = ast.unparse(ast.fix_missing_locations(tree))
            ast.parse(text)
        except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError):
            return None
    return text


def _exchange(random: Random, node: ast.AST) -> None:
    """Give one of the fields of a node another value."""
    fields = [name for name, value in ast.iter_fields(node) if isinstance(value, ast.AST | list)]
    if not fields:
        return
    name = random.choice(fields)
    value = getattr(node, name)
    if isinstance(value, list):
        value = list(value)
        random.shuffle(value)
        kinds = [type(each) for each in value[:1]] or [ast.expr]
        change = random.choice(("drop", "double", "add", "take"))
        match change:
            case "drop":
                value = value[1:]
            case "double":
                value += value
            case "add" | "take":
                added = [n for n in _parts() if _is_alike(n, kinds[0])]
                value = [*value, random.choice(added)] if added else value
        setattr(node, name, value)
    else:
        others = [part for part in _parts() if _is_alike(part, type(value))]
        if others:
            setattr(node, name, random.choice(others))


def _is_alike(node: ast.AST, kind: type) -> bool:
    """Whether a node may stand where one of a class stands: expressions for expressions."""
    groups = (ast.stmt, ast.expr, ast.pattern, ast.operator, ast.cmpop, ast.unaryop, ast.boolop)
    group = next((each for each in groups if issubclass(kind, each)), kind)
    return isinstance(node, group)


@cache
def _parts() -> list[ast.AST]:
    return list(ast.walk(ast.parse(EVERY_SYNTAX)))


@cache
def _rules() -> tuple[str, ...]:
    paths = sorted((FIXTURES / "asks").glob("[0-4]*/rule/__init__.py"))
    return tuple(path.read_text("utf-8") for path in paths if path.stat().st_size < 3_000)
