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
from find_libdeps.inventory import Inventory, is_excluded
from find_libdeps.pyimport import MAX_SOURCE_SIZE, Module, Running, parse
from find_libdeps.tree import Kind, Tree
from find_libdeps.venv import SITES

_HASH = re.compile(r"-[0-9a-f]{8}\Z")
_NOT_FOR_USE = frozenset({"test", "tests", "testing", "conftest.py"})
"""Directories whose code no application runs."""


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


def find_sources(
    tree: Tree, tops: Sequence[PurePosixPath], exclude: Sequence[str] = ()
) -> list[PurePosixPath]:
    """The Python source files below some places; see `find_libdeps.inventory.take_inventory`."""
    return [
        path
        for top in dict.fromkeys(tops)
        for path, kind in tree.walk(top, lambda name: name.endswith(".py"), lambda error: None)
        if kind is Kind.FILE and not is_excluded(path, exclude)
    ]


def find_loading(
    tree: Tree, sources: Iterable[PurePosixPath], tops: Sequence[PurePosixPath]
) -> tuple[list[Loading], list[TreeError]]:
    """The packages that load libraries, among the Python files below some places; and those of
    the files that can't be read.
    """
    problems: list[TreeError] = []
    members: dict[tuple[PurePosixPath, str], list[tuple[PurePosixPath, bytes]]]
    members = defaultdict(list)
    for directory, files in groupby(sources, lambda path: path.parent):
        site = _site(directory, tops)
        parts = directory.relative_to(site).parts
        if _NOT_FOR_USE.intersection(parts):
            continue
        for path in files:
            if path.name in _NOT_FOR_USE:
                continue
            source = _read(tree, path, problems)
            if source is not None and is_worth_parsing(source):
                members[site, parts[0] if parts else path.stem].append((path, source))
    found = []
    for (site, name), modules in members.items():
        # one package after the other: what is parsed takes a hundred times the room of its source
        loads = find_loads(_parsed(site, modules))
        if loads:
            found.append(Loading(site, name, tuple(loads)))
    return found, problems


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


def _read(tree: Tree, path: PurePosixPath, problems: list[TreeError]) -> bytes | None:
    try:
        return tree.content(path, MAX_SOURCE_SIZE)
    except TreeError as error:
        problems.append(error)
        return None
