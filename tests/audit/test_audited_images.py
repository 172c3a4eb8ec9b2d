"""Audits of the images of fixtures/recipes: the real ldd, run inside each, is the judge.

The target that got the list has no finding; the one without it misses what ldd misses there, and
the line that the audit prints mends it.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import engine
from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import LinkMap, Missing
from find_libdeps.needs.system import System
from find_libdeps.report.findings import Audit, Code, Level
from project import COMMAND, RECIPES
from recipe import Recipe

REPRESENTATIVE = {
    "layers": "a Python in /usr/local, and a virtualenv that a later layer lays over its list",
    "poetry": "a user of its own; the compiler and a second environment stay in the builder",
    "psycopg2-bookworm": "the release before, whose database has packages of other names",
    "lxml-pillow": "many libraries; files that RUN steps delete again, and hard links, in layers",
}
"""The recipes whose image is read in all ways, and mended: each differs in kind from the others.

All else of these ways is the same for every image, and shown by tests/roots.
"""


def audited(image: str) -> dict[str, Any]:
    """What the command prints of an image, as JSON."""
    command = [COMMAND, "audit", "--format", "json", image]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["clean"] is (done.returncode == 0)
    return found


def missing_libraries(found: Audit) -> set[str]:
    """The libraries that an audit misses, notes aside."""
    findings = (f for f in found.findings if f.level is not Level.NOTE)
    return {finding.name for finding in findings if finding.code is Code.MISSING_LIBRARY}


def missing_by_us(system: System, path: str) -> set[str]:
    """What our loader does not find when a file is loaded by itself."""
    place = PurePosixPath(path)
    elf = system.read(place)
    assert isinstance(elf, ElfObject)
    needs, _ = system.loader(elf.abi).load(LinkMap(place, elf))
    return {n.soname for n in needs if isinstance(n.outcome, Missing) and n.tag.must_be_met}


@pytest.mark.parametrize("stage", ["bare", "target"])
def test_audit_agrees_with_ldd(recipe: Recipe, stage: str) -> None:
    """File by file nothing else is missing than ldd misses; and what the audit finds missing is
    all of that, but for what the virtualenv itself brings into the process before.
    """
    told, system = recipe.missing_by_ldd(stage), recipe.system(stage)
    assert {path: missing_by_us(system, path) for path in told} == told
    inside = {PurePosixPath(path).name for path in told}
    optional = {name for path in told if "/lib-dynload/" in path for name in told[path]}
    expected = set().union(*told.values()) - inside - optional
    assert missing_libraries(recipe.audit(stage)) == expected


def test_nothing_is_wrong_with_the_target(recipe: Recipe) -> None:
    """Of the image that works nothing is said, but for what its wheels themselves leave out."""
    found = recipe.audit("target")
    assert found.is_clean()
    findings = [f for f in found.findings if f.level is not Level.NOTE]
    known = recipe.left_out | recipe.unreachable
    assert [f.name for f in findings if f.name not in known] == []


def test_the_printed_line_mends_the_image(recipe: Recipe, tmp_path: Path) -> None:
    """The packages that the audit names for the image without the list make it work.

    They are exactly those that the target has got more than the bare image, and the target works
    (test_recipes.py) and is clean (above). So the bare image with these packages is built only for
    some recipes; the target of any other has the same base, virtualenv and packages. What only a
    run that was watched has told, an audit does not know.
    """
    found = recipe.audit("bare")
    packages = {str(package) for package in found.install}
    known = set(recipe.expected) - set(recipe.names("observed.txt"))
    assert packages == known - recipe.installed("bare")
    if recipe.name not in REPRESENTATIVE:
        return
    assert packages
    install = "apt-get update && apt-get install -y --no-install-recommends {}"
    line = install.format(" ".join(sorted(packages)))
    bare, mended = recipe.image("bare"), recipe.image("mended")
    engine.build(f"FROM {bare}\nUSER root\nRUN {line}\nUSER {engine.user(bare)}\n", mended)
    assert audited(mended)["clean"]
    engine.output(mended, f"/mnt/{recipe.name}/check", mount=RECIPES)


@pytest.mark.parametrize("recipe", REPRESENTATIVE, indirect=True)
def test_audit_is_the_same_wherever_the_files_come_from(recipe: Recipe, tmp_path: Path) -> None:
    """The engine, a directory, and what `docker export` and `docker save` write tell the same."""
    image, root = recipe.image("bare"), tmp_path / "root"
    saved, exported = tmp_path / "saved.tar", tmp_path / "exported.tar"
    engine.export(image, exported)
    engine.extract(exported, root)
    engine.save(image, saved)
    found = audited(image)
    assert found == json.loads(recipe.audit("bare").to_json())
    assert [audited(str(place)) for place in (root, saved, exported)] == [found] * 3


@pytest.mark.parametrize("recipe", REPRESENTATIVE, indirect=True)
def test_list_leaves_out_what_the_target_image_has(recipe: Recipe, tmp_path: Path) -> None:
    """Named by its image, the target lacks what was not installed there, and nothing else."""
    root = tmp_path / "root"
    engine.unpack(recipe.image("builder"), root)
    for stage in ("bare", "target"):
        command = [COMMAND, "--root", str(root), "--target", recipe.image(stage), "/venv"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert set(done.stdout.split()) == set(recipe.expected) - recipe.installed(stage)
