"""Functions of Python's own library that models call: of `re`, `itertools`, `math` and the like.

Each works on constants, or on iterators of the evaluated program, within bounds.
"""

from __future__ import annotations

import fnmatch
import itertools
import json
import math
import posixpath
import re
import struct
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from find_libdeps.importing import operands, purely
from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.regular import work_of
from find_libdeps.importing.texts import MAX_TEXT
from find_libdeps.importing.values import Implementation, Items, Names, Native, Value, error
from find_libdeps.importing.walking import bounded, taken

MATCHED_A_STEP = 1024
"""How much of the work of `re` takes as long as a step takes."""
_KINDS = ("search", "match", "fullmatch")


def _matching(function: Callable[..., Any]) -> Implementation:
    """A function of `re`, whose last integer is the flags; a pattern that may take long is not
    applied.
    """

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        plain = [operands.content(arg) for arg in args]
        pattern, *_ = plain
        texts = [each for each in plain[1:] if isinstance(each, str | bytes)]
        if isinstance(pattern, str | bytes):
            work = work_of(pattern, sum(map(len, texts)))
            if work is None or _replaces_much(plain):
                return machine.cut("what a regular expression matches")
            machine.step(work // MATCHED_A_STEP)
        try:
            return purely.plain_call(machine, function, plain, names)
        except re.error as problem:
            raise error(ValueError, str(problem)) from None

    return call


def _replaces_much(plain: list[Value]) -> bool:
    """Whether a replacement may make a text that is too long."""
    match plain:
        case [_, (str() | bytes()) as new, (str() | bytes()) as text, int(), int()]:
            return 2 * (len(text) + 1) * (len(new) + 1) > 5 * MAX_TEXT
    return False


def _search(pattern: Any, text: Any, pos: int, endpos: int, flags: int, kind: str) -> object:
    """The groups of a match and where they are, as constants; None without a match."""
    if kind not in _KINDS:
        raise ValueError(kind)
    found = getattr(re.compile(pattern, flags), kind)(text, pos, endpos)
    return _match_values(found) if found else None


def _match_values(found: re.Match[Any]) -> object:
    spans = tuple(found.span(number) for number in range(len(found.groups()) + 1))
    names = {name: found.re.groupindex[name] for name in found.re.groupindex}
    return (found.group(0), *found.groups()), spans, names, found.lastgroup


def _find_all(pattern: Any, text: Any, pos: int, endpos: int, flags: int) -> object:
    matches = re.compile(pattern, flags).finditer(text, pos, endpos)
    found = itertools.islice(matches, MAX_ITEMS // 10)
    return [_match_values(each) for each in found]


def _replaced(pattern: Any, new: Any, text: Any, count: int, flags: int) -> object:
    return re.sub(pattern, new, text, count=count, flags=flags)


def _split(pattern: Any, text: Any, count: int, flags: int) -> object:
    return re.split(pattern, text, maxsplit=count, flags=flags)


def _lazily(function: Callable[..., Iterator[Any]]) -> Implementation:
    """A function of `itertools` whose arguments are iterables."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        return Items(bounded(machine, function(*map(machine.iterate, args), **names)))

    return call


def _product(machine: Machine, args: list[Value], names: Names) -> Value:
    repeat = names.get("repeat", 1)
    pools = [taken(machine, arg) for arg in args] * (
        repeat if isinstance(repeat, int) and 0 <= repeat <= 16 else 1
    )
    return Items(bounded(machine, itertools.product(*pools)))


def _combined(function: Callable[..., Iterator[Any]]) -> Implementation:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        items, *size = args
        pool = taken(machine, items)
        plain = [each for each in size if isinstance(each, int)]
        return Items(bounded(machine, function(pool, *plain)))

    return call


def _sliced(machine: Machine, args: list[Value], names: Names) -> Value:
    items, *bounds = args
    plain = [each if isinstance(each, int) else None for each in bounds]
    return Items(itertools.islice(bounded(machine, machine.iterate(items)), *plain))


def _repeat(machine: Machine, args: list[Value], names: Names) -> Value:
    value = args[0]
    times = args[1] if len(args) > 1 else names.get("times")
    made = itertools.repeat(value, times) if isinstance(times, int) else itertools.repeat(value)
    return Items(bounded(machine, made))


def _count(machine: Machine, args: list[Value], names: Names) -> Value:
    start = args[0] if args else names.get("start", 0)
    step = args[1] if len(args) > 1 else names.get("step", 1)
    if isinstance(start, int) and isinstance(step, int):
        return Items(bounded(machine, itertools.count(start, step)))
    return Items(iter((machine.unknown("a number"),)))


def _calculated(machine: Machine, args: list[Value], names: Names) -> Value:
    try:
        return purely.plain_call(machine, struct.calcsize, args, names)
    except struct.error as problem:
        raise error(ValueError, str(problem)) from None


def _shell_pattern(name: str, pattern: str) -> bool:
    return len(pattern) < 200 and pattern.count("*") < 8 and fnmatch.fnmatchcase(name, pattern)


def _json(text: str | bytes) -> object:
    return json.loads(text)


def _chained(machine: Machine, args: list[Value]) -> Iterator[Value]:
    for arg in args:
        for item in machine.iterate(arg):
            machine.step()
            yield item


_PATHS = """abspath basename commonprefix dirname isabs join normcase normpath relpath split
    splitdrive splitext""".split()  # noqa: SIM905
_NUMBERS = "floor ceil sqrt log log2 log10 gcd isnan isinf fabs trunc".split()  # noqa: SIM905
FUNCTIONS: Names = {
    native.name: native
    for native in (
        Native("search", _matching(_search)),
        Native("find_all", _matching(_find_all)),
        Native("replaced", _matching(_replaced)),
        Native("split", _matching(_split)),
        Native("chain", lambda m, args, names: Items(_chained(m, args))),
        Native("zip_longest", _lazily(itertools.zip_longest)),
        Native("product", _product),
        Native("permutations", _combined(itertools.permutations)),
        Native("combinations", _combined(itertools.combinations)),
        Native("islice", _sliced),
        Native("repeat", _repeat),
        Native("count", _count),
        Native("calcsize", _calculated),
        purely.pure(_shell_pattern, "fnmatch"),
        purely.pure(_json, "json"),
        purely.pure(textwrap.dedent, "dedent"),
        purely.pure(re.escape, "escape"),
        *(purely.pure(getattr(math, name), name) for name in _NUMBERS),
    )
}
FUNCTIONS |= {f"path_{name}": purely.pure(getattr(posixpath, name), name) for name in _PATHS}
"""By the names that they have in the module ``_host``."""
