"""The README, done as it says: its Dockerfile is built, its commands are run in the result."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import engine

README = (engine.PROJECT / "README.md").read_text()
IMAGES = {stage: f"find-libdeps-test/readme:{stage}" for stage in ("builder", "target")}


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def built(images: None) -> dict[str, str]:
    """The images of the README's Dockerfile."""
    dockerfile = blocks("dockerfile")[0]
    engine.build(dockerfile, IMAGES["builder"], stage="builder")
    engine.build(dockerfile, IMAGES["target"])
    return IMAGES


def test_dockerfile_works_as_pasted(built: dict[str, str]) -> None:
    """What a stranger pastes builds, and its app finds its library."""
    program = "import psycopg2; print(psycopg2.__libpq_version__ > 0)"
    assert engine.output(built["target"], "/venv/bin/python", "-c", program) == "True\n"


@pytest.mark.parametrize("session", blocks("console"), ids=lambda s: s.splitlines()[0])
def test_commands_print_what_the_readme_shows(built: dict[str, str], session: str) -> None:
    """Each command shown gives the output shown, stdout before stderr."""
    command, shown = session.removeprefix("$ ").split("\n", 1)
    done = engine.run(built["builder"], "sh", "-c", command)
    assert done.stdout + done.stderr == shown


def test_library_example_runs(built: dict[str, str], tmp_path: Path) -> None:
    """The example of the library prints a package with its version, and that all is well."""
    (example,) = blocks("python")
    (tmp_path / "example.py").write_text(example)
    python = "/opt/find-libdeps/bin/python"
    printed = engine.output(built["builder"], python, "/mnt/example.py", mount=tmp_path)
    assert re.fullmatch(r"libpq5=\d+\.\S+\ncomplete\n", printed)
