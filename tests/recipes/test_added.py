"""What a list adds, beside what apt installs and du measures in a real slim target."""

from __future__ import annotations

import platform
from typing import NamedTuple

import pytest

import engine
from find_libdeps.debian.available import requirements
from find_libdeps.debian.index import embedded_index
from find_libdeps.debian.installing import Costs, Installation
from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.debian.status import Status
from project import RECIPES

LISTS = {
    "psycopg2": "trixie",
    "psycopg2-bookworm": "bookworm",
    "by-name": "trixie",
    "cairosvg": "trixie",
    "uwsgi": "trixie",
}
"""Recipes, and the releases of their targets."""
RELEASES = {"trixie": Release("debian", "13"), "bookworm": Release("debian", "12")}
NEAR, ROUNDED = 0.02, 300
"""How far the size may be off: that share; and for small lists KiB, since each file, directory and
link counts as whole KiB (dpkg-gencontrol(1), Installed-Size)."""

TELL_ALL = r"""
new() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort; }
taken() { du -xsb --exclude=/proc --exclude=/sys --exclude=/var/cache/apt \
    --exclude=/var/lib/apt/lists --exclude=/var/log / | cut -f1; }
rm /etc/dpkg/dpkg.cfg.d/*
new > /tmp/before; before=$(taken)
apt-get install -qq -y --no-install-recommends "$@" > /tmp/said 2>&1 || { cat /tmp/said; exit 1; }
echo $(( ($(taken) - before) / 1024 ))
new | comm -13 /tmp/before -
"""
"""Installs packages in a target that leaves out no documentation: prints how many KiB that took,
and which packages are new."""


class Target(NamedTuple):
    """A slim target that has apt's lists."""

    image: str
    release: Release
    available: str
    """What its apt knows of packages."""
    there: frozenset[str]
    """What it has."""


@pytest.fixture(scope="module")
def targets(images: None) -> dict[str, Target]:
    """One for each release."""
    if platform.machine() != "x86_64":
        pytest.skip("the lists of the recipes are for amd64")
    made = {}
    for name, release in RELEASES.items():
        image = f"find-libdeps-test/sizes:{name}"
        engine.build(f"FROM debian:{name}-slim\nRUN apt-get update\n", image)
        status = Status(engine.output(image, "cat", "/var/lib/dpkg/status").encode().split(b"\n\n"))
        available = engine.output(image, "apt-cache", "dumpavail")
        made[name] = Target(image, release, available, status.installed)
    return made


@pytest.mark.parametrize("name", LISTS)
def test_list_adds_what_apt_installs_and_du_measures(targets: dict[str, Target], name: str) -> None:
    """The same packages, by apt's lists and by an index; and their size."""
    target = targets[LISTS[name]]
    names = (RECIPES / name / "expected.txt").read_text().split()
    listed = [Package(each, "amd64") for each in names]
    done = engine.run(target.image, "sh", "-c", TELL_ALL, "sh", *names, network="host")
    assert done.returncode == 0, done.stdout + done.stderr
    taken, *new = done.stdout.split()
    by_apt = requirements(target.available, names, target.there, "amd64")
    index = embedded_index(target.release)
    by_index = index.costs(names, "amd64", target.there) if index else None
    assert by_index
    for added in (Costs(by_apt, target.there, "apt").of(listed), by_index.of(listed)):
        assert list(added.whole.packages) == new
        assert is_near(added, int(taken)), (added.whole.size, taken)


def is_near(added: Installation, taken: int) -> bool:
    """Whether the size is that of the files."""
    return abs(added.whole.size - taken) <= max(NEAR * taken, ROUNDED)
