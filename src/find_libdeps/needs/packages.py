"""The Python packages that load libraries by name, beside the libraries that were found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from find_libdeps.elf.sonames import stem_of, without_hash
from find_libdeps.needs.inventory import Inventory
from find_libdeps.python.loads import Load
from find_libdeps.python.running import Running
from find_libdeps.python.sources import Loading
from find_libdeps.roots.tree import Tree


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
        stem = stem_of(soname)
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
        name = stem_of(path.name)
        plain = without_hash(name)
        owner = path.relative_to(site).parts[0] if path.is_relative_to(site) else ""
        own = owner.lstrip("_").startswith(package)
        if name != path.name and (own or plain == name):
            names.add((plain, own))
    return frozenset(names)


def _extends(name: str, stem: str) -> bool:
    return name.startswith((f"{stem}_", f"{stem}-"))
