"""Which regular expressions of an evaluated program are applied: never one that takes long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_libdeps.importing.regular import work_of

SLOW = [
    (r"(a+)+$", "a" * 30 + "b"),
    (r"(a|a)*$", "a" * 30 + "b"),
    (r"(a?){30}a{30}", "a" * 30),
    ("(a|a)" * 30 + "b", "a" * 30),
    (r"(.*)(.*)(.*)(.*)(.*)x", "a" * 200),
    (r"(x+x+)+y", "x" * 30),
    (r"(\w+\s?)+$", "a" * 30 + "!"),
    (r"(?i:a)*A*A*A*A*A*A*A*b", "a" * 300),
    (r"(?:(?:a|b)+c?)+$", "ab" * 20 + "d"),
]

QUICK = [
    (r"__version__ = ['\"]([^'\"]*)['\"]", 5_000),
    (r"(\d+)\.(\d+)", 500),
]


@pytest.mark.parametrize(("pattern", "text"), SLOW)
def test_what_takes_long_is_not_applied(pattern: str, text: str) -> None:
    """A pattern with many ways to match is refused."""
    assert work_of(pattern, len(text)) is None


@pytest.mark.parametrize(("pattern", "size"), QUICK)
def test_what_has_one_way_is_applied(pattern: str, size: int) -> None:
    """A pattern whose repetitions have one end is applied, also to longer texts."""
    assert work_of(pattern, size) is not None


ATOMS = st.sampled_from(["a", "b", "[ab]", "[^a]", ".", r"\w", r"\s", "(?:a|b)", "(?:ab|a)", "-"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "{2}", "{1,3}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
    ),
    max_leaves=10,
)
TEXTS = st.text("ab -", max_size=40) | st.integers(1, 60).map(lambda size: "a" * size + "-")


@given(PATTERNS, TEXTS)
@settings(max_examples=300, deadline=None)
def test_what_is_applied_ends_soon(pattern: str, text: str) -> None:
    """No pattern that is applied takes long, although what ends it never comes."""
    pattern = f"{pattern}c"
    if work_of(pattern, len(text)) is not None:
        before = time.process_time()
        re.search(pattern, text)
        assert time.process_time() - before < 2
