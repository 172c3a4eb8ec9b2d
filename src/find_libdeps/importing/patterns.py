"""The patterns of match statements.

Source: Python's language reference, 8.6 "The match statement".
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from find_libdeps.importing import classes, comparison, indexing, operands
from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.values import (
    Alternatives,
    Class,
    Instance,
    Raised,
    Unknown,
    Value,
)

_SELF = (bool, bytes, dict, float, frozenset, int, list, set, str, tuple)
"""Classes whose one positional pattern is the value itself."""


def fits(machine: Machine, frame: Frame, pattern: ast.pattern, value: Value) -> bool | None:
    """Whether a value fits a pattern, whose names it sets; None if that is unknown."""
    machine.step()
    if isinstance(value, Unknown | Alternatives) and not isinstance(pattern, ast.MatchAs):
        _capture(machine, frame, pattern, value)
        return None
    match pattern:
        case ast.MatchValue(value=node):
            expected = machine.evaluate(frame, node)
            return machine.truth(comparison.compare(machine, ast.Eq(), value, expected))
        case ast.MatchSingleton(value=constant):
            return value is constant
        case ast.MatchAs(pattern=inner, name=name):
            answer = fits(machine, frame, inner, value) if inner else True
            if name and answer is not False:
                frame.store(name, value)
            return answer
        case ast.MatchOr(patterns=parts):
            answers = [fits(machine, frame, part, value) for part in parts]
            return True if True in answers else (None if None in answers else False)
        case ast.MatchSequence(patterns=parts):
            return _sequence(machine, frame, parts, value)
        case ast.MatchMapping(keys=keys, patterns=parts, rest=rest):
            return _mapping(machine, frame, keys, parts, rest, value)
        case ast.MatchClass():
            return _of_class(machine, frame, pattern, value)
    return None


def _capture(machine: Machine, frame: Frame, pattern: ast.pattern, value: Value) -> None:
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            frame.store(node.name, value)


def _all(answers: Sequence[bool | None]) -> bool | None:
    return False if False in answers else (None if None in answers else True)


def _sequence(
    machine: Machine, frame: Frame, parts: Sequence[ast.pattern], value: Value
) -> bool | None:
    value = operands.content(value)
    if not isinstance(value, list | tuple):
        return False
    machine.weigh(value)
    star = next((n for n, part in enumerate(parts) if isinstance(part, ast.MatchStar)), None)
    if star is None:
        if len(value) != len(parts):
            return False
        pairs = list(zip(parts, value, strict=True))
    else:
        if len(value) < len(parts) - 1:
            return False
        end = len(value) - (len(parts) - star - 1)
        name = getattr(parts[star], "name", None)
        if name:
            frame.store(name, list(value[star:end]))
        pairs = [*zip(parts[:star], value, strict=False)]
        pairs += zip(parts[star + 1 :], value[end:], strict=True)
    return _all([fits(machine, frame, part, item) for part, item in pairs])


def _mapping(
    machine: Machine,
    frame: Frame,
    keys: Sequence[ast.expr],
    parts: Sequence[ast.pattern],
    rest: str | None,
    value: Value,
) -> bool | None:
    value = operands.content(value)
    if not isinstance(value, dict):
        return False
    answers, wanted = list[bool | None](), set[Value]()
    for node, part in zip(keys, parts, strict=True):
        key = indexing.key(machine, machine.evaluate(frame, node))
        wanted.add(key)
        answers.append(fits(machine, frame, part, value[key]) if key in value else False)
    if rest:
        machine.weigh(value)
        frame.store(rest, {key: each for key, each in value.items() if key not in wanted})
    return _all(answers)


def _of_class(machine: Machine, frame: Frame, pattern: ast.MatchClass, value: Value) -> bool | None:
    kind = machine.evaluate(frame, pattern.cls)
    answer = classes.is_instance(machine, value, kind)
    if not answer:
        return answer
    if pattern.patterns and kind in _SELF:
        return fits(machine, frame, pattern.patterns[0], value)
    names = machine.attribute(kind, "__match_args__") if pattern.patterns else ()
    if not isinstance(names, tuple) or not isinstance(kind, Class | type):
        return None
    named = zip(
        (*names, *pattern.kwd_attrs), (*pattern.patterns, *pattern.kwd_patterns), strict=False
    )
    answers = list[bool | None]()
    for name, part in named:
        try:
            answers.append(fits(machine, frame, part, machine.attribute(value, str(name))))
        except Raised:
            return False if isinstance(value, Instance) else None
    return _all(answers)
