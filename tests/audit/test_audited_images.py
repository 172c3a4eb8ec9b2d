"""Audits of the images of fixtures/recipes: the real ldd, run inside each, is the judge.

The target that got the list has no finding; the one without it misses what ldd misses there, and
the line that the audit prints mends it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from test_recipes import RECIPES, Recipe, recipe  # noqa: F401

import engine
from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import LinkMap, Missing
from find_libdeps.elf.reader import MAGIC
from find_libdeps.needs.system import System
from find_libdeps.roots.directory import DirectoryTree

COMMAND = str(Path(sys.executable).with_name("find-libdeps"))
PLACES = ("venv", "usr/local")

LDD = """
while IFS= read -r file; do echo "file $file"; ldd "$file" 2>&1; done </mnt/files
exit 0
"""


def audited(image: str) -> dict[str, Any]:
    """What the command prints of an image, as JSON."""
    command = [COMMAND, "audit", "--format", "json", image]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["clean"] is (done.returncode == 0)
    return found


def of_code(found: dict[str, Any], code: str) -> set[str]:
    """What an audit finds of one kind, notes aside."""
    findings = (f for f in found["findings"] if f["level"] != "note")
    return {finding["name"] for finding in findings if finding["code"] == code}


def objects_in(root: Path) -> list[str]:
    """The ELF files of the virtualenv and of /usr/local, as the root sees them."""
    files = (path for place in PLACES for path in sorted((root / place).rglob("*")))
    regular = (path for path in files if path.is_file() and not path.is_symlink())
    return [f"/{path.relative_to(root)}" for path in regular if _is_elf(path)]


def _is_elf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def missing_by_ldd(image: str, paths: list[str], folder: Path) -> dict[str, set[str]]:
    """What ldd, run in an image, does not find for each file."""
    (folder / "files").write_text("".join(f"{path}\n" for path in paths))
    missing: dict[str, set[str]] = defaultdict(set)
    told = engine.output(image, "sh", "-c", LDD, mount=folder, options=["--user=root"])
    for chunk in told.split("file /")[1:]:
        name, _, lines = chunk.partition("\n")
        missing[f"/{name}"] |= set(re.findall(r"^\t(\S+) => not found", lines, re.MULTILINE))
    return missing


def missing_by_us(system: System, path: str) -> set[str]:
    """What our loader does not find when a file is loaded by itself."""
    place = PurePosixPath(path)
    elf = system.read(place)
    assert isinstance(elf, ElfObject)
    needs, _ = system.loader(elf.abi).load(LinkMap(place, elf))
    return {n.soname for n in needs if isinstance(n.outcome, Missing) and n.tag.must_be_met}


@pytest.mark.parametrize("stage", ["bare", "target"])
def test_audit_agrees_with_ldd(recipe: Recipe, stage: str, tmp_path: Path) -> None:  # noqa: F811
    """File by file nothing else is missing than ldd misses; and what the audit finds missing is
    all of that, but for what the virtualenv itself brings into the process before.
    """
    image, root = recipe.image(stage), tmp_path / "root"
    engine.unpack(image, root)
    paths = objects_in(root)
    told = missing_by_ldd(image, paths, tmp_path)
    system = System(DirectoryTree(root))
    assert {path: missing_by_us(system, path) for path in paths} == {p: told[p] for p in paths}
    inside = {Path(path).name for path in paths}
    found = of_code(audited(str(root)), "missing-library")
    optional = {name for path in paths if "/lib-dynload/" in path for name in told[path]}
    assert found == set().union(*told.values()) - inside - optional


def test_audit_is_the_same_wherever_the_files_come_from(
    recipe: Recipe,  # noqa: F811
    tmp_path: Path,
) -> None:
    """The engine, a directory, and what `docker export` and `docker save` write tell the same."""
    image, root = recipe.image("bare"), tmp_path / "root"
    engine.unpack(image, root)
    saved, exported = tmp_path / "saved.tar", tmp_path / "exported.tar.gz"
    engine.save(image, saved)
    with tarfile.open(exported, "w:gz", compresslevel=1) as archive:
        archive.add(root, ".")
    found = audited(image)
    assert [audited(str(place)) for place in (root, saved, exported)] == [found] * 3


def test_list_leaves_out_what_the_target_image_has(
    recipe: Recipe,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Named by its image, the target lacks what was not installed there, and nothing else."""
    root = tmp_path / "root"
    engine.unpack(recipe.image("builder"), root)
    for stage in ("bare", "target"):
        command = [COMMAND, "--root", str(root), "--target", recipe.image(stage), "/venv"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert set(done.stdout.split()) == set(recipe.expected) - recipe.installed(stage)


def test_nothing_is_wrong_with_the_target(recipe: Recipe) -> None:  # noqa: F811
    """Of the image that works nothing is said, but for what its wheels themselves leave out."""
    found = audited(recipe.image("target"))
    assert found["clean"]
    findings = [f for f in found["findings"] if f["level"] != "note"]
    known = recipe.left_out | recipe.unreachable
    assert [f["name"] for f in findings if f["name"] not in known] == []


def test_the_printed_line_mends_the_image(recipe: Recipe) -> None:  # noqa: F811
    """The packages that the audit names for the image without the list make it work."""
    found = audited(recipe.image("bare"))
    assert set(found["install"]) == set(recipe.expected) - recipe.installed("bare")
    if not found["install"]:
        return
    install = "apt-get update && apt-get install -y --no-install-recommends {}"
    line = install.format(" ".join(found["install"]))
    bare = recipe.image("bare")
    mended = f"FROM {bare}\nUSER root\nRUN {line}\nUSER {engine.user(bare)}\n"
    engine.build(mended, recipe.image("mended"))
    assert audited(recipe.image("mended"))["clean"]
    engine.output(recipe.image("mended"), f"/mnt/{recipe.name}/check", mount=RECIPES)
