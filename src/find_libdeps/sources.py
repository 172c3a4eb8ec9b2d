"""The Python packages of a scan, and the libraries that their source loads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import PurePosixPath

from find_libdeps.dlopen import Load, find_loads, is_worth_parsing
from find_libdeps.errors import TreeError
from find_libdeps.inventory import Inventory
from find_libdeps.pyimport import MAX_SOURCE_SIZE, Module, Running, parse
from find_libdeps.tree import Tree
from find_libdeps.venv import SITES

_HASH = re.compile(r"-[0-9a-f]{8}\Z")
_NOT_FOR_USE = frozenset({"test", "tests", "testing", "conftest.py"})
"""Directories whose code no application runs."""


@dataclass(frozen=True, slots=True)
class PackageSources:
    """The source files of a top-level package, or module."""

    site: PurePosixPath
    """The directory on ``sys.path`` that it is in."""
    name: str
    paths: tuple[PurePosixPath, ...]


@dataclass(frozen=True, slots=True)
class Loading:
    """A top-level package, or module, whose source loads libraries."""

    site: PurePosixPath
    """The directory on ``sys.path`` that it is in."""
    name: str
    loads: tuple[Load, ...]


@dataclass(frozen=True)
class PythonPackage(Loading):
    """The same, beside the libraries that were found."""

    tree: Tree
    bundled: frozenset[tuple[str, bool]]
    """The names, up to their ``.so``, of the libraries that the scanned packages bring along and
    this one may find, and whether they are its own or a companion's.
    """

    @cached_property
    def running(self) -> Running:
        """What runs when it is imported."""
        return Running(self.tree, self.site, self.name)

    def loads_at_import(self, load: Load) -> bool:
        """Whether importing the package gets to that place."""
        runs = self.running.runs
        return runs(load.path, load.function) and any(runs(load.path, f) for f in load.loaders)

    def brings(self, soname: str) -> bool:
        """Whether it has a library of its own for a name, or for one like it (``libfoo_c``)."""
        stem = soname.partition(".so")[0]
        return any(
            stem == name or (own and (_extends(stem, name) or _extends(name, stem)))
            for name, own in self.bundled
        )

    def names_file(self, path: PurePosixPath) -> bool:
        """Whether its source names a file that it brings along itself."""
        inside = path.is_relative_to(self.site / self.name)
        return inside and any(path.name in load.names for load in self.loads)

    def names_at_import(self, path: PurePosixPath) -> bool:
        """Whether importing it gets to a place that names that file."""
        naming = (load for load in self.loads if path.name in load.names)
        return any(self.running.runs(load.path, load.function) for load in naming)


def by_package(
    sources: Iterable[PurePosixPath], tops: Sequence[PurePosixPath]
) -> list[PackageSources]:
    """Python files below some places, by the package or module that they are of; tests aside."""
    packages: dict[tuple[PurePosixPath, str], list[PurePosixPath]] = defaultdict(list)
    for directory, files in groupby(sources, lambda path: path.parent):
        site = _site(directory, tops)
        parts = directory.relative_to(site).parts
        if _NOT_FOR_USE.isdisjoint(parts):
            for path in files:
                if path.name not in _NOT_FOR_USE:
                    packages[site, parts[0] if parts else path.stem].append(path)
    return [PackageSources(*package, tuple(paths)) for package, paths in packages.items()]


def find_loading(tree: Tree, sources: PackageSources) -> tuple[Loading | None, list[TreeError]]:
    """What a package loads, if anything; and those of its files that can't be read."""
    problems: list[TreeError] = []
    modules = list[tuple[PurePosixPath, bytes]]()
    for path in sources.paths:
        try:
            source = tree.content(path, MAX_SOURCE_SIZE)
        except TreeError as error:
            problems.append(error)
            continue
        if source is not None and is_worth_parsing(source):
            modules.append((path, source))
    loads = find_loads(_parsed(sources.site, modules))
    return Loading(sources.site, sources.name, tuple(loads)) if loads else None, problems


def gathered(
    found: Iterable[tuple[Loading | None, list[TreeError]]],
) -> tuple[list[Loading], list[TreeError]]:
    """What `find_loading` found in several packages, in the order of names."""
    loads, problems = list[Loading](), list[TreeError]()
    for loading, unread in found:
        loads += [loading] if loading else []
        problems += unread
    return (
        sorted(loads, key=lambda loading: (loading.site, loading.name)),
        sorted(problems, key=lambda problem: str(problem.name)),
    )


def python_packages(
    tree: Tree, loading: Iterable[Loading], inventory: Inventory
) -> list[PythonPackage]:
    """The packages that load libraries, beside the objects of an inventory."""
    return [
        PythonPackage(p.site, p.name, p.loads, tree, _bundled(inventory, p.site, p.name))
        for p in loading
    ]


def _bundled(
    inventory: Inventory, site: PurePosixPath, package: str
) -> frozenset[tuple[str, bool]]:
    """The libraries that the source of a package may mean; see `PythonPackage.bundled`.

    A library that auditwheel renamed answers to its old name for its own package and companions
    only (``psycopg`` and ``psycopg_binary.libs``): nobody else can find it.
    """
    names = set()
    for path in inventory.objects:
        name, dot_so, _ = path.name.partition(".so")
        plain = _HASH.sub("", name)
        owner = path.relative_to(site).parts[0] if path.is_relative_to(site) else ""
        own = owner.lstrip("_").startswith(package)
        if dot_so and (own or plain == name):
            names.add((plain, own))
    return frozenset(names)


def _extends(name: str, stem: str) -> bool:
    return name.startswith((f"{stem}_", f"{stem}-"))


def _site(directory: PurePosixPath, tops: Iterable[PurePosixPath]) -> PurePosixPath:
    """The directory on ``sys.path`` by which the modules in a directory are reached."""
    for parent in (directory, *directory.parents):
        if parent.name in SITES or parent in tops:
            return parent
    return directory


def _dotted(parts: tuple[str, ...]) -> str:
    names = (*parts[:-1], parts[-1].removesuffix(".py"))
    return ".".join(names[:-1] if names[-1] == "__init__" and len(names) > 1 else names)


def _parsed(
    site: PurePosixPath, modules: Iterable[tuple[PurePosixPath, bytes]]
) -> Iterator[Module]:
    parsed = (parse(source, p, _dotted(p.relative_to(site).parts)) for p, source in modules)
    return filter(None, parsed)
