"""Whole roots, scanned or audited by the command, and all that it says of them.

Each folder of `fixtures/scan` and `fixtures/audit` has the recipe of a root (`build`) and the
commands to run in it with their output (`expected.txt`); a line of stderr starts with ``2>``. To
see what a change does to them all, run the tests with UPDATE_EXPECTED=1 and look at the difference.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import mini_root
from find_libdeps.elf.readers import Reader
from glibc import LoaderOutOfReachError
from project import FIXTURES, PROJECT
from session import PROMPT, session


@pytest.fixture(scope="module")
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Path]]:
    """The file with what is expected of a root, and the root that the recipe makes."""
    if platform.machine() != "x86_64":
        pytest.skip("these roots are made for amd64")
    case: Path = request.param
    root = tmp_path_factory.mktemp(case.parent.name) / "root"
    root.mkdir()
    try:
        mini_root.build(case.parent, root)
    except LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    yield case.parent / "expected.txt", root
    shutil.rmtree(root.parent)


def _commands(expected: str) -> list[str]:
    return [line.removeprefix(PROMPT) for line in expected.splitlines() if line.startswith(PROMPT)]


def _project(expected: Path) -> Path:
    """Where the commands start: beside a case's own pyproject.toml, if it has one."""
    return expected.parent if (expected.parent / "pyproject.toml").exists() else PROJECT


def _name(case: Path) -> str:
    return "/".join(case.parts[-3:-1])


AUDITS = sorted(FIXTURES.glob("audit/*/build"))
ALL = [*AUDITS, *sorted(FIXTURES.glob("scan/*/build"))]


@pytest.mark.parametrize("built", ALL, indirect=True, ids=_name)
def test_command_says_what_is_expected(built: tuple[Path, Path]) -> None:
    """The whole output of each command in a root is the one beside its recipe."""
    expected, root = built
    commands = _commands(expected.read_text())
    told = "".join(session(root, each, project=_project(expected)) for each in commands)
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(told)
    assert told == expected.read_text()


@pytest.mark.thorough
@pytest.mark.parametrize("built", ALL, indirect=True, ids=_name)
def test_pyelftools_leads_to_the_same_output(built: tuple[Path, Path]) -> None:
    """With `--reader pyelftools` each command says what it says with the everyday reader."""
    expected, root = built
    commands = _commands(expected.read_text())
    told = "".join(session(root, each, Reader.PYELFTOOLS, _project(expected)) for each in commands)
    assert told == expected.read_text()


@pytest.mark.parametrize("reader", Reader)
@pytest.mark.parametrize("built", AUDITS, indirect=True, ids=_name)
def test_an_archive_is_audited_like_its_directory(
    built: tuple[Path, Path], tmp_path: Path, reader: Reader
) -> None:
    """Of files that only pass by, all is kept that the audit asks for later, by either reader."""
    expected, root = built
    archive = tmp_path / "root.tar"
    subprocess.run(["tar", "-C", root, "-cf", archive, "."], check=True)
    commands = _commands(expected.read_text())
    told = "".join(session(archive, each, reader, _project(expected)) for each in commands)
    assert told == expected.read_text()
