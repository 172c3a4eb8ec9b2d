"""What own code reaches: CPython is the judge, one folder for each rule.

Each folder of `fixtures/reached` has the packages of an application: its own one is ``app``, and
``rule.py`` runs it as its user would. What CPython is asked for meanwhile is what own code reaches.
Every function of ``app`` runs, since each counts as called.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import rule_site
from project import FIXTURES
from rule_world import reached

RULES = sorted(str(path) for path in (FIXTURES / "reached").glob("[0-9]*"))


def _has(rule: str, world: str) -> bool:
    """Whether a rule is about a world: that with libraries has ``present.txt``."""
    return world == "nothing" or bool(rule_site.present(rule))


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rule_site.Judge]:
    """CPython."""
    judge = rule_site.Judge(tmp_path_factory.mktemp("judge") / "libraries")
    yield judge
    judge.dismiss()


@pytest.mark.parametrize(
    ("rule", "world"),
    [(rule, world) for rule in RULES for world in ("nothing", "present") if _has(rule, world)],
    ids=lambda each: Path(each).name,
)
def test_own_code_reaches_what_cpython_is_asked_for(
    rule: str, world: str, judge: rule_site.Judge, tmp_path: Path
) -> None:
    """Every library and every program, found or not; and no other."""
    present = rule_site.present(rule) if world == "present" else []
    if reason := rule_site.unjudged():
        pytest.skip(reason)
    site = rule_site.make_site(rule, tmp_path / "env")
    rule_site.make_libraries(present, tmp_path / "libraries")
    *asks, _ = judge.asks(site, tmp_path / "libraries").splitlines()
    assert reached(rule, site, present) == sorted(set(asks))
