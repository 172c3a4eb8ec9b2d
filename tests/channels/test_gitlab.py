"""The component for GitLab: its script run as it stands, once by a runner of GitLab's pipelines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from fixture_roots import root_of
from judges import read_junit
from programs import need
from project import PROJECT

pytestmark = pytest.mark.thorough  # it gets the packages from the network

TEMPLATE = PROJECT / "templates/find-libdeps.yml"
RUNNER = "gitlab-ci-local@4.68.1"
"""The newest that Debian's node runs."""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with this checkout's wheel, where pip looks for it."""
    folder = tmp_path_factory.mktemp("wheels")
    wheel = ["pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(PROJECT)]
    subprocess.run([sys.executable, "-m", *wheel], check=True)
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a virtualenv that needs a package."""
    return root_of("scan/source_loads_on_demand", tmp_path_factory.mktemp("gitlab"))


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that runs pipelines of GitLab on this machine."""
    need("npm", "git", "rsync")
    folder = tmp_path_factory.mktemp("runner")
    install = ["npm", "install", "--no-audit", "--no-fund", RUNNER]
    if subprocess.run(install, cwd=folder, capture_output=True).returncode:
        pytest.skip(f"npm can't get {RUNNER}")
    return folder / "node_modules/.bin/gitlab-ci-local"


def test_pipeline_runs_it_and_gets_the_report(
    runner: Path, wheels: Path, root: Path, tmp_path: Path
) -> None:
    """The inputs of an include reach the command; the job has its status, and a JUnit report."""
    (tmp_path / "templates").mkdir()
    shutil.copy(TEMPLATE, tmp_path / "templates")
    inputs = {"command": "check", "job": "list fits", "paths": "/venv", "args": f"--root\n{root}"}
    include = [{"local": "templates/find-libdeps.yml", "inputs": inputs}]
    (tmp_path / ".gitlab-ci.yml").write_text(yaml.safe_dump({"include": include}))
    (tmp_path / "pkgdeps.txt").write_text("libold0\n")
    for words in (
        ["init", "--quiet"],
        ["remote", "add", "origin", "git@localhost:group/project.git"],
        ["add", "--all"],
        ["-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "--quiet", "-m", "x"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    done = subprocess.run(
        [runner, "--force-shell-executor", "--variable", f"PIP_FIND_LINKS={wheels}"],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    assert "-libold0" in told
    assert "json schema validated" in told  # that of GitLab's CI
    report = (tmp_path / "find-libdeps.xml").read_text()
    assert any("libold0" in case.name and not case.is_passed for case in read_junit(report))


def ran(folder: Path, wheels: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """What the script does with these inputs, in the plainest shell that an image has."""
    head, job = yaml.safe_load_all(TEMPLATE.read_text())
    (job,) = job.values()
    variables = job["variables"]
    for name, each in head["spec"]["inputs"].items():
        value = inputs.get(name, each["default"])
        variables = {k: v.replace(f"$[[ inputs.{name} ]]", value) for k, v in variables.items()}
    (script,) = job["script"]
    assert "$[[" not in script  # values get into it as variables only
    return subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=folder,
        env={**os.environ, "PIP_FIND_LINKS": str(wheels), "TMPDIR": str(folder), **variables},
        capture_output=True,
        text=True,
    )


def test_list_is_printed(wheels: Path, root: Path, tmp_path: Path) -> None:
    """Nothing is left but the report; no module of the working directory is imported."""
    for name in ("venv", "pip"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')")
    done = ran(tmp_path, wheels, paths="/venv\n", args=f"--root={root}\n\n--dlopen=all")
    assert done.returncode == 0, done.stderr
    assert "libcairo2\n" in done.stdout
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["find-libdeps.xml", "pip.py", "venv.py"]


def test_no_input_of_an_audit_is_code(wheels: Path, tmp_path: Path) -> None:
    """The target is one word, whatever stands in it."""
    hostile = "$(touch pwned) `touch pwned` \"; touch pwned; '"
    done = ran(tmp_path, wheels, command="audit", target=hostile, args="--strict")
    assert done.returncode == 2
    assert "find-libdeps: cannot" in done.stderr
    assert not (tmp_path / "pwned").exists()
