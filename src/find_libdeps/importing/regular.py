"""Which regular expressions of an evaluated program may be applied: those that end soon.

Matching goes back when it fails, and tries where each repetition may end otherwise. A repetition
has only one end if what follows can't begin with what it repeats: ``[0-9]+:``. The others multiply
the work by the length of the text; one inside another may double it for each character.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import comb
from typing import Any, NamedTuple, TypeAlias

MAX_WORK = 50_000_000
"""Most steps that matching may take, by a careful estimate."""
MAX_PATTERN = 4_000
"""Most characters of a pattern."""
FEW = 8
"""Most turns of a repetition that counts as so many copies of what it repeats."""

Characters: TypeAlias = frozenset[int]
"""The code points below 256 that are meant, and the kinds of others. More than are meant do no
harm: then a repetition may have more ends."""
WORD, SPACE, OTHER = 256, 257, 258
"""All letters and digits from 256 on, all spaces, all others."""
ALL: Characters = frozenset(range(OTHER + 1))
_ASCII = frozenset(range(128)) - frozenset(b"\x1c\x1d\x1e\x1f")
"""Characters that a category has or has not, whatever the flags."""


def _kind(number: int) -> int:
    """A code point as one of `Characters`."""
    if number < WORD:
        return number
    return WORD if chr(number).isalnum() else SPACE if chr(number).isspace() else OTHER


def _those(test: Callable[[str], bool], kind: int) -> Characters:
    return frozenset(number for number in range(WORD) if test(chr(number))) | {kind}


_CATEGORIES = {
    "DIGIT": _those(str.isdecimal, WORD),
    "SPACE": _those(str.isspace, SPACE),
    "WORD": _those(lambda c: c.isalnum() or c == "_", WORD),
}


class _NestedError(Exception):
    """A repetition inside another may have several ends."""


class _Ends(NamedTuple):
    """In how many ways a part of a pattern may match."""

    repetitions: int = 0
    """How many repetitions may have several ends."""
    choices: int = 1
    """How many ways there are besides."""

    def then(self, other: _Ends) -> _Ends:
        """What a part and the next one come to."""
        return _Ends(self.repetitions + other.repetitions, self.choices * other.choices)


class _Weight(NamedTuple):
    """What matching a pattern takes."""

    ends: _Ends
    is_anchored: bool
    """Whether it matches at the begin of the text only."""


def is_cheap(pattern: str | bytes, size: int, flags: int = 0, *, is_anchored: bool = False) -> bool:
    """Whether a pattern can be applied to so many characters without much work.

    Args:
        pattern: the regular expression
        size: of the text, in characters
        flags: those of `re`
        is_anchored: whether only the begin of the text is tried
    """
    if len(pattern) > MAX_PATTERN:
        return False
    weight = _weight(pattern, flags)
    if weight is None:
        return False
    starts = 1 if is_anchored or weight.is_anchored else size + 1
    several = weight.ends.repetitions + 1
    return starts * weight.ends.choices * comb(size + several, several) <= MAX_WORK


@lru_cache(256)
def _weight(pattern: str | bytes, flags: int) -> _Weight | None:
    """What a pattern weighs; None if a repetition with several ends is inside another."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import re._parser as parser  # type: ignore[import-not-found]  # Python 3.11
    except ImportError:
        import sre_parse as parser
    try:
        tree = list(parser.parse(pattern, flags))
    except (re.error, RecursionError, OverflowError, ValueError, TypeError):
        return _Weight(_Ends(), True)  # applying it says what is wrong
    begin = str(tree[0][1]) if tree and str(tree[0][0]) == "AT" else ""
    has_lines = _has_flag(pattern, flags, re.MULTILINE, b"m")
    is_anchored = begin == "AT_BEGINNING_STRING" or (begin == "AT_BEGINNING" and not has_lines)
    walk = _Walk(_has_flag(pattern, flags, re.IGNORECASE, b"i"))
    try:
        return _Weight(walk.several(tree, frozenset()), is_anchored)
    except _NestedError:
        return None


def _has_flag(pattern: str | bytes, flags: int, flag: int, letter: bytes) -> bool:
    """Whether a flag may hold somewhere in a pattern."""
    text = pattern.encode("utf-8", "replace") if isinstance(pattern, str) else pattern
    return bool(flags & flag or re.search(rb"\(\?[a-zA-Z]*" + letter, text))


