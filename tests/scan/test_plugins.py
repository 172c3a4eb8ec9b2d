"""What `--no-plugins` leaves out, shown on Qt's wheels: their modules do without most plugins.

The same Dockerfiles as in test_recipes.py, and another list; without-plugins.txt is all of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import engine
from project import RECIPES

NAMES = sorted(path.parent.name for path in RECIPES.glob("*/without-plugins.txt"))


@pytest.fixture(scope="module", params=NAMES)
def folder(request: pytest.FixtureRequest, images: None) -> Path:
    """Each recipe in turn; the image of its target that has only what is required is built."""
    folder = RECIPES / str(request.param)
    dockerfile = (folder / "Dockerfile").read_text()
    required_only = dockerfile.replace("find-libdeps /venv >", "find-libdeps --no-plugins /venv >")
    assert required_only != dockerfile
    engine.build(required_only, target(folder))
    return folder


def target(folder: Path) -> str:
    """The name of that image."""
    return f"find-libdeps-test/{folder.name}:without-plugins"


def test_list_is_a_part_of_the_whole_list(folder: Path) -> None:
    """It is what without-plugins.txt says, and shorter than the list with the plugins' needs."""
    listed = engine.output(target(folder), "cat", "/venv/pkgdeps.txt").splitlines()
    assert listed == (folder / "without-plugins.txt").read_text().splitlines()
    assert set(listed) < set((folder / "expected.txt").read_text().splitlines())


def test_everything_required_works(folder: Path) -> None:
    """Each extension module can be imported, and a window drawn without a screen."""
    engine.output(target(folder), "/mnt/check-without-plugins", mount=folder)


def test_plugins_were_really_left_out(folder: Path) -> None:
    """The plugin for a real screen does not load there."""
    done = engine.run(target(folder), "/mnt/check", mount=folder)
    assert done.returncode != 0
    assert "cannot open shared object file" in done.stderr
