"""Comprehensions and generator expressions.

Source: Python's language reference, 6.2.4 "Displays for lists, sets and dictionaries" and 6.2.8
"Generator expressions".
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from find_libdeps.importing import indexing
from find_libdeps.importing.doubt import in_doubt
from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.merging import maybe, sure
from find_libdeps.importing.values import MISSING, Items, Maybe, Value
from find_libdeps.importing.walking import taken


def _comprehended(
    machine: Machine, frame: Frame, node: ast.ListComp | ast.SetComp | ast.GeneratorExp
) -> Iterator[Value]:
    inner, first = _comprehension_frame(machine, frame, node.generators)
    return _turns(machine, inner, node.generators, first, lambda: machine.evaluate(inner, node.elt))


def _comprehension_frame(
    machine: Machine, frame: Frame, generators: list[ast.comprehension]
) -> tuple[Frame, Iterator[Value]]:
    first = machine.iterate(machine.evaluate(frame, generators[0].iter))
    parent = frame if frame.kind is not Kind.CLASS else frame.parent
    inner = Frame(Kind.COMPREHENSION, frame.module, {}, parent)
    inner.cell = frame.cell
    for generator in generators:
        for target in ast.walk(generator.target):
            if isinstance(target, ast.Name):
                inner.names[target.id] = MISSING
    return inner, first


def _turns(
    machine: Machine,
    frame: Frame,
    generators: list[ast.comprehension],
    items: Iterator[Value],
    result: Callable[[], Value],
) -> Iterator[Value]:
    """The results of the innermost turns of a comprehension, one by one."""
    generator, *rest = generators
    for item in items:
        machine.step()
        machine.assign(frame, generator.target, sure(item))
        truths: list[bool | None] = [None] if isinstance(item, Maybe) else []
        for test in generator.ifs:
            truths.append(machine.truth(machine.evaluate(frame, test)))
            if truths[-1] is False:
                break
        if False in truths:
            continue
        if rest:
            inner = machine.iterate(machine.evaluate(frame, rest[0].iter))
            results = _turns(machine, frame, rest, inner, result)
        else:
            results = (result() for _ in range(1))
        yield from _possibly(machine, results) if None in truths else results


def _possibly(machine: Machine, results: Iterator[Value]) -> Iterator[Value]:
    """The results of turns that may not be taken."""
    while (value := in_doubt(machine, None, partial(next, results, MISSING))) is not MISSING:
        yield maybe(machine, value)


def listed(machine: Machine, frame: Frame, node: ast.ListComp) -> Value:
    """A list comprehension."""
    return taken(machine, Items(_comprehended(machine, frame, node)))


def set_of(machine: Machine, frame: Frame, node: ast.SetComp) -> Value:
    """A set comprehension."""
    return indexing.make_set(machine, taken(machine, Items(_comprehended(machine, frame, node))))


def generator(machine: Machine, frame: Frame, node: ast.GeneratorExp) -> Value:
    """A generator expression."""
    return Items(_comprehended(machine, frame, node))


def dict_of(machine: Machine, frame: Frame, node: ast.DictComp) -> Value:
    """A dict comprehension."""
    inner, first = _comprehension_frame(machine, frame, node.generators)
    found = dict[Value, Value]()

    def pair() -> Value:
        name = indexing.key(machine, machine.evaluate(inner, node.key))
        return name, machine.evaluate(inner, node.value)

    for each in _turns(machine, inner, node.generators, first, pair):
        name, value = cast(tuple[Value, Value], sure(each))
        is_there = not isinstance(each, Maybe) or name in found
        found[name] = value if is_there else maybe(machine, value)
        if len(found) > MAX_ITEMS:
            machine.cut(f"what follows the first {MAX_ITEMS} items")
            break
    return found
