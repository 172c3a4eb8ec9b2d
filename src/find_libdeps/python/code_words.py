"""Which words stand in code that runs when a source is imported, found without parsing it.

Lines are told apart by their indentation: those in functions run only if somebody calls them. Words
of short texts count, too. That does no harm: what has such words is parsed next.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache

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


def may_run_at_import(content: bytes, words: Collection[bytes]) -> bool:
    """Whether code that runs at import has one of some words, or one of a function that has one."""
    outside, inside = _parts(content)
    found = set[bytes]()
    new = set(words)
    while new and len(found) < MAX_USERS:
        if any(has_word(outside, word) for word in new):
            return True
        found |= new
        users = {name for name, text in inside.items() for word in new if has_word(text, word)}
        new = users - found
    return bool(new)


def aliases(content: bytes, words: Collection[bytes]) -> set[bytes]:
    """The words that stand for some other ones in a source: ``word as other``."""
    found = (
        _AS.match(content, at + len(word)) for word in words for at in places_of_word(content, word)
    )
    return {match[1] for match in found if match}


def has_word(content: bytes, word: bytes) -> bool:
    """Whether a whole word is in a source."""
    return any(True for _ in places_of_word(content, word))


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


def _parts(content: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """The code outside of functions, and that of each of the outermost functions by its name.

    The head of a function is in both, since its defaults are made when it is defined. What a
    special method does is done by the name of its class.
    """
    code = _TEXT_OR_COMMENT.sub(_without_long_text, content)
    outside, inside = list[bytes](), defaultdict[bytes, list[bytes]](list)
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
            is_special = classes and head[2].startswith(b"__")
            inside[classes[-1][1] if is_special else head[2]].append(code[start:at])
    return b"\n".join(outside), {name: b"\n".join(parts) for name, parts in inside.items()}


def _end_of_head(code: bytes, start: int) -> int:
    """Where the first line ends in which all brackets are closed."""
    depth, at = 0, start
    while True:
        end = code.find(b"\n", at)
        depth += code.count(b"(", at, max(end, 0) or None) - code.count(
            b")", at, max(end, 0) or None
        )
        if end < 0 or depth <= 0:
            return end if end >= 0 else len(code)
        at = end + 1


@cache
def _next(indent: int) -> re.Pattern[bytes]:
    """The next line that is not indented more."""
    return re.compile(rb"^[ \t]{0,%d}[^\s)\]}]" % indent, re.MULTILINE)


def _without_long_text(match: re.Match[bytes]) -> bytes:
    """A text or comment as it is, but for texts of several lines, and comments."""
    text = match[0]
    return b"" if text[:1] == b"#" else b"''" if text[:3] in (b'"""', b"'''") else text
