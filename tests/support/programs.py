"""Programs that some tests need: where one is missing they are skipped, and say its package."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import pytest

PACKAGES = {
    "apt-ftparchive": "apt-utils",
    "apt-get": "apt",
    "cc": "gcc and libc6-dev",
    "chromedriver": "chromium-driver",
    "debian-distro-info": "distro-info",
    "dot": "graphviz",
    "man": "man-db",
    "readelf": "binutils",
    "ubuntu-distro-info": "distro-info",
}
"""The packages of programs that are called otherwise."""


def missing(*names: str) -> str | None:
    """Which of the programs is not here, in words; None if all are."""
    for name in names:
        if shutil.which(name) is None:
            return f"{name} is not installed (package {PACKAGES.get(name, name)})"
    return None


def need(*names: str) -> None:
    """Skip the test where a program is missing."""
    if reason := missing(*names):
        pytest.skip(reason)


def need_libraries(*names: str) -> None:
    """Skip the test where a library is missing; none is imported: some start threads, beside which
    the tests of forked helpers could not run.
    """
    for name in names:
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed (pip install)")
