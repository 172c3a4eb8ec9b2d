"""The promise, kept on Dockerfiles as users write them, with a real engine and the real loader."""

from __future__ import annotations

import re

import engine
from project import RECIPES
from recipe import Recipe

WITHOUT = """
for package; do dpkg-query --listfiles "$package" | grep '\\.so' | xargs rm; done
exec "$0"
"""
"""Deletes the libraries of packages, which are its arguments, and runs a program, which is $0."""


def test_the_list_is_the_expected_one(recipe: Recipe) -> None:
    """The builder lists what is in expected.txt: nothing more, nothing less, in that order."""
    listed, expected = set(recipe.listed), set(recipe.expected)
    more, fewer = sorted(listed - expected), sorted(expected - listed)
    assert recipe.listed == recipe.expected, f"unexpected: {more}, not there: {fewer}"


def test_nothing_is_reported_but_what_is_left_out(recipe: Recipe) -> None:
    """Each need of these venvs is met, so the command has the list to print and nothing to say.

    Not of a libpython in /usr/local either, which is of no package: the target's Python has it. Of
    what left-out.txt and unreachable.txt name it warns, on-demand.txt and may-load.txt have its
    hints, observed.txt what only a run that was watched has told, and there is nothing else.
    """
    done = recipe.told
    assert (done.returncode, done.stdout.splitlines()) == (0, recipe.expected)
    levels = set(re.findall(r"^find-libdeps: (\w+)", done.stderr, re.MULTILINE))
    open_ = recipe.left_out | recipe.unreachable
    hints = sorted([*recipe.names("on-demand.txt"), *recipe.names("may-load.txt")])
    noted = [*hints, *recipe.names("observed.txt")]
    expected = {"warning": open_, "note": noted}
    assert levels == {level for level, names in expected.items() if names}, done.stderr
    assert {u["soname"] for u in recipe.report["unresolved"]} == open_
    assert [hint["name"] for hint in recipe.report["hints"]] == hints
    assert recipe.report.get("only_observed", []) == recipe.names("observed.txt")
    assert all(name in done.stderr for name in (*open_, *noted))


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
    said = recipe.loader_says
    assert said["needs"]
    expected = {f"{soname} => not found" for soname in recipe.left_out}
    others = [trouble for trouble in said["troubles"] if trouble[1] not in expected]
    assert not others, "\n".join(": ".join(trouble) for trouble in others)
    assert {told for _, told in said["troubles"]} == expected


def test_each_listed_package_has_a_library_that_the_venv_asks_for(recipe: Recipe) -> None:
    """In the target, a DT_NEEDED name of a file of the venv leads ld.so into each package.

    Or a name in by-name.txt, which Python loads, leads ldconfig there.
    """
    owners = recipe.loader_says["owners"]
    used = {package for packages in owners.values() for package in packages}
    assert set(recipe.listed) - used == set()
