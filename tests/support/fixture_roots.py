"""The roots of `fixtures/scan` and `fixtures/audit`, for tests that need some of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import mini_root
from find_libdeps import Report, scan_paths
from glibc import LoaderOutOfReachError
from project import FIXTURES


def root_of(case: str, top: Path) -> Path:
    """A root, such as ``scan/distributions``, made in a directory."""
    root = top / case.rpartition("/")[2]
    root.mkdir()
    try:
        mini_root.build(FIXTURES / case, root)
    except LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    return root


def scanned(root: Path) -> Report:
    """The report on a root's virtualenv, or on all of it."""
    return scan_paths(["/venv"] if (root / "venv").exists() else ["/"], root=root)
