"""The README, done as it says: its Dockerfile is built, its commands are run in the result."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from project import COMMAND, PROJECT, RECIPES

README = (PROJECT / "README.md").read_text()
STAGES = "builder", "target", "bare", "project"
IMAGES = {stage: f"find-libdeps-test/readme:{stage}" for stage in STAGES}
AUDIT = "$ find-libdeps audit myapp:latest\n"


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


WITH_A_PROJECT = f"""
FROM {IMAGES["builder"]}
WORKDIR /project
RUN /venv/bin/pip wheel --no-deps --no-binary psycopg2 --wheel-dir dist psycopg2==2.9.13
RUN printf '# for the pictures\\nlibjpeg62-turbo\\n\\nlibpq5\\n' > pkgdeps.txt
"""
"""Where the commands are run: a project with a wheel that it has built, and a list from before."""

SHOWN = re.findall(
    r"^### [^\n]*\n\n(`fixtures/recipes/([\w-]+)`.*?)(?=^##)", README, re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize(("text", "name"), SHOWN, ids=[name for _, name in SHOWN])
def test_recipes_are_shown_as_they_are(text: str, name: str) -> None:
    """What the README shows of a recipe stands in one of its files, line by line."""
    folder = RECIPES / name
    files = [path.read_text() for path in folder.iterdir() if path.is_file()]
    shown = re.findall(r"^```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert [block for block in shown if not any(block in file for file in files)] == []
    assert files


@pytest.fixture(scope="module")
def built(images: None) -> dict[str, str]:
    """The images of the README's Dockerfile."""
    dockerfile = blocks("dockerfile")[0]
    engine.build(dockerfile, IMAGES["builder"], stage="builder")
    engine.build(dockerfile, IMAGES["target"])
    engine.build(engine.without_list(dockerfile), IMAGES["bare"])
    engine.build(WITH_A_PROJECT, IMAGES["project"])
    return IMAGES


def test_dockerfile_works_as_pasted(built: dict[str, str]) -> None:
    """What a stranger pastes builds, and its app finds its library."""
    program = "import psycopg2; print(psycopg2.__libpq_version__ > 0)"
    assert engine.output(built["target"], "/venv/bin/python", "-c", program) == "True\n"


SESSIONS = [session for session in blocks("console") if not session.startswith(AUDIT)]


@pytest.mark.parametrize("session", SESSIONS, ids=lambda s: s.splitlines()[0])
def test_commands_print_what_the_readme_shows(built: dict[str, str], session: str) -> None:
    """Each command shown gives the output shown, stdout before stderr."""
    command, shown = session.removeprefix("$ ").split("\n", 1)
    done = engine.run(built["project"], "sh", "-c", command)
    assert done.stdout + done.stderr == shown


def test_audit_prints_what_the_readme_shows(built: dict[str, str]) -> None:
    """Of the app's image without the step that installs the list."""
    (session,) = (session for session in blocks("console") if session.startswith(AUDIT))
    command = [COMMAND, "audit", built["bare"]]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout + done.stderr == session.removeprefix(AUDIT)


def test_audit_example_runs(built: dict[str, str]) -> None:
    """The example of the library prints what is missing, and what would bring it."""
    example = blocks("python")[1].replace("myapp:latest", built["bare"])
    printed = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True).stdout
    assert "error missing-library libpq.so.5" in printed
    assert "install libpq5" in printed


def test_library_example_runs(built: dict[str, str], tmp_path: Path) -> None:
    """The example of the library prints a package with its version, and that all is well."""
    example = blocks("python")[0]
    (tmp_path / "example.py").write_text(example)
    python = "/opt/find-libdeps/bin/python"
    printed = engine.output(built["builder"], python, "/mnt/example.py", mount=tmp_path)
    assert re.fullmatch(r"libpq5=\d+\.\S+\ncomplete\n", printed)
