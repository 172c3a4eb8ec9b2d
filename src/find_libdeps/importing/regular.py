"""Which regular expressions of an evaluated program may be applied: those that end soon."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from math import comb
from typing import Any

MAX_WORK = 50_000_000
"""Most steps that matching may take, by a careful estimate."""


def is_cheap(pattern: str | bytes, size: int) -> bool:
    """Whether a pattern can be applied to so many characters without much work.

    Matching tries where each repetition without a small bound may end, so the work grows with the
    ways to choose as many places; a repetition inside another may double it for each character.
    """
    if len(pattern) > 1_000:
        return False
    weight = _weight(pattern)
    return weight is not None and comb(size + weight, weight) <= MAX_WORK


@lru_cache(256)
def _weight(pattern: str | bytes) -> int | None:
    """How many open repetitions a pattern has side by side; None if one is inside another."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import re._parser as parser  # type: ignore[import-not-found]  # Python 3.11
    except ImportError:
        import sre_parse as parser  # type: ignore[import-not-found,no-redef]
    try:
        tree = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError, ValueError):
        return 1  # applying it says what is wrong
    try:
        return 1 + _repetitions(tree, inside=False)
    except _NestedError:
        return None


class _NestedError(Exception):
    pass


def _repetitions(node: Any, *, inside: bool) -> int:
    """The open repetitions in a parsed pattern. Raises _NestedError."""
    count = 0
    for operation, arguments in node:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, inner = arguments
            is_open = int(high) - int(low) > 8
            if is_open and inside:
                raise _NestedError
            count += is_open + _repetitions(inner, inside=inside or is_open)
        elif name == "BRANCH":
            count += sum(_repetitions(branch, inside=inside) for branch in arguments[1])
        elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
            inner = arguments[-1] if name == "SUBPATTERN" else arguments
            count += _repetitions(inner, inside=inside)
        elif name in ("ASSERT", "ASSERT_NOT"):
            count += _repetitions(arguments[1], inside=inside)
    return count
