"""Which words stand in code that runs when a source is imported, found without parsing it.

Lines are told apart by their indentation: those in functions run only if somebody calls them. Words
of short texts count, too. That does no harm: what has such words is parsed next.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

_HEAD = re.compile(rb"(?:async\s+)?(def|class)\s+(\w+)")
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


class _Scope(NamedTuple):
    """A function or a class whose lines are being read."""

    indent: int
    name: bytes
    is_function: bool


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
    outside, inside = list[bytes](), defaultdict[bytes, list[bytes]](list)
    scopes = list[_Scope]()
    around, depth = b"", 0
    for line in _statements(_TEXT_OR_COMMENT.sub(_without_long_text, content)):
        code = line.lstrip()
        indent = len(line) - len(code)
        if depth <= 0:
            while scopes and scopes[-1].indent >= indent and code[0] not in _CLOSING:
                scopes.pop()
            around = _owner(scopes)
            if match := _HEAD.match(code):
                scopes.append(_Scope(indent, match[2], match[1] == b"def"))
                code = code[match.end() :]
        is_head = depth > 0 or match is not None
        for owner in {around, _owner(scopes)}:
            (inside[owner] if owner else outside).append(code)
        depth = depth + code.count(b"(") - code.count(b")") if is_head else 0
    return b"\n".join(outside), {name: b"\n".join(lines) for name, lines in inside.items()}


def _without_long_text(match: re.Match[bytes]) -> bytes:
    """A text or comment as it is, but for texts of several lines, and comments."""
    text = match[0]
    return b"" if text[:1] == b"#" else b"''" if text[:3] in (b'"""', b"'''") else text


def _statements(content: bytes) -> Iterator[bytes]:
    """The lines that are not empty, but for imports that stand alone."""
    is_import = False
    for line in content.splitlines():
        code = line.lstrip()
        if is_import:
            is_import = b")" not in code
        elif code.startswith((b"import ", b"from ")) and b";" not in code:
            is_import = b"(" in code and b")" not in code
        elif code:
            yield line


def _owner(scopes: list[_Scope]) -> bytes:
    """The outermost function, or for a special method its class; empty outside of functions."""
    class_name = b""
    for scope in scopes:
        if scope.is_function:
            return class_name if class_name and scope.name.startswith(b"__") else scope.name
        class_name = scope.name
    return b""
