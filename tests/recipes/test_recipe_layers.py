"""The recipe `layers`: what a change builds anew, and what comes from the engine's cache."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import pytest

import engine
from project import RECIPES

pytestmark = pytest.mark.recipe("layers")

RECIPE = RECIPES / "layers"
TAG = "find-libdeps-test/layers:changed"

REQUIREMENTS = [
    "COPY requirements.txt /",
    "RUN /venv/bin/pip install -r /requirements.txt",
    "RUN find-libdeps /venv > /venv/pkgdeps.txt",
]
LIST = ["RUN xargs -ra /venv/pkgdeps.txt apt-install"]
VENV = ["COPY --from=builder /venv /venv"]
APP = ["COPY app /app", "WORKDIR /app"]
WATCHED = {*REQUIREMENTS, *LIST, *VENV, *APP}


def build(context: Path) -> list[str]:
    """Builds the recipe in a folder: the steps that the engine did not have yet.

    Of the packages it has none from an earlier run, whose target had another variable.
    """
    head, mark, tail = (RECIPE / "Dockerfile").read_text().partition("# the packages of the list")
    said = engine.build(f"{head}ENV BUILT_IN={context}\n{mark}{tail}", TAG, context=context)
    steps = engine.cached_steps(said)
    assert set(steps) > WATCHED
    return sorted(step for step, is_cached in steps.items() if not is_cached and step in WATCHED)


@pytest.fixture
def context(images: None, tmp_path: Path) -> Path:
    """A copy of the recipe, built; in a place that no earlier run can have had."""
    copy = tmp_path / f"{uuid4()}"
    shutil.copytree(RECIPE, copy)
    build(copy)
    assert build(copy) == []
    return copy


def add(line: str, path: Path) -> None:
    """Adds a line to a file; one of a name that no earlier run has built."""
    path.write_text(f"{path.read_text()}{line}  # {path}\n")


def test_the_apps_source_rebuilds_nothing_above_it(context: Path) -> None:
    """Not the dependencies, nor the scan, nor the packages."""
    add("app.debug = False", context / "app" / "kinds.py")
    assert build(context) == sorted(APP)


def test_requirements_rebuild_what_depends_on_them(context: Path) -> None:
    """The dependencies, the scan, the virtualenv; and the packages only for another list."""
    add("cowsay==6.1", context / "requirements.txt")
    assert build(context) == sorted([*REQUIREMENTS, *VENV, *APP])
    add("pyzmq==27.3.0", context / "requirements.txt")
    assert build(context) == sorted([*REQUIREMENTS, *LIST, *VENV, *APP])
    assert "libstdc++6" in engine.output(TAG, "cat", "/venv/pkgdeps.txt").splitlines()
