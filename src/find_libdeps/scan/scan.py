"""The story: the files of a tree, their needs, where the loader finds each, and whose that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path, PurePosixPath

from find_libdeps.debian.index import Index, decode_index
from find_libdeps.debian.package import Package
from find_libdeps.debian.release import parse_release
from find_libdeps.errors import FindLibdepsError, ReleaseError, TreeError
from find_libdeps.needs.by_name import Dlopen, Wish, wishes_of
from find_libdeps.needs.environment import scanned_environments
from find_libdeps.needs.inventory import Inventory, Listing, list_files, take_inventory
from find_libdeps.needs.packages import PythonPackage, python_packages
from find_libdeps.needs.system import System
from find_libdeps.needs.target import Target, choose_target
from find_libdeps.needs.use import Role, Use, packages_of
from find_libdeps.process.progress import Progress, no_progress
from find_libdeps.process.workers import aside
from find_libdeps.python.distribution import find_distributions
from find_libdeps.python.extension import is_tagged
from find_libdeps.python.sources import Loading, by_package, find_loading, gathered
from find_libdeps.report.judge import judge
from find_libdeps.report.report import Problem, Report
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Kind, Tree


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
    plugins: bool = True,
    files: bool = False,
    progress: Progress = no_progress,
) -> Report:
    """Find the packages that the ELF files below some paths need.

    Nothing that is found is run, and no LD_LIBRARY_PATH of this process counts.

    Args:
        paths: virtualenvs, other directories, wheels or single ELF files, as seen inside `root`.
            The wheels are looked at as if they were installed together.
        root: the builder's root directory.
        target: the target's root directory, an archive or the name of an image: names are those
            of its release, and what it has is left out. None: a system of the builder's release
            that has nothing.
        release: the target's release (``debian:13``), if it is not that of `target` or `root`.
        index: a file with the index of that release; None: the one that comes with this package.
        library_path: what LD_LIBRARY_PATH will be in the target.
        ignore: patterns (`fnmatch`) of sonames that something else provides.
        exclude: patterns of files not to look at: of their name, or of the end of their path.
        dlopen: which of the libraries count that Python source loads by name.
        plugins: whether the needs of files count that something may load and can do without.
        files: whether the files to copy into a target without packages are wanted, too.
        progress: is told how many bytes have been read of a target that is an archive or an image,
            and of how many.

    Raises:
        TreeError: a path, or a root, doesn't exist; or a wheel is damaged.
        ImageError: the target's image, or an archive of it, can't be read.
        DatabaseError: a package database can't be used.
        ReleaseError: names of that release are asked for, and no index of it is here.
    """
    tree = DirectoryTree(Path(root))
    tops = given = list(dict.fromkeys(_place(tree, path) for path in paths))
    wheels = [top for top in given if _is_wheel(tree, top)]
    if wheels:
        from find_libdeps.python.wheel_tree import (
            WheelTree,  # costs time that most scans can do without
        )

        tree = with_wheels = WheelTree(tree, wheels)
        tops = [*(top for top in given if top not in wheels), *with_wheels.prefixes]
    listing = list_files(tree, tops, exclude)
    with _reading_sources(tree, listing, dlopen) as loading:
        builder = System(tree, library_path)
        going_to = _system(target, library_path, progress) if target else None
        inventory = take_inventory(tree, listing, builder.read, exclude)
        destination = choose_target(
            builder,
            going_to,
            parse_release(release) if release else None,
            _read_index(Path(index)) if index else None,
            {elf.abi for elf in inventory.objects.values()},
        )

        def packages() -> list[PythonPackage]:
            loads, unread = loading()
            inventory.problems += [*unread, *(with_wheels.problems if wheels else ())]
            return python_packages(tree, loads, inventory)

        report = scan(
            builder, inventory, packages, destination, ignore, dlopen, plugins=plugins, files=files
        )
    return with_wheels.named(report, given) if wheels else report


@contextmanager
def _reading_sources(
    tree: Tree, listing: Listing, dlopen: Dlopen
) -> Iterator[Callable[[], tuple[list[Loading], list[TreeError]]]]:
    """Read the sources, half of the whole work, beside what is done inside, if that can be.

    Yields:
        what waits for the packages that load libraries, and for the files that can't be read.
    """
    packages = by_package(listing.sources, listing.tops) if dlopen is not Dlopen.NONE else []
    packages.sort(key=lambda package: len(package.paths), reverse=True)  # none is left to the end
    find = partial(find_loading, tree)
    with (
        aside(find, packages)
        if type(tree) is DirectoryTree  # wheels are open
        else nullcontext(lambda: list(map(find, packages)))
    ) as results:
        yield lambda: gathered(results())


def scan(
    builder: System,
    inventory: Inventory,
    packages: Callable[[], Sequence[PythonPackage]],
    target: Target,
    ignore: Sequence[str] = (),
    dlopen: Dlopen = Dlopen.AT_IMPORT,
    *,
    plugins: bool = True,
    files: bool = False,
) -> Report:
    """Find what the objects of an inventory, and packages, need in a target; see `scan_paths`.

    The packages are asked for late: meanwhile they may still be read.
    """
    with_source = dlopen is not Dlopen.NONE
    scenes = scanned_environments(builder, inventory, ignore, packages)
    roles = tuple(Role) if plugins else (Role.REQUIRED, Role.DLOPEN)
    elf = [use for scene in scenes for use in scene.uses() if use.role in roles]
    wishes = [wish for scene in scenes for wish in wishes_of(scene, roles)] if with_source else []
    asked = [*elf, *(use for wish in wishes for use in wish.uses)]
    requesters = (use.need.requester for use in asked)
    distributions, brought = find_distributions(
        builder.tree, builder.environment, (*inventory.tops, *requesters)
    )
    settled = iter(target.settle(use.brought_by(brought.get(use.need.requester)) for use in asked))
    uses = [next(settled) for _ in elf]
    met = [Wish(wish.is_urgent, [next(settled) for _ in wish.uses]) for wish in wishes]
    loaded, on_demand = _by_time(met, target, uses, dlopen)
    verdict = judge([*uses, *loaded], target.is_essential)
    listed = {use.package for use in verdict.packages}
    hints = judge(on_demand, target.is_essential).packages
    closure = None
    if files:
        from find_libdeps.scan.closure import close  # few ask for files

        closure = close(scenes, roles, [*uses, *loaded], target.system)
    problems = (*inventory.problems, *(closure.problems if closure else ()))
    return Report(
        paths=inventory.tops,
        release=target.release,
        objects=len(inventory.objects),
        packages=verdict.packages,
        hints=tuple(use for use in hints if use.package not in listed and not use.essential),
        copies=() if closure else verdict.copies,
        # whoever copies a file need not know whose it is
        unresolved=tuple(u for u in verdict.unresolved if not (closure and u.is_only_unowned)),
        met=verdict.met,
        distributions=distributions,
        misfits=tuple(misfit for scene in scenes for misfit in scene.misfits),
        links=tuple(inventory.links.items()),
        find_library_fails=target.find_library_fails(loaded),
        problems=tuple(map(_problem, problems)),
        files=closure,
    )


def _by_time(
    wishes: Sequence[Wish], target: Target, uses: Sequence[Use], dlopen: Dlopen
) -> tuple[list[Use], list[Use]]:
    """What is loaded at import, and what on demand only."""
    listed_anyway = set[Package]()
    if wishes:
        listed_anyway.update(use.package for use in judge(uses, target.is_essential).packages)
    at_import, on_demand = dict[object, Use](), dict[object, Use]()
    for wish in wishes:
        use = wish.fulfilled
        if use is not None:
            # what runs at import is worth finding out only where the list depends on it
            needless = all(
                package in listed_anyway or target.is_essential(package)
                for package in packages_of(use.origin)
            )
            urgent = None if needless else wish.is_urgent()
            listed = urgent or needless or dlopen is Dlopen.ALL
            place = use.need.requester, use.line, use.need.soname
            (at_import if listed else on_demand)[place] = replace(use, at_import=urgent)
    return list(at_import.values()), [on_demand[p] for p in on_demand if p not in at_import]


def _problem(error: FindLibdepsError) -> Problem:
    """What could not be read is an error where Python would load it, or look into it."""
    is_module = is_tagged(PurePosixPath(str(error.name)).name)
    return Problem(error, is_module or error.verb in ("list", "follow"))


def _is_wheel(tree: DirectoryTree, path: PurePosixPath) -> bool:
    entry = tree.entry(path)
    return path.suffix == ".whl" and entry is not None and entry.kind is Kind.FILE


def _system(target: str | PathLike[str], library_path: str, progress: Progress) -> System:
    """The target; its own LD_LIBRARY_PATH counts where no other is given."""
    from find_libdeps.roots.opening import open_root  # most scans know no target

    root = open_root(target, progress)
    configured = dict(root.config.environment).get("LD_LIBRARY_PATH", "")
    return System(root.tree, library_path or configured, root.config.architecture)


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
        if tree.is_loop(PurePosixPath(inside)):
            cause = "Too many levels of symbolic links"
        raise TreeError("scan", path, cause)
    return real
