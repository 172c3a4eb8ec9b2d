"""Whole roots, scanned or audited by the command, and all that it says of them.

Each folder of `fixtures/scan` and `fixtures/audit` has the recipe of a root (`build`) and the
commands to run in it with their output (`expected.txt`); a line of stderr starts with ``2>``. To
see what a change does to them all, run the tests with UPDATE_EXPECTED=1 and look at the difference.
"""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import pytest

import mini_root
from project import FIXTURES
from session import PROMPT, session


def _root(case: Path, place: Path) -> Path:
    """The root that a recipe makes."""
    if platform.machine() != "x86_64":
        pytest.skip("these roots are made for amd64")
    root = place / "root"
    root.mkdir()
    try:
        mini_root.build(case.parent, root)
    except mini_root.LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    return root


def _commands(expected: str) -> list[str]:
    return [line.removeprefix(PROMPT) for line in expected.splitlines() if line.startswith(PROMPT)]


def _name(case: Path) -> str:
    return "/".join(case.parts[-3:-1])


AUDITS = sorted(FIXTURES.glob("audit/*/build"))


@pytest.mark.parametrize("case", [*AUDITS, *sorted(FIXTURES.glob("scan/*/build"))], ids=_name)
def test_command_says_what_is_expected(case: Path, tmp_path: Path) -> None:
    """The whole output of each command in a root is the one beside its recipe."""
    root = _root(case, tmp_path)
    expected = case.parent / "expected.txt"
    told = "".join(session(root, arguments) for arguments in _commands(expected.read_text()))
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(told)
    assert told == expected.read_text()


@pytest.mark.parametrize("case", AUDITS, ids=_name)
def test_an_archive_is_audited_like_its_directory(case: Path, tmp_path: Path) -> None:
    """Of files that only pass by, all is kept that the audit asks for later."""
    archive = tmp_path / "root.tar"
    subprocess.run(["tar", "-C", _root(case, tmp_path), "-cf", archive, "."], check=True)
    expected = (case.parent / "expected.txt").read_text()
    told = "".join(session(archive, arguments) for arguments in _commands(expected))
    assert told == expected
