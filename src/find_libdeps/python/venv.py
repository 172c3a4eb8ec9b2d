"""Virtual environments: which one a file is in, its interpreter and its standard library."""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.roots.tree import Kind, Tree

MARK = "pyvenv.cfg"
"""The file that makes a directory a virtual environment (PEP 405)."""
_VERSION = re.compile(r"python(\d\.\d+t?)\Z")
SITES = ("site-packages", "dist-packages")
"""The directories on ``sys.path`` that packages are installed into."""


class Environment(NamedTuple):
    """A virtual environment (PEP 405)."""

    prefix: PurePosixPath
    """The directory with ``pyvenv.cfg``."""
    interpreter: PurePosixPath | None
    """The file that ``bin/python`` leads to, or None."""
    base: PurePosixPath | None
    """The interpreter that the environment was made from; the same file, unless it was copied."""
    home: PurePosixPath | None = None
    """The directory of that interpreter, as ``pyvenv.cfg`` names it."""


class Environments:
    """The virtual environments of a tree, each read once."""

    def __init__(self, tree: Tree) -> None:
        self._at = cache(partial(_environment, tree))
        self._around = cache(self._nearest)

    def __call__(self, path: PurePosixPath) -> Environment | None:
        """The environment that a file or directory is in: the nearest above it."""
        return self._around(path)

    def _nearest(self, path: PurePosixPath) -> Environment | None:
        return next(filter(None, map(self._at, (path, *path.parents))), None)


def _environment(tree: Tree, prefix: PurePosixPath) -> Environment | None:
    entry = tree.entry(prefix / MARK)
    if entry is None or entry.kind is not Kind.FILE:
        return None
    text = tree.read(prefix / MARK).decode("utf-8", "replace")
    settings = {
        key.strip().lower(): value.strip()
        for key, _, value in (line.partition("=") for line in text.splitlines())
    }
    named = settings.get("home")
    home = PurePosixPath("/", named or "/nonexistent")
    interpreter = _first(tree, prefix / "bin")
    copied = interpreter is None or prefix in interpreter.parents
    base = _first(tree, home) if copied else interpreter
    return Environment(prefix, interpreter, base, home if named else None)


def standard_library(tree: Tree, environment: Environment) -> PurePosixPath | None:
    """The directory with the standard library of an environment, or None.

    As in CPython's Modules/getpath.py: the nearest ``lib/python3.x`` with ``os.py`` in it, in the
    directories above the interpreter that the environment was made from.
    """
    names = [n for n in tree.names(environment.prefix / "lib") if n.startswith(("python", "pypy"))]
    for prefix in environment.base.parents if environment.base else ():
        for name in names:
            if tree.resolve(prefix / "lib" / name / "os.py"):
                return tree.resolve(prefix / "lib" / name)
    return None


def python_versions(tree: Tree, prefix: PurePosixPath) -> list[str]:
    """The versions of Python that an environment has packages for."""
    names = (_VERSION.match(name) for name in tree.names(prefix / "lib"))
    return [found[1] for found in names if found]


def _first(tree: Tree, directory: PurePosixPath) -> PurePosixPath | None:
    for name in ("python", "python3"):
        real = tree.resolve(directory / name)
        if real is not None:
            return real
    return None


def share_package(one: PurePosixPath, other: PurePosixPath) -> bool:
    """Whether two files are probably from one distribution, by their paths.

    Both are below one directory of ``site-packages``, or in ``X`` and ``X.libs`` there; elsewhere,
    both are in the same directory.
    """
    return _top_level(one) == _top_level(other)


def _top_level(path: PurePosixPath) -> tuple[str, ...]:
    for number, part in enumerate(path.parts):
        if part in SITES and len(path.parts) > number + 2:
            name = path.parts[number + 1].removesuffix(".libs")
            return (*path.parts[: number + 1], name)
    return path.parent.parts
