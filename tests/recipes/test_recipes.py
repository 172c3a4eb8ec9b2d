"""The promise, kept on Dockerfiles as users write them, with a real engine and the real loader.

Each folder of fixtures/recipes is one case: its Dockerfile has a stage `builder` and ends with the
target; `expected.txt` is the whole list; `check` is a program that needs it. `left-out.txt`, where
there is one, names the libraries that nothing can bring, and says why: exactly these may be missing
in the target. `unreachable.txt` names those that the venv has where the loader does not look. The
negative control, `bare`, is the same Dockerfile without the step that installs the list.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import engine

RECIPES = engine.PROJECT / "fixtures" / "recipes"
NAMES = sorted(path.parent.name for path in RECIPES.glob("*/expected.txt"))

WITHOUT = """
for package; do dpkg-query --listfiles "$package" | grep '\\.so' | xargs rm; done
exec "$0"
"""
"""Deletes the libraries of packages, which are its arguments, and runs a program, which is $0."""


@dataclass(frozen=True)
class Recipe:
    """One folder of fixtures/recipes, and the three images that are built from it."""

    name: str

    @property
    def folder(self) -> Path:
        """Where it is."""
        return RECIPES / self.name

    @cached_property
    def expected(self) -> list[str]:
        """The packages of expected.txt, as written there."""
        return (self.folder / "expected.txt").read_text().splitlines()

    def names(self, file: str) -> list[str]:
        """What a file of the folder names, one a line; nothing if there is no such file."""
        path = self.folder / file
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if not line.startswith("#")]

    @property
    def left_out(self) -> set[str]:
        """The libraries that the wheels themselves leave out."""
        return set(self.names("left-out.txt"))

    @property
    def unreachable(self) -> set[str]:
        """The libraries that load only if something else has loaded them before."""
        return set(self.names("unreachable.txt"))

    @cached_property
    def listed(self) -> list[str]:
        """The lines of the list that went into the target, without comments."""
        lines = engine.output(self.image("target"), "cat", "/venv/pkgdeps.txt").splitlines()
        return [line for line in lines if not line.startswith("#")]

    @cached_property
    def report(self) -> dict[str, Any]:
        """What the command tells in the builder, as JSON."""
        command = "find-libdeps", "--format", "json", "/venv"
        report: dict[str, Any] = json.loads(engine.output(self.image("builder"), *command))
        return report

    def image(self, stage: str) -> str:
        """The image of `builder`, `bare` or `target`."""
        return f"find-libdeps-test/{self.name}:{stage}"

    def build(self, context: Path) -> None:
        """Builds the images; a lock file that names a registry is made first, in a copy."""
        shutil.copytree(self.folder, context)
        lock = self.folder / "lock.Dockerfile"
        if lock.exists():
            engine.build(lock.read_text(), self.image("lock"), context=context, output=context)
        dockerfile = (self.folder / "Dockerfile").read_text()
        bare = engine.without_list(dockerfile)
        engine.build(dockerfile, self.image("builder"), "builder", context)
        app = "app" if " AS app\n" in dockerfile else None  # the last stage, if it is not named
        engine.build(bare, self.image("bare"), app, context)
        engine.build(dockerfile, self.image("target"), app, context)

    def installed(self, stage: str) -> set[str]:
        """The packages that a stage has."""
        query = "dpkg-query", "--show", "--showformat", "${Package}\n"
        return set(engine.output(self.image(stage), *query).split())

    def loader_says(self, stage: str) -> dict[str, Any]:
        """The answer of fixtures/recipes/needs.py about the venv, in a stage."""
        command = "python3", "/mnt/needs.py", "/venv", *self.names("by-name.txt")
        answer: dict[str, Any] = json.loads(
            engine.output(self.image(stage), *command, mount=RECIPES)
        )
        return answer


@pytest.fixture(scope="module", params=NAMES)
def recipe(
    request: pytest.FixtureRequest, images: None, tmp_path_factory: pytest.TempPathFactory
) -> Recipe:
    """Each recipe in turn, built."""
    engine.make_room()
    recipe = Recipe(request.param)
    recipe.build(tmp_path_factory.mktemp(recipe.name) / "context")
    return recipe


def test_the_list_is_the_expected_one(recipe: Recipe) -> None:
    """The builder lists what is in expected.txt: nothing more, nothing less, in that order."""
    listed, expected = set(recipe.listed), set(recipe.expected)
    more, fewer = sorted(listed - expected), sorted(expected - listed)
    assert recipe.listed == recipe.expected, f"unexpected: {more}, not there: {fewer}"


def test_nothing_is_reported_but_what_is_left_out(recipe: Recipe) -> None:
    """Each need of these venvs is met, so the command has the list to print and nothing to say.

    Not of a libpython in /usr/local either, which is of no package: the target's Python has it. Of
    what left-out.txt and unreachable.txt name it warns, on-demand.txt has its hints, and there is
    nothing else.
    """
    done = engine.run(recipe.image("builder"), "find-libdeps", "/venv")
    assert (done.returncode, done.stdout.splitlines()) == (0, recipe.expected)
    levels = set(re.findall(r"^find-libdeps: (\w+)", done.stderr, re.MULTILINE))
    open_ = recipe.left_out | recipe.unreachable
    expected = {"warning": open_, "note": recipe.names("on-demand.txt")}
    assert levels == {level for level, names in expected.items() if names}, done.stderr
    assert {u["soname"] for u in recipe.report["unresolved"]} == open_
    assert [hint["name"] for hint in recipe.report["hints"]] == recipe.names("on-demand.txt")
    assert all(soname in done.stderr for soname in open_)


def test_the_program_works_in_the_target(recipe: Recipe) -> None:
    """With the packages of the list installed, what the venv is for works."""
    engine.output(recipe.image("target"), f"/mnt/{recipe.name}/check", mount=RECIPES)


def test_the_program_fails_without_the_list(recipe: Recipe) -> None:
    """The same image without those packages misses a library, so the list is what makes it work.

    Where the bare image happens to have the whole list, the packages' libraries are deleted first.
    There is no such control for an empty list: with it, the bare image has to do.
    """
    there = set(recipe.expected) <= recipe.installed("bare")
    without = WITHOUT, f"/mnt/{recipe.name}/check", *(recipe.expected if there else [])
    done = engine.run(recipe.image("bare"), "sh", "-ec", *without, mount=RECIPES)
    if recipe.expected:
        assert done.returncode != 0
        by_name = "Error: " if recipe.names("by-name.txt") else "cannot open shared object file"
        assert by_name in done.stderr
    else:
        assert done.returncode == 0, done.stderr


def test_the_loader_finds_everything_in_the_target(recipe: Recipe) -> None:
    """In the target, ld.so itself loads each ELF file of the venv with all that it needs.

    What left-out.txt names is not there, every bit of it, and it is all that is not there.
    """
    said = recipe.loader_says("target")
    assert said["needs"]
    expected = {f"{soname} => not found" for soname in recipe.left_out}
    others = [trouble for trouble in said["troubles"] if trouble[1] not in expected]
    assert not others, "\n".join(": ".join(trouble) for trouble in others)
    assert {told for _, told in said["troubles"]} == expected


def test_each_listed_package_has_a_library_that_the_venv_asks_for(recipe: Recipe) -> None:
    """In the target, a DT_NEEDED name of a file of the venv leads ld.so into each package.

    Or a name in by-name.txt, which Python loads, leads ldconfig there.
    """
    owners = recipe.loader_says("target")["owners"]
    used = {package for packages in owners.values() for package in packages}
    assert set(recipe.listed) - used == set()
