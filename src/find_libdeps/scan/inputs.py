"""Looks up what the caller names: the paths to scan, the target and its index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from find_libdeps.elf.readers import Reader
from find_libdeps.errors import TreeError
from find_libdeps.needs.system import System
from find_libdeps.needs.unscannable import why_missing
from find_libdeps.process.progress import Progress
from find_libdeps.report.report import Report
from find_libdeps.roots.directory import DirectoryTree, named_place
from find_libdeps.roots.tree import Kind


class ScanInput(NamedTuple):
    """What is to be scanned."""

    tree: DirectoryTree
    """The builder's files, with wheels as if they were installed."""
    tops: Sequence[PurePosixPath]
    """The paths to scan as places in the tree: directories, or single files."""
    problems: Sequence[TreeError] = ()
    """Errors of the wheels that are left out."""
    rename: Callable[[Report], Report] = lambda report: report
    """Renames the files of wheels in a report to their names in the archives."""
    inflated: Callable[[PurePosixPath], int] = lambda path: 0
    """How many bytes a file has that is inflated when it is read; 0 for another one."""


def look_up(root: str | PathLike[str], paths: Iterable[str]) -> ScanInput:
    """Look up the paths to scan.

    Args:
        root: the builder's root directory.
        paths: as seen inside the root; if it is ``/``, relative ones start at the working
            directory.

    Raises:
        TreeError: a path, or the root, does not exist; or a wheel is damaged.
    """
    tree = DirectoryTree(Path(root))
    places = list(dict.fromkeys(_place(tree, path) for path in paths))
    wheels = [place for place in places if _is_wheel(tree, place)]
    if not wheels:
        return ScanInput(tree, places)
    from find_libdeps.python.wheel_tree import WheelTree  # most scans have no wheels
    from find_libdeps.scan.renamed import renamed

    installed = WheelTree(tree, wheels)
    tops = [*(place for place in places if place not in wheels), *installed.prefixes]
    named = partial(renamed, name=installed.name_in_archive, paths=places)
    return ScanInput(installed, tops, installed.problems, named, installed.inflated)


def _place(tree: DirectoryTree, path: str) -> PurePosixPath:
    """The place in a tree that a path to scan leads to."""
    try:
        return named_place(tree, path, "scan")
    except TreeError as error:
        raise TreeError(error.verb, error.name, why_missing(path, str(error.cause))) from None


def _is_wheel(tree: DirectoryTree, place: PurePosixPath) -> bool:
    """Whether a path to scan is a wheel, by its name."""
    entry = tree.entry(place)
    return place.suffix == ".whl" and entry is not None and entry.kind is Kind.FILE


def target_system(
    target: str | PathLike[str],
    platform: str | None,
    plain_http: bool,
    library_path: str,
    progress: Progress,
    reader: Reader,
) -> System:
    """Open the target. Without `library_path`, its own LD_LIBRARY_PATH counts.

    Raises:
        TreeError: there is no such directory or file, or it is a system of another distribution
            than Debian and its derivatives.
        ImageError: an image, or an archive of one, can't be read.
    """
    from find_libdeps.needs.probe import probe  # most scans have no target
    from find_libdeps.roots.instructions import Instructions
    from find_libdeps.roots.opening import open_root

    seen = partial(probe, reader=reader)
    how = Instructions(seen, progress, platform, plain_http=plain_http)
    root = open_root(target, how)
    configured = dict(root.config.environment).get("LD_LIBRARY_PATH", "")
    system = System(root.tree, library_path or configured, root.config.architecture, reader)
    system.refuse_foreign("name packages of", target)
    return system
