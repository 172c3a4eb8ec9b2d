"""Whole roots, scanned or audited by the command, and all that it says of them.

Each folder of `fixtures/scan` and `fixtures/audit` has the recipe of a root (`build`) and the
commands to run in it with their output (`expected.txt`); a line of stderr starts with ``2>``. To
see what a change does to them all, run the tests with UPDATE_EXPECTED=1 and look at the difference.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

import mini_root
from find_libdeps.cli import main
from mini_root import FIXTURES

PROMPT = "$ find-libdeps "


def session(root: Path, arguments: str) -> str:
    """What a terminal would show: a command, its output and how it ended."""
    words = arguments.replace("{root}", str(root))
    result = CliRunner().invoke(main, _with_root(shlex.split(words), root))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    errors = "".join(f"2> {line}\n" for line in result.stderr.splitlines())
    told = f"{result.stdout}{errors}".replace(str(root), "{root}")
    told = re.sub(r"(embedded \S+) [\d-]+", r"\1 DATE", told)
    return f"{PROMPT}{arguments}\n{told}exit {result.exit_code}\n"


def _with_root(words: list[str], root: Path) -> list[str]:
    """The words of a command, and of a subcommand that they may start with."""
    if words[0] == "audit":
        return words
    command = words[:1] if words[0] in main.commands else []
    return [*command, "--root", str(root), *words[len(command) :]]


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
