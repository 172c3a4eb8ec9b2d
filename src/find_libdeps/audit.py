"""The audit's story: what in a root would not load or not run there, without running it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from os import PathLike
from pathlib import Path, PurePosixPath

from find_libdeps.dpkg import Package
from find_libdeps.elf import ElfObject
from find_libdeps.errors import FindLibdepsError, TreeError
from find_libdeps.finding import Audit, Code, Finding, Level, Spot
from find_libdeps.interpreters import (
    SEARCH_PATH,
    broken_environments,
    modules_of_another_python,
    scripts_without_interpreter,
)
from find_libdeps.inventory import Inventory, take_inventory
from find_libdeps.ldconf import architecture_of
from find_libdeps.loader import Found, Missing, Place
from find_libdeps.report import (
    Cause,
    NotOffered,
    Nowhere,
    Offered,
    Role,
    Unresolved,
    Use,
    judge,
)
from find_libdeps.scan import Dlopen, Wish, scenes_of, wishes_of
from find_libdeps.scene import Scene, abi_name
from find_libdeps.sources import find_packages
from find_libdeps.system import System
from find_libdeps.target import NAMERS, Target, choose_target
from find_libdeps.tree import DirectoryTree, Kind, Tree
from find_libdeps.venv import SITES, is_executable, is_tagged

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
) -> Audit:
    """Find what in a root would not load or not run there. Nothing of it is run.

    Args:
        target: a root directory.
        paths: what to look at, as seen inside the root; none: all that no package has shipped.
        packaged: whether to look at what packages have shipped, too.
        ignore: patterns (`fnmatch`) of sonames that come in another way.
        exclude: patterns of files not to look at: of their name, or of the end of their path.
        library_path: LD_LIBRARY_PATH; None: what the image's configuration says.
        dlopen: which of the libraries count that Python source loads by name.

    Raises:
        TreeError: the root, or a path in it, does not exist, or its C library is musl.
        DatabaseError: the package database can't be used.
    """
    tree = DirectoryTree(Path(target))
    places = tuple(_place(tree, PurePosixPath("/", path)) for path in paths)
    scope = Scope(places, packaged, ignore, exclude, dlopen)
    return audit_system(System(tree, library_path or ""), scope)


def _place(tree: Tree, path: PurePosixPath) -> PurePosixPath:
    place = tree.resolve(path)
    if place is None:
        raise TreeError("audit", path, "No such file or directory")
    return place


def audit_system(system: System, scope: Scope) -> Audit:
    """Find what in a root would not load or not run there.

    Raises:
        TreeError: a path does not exist, or the system's library is musl.
        DatabaseError: the package database says something that can't be used.
    """
    tree = system.tree
    _refuse_musl(tree)
    tops = scope.paths or _tops(tree)
    found = take_inventory(tree, tops, system.read, scope.exclude)
    inventory = _narrowed(system, found, scope)
    usable, strangers = _by_architecture(system, inventory)
    with_source = scope.dlopen is not Dlopen.NONE
    packages = find_packages(tree, usable) if with_source else []
    scenes = scenes_of(system, usable, scope.ignore, packages, thorough=True)
    target = choose_target(system, None, None, None, {e.abi for e in usable.objects.values()})
    uses = target.settle([use for scene in scenes for use in scene.uses()])
    findings = [
        *strangers,
        *_misfits(scenes, usable),
        *_missing(uses),
        *_missing_versions(system, uses),
        *(_by_name(system, scenes, target, scope.dlopen) if with_source else ()),
        *_interpreters(system, usable, tops, scope),
        *map(_unreadable, inventory.problems),
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


def _narrowed(system: System, found: Inventory, scope: Scope) -> Inventory:
    """What no package has shipped: packages depend on what they need."""

    def is_wanted(path: PurePosixPath) -> bool:
        return scope.packaged or not system.owners(path)

    objects = {path: elf for path, elf in found.objects.items() if is_wanted(path)}
    inventory = Inventory(found.tops, objects)
    for path, elf in objects.items():
        for name in {path.name, elf.soname or path.name}:
            inventory.names[name].append(path)
    # everywhere but in a directory that was named, only what is on sys.path is sure to be Python's
    inventory.sources = [
        path
        for path in found.sources
        if (scope.paths or not set(SITES).isdisjoint(path.parts)) and is_wanted(path)
    ]
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
    name, level = abi_name(elf.abi), _level_of_object(path, elf)
    if system.architecture in ("", name):
        cause = "the dynamic loader that its libraries are loaded with does not exist"
        solution = "start from an image that has glibc"
        return Finding(level, Code.MISSING_INTERPRETER, str(loader), (Spot(path),), cause, solution)
    cause = f"it is for {name}, and the system is for {system.architecture}"
    solution = "build or install it for the image's architecture"
    return Finding(level, Code.WRONG_ARCHITECTURE, path.name, (Spot(path),), cause, solution)


def _level_of_object(path: PurePosixPath, elf: ElfObject) -> Level:
    return Level.ERROR if is_executable(elf) or is_tagged(path.name) else Level.WARNING


def _misfits(scenes: Iterable[Scene], inventory: Inventory) -> Iterator[Finding]:
    """Objects that can't be in one process with the others."""
    for misfit in (misfit for scene in scenes for misfit in scene.misfits):
        elf = inventory.objects[misfit.path]
        yield Finding(
            Level.ERROR if misfit.is_error else _level_of_object(misfit.path, elf),
            Code.MUSL_OBJECT if elf.is_musl else Code.WRONG_ARCHITECTURE,
            misfit.path.name,
            (Spot(misfit.path),),
            misfit.reason,
            "install the build of it that is for this system",
        )


