"""What a list adds to a slim target, beside what apt installs there and du measures."""

from __future__ import annotations

import json
import platform
import re
from pathlib import Path
from typing import NamedTuple

import pytest

import engine
from find_libdeps.debian.available import requirements
from find_libdeps.debian.index import embedded_index
from find_libdeps.debian.installing import Costs
from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.debian.status import Status
from recipe import Recipe

RELEASES = {"trixie": "13", "bookworm": "12"}
NEAR = 0.02
"""How far a size may be off that was measured: that share."""
STARTS_FROM = re.compile(r"^FROM ((?:debian|python):\S+)", re.MULTILINE)

TELL_ALL = r"""
new() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort; }
taken() { du -xs --exclude=/proc --exclude=/sys --exclude=/tmp --exclude=/var/cache \
    --exclude=/var/lib/apt/lists --exclude=/var/log / | cut -f1; }
new > /tmp/before; before=$(taken)
apt-get install -qq -y --no-install-recommends "$@" > /tmp/said 2>&1 || { cat /tmp/said; exit 1; }
echo $(( $(taken) - before ))
new | comm -13 /tmp/before -
"""
"""Installs packages: prints how many KiB that took, and which packages are new. What programs made
meanwhile that can be deleted does not count: caches, such as those of apt and debconf, and logs."""


class Target(NamedTuple):
    """A slim target that has apt's lists."""

    image: str
    files: Path
    """A folder with its files, without these lists."""
    release: Release
    available: str
    """What its apt knows of packages."""
    there: frozenset[str]
    """What it has."""


class Added(NamedTuple):
    """What apt did."""

    size: int
    """How many KiB the target is larger."""
    packages: list[str]
    """What is new in it."""


@pytest.fixture(scope="session")
def targets() -> dict[str, Target]:
    """Those that were made, by the images that they start from."""
    return {}


@pytest.fixture
def target(
    recipe: Recipe, targets: dict[str, Target], tmp_path_factory: pytest.TempPathFactory
) -> Target:
    """The image that the target of a recipe starts from, without what the recipe puts there."""
    if platform.machine() != "x86_64":
        pytest.skip("the lists of the recipes are for amd64")
    start = STARTS_FROM.findall((recipe.folder / "Dockerfile").read_text())[-1]
    if start not in targets:
        image = f"find-libdeps-test/sizes:{start.replace(':', '-')}"
        engine.build(f"FROM {start}\nRUN apt-get update\n", image)
        files = tmp_path_factory.mktemp("target") / "root"
        engine.unpack(start, files)
        status = Status((files / "var/lib/dpkg/status").read_bytes().split(b"\n\n"))
        name = "bookworm" if "bookworm" in start else "trixie"
        release = Release("debian", RELEASES[name])
        available = engine.output(image, "apt-cache", "dumpavail")
        targets[start] = Target(image, files, release, available, status.installed)
    return targets[start]


@pytest.fixture
def added(recipe: Recipe, target: Target) -> Added:
    """What installing the list adds there."""
    done = engine.run(target.image, "sh", "-c", TELL_ALL, "sh", *recipe.expected, network="host")
    assert done.returncode == 0, done.stdout + done.stderr
    taken, *new = done.stdout.split()
    return Added(int(taken), new)


def test_list_adds_what_apt_installs_and_du_measures(
    recipe: Recipe, target: Target, added: Added
) -> None:
    """The same packages, and their size: where the builder has them it is that of their files.

    Of others it is not known what the target leaves out of them, and that is said; if apt may fetch
    them, their size is that of what is in them.
    """
    by_apt = requirements(target.available, recipe.expected, target.there, "amd64")
    index = embedded_index(target.release)
    by_index = index.costs(recipe.expected, "amd64", target.there) if index else None
    assert by_index
    listed = [Package(each, "amd64") for each in recipe.expected]
    for costs in (Costs(by_apt, target.there, "apt"), by_index):
        assert list(costs.of(listed).whole.packages) == added.packages

    for options in ((), ("--sizes", "--fetch")):
        command = "find-libdeps", *options, "--target", "/mnt", "--format", "json", "/venv"
        image = recipe.image("builder")
        done = engine.run(image, *command, mount=target.files, network="host")
        sizes = json.loads(done.stdout)["sizes"]
        said, most = sizes["total"], sizes.get("at_most", [])
        assert [*sizes["packages"]] == added.packages
        assert not sizes["unknown"]
        if most:
            assert not options, done.stderr
            assert added.size <= said
        elif not added.packages:
            assert said == 0  # apt itself writes a little
        else:
            assert abs(said - added.size) <= NEAR * added.size, (said, added.size)
