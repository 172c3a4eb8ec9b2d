"""Which files of packages dpkg does not unpack: ``path-exclude`` and ``path-include`` (dpkg(1)).

Slim images leave out documentation, manual pages and translations that way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate
from os import fsdecode
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.errors import TreeError
from find_libdeps.roots.tree import Kind, Tree

DPKG_CONFIGURATION = PurePosixPath("/etc/dpkg/dpkg.cfg")
_FRAGMENTS = PurePosixPath("/etc/dpkg/dpkg.cfg.d")
MAX_RULES = 200
"""Each path of a package is compared with each of them; slim images have a dozen."""
_FRAGMENT = re.compile(r"[A-Za-z0-9_-]+")
"""The names of the files in that directory that dpkg reads (lib/dpkg/options.c)."""
_OPTION = re.compile(r"path-(exclude|include)[^A-Za-z0-9-]=?\s*(.*)", re.DOTALL)
_MOST = 1023
"""The longest line that dpkg reads whole (lib/dpkg/options.h, MAX_CONFIG_LINE)."""
_SPECIAL = re.compile(r"[*?\[\\]")
_ALIKE = re.compile(r"\\.|\[[!^]?(?:\w(?:-\w)?|\.)+\]", re.DOTALL | re.ASCII)
"""Escaped characters, and classes of characters that mean the same to Python once translated.
Other classes, such as ``[[:alpha:]]``, may mean something else.
"""
_UNLIKE_PYTHONS = re.compile(r"\\(.?)|\[\^", re.DOTALL)


class _Rule(NamedTuple):
    """One of these options."""

    is_included: bool
    pattern: str
    matches: Callable[[str], object]


class PathRules:
    """Which paths are left out; the last rule that matches decides."""

    def __init__(self, options: Sequence[tuple[str, str]]) -> None:
        """Take ``exclude`` or ``include``, each with its pattern, in the order of dpkg.

        Raises:
            ValueError: there are too many, or what a pattern matches is not known.
        """
        if len(options) > MAX_RULES or any(_is_strange(pattern) for _, pattern in options):
            raise ValueError
        self._rules = [
            _Rule(what == "include", pattern, re.compile(_translated(pattern)).match)
            for what, pattern in options
        ]
        heads = (_SPECIAL.split(rule.pattern)[0] for rule in self._rules if rule.is_included)
        self._kept = tuple(head.rstrip("/") for head in heads)

    def __bool__(self) -> bool:
        """Whether anything may be left out."""
        return not all(rule.is_included for rule in self._rules)

    def leave_out(self, path: str, kind: Kind) -> bool:
        """Whether dpkg leaves a path of a package out (src/main/filters.c filter_should_skip).

        A directory or a link stays if the beginning of a pattern to include is that of its path,
        as far as that has no wildcard: a file to include may be below it.
        """
        verdicts = (not rule.is_included for rule in reversed(self._rules) if rule.matches(path))
        if not next(verdicts, False):
            return False
        return kind not in (Kind.DIRECTORY, Kind.LINK) or not path.startswith(self._kept)


def _is_strange(pattern: str) -> bool:
    return not {"[", "\\"}.isdisjoint(_ALIKE.sub("", pattern))


def _translated(pattern: str) -> str:
    """A pattern of fnmatch(3), where ``*`` matches ``/``, as a regular expression."""

    def pythons(match: re.Match[str]) -> str:
        if match[0] == "[^":
            return "[!"
        return f"[{match[1]}]" if match[1] in ("*", "?", "[") else match[1]

    return translate(_UNLIKE_PYTHONS.sub(pythons, pattern))


def read_path_rules(tree: Tree) -> PathRules | None:
    """What the dpkg of a root leaves out; None if that can't be told."""
    try:
        names = filter(_FRAGMENT.fullmatch, tree.names(_FRAGMENTS))
        files = [*(_FRAGMENTS / name for name in names), DPKG_CONFIGURATION]
        texts = [fsdecode(tree.read(file)) for file in files if tree.entry(file)]
        return PathRules([option for text in texts for option in _options(text)])
    except (TreeError, ValueError):
        return None


def _options(text: str) -> Iterator[tuple[str, str]]:
    """The options of one file, read as dpkg reads them (lib/dpkg/options.c)."""
    for line in text.split("\n"):
        match = _OPTION.fullmatch(line.rstrip()) if len(line) <= _MOST else None
        if match:
            value = match[2]
            is_quoted = len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]
            yield match[1], value[1:-1] if is_quoted else value
