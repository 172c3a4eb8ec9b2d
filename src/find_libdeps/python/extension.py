"""Extension modules: which files are some, and for which Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from find_libdeps.elf.objects import ElfObject
from find_libdeps.python.venv import SITES

_TAGGED = re.compile(r"[^.]+\.(?:cpython-|abi3|pypy|graalpy)[^/]*\.so\Z")
"""An extension module by its name (PEP 3149, PEP 384)."""
_LIBPYTHON = re.compile(r"libpython(3[\d.]*t?)[a-z]*\.so(?:\.[\d.]+)?\Z")


def is_tagged(name: str) -> bool:
    """Whether a file's name says that it is an extension module."""
    return _TAGGED.match(name) is not None


def version_of_libpython(soname: str) -> str | None:
    """The version of Python that has a library of this name: 3.12; 3.13t without the GIL (PEP 703);
    3, that of the stable ABI, is for all. None: it is no interpreter's.
    """
    found = _LIBPYTHON.match(soname)
    return found[1] if found else None


def initializer(path: PurePosixPath) -> str | None:
    """The function that makes an extension module of a file without a tag; None: it can't be one.

    The file of a package's root is ``__init__.so``.
    """
    module, dot, rest = path.name.partition(".")
    name = path.parent.name if module == "__init__" else module
    return f"PyInit_{name}" if f"{dot}{rest}" == ".so" and name.isidentifier() else None


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
