"""Which words stand in code that runs when a source is imported, found without parsing it.

Lines are told apart by their indentation: those in functions run only if somebody calls them. Words
of short texts count, too. That does no harm: what has such words is parsed next.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import NamedTuple

_HEAD = re.compile(rb"(?:async\s+)?(def|class)\s+(\w+)")
_LINE = re.compile(rb"^([ \t\f]*)([^\s].*)", re.MULTILINE)
_AS = re.compile(rb"[\s\\]+as[\s\\]+(\w+)")
_CLOSING = b")]}"
_TEXT_OR_COMMENT = re.compile(
    rb"""
    "{3} (?: [^"\\] | \\. | "(?!"") )* (?: "{3} | \Z )
    | '{3} (?: [^'\\] | \\. | '(?!'') )* (?: '{3} | \Z )
    | " (?: [^"\\\n] | \\. )* " | ' (?: [^'\\\n] | \\. )* ' | \#[^\n]*
    """,
    re.DOTALL | re.VERBOSE,
)
MAX_USERS = 100
"""Most functions that use words, or each other, which are told apart; of more, any may be called.
"""


class User(NamedTuple):
    """A function of a source, as others use it."""

    owner: bytes
    """The name that they import: its own, or that of its class."""
    word: bytes
    """The name that they call: its own, or of a special method that of its class."""


def may_run_at_import(content: bytes, words: Collection[bytes]) -> bool:
    """Whether code that runs at import has one of some words, or one of a function that has one."""
    outside, inside = _parts(content)
    found = set[bytes]()
    for new in _rounds(inside, words):
        if len(found) >= MAX_USERS or any(has_word(outside, word) for word in new):
            return True
        found |= new
    return False


def users_of(content: bytes, words: Collection[bytes]) -> set[User]:
    """The functions that have one of some words, or one of another one of these functions."""
    _, inside = _parts(content)
    found = set[bytes]()
    for new in _rounds(inside, words):
        if len(found) >= MAX_USERS:
            break
        found |= new
    users = {user for user in inside if user.word in found}
    return {user for user in users if any(has_word(inside[user], word) for word in found)}


def _rounds(inside: Mapping[User, bytes], words: Collection[bytes]) -> Iterator[set[bytes]]:
    """Some words, those of the functions that have one of them, those of the ones that have these,
    and so on.
    """
    found, new = set[bytes](), set(words)
    while new:
        yield new
        found |= new
        new = {
            user.word for user, text in inside.items() for word in new if has_word(text, word)
        } - found


def aliases(content: bytes, words: Collection[bytes]) -> set[bytes]:
    """The words that stand for some other ones in a source: ``word as other``."""
    found = (
        _AS.match(content, at + len(word)) for word in words for at in places_of_word(content, word)
    )
    return {match[1] for match in found if match}


def without_long_texts(content: bytes) -> bytes:
    """A source without comments, and without texts of several lines."""
    return _TEXT_OR_COMMENT.sub(_without_long_text, content)


def has_word(content: bytes, word: bytes) -> bool:
    """Whether a whole word is in a source."""
    return word in content and next(places_of_word(content, word), -1) >= 0


def places_of_word(content: bytes, word: bytes) -> Iterator[int]:
    """Where a whole word is in a source. `re` takes ten times as long."""
    at = content.find(word)
    while at >= 0:
        end = at + len(word)
        around = content[max(at - 1, 0) : at] + content[end : end + 1]
        if not any(map(_is_of_word, around)):
            yield at
        at = content.find(word, end)


def _is_of_word(character: int) -> bool:
    return character == 95 or chr(character).isalnum()


def _parts(content: bytes) -> tuple[bytes, dict[User, bytes]]:
    """The code outside of functions, and that of each of the outermost functions.

    The head of a function is in both, since its defaults are made when it is defined.
    """
    code = without_long_texts(content)
    outside, inside = list[bytes](), defaultdict[User, list[bytes]](list)
    classes = list[tuple[int, bytes]]()
    at, is_import = 0, False
    while match := _LINE.search(code, at):
        at, line = match.end(), match[2]
        indent = len(match[1])
        if is_import:
            is_import = b")" not in line
            continue
        if line.startswith((b"import ", b"from ")) and b";" not in line:
            is_import = b"(" in line and b")" not in line
            continue
        while classes and line[0] not in _CLOSING and classes[-1][0] >= indent:
            classes.pop()
        head = _HEAD.match(line)
        if not head:
            outside.append(line)
        elif head[1] == b"class":
            outside.append(line[head.end() :])
            classes.append((indent, head[2]))
        else:
            start, at = at - len(line) + head.end(), _end_of_head(code, match.start(2))
            outside.append(code[start:at])
            at = following.start() if (following := _next(indent).search(code, at)) else len(code)
            owner = classes[0][1] if classes else head[2]
            is_special = classes and head[2].startswith(b"__")
            inside[User(owner, owner if is_special else head[2])].append(code[start:at])
    return b"\n".join(outside), {user: b"\n".join(parts) for user, parts in inside.items()}


def _end_of_head(code: bytes, start: int) -> int:
    """Where the first line ends in which all brackets are closed."""
    depth, at = 0, start
    while True:
        found = code.find(b"\n", at)
        end = found if found >= 0 else len(code)
        depth += code.count(b"(", at, end) - code.count(b")", at, end)
        if found < 0 or depth <= 0:
            return end
        at = end + 1


@cache
def _next(indent: int) -> re.Pattern[bytes]:
    """The next line that is not indented more."""
    return re.compile(rb"^[ \t]{0,%d}[^\s)\]}]" % indent, re.MULTILINE)


def _without_long_text(match: re.Match[bytes]) -> bytes:
    """A text or comment as it is, but for texts of several lines, and comments."""
    text = match[0]
    return b"" if text[:1] == b"#" else b"''" if text[:3] in (b'"""', b"'''") else text
