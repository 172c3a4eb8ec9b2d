"""The audit's story: what in a root would not load or not run there, without running it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import PurePosixPath

from find_libdeps.audit.interpreters import (
    SEARCH_PATH,
    broken_environments,
    scripts_without_interpreter,
)
from find_libdeps.audit.missing import (
    level_of_object,
    misfits,
    missing_by_name,
    missing_libraries,
    missing_versions,
)
from find_libdeps.elf.architecture import abi_name, architecture_of
from find_libdeps.elf.objects import ElfObject
from find_libdeps.errors import FindLibdepsError, TreeError
from find_libdeps.needs.by_name import Dlopen
from find_libdeps.needs.environment import scanned_environments
from find_libdeps.needs.inventory import Inventory, Listing, list_files, take_inventory
from find_libdeps.needs.packages import python_packages
from find_libdeps.needs.system import System
from find_libdeps.needs.target import choose_target
from find_libdeps.process.progress import Progress, no_progress
from find_libdeps.python.extension import is_tagged
from find_libdeps.python.sources import by_package, find_loading, gathered
from find_libdeps.python.venv import MARK, SITES
from find_libdeps.report.findings import LEVELS, Audit, Code, Finding, Level, Spot
from find_libdeps.roots.opening import open_root
from find_libdeps.roots.tree import Kind, Tree

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


def audit_root(
    target: str | PathLike[str],
    paths: Sequence[str | PathLike[str]] = (),
    *,
    packaged: bool = False,
    ignore: Sequence[str] = (),
    exclude: Sequence[str] = (),
    library_path: str | None = None,
    dlopen: Dlopen = Dlopen.AT_IMPORT,
    progress: Progress = no_progress,
) -> Audit:
    """Find what in a root would not load or not run there. Nothing of it is run.

    Args:
        target: a root directory, the file of an archive, or the name of an image.
        paths: what to look at, as seen inside the root; none: all that no package has shipped.
        packaged: whether to look at what packages have shipped, too.
        ignore: patterns (`fnmatch`) of sonames that come in another way.
        exclude: patterns of files not to look at: of their name, or of the end of their path.
        library_path: LD_LIBRARY_PATH; None: what the image's configuration says.
        dlopen: which of the libraries count that Python source loads by name.
        progress: is told how many bytes have been read of an archive or an image, and of how many.

    Raises:
        TreeError: the root, or a path in it, does not exist, or its C library is musl.
        ImageError: an archive or an image can't be read, or there is no such image.
        DatabaseError: the package database can't be used.
    """
    root = open_root(target, progress)
    places = tuple(_place(root.tree, PurePosixPath("/", path)) for path in paths)
    environment = dict(root.config.environment)
    if library_path is None:
        library_path = environment.get("LD_LIBRARY_PATH", "")
    search_path = environment.get("PATH", "").split(":") if "PATH" in environment else SEARCH_PATH
    system = System(root.tree, library_path, root.config.architecture)
    scope = Scope(places, packaged, ignore, exclude, dlopen, search_path)
    return audit_system(system, scope, root.problems)


def _place(tree: Tree, path: PurePosixPath) -> PurePosixPath:
    place = tree.resolve(path)
    if place is None:
        raise TreeError("audit", path, "No such file or directory")
    return place


def audit_system(system: System, scope: Scope, problems: Sequence[TreeError] = ()) -> Audit:
    """Find what in a root would not load or not run there.

    Args:
        system: the root.
        scope: what of it is looked at, and what counts.
        problems: what could not be read already.

    Raises:
        TreeError: a path does not exist, or the system's library is musl.
        DatabaseError: the package database says something that can't be used.
    """
    tree = system.tree
    _refuse_musl(tree)
    tops = scope.paths or _tops(tree)
    listing = list_files(tree, tops, scope.exclude)
    found = take_inventory(tree, listing, system.read, scope.exclude)
    inventory = _narrowed(system, found, scope)
    usable, strangers = _by_architecture(system, inventory)
    with_source = scope.dlopen is not Dlopen.NONE
    sources = _narrowed_sources(system, scope, listing) if with_source else []
    loads, unread = gathered(find_loading(tree, each) for each in by_package(sources, tops))
    packages = partial(python_packages, tree, loads, usable)
    scenes = scanned_environments(system, usable, scope.ignore, packages, thorough=True)
    target = choose_target(system, None, None, None, {e.abi for e in usable.objects.values()})
    uses = target.settle([use for scene in scenes for use in scene.uses()])
    findings = [
        *strangers,
        *misfits(scenes, usable),
        *missing_libraries(uses),
        *missing_versions(system, uses),
        *(missing_by_name(system, scenes, target, scope.dlopen) if with_source else ()),
        *_interpreters(system, usable, listing, scope),
        *map(_unreadable, (*problems, *inventory.problems, *unread)),
    ]
    return Audit(
        release=system.release,
        paths=scope.paths or (PurePosixPath("/"),),
        objects=len(inventory.objects),
        findings=tuple(sorted(_together(findings), key=_order)),
    )


def _refuse_musl(tree: Tree) -> None:
    names = tree.names(PurePosixPath("/lib"))
    musl = [name for name in names if name.startswith("ld-musl-")]
    if musl and not any(tree.resolve(PurePosixPath(p)) for p in ("/etc/ld.so.conf", "/lib64")):
        cause = f"its C library is musl (/lib/{musl[0]}), whose loader has other rules than glibc's"
        raise TreeError("audit", "/", cause)


def _tops(tree: Tree) -> tuple[PurePosixPath, ...]:
    """The directories of a root, but for those that are the kernel's."""
    root = PurePosixPath("/")
    entries = ((root / name, tree.entry(root / name)) for name in tree.names(root))
    return tuple(
        path
        for path, entry in entries
        if entry and entry.kind is Kind.DIRECTORY and path.name not in KERNELS
    )


