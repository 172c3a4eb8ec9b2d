"""What `--no-plugins` leaves out, shown on PyQt5: its modules do without most of its plugins.

The same Dockerfile as in test_recipes.py, and another list; without-plugins.txt is all of it.
"""

from __future__ import annotations

import pytest

import engine

PYQT5 = engine.PROJECT / "fixtures" / "recipes" / "pyqt5"
TARGET = "find-libdeps-test/pyqt5:without-plugins"


@pytest.fixture(scope="module")
def target(images: None) -> str:
    """The image of a target that has only what is required."""
    dockerfile = (PYQT5 / "Dockerfile").read_text()
    required_only = dockerfile.replace("find-libdeps /venv >", "find-libdeps --no-plugins /venv >")
    assert required_only != dockerfile
    engine.build(required_only, TARGET)
    return TARGET


def test_list_is_a_part_of_the_whole_list(target: str) -> None:
    """It is what without-plugins.txt says, and shorter than the list with the plugins' needs."""
    listed = engine.output(target, "cat", "/venv/pkgdeps.txt").splitlines()
    assert listed == (PYQT5 / "without-plugins.txt").read_text().splitlines()
    assert set(listed) < set((PYQT5 / "expected.txt").read_text().splitlines())


def test_everything_required_works(target: str) -> None:
    """Each extension module can be imported, and a window drawn without a screen."""
    engine.output(target, "/mnt/check-without-plugins", mount=PYQT5)


def test_plugins_were_really_left_out(target: str) -> None:
    """The plugin for a real screen does not load there."""
    done = engine.run(target, "/mnt/check", mount=PYQT5)
    assert done.returncode != 0
    assert "cannot open shared object file" in done.stderr
