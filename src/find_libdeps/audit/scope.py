"""What of a root an audit looks at: all that no package has shipped, or what was named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from find_libdeps.needs.by_name import Dlopen
from find_libdeps.needs.inventory import Inventory, Listing
from find_libdeps.needs.system import System
from find_libdeps.python.venv import SITES
from find_libdeps.roots.tree import Kind, Tree

SEARCH_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where env(1) looks when nobody says otherwise."""
KERNELS = ("proc", "sys", "dev")
"""Directories of the root in which there are no files of a disk (hier(7))."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a root is looked at."""

    paths: tuple[PurePosixPath, ...] = ()
    """Directories or files, with no links in them; none: everything."""
    packaged: bool = False
    """Whether files count that packages have shipped."""
    ignore: Sequence[str] = ()
    """Patterns (`fnmatch`) of sonames that come in another way."""
    exclude: Sequence[str] = ()
    """Patterns of files not to look at."""
    dlopen: Dlopen = Dlopen.AT_IMPORT
    """Which libraries count that Python source loads by name."""
    search_path: Sequence[str] = SEARCH_PATH
    """The directories of PATH."""


def tops(tree: Tree) -> tuple[PurePosixPath, ...]:
    """The directories of a root, but for those that are the kernel's."""
    root = PurePosixPath("/")
    entries = ((root / name, tree.entry(root / name)) for name in tree.names(root))
    return tuple(
        path
        for path, entry in entries
        if entry and entry.kind is Kind.DIRECTORY and path.name not in KERNELS
    )


def is_wanted(system: System, scope: Scope, path: PurePosixPath) -> bool:
    """Whether a file counts: one that no package has shipped, or any."""
    return scope.packaged or not system.owners(path)


def narrowed_sources(system: System, scope: Scope, listing: Listing) -> list[PurePosixPath]:
    """The sources that count.

    Outside of the directories that were named, only what is on sys.path is surely Python's.
    """
    return [
        path
        for path in listing.sources
        if (scope.paths or not set(SITES).isdisjoint(path.parts)) and is_wanted(system, scope, path)
    ]


def narrowed(system: System, found: Inventory, scope: Scope) -> Inventory:
    """The objects that count; what packages have shipped depends on what it needs."""
    is_kept = partial(is_wanted, system, scope)
    objects = {path: elf for path, elf in found.objects.items() if is_kept(path)}
    inventory = Inventory(found.tops, objects)
    for path, elf in objects.items():
        inventory.note_names(path, elf)
    inventory.links = found.links
    inventory.problems = [p for p in found.problems if is_kept(PurePosixPath(str(p.error.name)))]
    return inventory
