"""The sources that are evaluated: those of the tree, parsed, and the evaluator's own models."""

from __future__ import annotations

import ast
import re
import warnings
from functools import cache, lru_cache
from pathlib import Path

from find_libdeps.importing.mangling import mangle

MAX_SOURCE = 1_500_000
"""Most bytes of a source without comments: its syntax tree takes up to 170 times as much memory."""
_COMMENT = re.compile(rb"^[ \t]*#[^\r\n]*", re.MULTILINE)
_MODELS = Path(__file__).with_name("models")
"""Found without importlib.resources, because its import would take longer than the search."""


def is_too_large(source: bytes) -> bool:
    """Whether a source has more than `MAX_SOURCE` bytes besides comments."""
    return len(source) > MAX_SOURCE and len(_COMMENT.sub(b"", source)) > MAX_SOURCE


@lru_cache(32)  # the same few modules are evaluated in several worlds
def parse(source: bytes) -> ast.Module:
    """Parse a module. Raises SyntaxError, ValueError, RecursionError or MemoryError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about invalid escape sequences
        tree = ast.parse(source)
    mangle(tree, source)
    return tree


def parsed(source: bytes) -> ast.Module | None:
    """A source, parsed; None if it does not parse, or is too large."""
    try:
        return None if is_too_large(source) else parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@cache
def source_of_model(name: str) -> bytes | None:
    """The source that stands in for a module; None if none does."""
    file = _MODELS / f"{name}.py"
    return file.read_bytes() if file.is_file() else None


@cache
def parsed_model(name: str) -> ast.Module:
    """The same, parsed; empty if there is none."""
    return parse(source_of_model(name) or b"")
