"""What importing a package asks the loader for: CPython is the judge, one folder for each rule.

Each folder of `fixtures/asks` has a small package ``rule``, whose first comment says the rule, and
what ``import rule`` asks for in CPython: `expected.txt` where no library is, and, where the rule is
about that, `expected-present.txt` where those in `present.txt` are.
"""

from __future__ import annotations

import ctypes.util
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import programs
import rule_site
from asked import Listener
from rule_world import evaluated

RULES = rule_site.rules()

WORLDS = ("expected.txt", "expected-present.txt")

WRONG_TODAY = frozenset[str](
    """
    157_a_pattern_with_groups_that_repeat
    """.split()  # noqa: SIM905
)
"""Rules that we get wrong. A test that passes though its rule is here fails: take the line away."""

WRONG = pytest.mark.xfail(strict=True, reason="a known fault of the evaluator")


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rule_site.Judge]:
    """CPython."""
    judge = rule_site.Judge(tmp_path_factory.mktemp("judge") / "libraries")
    yield judge
    judge.dismiss()


@pytest.mark.parametrize("rule", RULES)
def test_cpython_asks_what_is_expected(rule: str, judge: rule_site.Judge, tmp_path: Path) -> None:
    """Every ask, in order, and how the import ends; in each world that the rule has."""
    site = _made(rule, tmp_path)
    present = rule_site.present(rule)
    for file, libraries in zip(WORLDS, ([], present) if present else ([],), strict=False):
        directory = tmp_path / f"libraries of {file}"
        rule_site.make_libraries(libraries, directory)
        asks = judge.asks(site, directory)
        expected = rule_site.ASKS / rule / file
        if os.environ.get("UPDATE_EXPECTED"):
            expected.write_text(asks)
        assert asks == expected.read_text()


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, marks=[WRONG] if rule in WRONG_TODAY else []) for rule in RULES]
)
def test_the_evaluator_asks_what_cpython_asks(rule: str, tmp_path: Path) -> None:
    """Every ask, in order, and how the import ends; in each world that the rule has."""
    site = _made(rule, tmp_path)
    present = rule_site.present(rule)
    for file, libraries in zip(WORLDS, ([], present) if present else ([],), strict=False):
        asks = evaluated(rule, site, libraries)
        assert asks == (rule_site.ASKS / rule / file).read_text(), file


def test_each_rule_that_is_wrong_is_there() -> None:
    """The list above has no rule that is called otherwise now."""
    assert set(RULES) >= WRONG_TODAY


@pytest.mark.skipif(not Path("/sbin/ldconfig").exists(), reason="ldconfig is not there")
def test_the_judge_finds_libraries_as_ctypes_does() -> None:
    """Of this machine's libraries it names the same ones as ctypes, which asks ldconfig."""
    told = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True)
    sonames = re.findall(r"^\t(\S+) \(libc6,(?:x86-64|AArch64)[,)]", told.stdout, re.MULTILINE)
    stems = sorted({soname[3:].partition(".")[0] for soname in sonames if soname[:3] == "lib"})
    judge = Listener("/site", sonames)
    for stem in (*stems[:: len(stems) // 10 + 1], "c", "m", "zephyr"):
        assert judge.find_library(stem) == ctypes.util.find_library(stem)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_stated_first(rule: str) -> None:
    """The first line of the package is the rule, in one sentence."""
    assert re.fullmatch(r"# .+\.", rule_site.statement(rule))


def _made(rule: str, directory: Path) -> rule_site.Site:
    if reason := rule_site.unjudged():
        pytest.skip(reason)
    programs.need("cc")
    return rule_site.make_site(rule, directory / "env")
