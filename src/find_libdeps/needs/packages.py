"""The Python packages that load libraries by name, joined with the libraries they bundle."""

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
    """A Python package that loads libraries, and the bundled libraries that it can find."""

    tree: Tree
    bundled: frozenset[tuple[str, bool]]
    """The name up to ``.so`` of each library that the scanned packages bundle and this one can
    find, and whether this package or a companion of it (``psycopg_binary.libs``) bundles it.
    """

    @cached_property
    def running(self) -> Running:
        """What runs when the package is imported."""
        return Running(self.tree, self.site, self.name)

    def loads_at_import(self, load: Load) -> bool:
        """Whether importing the package runs the code of a load."""
        runs = self.running.runs
        return runs(load.path, load.function) and any(runs(load.path, f) for f in load.loaders)

    def brings(self, soname: str) -> bool:
        """Whether a bundled library has this name, or its own has a similar one (``libfoo_c``)."""
        stem = stem_of(soname)
        return any(
            stem == name or (own and (_extends(stem, name) or _extends(name, stem)))
            for name, own in self.bundled
        )

    def names_file(self, path: PurePosixPath) -> bool:
        """Whether `path` is inside the package, and its source names that file."""
        inside = path.is_relative_to(self.site / self.name)
        return inside and any(path.name in load.names for load in self.loads)

    def names_at_import(self, path: PurePosixPath) -> bool:
        """Whether importing the package runs code that names the file at `path`."""
        naming = (load for load in self.loads if path.name in load.names)
        return any(self.running.runs(load.path, load.function) for load in naming)


def python_packages(
    tree: Tree, loading: Iterable[Loading], inventory: Inventory
) -> list[PythonPackage]:
    """Join the packages that load libraries with the objects of an inventory."""
    return [
        PythonPackage(p.site, p.name, p.loads, tree, _bundled(inventory, p.site, p.name))
        for p in loading
    ]


def _bundled(
    inventory: Inventory, site: PurePosixPath, package: str
) -> frozenset[tuple[str, bool]]:
    """The bundled libraries that a package can find; see `PythonPackage.bundled`.

    A library that auditwheel renamed counts by its old name for its own package and companions
    only (``psycopg`` and ``psycopg_binary.libs``): other packages can't find it.
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
