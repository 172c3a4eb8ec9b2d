"""The story: the files of a tree, their needs, where the loader finds each, and whose that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from enum import Enum
from functools import cache, partial
from os import PathLike
from pathlib import Path, PurePosixPath

from find_libdeps.contents import Index, decode_index
from find_libdeps.dpkg import Package
from find_libdeps.errors import ReleaseError, TreeError
from find_libdeps.inventory import Inventory, take_inventory
from find_libdeps.release import parse_release
from find_libdeps.report import NotOffered, Nowhere, Offered, Problem, Report, Shipped, Use, judge
from find_libdeps.scene import Scene
from find_libdeps.sources import find_packages
from find_libdeps.system import System
from find_libdeps.target import Target, choose_target
from find_libdeps.tree import DirectoryTree
from find_libdeps.venv import Environment, environment_of, is_tagged


class Dlopen(Enum):
    """Which libraries count that Python source loads by name."""

    NONE = "none"
    AT_IMPORT = "import"
    """Those that importing a package loads; the others are hints."""
    ALL = "all"


def scan_paths(
    paths: Sequence[str | PathLike[str]],
    *,
    root: str | PathLike[str] = "/",
    target: str | PathLike[str] | None = None,
    release: str | None = None,
    index: str | PathLike[str] | None = None,
    library_path: str = "",
    ignore: Sequence[str] = (),
    exclude: Sequence[str] = (),
    dlopen: Dlopen = Dlopen.AT_IMPORT,
) -> Report:
    """Find the packages that the ELF files below some paths need.

    Nothing that is found is run, and no LD_LIBRARY_PATH of this process counts.

    Args:
        paths: virtualenvs, other directories or single ELF files, as seen inside `root`.
        root: the builder's root directory.
        target: the target's root directory: names are those of its release, and what it has
            is left out. None: a system of the builder's release that has nothing.
        release: the target's release (``debian:13``), if it is not that of `target` or `root`.
        index: a file with the index of that release; None: the one that comes with this package.
        library_path: what LD_LIBRARY_PATH will be in the target.
        ignore: patterns (`fnmatch`) of sonames that something else provides.
        exclude: patterns of files not to look at: of their name, or of the end of their path.
        dlopen: which of the libraries count that Python source loads by name.

    Raises:
        TreeError: a path, or a root, doesn't exist.
        DatabaseError: a package database can't be used.
        ReleaseError: names of that release are asked for, and no index of it is here.
    """
    tree = DirectoryTree(Path(root))
    tops = list(dict.fromkeys(_place(tree, path) for path in paths))
    builder = System(tree, library_path)
    going_to = System(DirectoryTree(Path(target)), library_path) if target else None
    inventory = take_inventory(tree, tops, builder.read, exclude)
    destination = choose_target(
        builder,
        going_to,
        parse_release(release) if release else None,
        _read_index(Path(index)) if index else None,
        {elf.abi for elf in inventory.objects.values()},
    )
    return scan(builder, inventory, destination, ignore, dlopen)


def scan(
    builder: System,
    inventory: Inventory,
    target: Target,
    ignore: Sequence[str] = (),
    dlopen: Dlopen = Dlopen.AT_IMPORT,
) -> Report:
    """Find what the objects and sources of an inventory need in a target; see `scan_paths`."""
    packages = find_packages(builder.tree, inventory) if dlopen is not Dlopen.NONE else []
    environment = cache(partial(environment_of, builder.tree))
    members: dict[Environment | None, list[PurePosixPath]] = defaultdict(list)
    for path in inventory.objects:
        members[environment(path.parent)].append(path)
    for package in packages:
        members[environment(package.site)] += ()
    scenes = {
        prefix: Scene(builder, inventory, ignore, packages, prefix, paths)
        for prefix, paths in members.items()
    }
    asked = [
        (partial(package.loads_at_import, load), scene.uses_of(package, load))
        for package in packages
        for scene in (scenes[environment(package.site)],)
        for load in package.loads
    ]
    asked += [
        (partial(bool, required), names)
        for scene in scenes.values()
        for required, names in (scene.uses_of_notes() if dlopen is not Dlopen.NONE else ())
    ]
    elf = [use for scene in scenes.values() for use in scene.uses()]
    settled = iter(target.settle([*elf, *(use for _, names in asked for use in names)]))
    uses = [next(settled) for _ in elf]
    listed_anyway = {use.package for use in judge(uses, target.is_essential).packages}
    loaded, on_demand = list[Use](), list[Use]()
    for loads_at_import, names in asked:
        use = _first_met([next(settled) for _ in names])
        if use is None:
            continue
        # what runs at import is worth finding out only where the list depends on it
        known = all(p in listed_anyway or target.is_essential(p) for p in _packages(use))
        at_import = known or dlopen is Dlopen.ALL or loads_at_import()
        (loaded if at_import else on_demand).append(use)
    verdict = judge([*uses, *loaded], target.is_essential)
    listed = {use.package for use in verdict.packages}
    hints = judge(on_demand, target.is_essential).packages
    return Report(
        paths=inventory.tops,
        release=target.release,
        objects=len(inventory.objects),
        packages=verdict.packages,
        hints=tuple(use for use in hints if use.package not in listed and not use.essential),
        copies=verdict.copies,
        unresolved=verdict.unresolved,
        misfits=tuple(misfit for scene in scenes.values() for misfit in scene.misfits),
        links=tuple(inventory.links.items()),
        find_library_fails=target.find_library_fails(loaded),
        problems=tuple(
            Problem(
                problem, is_tagged(PurePosixPath(str(problem.name)).name) or problem.verb == "list"
            )
            for problem in inventory.problems
        ),
    )


def _read_index(path: Path) -> Index:
    try:
        return decode_index(path.read_bytes(), path.name)
    except OSError as error:
        raise ReleaseError("read the index", path, error.strerror) from None


def _place(tree: DirectoryTree, path: str | PathLike[str]) -> PurePosixPath:
    """Where a path to scan leads inside the root."""
    if not str(path):
        raise TreeError("scan", path, "an empty path")
    try:
        inside = Path(path).absolute() if tree.root == Path("/") else Path("/") / path
    except FileNotFoundError:
        raise TreeError("scan", path, "the working directory is gone") from None
    real = tree.resolve(PurePosixPath(inside))
    if real is None:
        denied = any(str(inside).startswith(place) for place in tree.denied)
        cause = "Permission denied" if denied else "No such file or directory"
        raise TreeError("scan", path, cause)
    return real


def _first_met(uses: Sequence[Use]) -> Use | None:
    """Of several names for one library the first that leads somewhere."""
    return next((u for u in uses if not isinstance(u.origin, Nowhere | NotOffered)), None)


def _packages(use: Use) -> tuple[Package, ...]:
    match use.origin:
        case Shipped(packages=packages):
            return packages
        case Offered(package=package):
            return (package,)
    return ()
