"""The sources that are evaluated: those of the tree, parsed, and the evaluator's own models."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, lru_cache
from typing import NamedTuple, cast

from find_libdeps.importing.mangling import mangle
from find_libdeps.package_data import package_data
from find_libdeps.process.memory import check_room

MAX_AT_ONCE = 1_000_000
"""Most bytes, besides comments, that are parsed at once: a syntax tree takes up to 900 times as
much memory. Larger sources are parsed piece by piece; a larger statement can't be."""
_PIECE = 100_000
"""Characters of a piece, besides what its last statement needs."""
_BOUNDARY = re.compile(r"^(?!(?:else|elif|except|finally)\b)[^\W\d]|^@", re.MULTILINE)
"""Where a statement may start. Inside of a text it may not; then the piece does not parse."""
_COMMENT = re.compile(r"^[ \t]*#.*", re.MULTILINE)
_NEWLINE = re.compile(r"\r\n?")
TOO_LARGE = "a statement that does not parse, or has more than a million characters"
NOT_PARSED = (SyntaxError, ValueError, RecursionError)
"""What parsing a source raises, if it is not to be parsed."""
_BYTES_A_CHARACTER = 100
"""What the syntax tree of usual code takes for each character of it."""


class Piece(NamedTuple):
    """Some statements of a source, or all of them."""

    tree: ast.Module
    size: int
    """In bytes or characters."""


def parse(source: bytes) -> Iterator[Piece]:
    """Parse a module, a large one piece by piece.

    Raises:
        SyntaxError, ValueError, RecursionError: it, or its next piece, does not parse.
    """
    if len(source) > MAX_AT_ONCE:
        yield from _pieces(source)
    else:
        yield Piece(_parsed(source), len(source))


def trees(source: bytes) -> Iterator[ast.Module]:
    """The syntax trees of a module, up to what does not parse."""
    with suppress(*NOT_PARSED):
        for piece in parse(source):
            yield piece.tree


@lru_cache(32)  # the same few modules are evaluated in several worlds
def _parsed(source: bytes) -> ast.Module:
    return cast(ast.Module, syntax_tree(source))


def syntax_tree(text: str | bytes, mode: str = "exec") -> ast.AST:
    """Parse some source by Python's own parser.

    Raises:
        SyntaxError, ValueError, RecursionError: it does not parse.
    """
    source = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escape sequences
            tree = ast.parse(text, mode=mode)
    except (SyntaxError, ValueError, MemoryError) as problem:
        # MemoryError may be the parser's limit (CPython, Parser/parser.c MAXSTACK); where memory is
        # short, it may be any of these
        check_room(_BYTES_A_CHARACTER * len(text))
        if isinstance(problem, MemoryError):
            raise RecursionError("too complex to parse") from None
        raise
    mangle(tree, source)
    return tree


def _pieces(source: bytes) -> Iterator[Piece]:
    """Parse a large source: as many whole statements at a time as fit in a piece."""
    text = _NEWLINE.sub("\n", _decoded(source))
    at, line = 0, 0
    usual = size = _PIECE
    while at < len(text):
        following = _BOUNDARY.search(text, at + size)
        end = following.start() if following else len(text)
        piece = text[at:end]
        try:
            if end - at > MAX_AT_ONCE and len(_COMMENT.sub("", piece)) > MAX_AT_ONCE:
                raise SyntaxError(TOO_LARGE, ("", line + 1, 1, ""))
            tree = cast(ast.Module, syntax_tree(piece))
        except SyntaxError as problem:
            is_last = end == len(text) or problem.msg == TOO_LARGE
            if is_last and usual == 1:
                raise
            # a statement may go on behind what looks like the next; if that does not help, one
            # after the other is parsed, up to the one that can't be
            usual = 1 if is_last else usual
            size = 1 if is_last else max(size, end - at) * 2
            continue
        ast.increment_lineno(tree, line)
        yield Piece(tree, len(piece))
        at, line, size = end, line + piece.count("\n"), usual


def _decoded(source: bytes) -> str:
    """A source as text, by its encoding (PEP 263). Raises SyntaxError."""
    from io import BytesIO  # few sources are large
    from tokenize import detect_encoding

    encoding, _ = detect_encoding(BytesIO(source).readline)
    try:
        return source.decode(encoding)
    except UnicodeDecodeError as problem:
        raise SyntaxError(str(problem)) from None


def why_not_parsed(problem: Exception, python: tuple[int, int]) -> tuple[str, int]:
    """Why a source is not evaluated, and from which line on; 0 if none of it is.

    Args:
        problem: what `parse` raised.
        python: the version of the environment's Python.
    """
    if not isinstance(problem, SyntaxError):
        is_null = isinstance(problem, ValueError)
        return ("a source with a null byte" if is_null else "a source that is nested too deeply"), 0
    if "codec can't decode" in str(problem) or "encoding" in str(problem):
        return "a source that is not in the encoding that it declares", 0
    if problem.msg == TOO_LARGE:
        return TOO_LARGE, problem.lineno or 0
    where = f" (line {problem.lineno})" if problem.lineno else ""
    if sys.version_info[:2] < python:
        own, other = (".".join(map(str, each)) for each in (sys.version_info[:2], python))
        return (
            f"a source that Python {own} can't parse{where}: run find-libdeps by Python {other}",
            0,
        )
    return f"a source that does not parse{where}", 0


@cache
def source_of_model(name: str) -> bytes | None:
    """The source that stands in for a module; None if none does."""
    return package_data(f"importing/models/{name}.py")


@cache
def parsed_model(name: str) -> ast.Module:
    """The same, parsed; empty if there is none."""
    return _parsed(source_of_model(name) or b"")
