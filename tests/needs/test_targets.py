"""Targets of another release or architecture than the builder: whole roots, out of real images.

A Debian 12 builder's virtualenv goes to Debian 13, where its libraries are in packages of other
names or in none. And wheels for a foreign architecture are read as they are: nothing emulates it.
The judges are the real loader, in the target with the list installed, and the packages themselves.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import engine
from find_libdeps.commands.main import main
from project import RECIPES
from runner import CliRunner

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}

BUILDER = r"""
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
    gcc libasound2-dev libc6-dev libcups2-dev libcurl4-openssl-dev libldap-dev \
    libpq-dev libsasl2-dev libssl-dev pkg-config python3-dev python3-venv
RUN python3 -m venv /venv
RUN /venv/bin/pip install --no-binary psycopg2,pyalsaaudio,pycups,pycurl,python-ldap \
    psycopg2==2.9.13 pyalsaaudio==0.11.0 pycups==2.0.4 pycurl==7.49.0 python-ldap==3.4.8
"""
"""Modules built from source, for libraries that Debian 13 has in packages of another name (ALSA,
CUPS, curl), of the same one (PostgreSQL), and in none any more (OpenLDAP 2.5)."""

TARGET = """
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 python3
"""
"""One of these libraries is there already; the loader's judge, needs.py, wants a Python."""

WITH_VENV = """
FROM find-libdeps-test/targets:target
COPY --from=find-libdeps-test/targets:builder /venv /venv
"""
INSTALLED = """
RUN apt-get update && apt-get install -y --no-install-recommends
"""

WHEELS = r"""
FROM debian:trixie-slim AS fetch
RUN apt-get update && apt-get install -y --no-install-recommends \
    python3-venv
RUN python3 -m venv /venv
RUN for machine in x86_64 aarch64; do \
        /venv/bin/pip download --only-binary :all: --no-deps --python-version 3.13 \
            --platform manylinux2014_$machine --platform manylinux_2_28_$machine \
            --dest /wheels/$machine \
            lightgbm==4.7.0 numpy==2.4.6 opencv-python==5.0.0.93 psycopg2-binary==2.9.13 || exit; \
    done
RUN for wheel in /wheels/*/*.whl; do \
        python3 -m zipfile -e $wheel ${wheel%%-*} && rm $wheel || exit; \
    done
FROM debian:bookworm-slim
COPY --from=fetch /wheels /wheels
"""
"""The same wheels for two architectures, in a builder that has packages of its own one only."""

DEBS = """
FROM debian:trixie-slim
RUN dpkg --add-architecture arm64 && apt-get update
WORKDIR /debs
RUN apt-get download
"""
FILES = r"""
for deb in *.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -t | sed "s|.*/|$(dpkg-deb -f "$deb" Package) |"
done
"""
"""Prints a package and the name of one of its files, a line each."""

GONE = ("liblber-2.5.so.0", "libldap-2.5.so.0")
"""What only Debian 12 has."""
RENAMED = ["libasound2t64", "libcups2t64", "libcurl4t64"]
"""libssl3t64, which pycurl needs too, is essential in Debian 13 by coreutils' Pre-Depends."""
FOR_WHEELS = [
    "libgl1",
    "libglib2.0-0t64",
    "libgomp1",
    "libice6",
    "libsm6",
    "libstdc++6",
    "libx11-6",
    "libxcb1",
    "libxext6",
]
"""What the wheels need of either architecture."""
ESSENTIAL = ["libc6", "libgcc-s1", "zlib1g"]
"""What they need that every system has, of its own architecture."""


def may_load(package: str, machine: str) -> str:
    """What the command says of the library that cv2 may load."""
    return (
        f"find-libdeps: note: {package} is not listed: compiled code may load it by its name "
        "(--dlopen=all lists it)\n"
        f"    libOpenCL.so.1, in /wheels/{machine}/opencv_python/cv2/cv2.abi3.so\n"
    )


pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="these virtualenvs and roots are made for amd64"
)


def image(name: str) -> str:
    """The tag of an image of these tests."""
    return f"find-libdeps-test/targets:{name}"


