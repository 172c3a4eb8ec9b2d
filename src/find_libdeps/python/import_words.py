"""What the words of a Python source say that it imports, found without parsing it.

All that is an import statement is found, and some text that only looks like one, which does no
harm. Judge: `ast`, for all of the standard library.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

Request: TypeAlias = "tuple[int, str]"
"""A module, or a name in one: how many dots come first, and the dotted name."""

_IMPORT = b"import"
_WORDS = (b"import", b"from")
_CALL = b"import_"
_NOT_DIRECT = (
    *(_CALL, b"pkgutil", b"attach", b"exec(", b"exec_module", b"load_module", b"run_path"),
    *(b"__path__", b"sys.path"),  # modules are elsewhere then
)
_STATEMENT = re.compile(r"\s*(?:from\s*(\.*)\s*([\w.]*)\s*)?\bimport\b\s*(.*)", re.DOTALL)
_ENDS = re.compile(r"[;:]")
_NAME = re.compile(r"[\w.]+")
_COMMENT = re.compile(r"#[^\n]*")
_LIST = re.compile(rb"(?:[\w.,*\s\\\x80-\xff]|#[^\n]*)*")
_LITERAL = re.compile(rb"(?:import_module|__import__)\s*\(\s*['\"](\.*)([\w.]+)['\"]")
_STANDARD = frozenset(name.encode() for name in sys.stdlib_module_names)
_CONTINUED = (b"\\\n", b"\\\r\n")
_STATEMENT_OF_MODULE = re.compile(rb"\n[^\s#)\]}]")
_DEFINITIONS = (b"\ndef ", b"\nclass ", b"\nasync def ")
MAX_DISTANCE = 100_000
"""Most bytes between an import and the beginning of the function that it is in."""
_LONG = 200
"""Bytes of a line that is not worth remembering."""


def is_dynamic(content: bytes) -> bool:
    """Whether a source may import modules whose names are not written where they are imported."""
    return any(word in content for word in _NOT_DIRECT)


class ImportedNames(NamedTuple):
    """The dotted names that a source may import outside of the standard library.

    Each comes with the packages that it is in, unless the source is in these, too.
    """

    all: frozenset[str]
    at_import: frozenset[str]
    """Those in statements outside of functions."""

    @property
    def only_in_functions(self) -> frozenset[str]:
        """Those that only functions, or classes, import."""
        return self.all - self.at_import


def imported_names(content: bytes, package: Sequence[str], module: str) -> ImportedNames:
    """What a source may import.

    Args:
        content: the source.
        package: the parts of the name of the package that the source is in.
        module: the name of the source.
    """
    outside, inside = set[Request](), set[Request]()
    for start, line in _lines_with_import(content):
        if not _is_of_no_use(line):
            found = _requests_of_line(line) if len(line) < _LONG else _requests(line)
            if found:
                is_inside = line[0] in b" \t" and _is_in_function(content, start)
                (inside if is_inside else outside).update(found)
    if _CALL in content:
        for dots, name in _LITERAL.findall(content):
            inside.update(_known((len(dots), name.decode())))
    at_import = _with_parents(_absolute(outside, package), module)
    in_functions = _with_parents(_absolute(inside, package), module)
    # most sources import nothing else in functions: one set is enough then
    every = at_import if in_functions <= at_import else at_import | in_functions
    return ImportedNames(every, at_import)


def _is_in_function(content: bytes, start: int) -> bool:
    """Whether the indented line at `start` is in a function, or a class, of a module."""
    found, lowest = -1, max(start - MAX_DISTANCE, 0)
    for word in _DEFINITIONS:
        found = max(found, content.rfind(word, max(found, lowest), start))
    return found >= 0 and not _STATEMENT_OF_MODULE.search(content, found + 1, start)


def _lines_with_import(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of text with the word, each with the lines that it goes on in, and its place."""
    done = 0
    at = content.find(_IMPORT)
    while at >= 0:
        start = content.rfind(b"\n", done, at) + 1 or done
        while start > done and content.endswith(_CONTINUED, done, start):
            start = content.rfind(b"\n", done, start - 1) + 1 or done
        end = content.find(b"\n", at)
        while end >= 0 and content.endswith(_CONTINUED, at, end + 1):
            end = content.find(b"\n", end + 1)
        done = end + 1 if end >= 0 else len(content)
        line = content[start:done]
        if b"(" in line:
            opening = line.partition(b"#")[0].rfind(b"(")  # a comment may have others
            opening = line.rfind(b"(") if opening < 0 else opening  # no comment, but a text
            if found := _LIST.match(content, start + opening + 1):
                done = max(done, found.end())
                line = content[start:done]
        yield start, line
        at = content.find(_IMPORT, done)


def _is_of_no_use(line: bytes) -> bool:
    """Whether a line is, at first sight, text, or one import from the standard library."""
    first, *rest = line.split(None, 2)
    if first == b"from" or (first == b"import" and b"," not in line):
        return b";" not in line and (not rest or rest[0].partition(b".")[0] in _STANDARD)
    return not first.startswith(_WORDS) and b":" not in line and b";" not in line


def _requests(line: bytes) -> tuple[Request, ...]:
    """What the statements in a line import."""
    text = line.decode("utf-8", "replace")
    if "#" in text or "\\" in text:
        text = _COMMENT.sub("", text.replace("\\", " "))
    found = list[Request]()
    for part in _ENDS.split(text):
        if statement := _STATEMENT.match(part):
            dots, base, names = statement.groups()
            if base is None:
                found += ((0, name) for name in _listed(names))
            else:
                found.append((len(dots), base))
                prefix = f"{base}." if base else ""
                found += ((len(dots), prefix + name) for name in _listed(names))
    return tuple(request for each in found for request in _known(each))


_requests_of_line = lru_cache(4096)(_requests)
"""The same few lines stand in most sources."""


def _listed(names: str) -> Iterator[str]:
    """The names in the list that follows the word ``import``."""
    for part in names.split(","):
        if name := _NAME.search(part):
            yield name[0]


def _known(request: Request) -> tuple[Request, ...]:
    """A request; nothing if it is for the standard library."""
    dots, name = request
    is_standard = not dots and name.partition(".")[0] in sys.stdlib_module_names
    return () if is_standard else (request,)


def _absolute(requests: Iterable[Request], package: Sequence[str]) -> Iterator[str]:
    """The absolute names that are requested from a package."""
    for dots, name in requests:
        if dots <= len(package):
            base = package[: len(package) - dots + 1] if dots else ()
            yield ".".join([*base, name] if name else base)


def _with_parents(names: Iterable[str], module: str) -> frozenset[str]:
    """Some names and the packages that they are in, but for those that a module is in, too."""
    found = set[str]()
    for name in names:
        while name and name not in found:
            found.add(sys.intern(name))  # the same names are in most sources
            name = name.rpartition(".")[0]
    parts = module.split(".")
    return frozenset(
        found.difference(".".join(parts[:count]) for count in range(1, len(parts) + 1))
    )