class _Walk:
    """Counts the repetitions that may have several ends."""

    def __init__(self, ignores_case: bool) -> None:
        self._ignores_case = ignores_case

    def several(self, items: Sequence[Any], follow: Characters) -> _Ends:
        """In how many ways a sequence may match. Raises _NestedError.

        Args:
            items: the parsed sequence
            follow: what may come after it
        """
        found = _Ends()
        for number, (operation, arguments) in enumerate(items):
            first, is_optional = self.first(items[number + 1 :])
            after = first | follow if is_optional else first
            found = found.then(self._in_one(str(operation), arguments, after))
        return found

    def _in_one(self, name: str, arguments: Any, after: Characters) -> _Ends:
        match name:
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._in_repetition(arguments, after)
            case "POSSESSIVE_REPEAT":
                return self._in_repetition(arguments, frozenset())  # it has one end
            case "BRANCH":
                return self._in_branches(arguments[1], after)
            case "SUBPATTERN":
                return self.several(arguments[-1], after)
            case "ATOMIC_GROUP":
                return self.several(arguments, frozenset())
            case "ASSERT" | "ASSERT_NOT":
                return self.several(arguments[1], ALL)
            case "GROUPREF_EXISTS":
                return self._in_branches([part for part in arguments[1:] if part], after)
        return _Ends()

    def _in_branches(self, branches: Sequence[Any], after: Characters) -> _Ends:
        ends = [self.several(branch, after) for branch in branches]
        firsts = list[Characters]()
        for branch in branches:
            first, is_empty = self.first(branch)
            firsts.append(first | after if is_empty else first)
        alike = max((sum(n in first for first in firsts) for n in range(OTHER + 1)), default=1)
        choices = max(alike, 1) * max((each.choices for each in ends), default=1)
        return _Ends(sum(each.repetitions for each in ends), choices)

    def _in_repetition(self, arguments: Any, after: Characters) -> _Ends:
        low, high, inner = arguments
        first, is_empty = self.first(inner)
        ends = self.several(inner, first | after)
        turns = int(high)
        if turns == int(low) or turns <= FEW:
            several = 1 + (turns - int(low)) * bool(first & after)
            return _Ends(ends.repetitions * turns, several * _power(ends.choices, turns))
        if ends != _Ends() or is_empty or not self._has_one_way(inner):
            raise _NestedError
        return _Ends(1 if first & after else 0)

    def _has_one_way(self, items: Sequence[Any]) -> bool:
        """Whether a text can be matched in one way only, but for the ends of repetitions."""
        for operation, arguments in items:
            name = str(operation)
            if name == "BRANCH":
                firsts = [self.first(branch) for branch in arguments[1]]
                if any(is_empty for _, is_empty in firsts):
                    return False
                if not _are_disjoint([first for first, _ in firsts]):
                    return False
                if not all(map(self._has_one_way, arguments[1])):
                    return False
            elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
                if not self._has_one_way(arguments[-1] if name == "SUBPATTERN" else arguments):
                    return False
            elif name.endswith("REPEAT"):
                if not self._has_one_way(arguments[2]):
                    return False
            elif name in ("GROUPREF", "GROUPREF_EXISTS"):
                return False
        return True

    def first(self, items: Sequence[Any]) -> tuple[Characters, bool]:
        """With which characters a sequence may begin; whether it may match nothing."""
        found: Characters = frozenset()
        for operation, arguments in items:
            first, is_optional = self._first_of(str(operation), arguments)
            found |= first
            if not is_optional:
                return found, False
        return found, True

    def _first_of(self, name: str, arguments: Any) -> tuple[Characters, bool]:
        match name:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "ANY_ALL" | "IN":
                return self._characters(name, arguments), False
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                first, is_optional = self.first(arguments[2])
                return first, is_optional or int(arguments[0]) == 0
            case "SUBPATTERN" | "ATOMIC_GROUP":
                return self.first(arguments[-1] if name == "SUBPATTERN" else arguments)
            case "BRANCH":
                firsts = [self.first(branch) for branch in arguments[1]]
                return (
                    frozenset().union(*(first for first, _ in firsts)),
                    any(is_optional for _, is_optional in firsts),
                )
            case "AT" | "ASSERT" | "ASSERT_NOT":
                return frozenset(), True
        return ALL, True

    def _characters(self, name: str, arguments: Any) -> Characters:
        match name:
            case "LITERAL":
                return self._cased(frozenset({_kind(int(arguments))}))
            case "NOT_LITERAL" | "ANY" | "ANY_ALL":
                return ALL
        return self._cased(_of_class(arguments))

    def _cased(self, found: Characters) -> Characters:
        if not self._ignores_case:
            return found
        known = [chr(number) for number in found if number < WORD]
        both = {_kind(ord(c)) for each in known for c in each.lower() + each.upper()}
        # the long s, the dotless i and the sign of Kelvin are letters of ASCII, too
        return found | both | ({WORD} if both & frozenset(b"iks") else frozenset())


def _power(choices: int, turns: int) -> int:
    return choices**turns if choices == 1 or turns < 64 else MAX_WORK + 1


def _are_disjoint(sets: Sequence[Characters]) -> bool:
    return sum(map(len, sets)) == len(frozenset().union(*sets))


def _of_class(parts: Sequence[Any]) -> Characters:
    """The characters of ``[...]``."""
    found: Characters = frozenset()
    is_negated = False
    for operation, argument in parts:
        match str(operation):
            case "NEGATE":
                is_negated = True
            case "LITERAL":
                found |= {_kind(int(argument))}
            case "RANGE":
                low, high = argument
                found |= frozenset(range(low, min(high, WORD - 1) + 1))
                found |= {WORD, SPACE, OTHER} if high >= WORD else frozenset()
            case "CATEGORY":
                name = str(argument).removeprefix("CATEGORY_").removeprefix("UNI_")
                if name.startswith("NOT_"):
                    found |= ALL - (_CATEGORIES.get(name[4:], frozenset()) & _ASCII)
                else:
                    found |= _CATEGORIES.get(name, ALL)
            case _:
                return ALL
    if not is_negated:
        return found
    # a category has more than it means beyond ASCII, and a kind has others than the one meant
    return ALL - (found & _ASCII)
