"""Tells this program from others: what it finds out depends on its code, and on what runs that."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

_OWN = "find_libdeps/"
_LIBRARIES = ("pyelftools", "python-debian")
"""What else reads files for us."""


@cache
def fingerprint() -> str:
    """What names the code of this program and of its libraries, and the Python that runs it.

    It is the same wherever the same wheel is installed for the same Python.
    """
    python = f"{platform.python_implementation()} {sys.version_info}"
    versions = (f"{each} {_version(each)}" for each in _LIBRARIES)
    parts = (python, *versions, *_files())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # it was put into a zipapp
        return ""


def _files() -> Iterator[str]:
    """A line for each file of the package, or for the archive that it is in."""
    package = Path(__file__).parents[1]
    if archive := getattr(__spec__.loader, "archive", ""):
        yield _sum(Path(archive))
        return
    recorded = _recorded()
    if recorded:
        yield from recorded
        return
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            yield f"{path.relative_to(package)} {_sum(path)}"


def _recorded() -> list[str]:
    """The lines with digests that an installer has written; none for an editable installation."""
    try:
        record = distribution("find-libdeps").read_text("RECORD") or ""
    except PackageNotFoundError:
        return []
    return sorted(each for each in record.splitlines() if each.startswith(_OWN) and "=" in each)


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
