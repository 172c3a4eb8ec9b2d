"""Extension modules that the Python of their directory would not import, but another one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from find_libdeps.elf import ElfObject
from find_libdeps.venv import SITES, version_of_libpython

_SITE = re.compile(rf".*/python(3\.\d+t?)/(?:{'|'.join(SITES)}|lib-dynload)/([^/.]*)")
"""The version that a directory on ``sys.path`` is for, and the package or module in it. Of an
interpreter within a package, its own directory counts."""
_TAG = re.compile(r"[^.]+\.cpython-3(\d+t?)\w*[-.]")
"""The version that the name of a file has (PEP 3149; PEP 703 for the ``t``)."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """An extension module that is for another Python than its directory."""

    python: str
    """The version that it is for, such as 3.12."""
    directory: str
    """The version that its directory is for."""
    is_missed: bool
    """Whether nothing stands in for it: some packages bring a module for each Python, and then one
    that fits is enough.
    """


def of_another_python(
    modules: Mapping[PurePosixPath, ElfObject],
) -> dict[PurePosixPath, Stranger]:
    """The modules that are for another Python, as their name says or the library they need."""
    strangers = dict[PurePosixPath, tuple[str, str, tuple[str, str]]]()
    served = set[tuple[str, str]]()
    for path, elf in modules.items():
        site = _SITE.match(str(path))
        if site is None:
            continue
        package, name = site[0], path.name.partition(".")[0]
        tag = _TAG.match(path.name)
        python = f"3.{tag[1]}" if tag else _version_needed(elf)
        if python and python != site[1]:
            # without a tag, it has another name for each Python
            strangers[path] = python, site[1], (package, name if tag else "")
        else:
            served |= {(package, name), (package, "")}
    return {
        path: Stranger(python, directory, place not in served)
        for path, (python, directory, place) in strangers.items()
    }


def _version_needed(elf: ElfObject) -> str | None:
    versions = (version_of_libpython(dependency.soname) for dependency in elf.dependencies)
    return next((version for version in versions if version not in (None, "3")), None)
