"""Which files of a root an audit looks at: by default, all that no package ships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from find_libdeps.debian.index import Index
from find_libdeps.debian.release import Release
from find_libdeps.needs.dlopen import Dlopen
from find_libdeps.needs.inventory import FileListing, Inventory, list_files, may_be_elf
from find_libdeps.needs.system import System
from find_libdeps.process.progress import Tell
from find_libdeps.python.venv import SITES
from find_libdeps.roots.tree import Kind, Tree

SEARCH_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where env(1) looks if the image's configuration has no PATH."""
KERNEL_DIRECTORIES = ("proc", "sys", "dev")
"""Directories that the kernel fills, with no files on a disk (hier(7))."""


@dataclass(frozen=True, slots=True)
class AuditScope:
    """Which files and names of a root count."""

    paths: tuple[PurePosixPath, ...] = ()
    """Directories or files, with no links in their paths; the whole root if empty."""
    packaged: bool = False
    """Whether files that packages ship count, too."""
    ignore: Sequence[str] = ()
    """Patterns (`fnmatch`) of sonames that something else provides."""
    exclude: Sequence[str] = ()
    """Patterns of files not to look at."""
    dlopen: Dlopen = Dlopen.AT_IMPORT
    """Which of the libraries that Python source loads by name count."""
    search_path: Sequence[str] = SEARCH_PATH
    """The directories of PATH."""
    release: Release | None = None
    """The release in which packages are looked up; None for the one that the root's os-release(5)
    names.
    """
    index: Index | None = None
    """The index of that release; None for the one that comes with this package."""
    fetch: Tell | None = None
    """Called with a sentence for an index that is fetched; None if none is to be."""


def files_to_look_at(tree: Tree, scope: AuditScope, *, python: bool) -> FileListing:
    """The files below the paths of a scope; for a whole root, those at its top, too.

    Args:
        tree: the root.
        scope: which files count.
        python: whether Python sources count.
    """
    if scope.paths:
        return list_files(tree, scope.paths, scope.exclude, python=python)
    top = PurePosixPath("/")
    entries = {top / name: tree.entry(top / name) for name in tree.names(top)}
    kinds = {path: entry.kind for path, entry in entries.items() if entry}
    directories = [
        path
        for path, kind in kinds.items()
        if kind is Kind.DIRECTORY and path.name not in KERNEL_DIRECTORIES
    ]
    files = [
        (path, kind) for path, kind in kinds.items() if kind is Kind.FILE and may_be_elf(path.name)
    ]
    listing = list_files(tree, directories, scope.exclude, python=python)
    return listing._replace(candidates=(*listing.candidates, *files))


def is_wanted(system: System, scope: AuditScope, path: PurePosixPath) -> bool:
    """Whether a file counts: by default, if no package ships it."""
    return scope.packaged or not system.owners(path)


def wanted_sources(
    system: System, scope: AuditScope, paths: Iterable[PurePosixPath]
) -> list[PurePosixPath]:
    """The Python sources, or files of byte code, that count.

    In a whole root, only those below a ``site-packages`` or ``dist-packages`` count: Python may
    never import the others.
    """
    return [
        path
        for path in paths
        if (scope.paths or not set(SITES).isdisjoint(path.parts)) and is_wanted(system, scope, path)
    ]


def wanted_objects(system: System, found: Inventory, scope: AuditScope) -> Inventory:
    """The objects that count. Packages have Depends for what their own files need."""
    is_kept = partial(is_wanted, system, scope)
    objects = {path: elf for path, elf in found.objects.items() if is_kept(path)}
    inventory = Inventory(found.tops, objects)
    for path, elf in objects.items():
        inventory.note_names(path, elf)
    inventory.links = found.links
    inventory.problems = [p for p in found.problems if is_kept(PurePosixPath(str(p.error.name)))]
    return inventory
