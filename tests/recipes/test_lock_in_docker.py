"""The recipe `lock-in-docker`: its locks are made in a build, kept by it, and have to fit."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import engine
from project import RECIPES

pytestmark = pytest.mark.recipe("lock-in-docker")

RECIPE = RECIPES / "lock-in-docker"
DOCKERFILE = (RECIPE / "Dockerfile").read_text()
LOCKED = "find-libdeps-test/lock-in-docker:locked"
COMMAND = "docker build --output dependencies ."


@pytest.fixture
def context(images: None, tmp_path: Path) -> Path:
    """A copy of the recipe."""
    return Path(shutil.copytree(RECIPE, tmp_path / "context"))


def export(context: Path) -> dict[str, Path]:
    """What the documented command puts into the folder of dependencies."""
    exported = context / "dependencies"
    engine.build(DOCKERFILE, LOCKED, context=context, output=exported)
    return {path.name: path for path in exported.iterdir()}


def test_deleted_locks_are_made_again(context: Path) -> None:
    """Both say how they were made, can't be edited by accident, and a build with them works."""
    (context / "dependencies" / "requirements.txt").unlink()
    (context / "dependencies" / "pkgdeps.txt").unlink()
    made = export(context)
    assert set(made) == {"requirements.in", "requirements.txt", "pkgdeps.txt"}
    requirements = made["requirements.txt"].read_text()
    assert re.findall(r"^([\w-]+)==\S+ \\\n    --hash=sha256:", requirements, re.MULTILINE) == [
        "pillow",
        "pyzbar",
        "segno",
    ]
    assert f"#    {COMMAND}\n" in requirements
    assert made["pkgdeps.txt"].read_text() == f"# Made by: {COMMAND}\nlibstdc++6\nlibzbar0t64\n"
    for name in ("requirements.txt", "pkgdeps.txt"):
        assert made[name].stat().st_mode & 0o777 == 0o444
    assert export(context)["requirements.txt"].read_text() == requirements


def test_locks_that_are_there_are_installed_from_and_kept(context: Path) -> None:
    """Each byte of them; and what the lock of Python packages does not name is not installed."""
    locks = [context / "dependencies" / name for name in ("requirements.txt", "pkgdeps.txt")]
    kept = []
    for lock in locks:
        text = lock.read_text().partition("segno==")[0]
        lock.chmod(0o644)
        lock.write_text(f"{text}# mine\n")
        kept.append(lock.read_text())
    export(context)
    assert [lock.read_text() for lock in locks] == kept
    engine.build(DOCKERFILE, LOCKED, "builder", context)
    installed = engine.output(LOCKED, "uv", "pip", "freeze", "--python", "/venv")
    assert set(re.findall(r"^[\w-]+", installed, re.MULTILINE)) == {"pillow", "pyzbar"}


def test_a_list_that_no_longer_fits_ends_the_build(context: Path) -> None:
    """With other requirements, and their lock deleted, the committed list is told what to be."""
    dependencies = context / "dependencies"
    (dependencies / "requirements.txt").unlink()
    (dependencies / "requirements.in").write_text("python-magic\n")
    with pytest.raises(engine.CommandError) as failed:
        engine.build(DOCKERFILE, LOCKED, context=context)
    told = re.sub(r"^#\d+ [\d.]+ ", "", str(failed.value), flags=re.MULTILINE)
    assert "\n-libzbar0t64\n" in told
    assert "\n+libmagic1t64\n" in told
