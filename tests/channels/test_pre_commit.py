"""The hook for pre-commit, run by pre-commit from a repository with this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fixture_roots import root_of
from programs import need
from project import COMMAND, PROJECT

pytestmark = pytest.mark.thorough  # pre-commit gets the packages from the network

CONFIG = """\
repos:
  - repo: {hooks}
    rev: v1
    hooks:
      - id: find-libdeps
        args: [--root, {root}, --check, pkgdeps.txt, /venv]
"""


def git(folder: Path, *words: str) -> None:
    """Run git in a folder, whoever runs the tests."""
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@localhost"]
    subprocess.run(["git", *who, "-C", folder, *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what a checkout takes to be installed, and the tag `v1`."""
    need("git")
    folder = tmp_path_factory.mktemp("hooks")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(PROJECT / name, folder)
    shutil.copytree(PROJECT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All of it")
    git(folder, "tag", "v1")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it has installed."""
    pytest.importorskip("pre_commit", reason="needs pre-commit")
    return tmp_path_factory.mktemp("home")


def committed(project: Path, home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What pre-commit says of the files that are staged in a project."""
    git(project, "add", "--all", "--force")
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color=never", "--verbose", *options],
        cwd=project,
        env=os.environ | {"PRE_COMMIT_HOME": str(home)},
        capture_output=True,
        text=True,
    )


def test_list_that_fits_passes_and_another_one_fails(
    hooks: Path, home: Path, tmp_path: Path
) -> None:
    """The difference is shown; what is no dependency starts nothing."""
    root = root_of("scan/source_loads_on_demand", tmp_path)
    project = tmp_path / "project"
    project.mkdir()
    git(project, "init", "--quiet")
    (project / ".pre-commit-config.yaml").write_text(CONFIG.format(hooks=hooks, root=root))
    (project / "app.py").write_text("")
    assert "(no files to check)Skipped" in committed(project, home).stdout

    listed = subprocess.run([COMMAND, "--root", root, "/venv"], capture_output=True, text=True)
    (project / "pkgdeps.txt").write_text(listed.stdout)
    fits = committed(project, home)
    assert fits.returncode == 0, fits.stdout + fits.stderr
    assert "pkgdeps.txt fits the virtualenv" in fits.stdout

    (project / "pkgdeps.txt").write_text(f"libold0\n{listed.stdout}")
    differs = committed(project, home)
    assert differs.returncode == 1
    assert "-libold0" in differs.stdout


def test_virtualenv_is_the_projects(hooks: Path, home: Path, tmp_path: Path) -> None:
    """Without arguments of the user's, it is .venv, and not the one that the hook runs in."""
    git(tmp_path, "init", "--quiet")
    config = f"repos: [{{repo: {hooks}, rev: v1, hooks: [{{id: find-libdeps}}]}}]\n"
    (tmp_path / ".pre-commit-config.yaml").write_text(config)
    (tmp_path / "pkgdeps.txt").write_text("")
    without = committed(tmp_path, home)
    assert without.returncode == 1
    assert 'cannot scan ".venv"' in without.stdout
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    (tmp_path / ".gitignore").write_text("*\n")
    assert committed(tmp_path, home, "--all-files").returncode == 0
