"""The recipe `venv-in-a-volume`: the entry point fills the volume, asks, and starts the app."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import engine
from programs import need
from project import RECIPES

RECIPE = RECIPES / "venv-in-a-volume"
DOCKERFILE = (RECIPE / "Dockerfile").read_text()
SHIPPED = (RECIPE / "shipped.Dockerfile").read_text()
CHECK = "/mnt/check"
MADE = "entrypoint: making the environment\n"


def tag(variant: str) -> str:
    """The image of a variant of the recipe."""
    return f"find-libdeps-test/venv-in-a-volume:{variant}"


def start(
    variant: str, volume: str, *command: str, network: str = "none", program: str = "entrypoint"
) -> subprocess.CompletedProcess[str]:
    """Starts an image's entry point with the volume."""
    options = "--volume", f"{volume}:/venv", "--entrypoint", program
    return engine.run(tag(variant), *command, mount=RECIPE, network=network, options=options)


def build(variant: str, context: Path, **files: str) -> None:
    """Builds the recipe with other texts in some of its files, which are named by their stems."""
    copy = shutil.copytree(RECIPE, context / variant)
    for stem, text in files.items():
        (copy / f"{stem}.txt").write_text(text)
    engine.build(DOCKERFILE, tag(variant), context=copy)


@pytest.fixture(scope="module")
def volume(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A volume that two containers, started at once, have filled for the recipe as it is."""
    build("target", tmp_path_factory.mktemp("venv-in-a-volume"))
    with engine.volume() as name:
        with ThreadPoolExecutor() as pool:
            starts = [pool.submit(start, "target", name, CHECK, network="host") for _ in range(2)]
        done = [each.result() for each in starts]
        assert [each.returncode for each in done] == [0, 0], done
        makers = [each for each in done if MADE in each.stderr]
        assert len(makers) == 1, "the one that comes second finds what the first has made"
        yield name


def test_later_starts_find_the_environment(volume: str) -> None:
    """Nothing is downloaded then; the audit has a line to say, and the app works."""
    done = start("target", volume, CHECK)
    assert done.returncode == 0, done.stderr
    assert MADE not in done.stderr
    assert done.stderr.endswith("debian:13: 0 errors, 0 warnings\n")


def test_an_image_that_lacks_a_library_does_not_start_the_app(volume: str, tmp_path: Path) -> None:
    """It is told what to add instead. Started all the same, the app would indeed fail."""
    build("poor", tmp_path, pkgdeps="# nothing\n")
    done = start("poor", volume, CHECK)
    assert (done.returncode, done.stdout) == (1, "")
    told = done.stderr.splitlines()
    assert told[0] == "error: missing-library: libgomp.so.1: the loader finds no file of that name"
    assert told[-2] == "apt-install libgomp1"
    assert told[-1].startswith("entrypoint: not started: add what the image lacks to pkgdeps.txt")
    failed = start("poor", volume, program=CHECK)
    assert "OSError: libgomp.so.1: cannot open shared object file" in failed.stderr


def test_other_requirements_make_another_environment(volume: str, tmp_path: Path) -> None:
    """What they don't name is gone; and back again with the image that names it."""
    build("other", tmp_path, requirements="cowsay==6.1\n")
    listed = start("other", volume, "/venv/bin/pip", "freeze", network="host")
    assert (listed.returncode, listed.stdout) == (0, "cowsay==6.1\n"), listed.stderr
    done = start("target", volume, CHECK, network="host")
    assert done.returncode == 0, done.stderr


def test_the_app_may_be_shipped_in_the_image(images: None, tmp_path: Path) -> None:
    """Beside it, the same app with its environment in the image; what is on the list is needed."""
    context = shutil.copytree(RECIPE, tmp_path / "context")
    engine.build(SHIPPED, tag("shipped"), context=context)
    engine.build(engine.missing_lists(SHIPPED), tag("shipped-bare"), context=context)
    engine.output(tag("shipped"), CHECK, mount=RECIPE)
    listed = engine.output(tag("shipped"), "cat", "/venv/pkgdeps.txt").split()
    assert set((RECIPE / "pkgdeps.txt").read_text().split()) <= set(listed)
    failed = engine.run(tag("shipped-bare"), CHECK, mount=RECIPE)
    assert "OSError: libgomp.so.1: cannot open shared object file" in failed.stderr


def test_the_compose_file_keeps_the_environment_in_a_named_volume() -> None:
    """So says docker-compose itself, of the file as it is."""
    need("docker-compose")
    command = ["docker-compose", "--file", str(RECIPE / "compose.yaml"), "config"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "- venv:/venv:rw\n" in done.stdout
    assert "\nvolumes:\n  venv: {}\n" in done.stdout
