"""Which files are extension modules, and for which version of Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.elf.objects import ElfObject
from find_libdeps.python.venv import SITES

_TAGGED = re.compile(r"[^.]+\.(?:cpython-|abi3|pypy|graalpy)[^/]*\.so\Z")
"""A file name with the tag of an extension module (PEP 3149, PEP 384)."""
_LIBPYTHON = re.compile(r"libpython(3[\d.]*t?)[a-z]*\.so(?:\.[\d.]+)?\Z")


def is_tagged(name: str) -> bool:
    """Whether a file's name says that it is an extension module."""
    return _TAGGED.match(name) is not None


def version_of_libpython(soname: str) -> str | None:
    """The version of Python that a libpython belongs to, or None for another library.

    Such as 3.12, 3.13t without the GIL (PEP 703), or 3 for the stable ABI of all versions.
    """
    found = _LIBPYTHON.match(soname)
    return found[1] if found else None


def initializer(path: PurePosixPath) -> str | None:
    """The function that makes a file without a tag an extension module, or None if none can.

    ``__init__.so`` is the root module of its package.
    """
    module, dot, rest = path.name.partition(".")
    name = path.parent.name if module == "__init__" else module
    return f"PyInit_{name}" if f"{dot}{rest}" == ".so" and name.isidentifier() else None


_SITE = re.compile(rf".*/python(3\.\d+t?)/(?:{'|'.join(SITES)}|lib-dynload)/([^/.]*)")
"""The version that a directory on ``sys.path`` is for, and the package or module in it. In
a package that contains an interpreter, the inner directory counts."""
_TAG = re.compile(r"[^.]+\.cpython-3(\d+t?)\w*[-.]")
"""The version in the tag of a file name (PEP 3149; PEP 703 for the ``t``)."""


class MismatchedModule(NamedTuple):
    """An extension module for another version of Python than its directory."""

    python: str
    """The version that it is for, such as 3.12."""
    directory: str
    """The version that its directory is for."""
    is_missed: bool
    """Whether the package has no such module for the right version. Some packages ship a module for
    each version; then one that fits is enough.
    """


def mismatched_modules(
    modules: Mapping[PurePosixPath, ElfObject],
) -> dict[PurePosixPath, MismatchedModule]:
    """The modules for another Python than their directory, by their tag or their libpython."""
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
            # without a tag, the module for another version may have any name
            strangers[path] = python, site[1], (package, name if tag else "")
        else:
            served |= {(package, name), (package, "")}
    return {
        path: MismatchedModule(python, directory, place not in served)
        for path, (python, directory, place) in strangers.items()
    }


def _version_needed(elf: ElfObject) -> str | None:
    versions = (version_of_libpython(dependency.soname) for dependency in elf.dependencies)
    return next((version for version in versions if version not in (None, "3")), None)