def _missing(uses: Iterable[Use]) -> Iterator[Finding]:
    """The names for which the loader finds nothing."""
    missing = [use for use in uses if isinstance(use.need.outcome, Missing)]
    verdict = judge(missing, lambda package: False)
    for package in verdict.packages:
        for _, group in groupby(package.uses, key=lambda use: use.need.soname):
            yield _missing_library(list(group))
    for unresolved in verdict.unresolved:
        yield _unresolved(unresolved)


def _missing_library(uses: Sequence[Use], code: Code = Code.MISSING_LIBRARY) -> Finding:
    """A library that packages of the root's release have."""
    packages = _offered(uses)
    return Finding(
        _level(uses),
        code,
        uses[0].need.soname,
        _spots(uses),
        _CAUSES[Cause.MISSING],
        f"install {packages[0]}" if packages else "",
        packages,
        _places(uses),
    )


_CAUSES = {
    Cause.MISSING: "the loader finds no file of that name",
    Cause.NO_PROVIDER: "the loader finds no file of that name, and no package has it",
    Cause.NO_DATABASE: "the loader finds no file of that name",
    Cause.UNREACHABLE: "it is there, but its requester's search path does not lead to it",
    Cause.BROKEN_WHEEL: "its wheel should have brought it, and no package has such a library",
    Cause.LEFT_OUT: "its wheel brings other parts of that set, and no package's would fit them",
    Cause.HOST_INJECTED: "the container runtime mounts it",
}


def _unresolved(unresolved: Unresolved) -> Finding:
    cause = _CAUSES[unresolved.cause]
    level, code, solution = _level(unresolved.uses), Code.MISSING_LIBRARY, ""
    match unresolved.cause:
        case Cause.HOST_INJECTED:
            level = Level.NOTE
        case Cause.UNREACHABLE:
            code, level = Code.UNREACHABLE_LIBRARY, max(level, Level.WARNING, key=_LEVELS.index)
            copies = sorted({str(p) for use in unresolved.uses for p in _elsewhere(use)})
            cause = f"{', '.join(copies)} is not on its requester's search path"
            solution = "it loads only if something else has loaded that copy before"
        case Cause.BROKEN_WHEEL | Cause.LEFT_OUT:
            solution = "install a complete build of the package"
        case _:
            solution = f"copy it, or pass --ignore '{unresolved.soname}' if it comes later"
    return Finding(
        level,
        code,
        unresolved.soname,
        _spots(unresolved.uses),
        cause,
        solution,
        (),
        _places(unresolved.uses),
    )


def _elsewhere(use: Use) -> tuple[PurePosixPath, ...]:
    return use.origin.elsewhere if isinstance(use.origin, Nowhere | NotOffered) else ()


