"""Which regular expressions of an evaluated program may be applied: those that end soon."""

from __future__ import annotations

import re
import sys
import warnings
from functools import lru_cache
from math import comb, inf
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):
    from re import _parser as parser  # type: ignore[attr-defined]
else:
    import sre_parse as parser

MAX_WORK = 50_000_000
"""Most steps that matching may take, by a careful estimate."""
MAX_PATTERN = 2_000
"""Most characters of a pattern that is applied."""
_NARROW = 8
"""The most ends of a repetition that count as a factor; one of more is open."""


class _Ways(NamedTuple):
    """In how many ways a part of a pattern may match at one place of a text."""

    open: int
    """Repetitions side by side, of which each may end at any place."""
    factor: float
    """The product of what else is tried one after the other."""


_ONE = _Ways(0, 1)


def work_of(pattern: str | bytes, size: int) -> int | None:
    """About how many steps it may take to apply a pattern to so many characters; None if too many.

    Matching tries where each repetition without a small bound may end, so the work grows with the
    ways to choose as many places. A repetition inside another may double it for each character.
    """
    if len(pattern) > MAX_PATTERN:
        return None
    ways = _ways(pattern)
    if ways is None or ways.open > 20:
        return None
    # matching may begin at each place
    work = comb(size + ways.open + 1, ways.open + 1) * ways.factor
    return int(work) if work <= MAX_WORK else None


@lru_cache(256)
def _ways(pattern: str | bytes) -> _Ways | None:
    try:
        return _of_sequence(_parsed(pattern))
    except (re.error, RecursionError, OverflowError, ValueError):
        return _ONE  # applying it says what is wrong
    except _NestedError:
        return None


def _parsed(pattern: str | bytes) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parser.parse(pattern)


class _NestedError(Exception):
    """A repetition is inside another."""


def _of_sequence(nodes: Any) -> _Ways:
    ways = _ONE
    for operation, arguments in nodes:
        ways = _both(ways, _of_node(str(operation), arguments))
    return ways


def _of_node(name: str, arguments: Any) -> _Ways:
    """The ways of one part. Raises _NestedError."""
    match name:
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            low, high, inner = arguments
            return _of_repetition(int(low), int(high), inner)
        case "BRANCH":
            return _any([_of_sequence(branch) for branch in arguments[1]])
        case "SUBPATTERN":
            return _of_sequence(arguments[-1])
        case "ATOMIC_GROUP":
            return _of_sequence(arguments)
        case "ASSERT" | "ASSERT_NOT":
            return _of_sequence(arguments[1])
        case "GROUPREF_EXISTS":
            return _any([_of_sequence(part) for part in arguments[1:] if part is not None])
        case "GROUPREF":
            return _Ways(1, 1)  # it compares a text as long as the group
    return _ONE


def _of_repetition(low: int, high: int, inner: Any) -> _Ways:
    ways = _of_sequence(inner)
    is_open = high - low > _NARROW
    if is_open and (ways != _ONE and not _is_marked(inner)):
        raise _NestedError
    if is_open:
        return _Ways(1, 1)
    if (
        ways.open * high > 20
        or (ways.factor > 1 and high > 32)
        or (high > 1_000 and len(inner) > 1)
    ):
        raise _NestedError
    return _Ways(ways.open * high, min(ways.factor, 1e9) ** high * (high - low + 1))


def _is_marked(nodes: Any) -> bool:
    """Whether each turn of a repetition begins with a character that is nowhere else in it.

    Then a text can be shared among the turns in one way only.
    """
    if len(nodes) == 1 and str(nodes[0][0]) == "SUBPATTERN":
        return _is_marked(nodes[0][1][-1])
    if len(nodes) != 2 or str(nodes[0][0]) != "LITERAL" or str(nodes[1][0]) != "MAX_REPEAT":
        return False
    mark, (_, _, repeated) = nodes[0][1], nodes[1][1]
    if len(repeated) != 1 or str(repeated[0][0]) != "IN":
        return False
    return all(
        (str(kind) == "RANGE" and not value[0] <= mark <= value[1])
        or (str(kind) == "CATEGORY" and str(value) == "CATEGORY_DIGIT" and not chr(mark).isdigit())
        or (str(kind) == "LITERAL" and value != mark)
        for kind, value in repeated[0][1]
    )


def _both(one: _Ways, other: _Ways) -> _Ways:
    return _Ways(one.open + other.open, min(one.factor * other.factor, inf))


def _any(choices: list[_Ways]) -> _Ways:
    return _Ways(
        max((each.open for each in choices), default=0),
        max(sum(each.factor for each in choices), 1),
    )
