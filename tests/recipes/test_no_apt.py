"""A target without any package: what `--format files` lists is all that the app gets.

The folders of fixtures/recipes that start with `no-apt` have a Dockerfile whose target is FROM
scratch, and a program (`check`) that has to work there.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import engine
from project import RECIPES

NAMES = sorted(path.parent.name for path in RECIPES.glob("no-apt*/Dockerfile"))

LIST = "RUN find-libdeps --format files /venv > /files.txt\n"
LISTED_FOR_LIBC = re.compile(r".*/lib(gcc_s|nss_dns|nss_files)\.so\.\d")
"""What libc loads by itself, where no ELF file of the venv has to ask for it."""


def tag(name: str, stage: str) -> str:
    """The image of a recipe's stage."""
    return f"find-libdeps-test/{name}:{stage}"


@pytest.fixture(scope="module", params=NAMES)
def recipe(request: pytest.FixtureRequest, images: None) -> str:
    """The name of each recipe in turn, built."""
    name: str = request.param
    dockerfile = (RECIPES / name / "Dockerfile").read_text()
    engine.build(dockerfile, tag(name, "builder"), stage="builder")
    engine.build(dockerfile, tag(name, "target"))
    return name


def files(name: str) -> list[str]:
    """The lines of the list."""
    return engine.output(tag(name, "builder"), "cat", "/files.txt").splitlines()


def mapped(name: str) -> dict[str, Any]:
    """What the loader in the target maps for the files of the venv, of Python and zbar."""
    (library,) = {f"/{line.partition('/os.py')[0]}" for line in files(name) if "/os.py" in line}
    by_name = (f"/{line}" for line in files(name) if re.search(r"/libzbar\.so[.\d]+$", line))
    command = "/venv/bin/python", "/mnt/mapped.py", "/venv/bin/python", "/venv", library, *by_name
    answer: dict[str, Any] = json.loads(engine.output(tag(name, "target"), *command, mount=RECIPES))
    return answer


def test_tar_takes_the_list_as_it_is(recipe: str) -> None:
    """The builder has nothing to say, and tar neither; links and files alike are there, once."""
    image = tag(recipe, "builder")
    done = engine.run(
        image, "sh", "-c", LIST.removeprefix("RUN ") + "tar -cf /tar -C / -T /files.txt"
    )
    assert (done.returncode, done.stderr) == (0, "")
    made = engine.output(image, "sh", "-c", "cd /target && find . ! -type d -printf '%P\\n'")
    assert sorted(files(recipe)) == sorted(made.splitlines())


def test_the_program_works_in_an_empty_target(recipe: str) -> None:
    """From scratch, with the listed files and the venv, what the venv is for works."""
    engine.output(tag(recipe, "target"), f"/mnt/{recipe}/check", mount=RECIPES)


def test_the_program_fails_without_one_of_the_libraries(recipe: str) -> None:
    """A library that a library of a listed package needs is among those files for a reason."""
    dockerfile = (RECIPES / recipe / "Dockerfile").read_text()
    with_less = dockerfile.replace(LIST, f"{LIST}RUN sed -i /libgssapi_krb5/d /files.txt\n")
    assert with_less != dockerfile
    engine.build(with_less, tag(recipe, "less"))
    done = engine.run(tag(recipe, "less"), f"/mnt/{recipe}/check", mount=RECIPES)
    assert done.returncode != 0
    assert "libgssapi_krb5.so.2: cannot open shared object file" in done.stderr


def test_the_loader_finds_everything_in_the_target(recipe: str) -> None:
    """In the target, ld.so itself loads each ELF file of the venv and of the standard library."""
    assert mapped(recipe)["troubles"] == []


def test_each_listed_library_is_mapped_by_something(recipe: str) -> None:
    """Nothing is copied that no process maps, but for what libc may load."""
    libraries = {f"/{line}" for line in files(recipe) if re.search(r"\.so[.\d]*$", line)}
    regular = engine.output(
        tag(recipe, "target"),
        "/venv/bin/python",
        "-c",
        "import os, sys; print(*{os.path.realpath(p) for p in sys.argv[1:]}, sep='\\n')",
        *sorted(path for path in libraries if "/lib-dynload/" not in path),
    ).splitlines()
    unused = set(regular) - set(mapped(recipe)["mapped"])
    assert {path for path in unused if not LISTED_FOR_LIBC.match(path)} == set()