def make_root(name: str, dockerfile: str, folder: Path) -> Iterator[Path]:
    """The files of an image, built from the text of a Dockerfile; they go in the end."""
    engine.build(dockerfile, image(name))
    root = folder / name
    engine.unpack(image(name), root)
    yield root
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def builder(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian 12 with compilers and a virtualenv."""
    yield from make_root("builder", BUILDER, tmp_path_factory.mktemp("roots"))


@pytest.fixture(scope="module")
def target(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian 13 that has one of the libraries."""
    yield from make_root("target", TARGET, tmp_path_factory.mktemp("roots"))


@pytest.fixture(scope="module")
def wheels(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian 12 with unpacked wheels, in /wheels/x86_64 and /wheels/aarch64."""
    yield from make_root("wheels", WHEELS, tmp_path_factory.mktemp("roots"))


def told(*arguments: str | Path) -> tuple[int, list[str], str]:
    """The status of the command, the lines of its list, and all else that it says."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout.splitlines(), result.stderr


def with_packages(dockerfile: str, packages: Sequence[str]) -> str:
    """A Dockerfile whose last step gets the names of packages."""
    return f"{dockerfile.rstrip()} {' '.join(packages)}\n"


def loader_says(name: str) -> dict[str, Any]:
    """The answer of fixtures/recipes/needs.py about the venv, in an image."""
    command = "python3", "/mnt/needs.py", "/venv"
    answer: dict[str, Any] = json.loads(engine.output(image(name), *command, mount=RECIPES))
    return answer


def not_found(said: dict[str, Any]) -> set[str]:
    """The libraries that the loader misses."""
    return {trouble.removesuffix(" => not found") for _, trouble in said["troubles"]}


def complaint(soname: str) -> str:
    """What the command says of a library that went."""
    return (
        f'find-libdeps: error: cannot find "{soname}": no package of debian:13 has it; '
        "libldap-2.5-0 of debian:12 has it\n"
        "    needed by /venv/lib/python3.11/site-packages/_ldap.cpython-311-x86_64-linux-gnu.so\n"
        "    use debian:12 in both stages, or build it in the builder, to be copied; or pass "
        f"--ignore {soname} if the target gets it in another way\n"
    )


LOST_PYTHON = (
    'find-libdeps: error: cannot start "/venv/bin/python": its packages are for Python 3.11, '
    "and the target has another /usr/bin/python3\n"
    "    start the target from the builder's release, and install python3 there\n"
)
"""What the command says of the virtualenv's Python, which only Debian 12 has."""


def test_names_are_the_builders_own_without_a_target(builder: Path) -> None:
    """In Debian 12 itself all is there, by the names of Debian 12."""
    names = ["libasound2", "libcups2", "libcurl4", "libldap-2.5-0", "libpq5", "libssl3"]
    assert told("--root", builder, "/venv") == (0, names, "")


def test_names_are_those_of_the_targets_release(builder: Path, target: Path) -> None:
    """For a Debian 13 the names are its own, and an error tells of what it does not have.

    What is in the target (libpq5) is left out; a release has nothing but its essential packages.
    """
    complaints = "".join(map(complaint, GONE))
    into_root = told("--root", builder, "--target", target, "/venv")
    assert into_root == (1, RENAMED, LOST_PYTHON + complaints)
    into_release = told("--root", builder, "--release", "debian:13", "/venv")
    assert into_release == (1, [*RENAMED, "libpq5"], complaints)
    ignoring = [word for soname in GONE for word in ("--ignore", soname)]
    without = told("--root", builder, "--target", target, *ignoring, "/venv")
    assert without == (1, RENAMED, LOST_PYTHON)


def test_the_list_makes_the_target_complete(builder: Path, target: Path, tmp_path: Path) -> None:
    """In the target, ld.so misses something of each package of the list, and the list brings it.

    All that is still missing is what was an error. With the list installed, none is left to list.
    """
    engine.build(WITH_VENV, image("bare"))
    engine.build(with_packages(WITH_VENV + INSTALLED, RENAMED), image("installed"))
    said = loader_says("installed")
    assert not_found(said) == set(GONE)
    brought = not_found(loader_says("bare")) - set(GONE)
    places = {soname: path for _, soname, path in said["needs"] if soname in brought}
    assert {p for path in places.values() for p in said["owners"][path]} == set(RENAMED)
    for root in make_root("complete", f"FROM {image('installed')}\n", tmp_path):
        status, names, complaints = told("--root", builder, "--target", root, "/venv")
        assert (status, names) == (1, [])
        assert complaints == LOST_PYTHON + "".join(map(complaint, GONE))


def test_wheels_of_a_foreign_architecture(wheels: Path) -> None:
    """What is all for arm64 goes to an arm64 system, by the names that its apt knows.

    What is for both goes to the builder's own, which has no packages of the other, not even libc6.
    """
    options = "--root", wheels, "--release", "debian:13"
    for machine in MACHINES.values():
        note = may_load("ocl-icd-libopencl1", machine)
        assert told(*options, f"/wheels/{machine}") == (0, FOR_WHEELS, note), machine
    foreign = [f"{package}:arm64" for package in (*FOR_WHEELS, *ESSENTIAL)]
    both = may_load("ocl-icd-libopencl1", "x86_64")
    both += may_load("ocl-icd-libopencl1:arm64", "aarch64")
    assert told(*options, "/wheels") == (0, sorted([*FOR_WHEELS, *foreign]), both)


@pytest.mark.parametrize("architecture", MACHINES)
def test_packages_for_wheels_have_what_these_ask_for(wheels: Path, architecture: str) -> None:
    """The packages' files have all names that readelf sees, and each package has one of them."""
    machine = MACHINES[architecture]
    options = "--root", wheels, "--release", "debian:13", "--essential"
    _, packages, _ = told(*options, f"/wheels/{machine}")
    assert packages == sorted([*FOR_WHEELS, *ESSENTIAL])
    qualified = [f"{package}:{architecture}" for package in packages]
    engine.build(with_packages(DEBS, qualified), image(f"debs-{architecture}"))
    lines = engine.output(image(f"debs-{architecture}"), "sh", "-ec", FILES).splitlines()
    provided = {(package, name) for package, _, name in (line.partition(" ") for line in lines)}
    asked = asked_for(wheels / "wheels" / machine)
    assert asked <= {name for _, name in provided}
    assert {package for package, name in provided if name in asked} == set(packages)


def asked_for(folder: Path) -> set[str]:
    """The DT_NEEDED names of a folder's files, by readelf, that are no names of files in it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    objects = [str(path) for path in files if path.open("rb").read(4) == b"\x7fELF"]
    done = subprocess.run(
        ["readelf", "--wide", "--dynamic", *objects],
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    names = re.findall(r"\(NEEDED\) +Shared library: \[(.*)\]", done.stdout)
    return set(names) - {path.name for path in files}