def _missing_versions(system: System, uses: Iterable[Use]) -> Iterator[Finding]:
    """Versions that are asked of a library that does not define them (glibc elf/dl-version.c)."""
    found: dict[tuple[str, PurePosixPath], list[Use]] = defaultdict(list)
    for use in uses:
        outcome = use.need.outcome
        library = system.tree.resolve(outcome.path) if isinstance(outcome, Found) else None
        defined = system.versions(library).defined if library else None
        requester = system.tree.resolve(use.need.requester)
        if library is None or defined is None or requester is None:
            continue
        for soname, versions in system.versions(requester).needed:
            if soname == use.need.soname:
                for version in versions:
                    if version not in defined:
                        found[version, library].append(use)
    for (version, library), group in sorted(found.items(), key=lambda item: item[0]):
        owner = next(iter(system.owners(library)), None)
        package = f" of {owner.name} {owner.version}" if owner else ""
        yield Finding(
            _level(group),
            Code.MISSING_VERSION,
            version,
            _spots(group),
            f"{library}{package} does not define it",
            "it was built for a newer system: build it on this release, or start from a newer one",
        )


def _by_name(
    system: System, scenes: Iterable[Scene], target: Target, dlopen: Dlopen
) -> Iterator[Finding]:
    """Libraries that something loads by itself, and none of whose names leads anywhere."""
    wishes = [wish for scene in scenes for wish in wishes_of(scene)]
    settled = iter(target.settle([use for wish in wishes for use in wish.uses]))
    for wish in wishes:
        uses = [next(settled) for _ in wish.uses]
        there = [use for use in uses if isinstance(use.need.outcome, Found)]
        if there and all(use.need.soname.endswith(".*") for use in there):
            yield from _unnamed(system, there)
        if there or not uses:
            continue
        use = Wish(wish.is_urgent, uses).fulfilled
        if use is None:
            continue  # a name of which no release has heard is hardly one that is meant
        finding = _missing_library([use], Code.MISSING_BY_NAME)
        urgent = dlopen is Dlopen.ALL or wish.is_urgent()
        if urgent:
            yield replace(finding, level=Level.ERROR)
        else:
            cause = f"{finding.cause}; it is loaded on demand only"
            yield replace(finding, level=Level.NOTE, cause=cause)


def _unnamed(system: System, uses: Sequence[Use]) -> Iterator[Finding]:
    """What is there, but can't be found without its version (Lib/ctypes/util.py)."""
    if not any(map(system.tree.resolve, NAMERS)):
        yield Finding(
            Level.WARNING,
            Code.NO_LDCONFIG,
            "ldconfig",
            _spots(uses),
            "ctypes finds a library by its bare name with ldconfig or a compiler, and has neither",
            "install libc-bin",
        )


def _interpreters(
    system: System, inventory: Inventory, tops: Sequence[PurePosixPath], scope: Scope
) -> Iterator[Finding]:
    """What is wrong with what should run the files."""
    prefixes = _environments(system.tree, tops)
    broken = list(broken_environments(system.tree, prefixes))
    yield from broken
    yield from modules_of_another_python(inventory.objects)
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


def _environments(tree: Tree, tops: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """The virtual environments below some places, and those that the places are in."""
    above = [
        parent
        for top in tops
        for parent in top.parents
        if tree.entry(parent / "pyvenv.cfg") is not None
    ]
    below = [
        path.parent
        for top in tops
        if (entry := tree.entry(top)) and entry.kind is Kind.DIRECTORY
        for path, _ in tree.walk(top, lambda name: name == "pyvenv.cfg", lambda error: None)
    ]
    return list(dict.fromkeys((*above, *below)))


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


_LEVELS = list(Level)
"""The worst first."""


def _level(uses: Iterable[Use]) -> Level:
    """How bad it is for those who ask."""
    return min((_level_of_use(use) for use in uses), key=_LEVELS.index)


def _level_of_use(use: Use) -> Level:
    if use.role is not Role.REQUIRED:
        return Level.WARNING
    # slim images leave out what some modules of the standard library need, such as Tk
    return Level.NOTE if use.need.requester.parent.name == "lib-dynload" else Level.ERROR


def _offered(uses: Iterable[Use]) -> tuple[Package, ...]:
    origins = (use.origin for use in uses)
    packages = (p for o in origins if isinstance(o, Offered) for p in (o.package, *o.others))
    return tuple(dict.fromkeys(packages))


def _spots(uses: Iterable[Use]) -> tuple[Spot, ...]:
    return tuple(sorted({Spot(use.need.requester, use.line or 0) for use in uses}))


def _places(uses: Sequence[Use]) -> tuple[Place, ...]:
    first = min(uses, key=lambda use: Spot(use.need.requester, use.line or 0))
    return first.need.outcome.places if isinstance(first.need.outcome, Missing) else ()


def _order(finding: Finding) -> tuple[int, str, str, tuple[Spot, ...]]:
    return _LEVELS.index(finding.level), finding.code.value, finding.name, finding.spots