def _is_wanted(system: System, scope: Scope, path: PurePosixPath) -> bool:
    return scope.packaged or not system.owners(path)


def _narrowed_sources(system: System, scope: Scope, listing: Listing) -> list[PurePosixPath]:
    """Everywhere but in a directory that was named, only what is on sys.path is sure to be
    Python's.
    """
    return [
        path
        for path in listing.sources
        if (scope.paths or not set(SITES).isdisjoint(path.parts))
        and _is_wanted(system, scope, path)
    ]


def _narrowed(system: System, found: Inventory, scope: Scope) -> Inventory:
    """What no package has shipped: packages depend on what they need."""
    is_wanted = partial(_is_wanted, system, scope)
    objects = {path: elf for path, elf in found.objects.items() if is_wanted(path)}
    inventory = Inventory(found.tops, objects)
    for path, elf in objects.items():
        for name in {path.name, elf.soname or path.name}:
            inventory.names[name].append(path)
    inventory.links = found.links
    inventory.problems = [p for p in found.problems if is_wanted(PurePosixPath(str(p.name)))]
    return inventory


def _by_architecture(system: System, inventory: Inventory) -> tuple[Inventory, list[Finding]]:
    """The objects that the root has a dynamic loader for, and what is to say of the others."""
    findings, usable = list[Finding](), replace(inventory, objects={})
    for path, elf in inventory.objects.items():
        loader = PurePosixPath(elf.interpreter or architecture_of(elf.abi).loader)
        if elf.is_musl or not elf.is_dynamic or system.tree.resolve(loader):
            usable.objects[path] = elf
        else:
            findings.append(_without_loader(system, path, elf, loader))
    return usable, findings


def _without_loader(
    system: System, path: PurePosixPath, elf: ElfObject, loader: PurePosixPath
) -> Finding:
    name, level = abi_name(elf.abi), level_of_object(path, elf)
    if system.architecture in ("", name):
        cause = "the dynamic loader that its libraries are loaded with does not exist"
        solution = "start from an image that has glibc"
        return Finding(level, Code.MISSING_INTERPRETER, str(loader), (Spot(path),), cause, solution)
    cause = f"it is for {name}, and the system is for {system.architecture}"
    solution = "build or install it for the image's architecture"
    return Finding(level, Code.WRONG_ARCHITECTURE, path.name, (Spot(path),), cause, solution)


def _interpreters(
    system: System, inventory: Inventory, listing: Listing, scope: Scope
) -> Iterator[Finding]:
    """What is wrong with what should run the files."""
    prefixes = _environments(system.tree, listing)
    broken = list(broken_environments(system.tree, prefixes))
    yield from broken
    directories = [prefix / "bin" for prefix in prefixes]
    directories += [PurePosixPath(directory) for directory in scope.search_path]
    scripts = {
        place: None
        for directory in directories
        for name in system.tree.names(directory)
        if (place := system.tree.resolve(directory / name))
        and inventory.holds(place)
        and (scope.packaged or not system.owners(place))
    }
    lost = {str(spot.path / "bin") for finding in broken for spot in finding.spots}
    yield from scripts_without_interpreter(
        system.tree,
        scripts,
        scope.search_path,
        lambda program: program.rpartition("/")[0] in lost,
    )


def _environments(tree: Tree, listing: Listing) -> list[PurePosixPath]:
    """The virtual environments below the paths, and those that the paths are in."""
    above = (parent for top in listing.tops for parent in top.parents)
    around = [parent for parent in above if tree.entry(parent / MARK) is not None]
    return list(dict.fromkeys((*around, *listing.environments)))


def _unreadable(error: FindLibdepsError) -> Finding:
    path = PurePosixPath(str(error.name))
    needed = is_tagged(path.name) or error.verb == "list"
    level = Level.ERROR if needed else Level.WARNING
    return Finding(level, Code.UNREADABLE, path.name, (Spot(path),), str(error.cause))


def _together(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that differ by where they show only, as one."""
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for each in findings:
        groups[each.level, each.code, each.name, each.cause, each.packages].append(each)
    return [
        replace(group[0], spots=tuple(sorted({spot for each in group for spot in each.spots})))
        for group in groups.values()
    ]


def _order(finding: Finding) -> tuple[int, str, str, tuple[Spot, ...]]:
    return LEVELS.index(finding.level), finding.code.value, finding.name, finding.spots
