"""Finds the application's own code, among what is scanned and where it was installed from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath

from find_libdeps.needs.inventory import list_files
from find_libdeps.python.own_code import (
    LocalDistribution,
    by_import_path,
    has_standard_library,
    is_installed,
    local_distributions,
    own_among,
)
from find_libdeps.python.survey import PackageSurvey, by_package, survey
from find_libdeps.python.venv import SITES, Environments
from find_libdeps.roots.tree import Tree


def with_own_code(
    tree: Tree,
    environment: Environments,
    packages: Sequence[PackageSurvey],
    tops: Sequence[PurePosixPath],
    exclude: Sequence[str] = (),
) -> list[PackageSurvey]:
    """The scanned packages, with the application's own ones marked.

    Without a directory that packages are installed into, no code is own: it may be that of any
    package.

    Args:
        tree: where they are.
        environment: which environment a place is in.
        packages: those that are scanned, sorted by the directories that they are in.
        tops: the paths to scan.
        exclude: patterns of files not to look at.
    """
    installed, own = list[PackageSurvey](), list[PackageSurvey]()
    local = dict[PurePosixPath, list[LocalDistribution]]()
    for site, group in groupby(packages, key=lambda package: package.site):
        if is_installed(tree, site):
            local[site] = local_distributions(tree, site)
            installed += own_among(tree, site, list(group), local[site])
        else:
            is_other = environment(site) is not None or has_standard_library(tree, site)
            (installed if is_other else own).extend(group)
    if not local:
        return list(packages)
    edited = [e.directory for site in sorted(local) for e in local[site] if e.is_editable]
    own += _editable(tree, edited, tops, exclude)
    return [*installed, *by_import_path(tree, own)]


def _editable(
    tree: Tree,
    directories: Iterable[PurePosixPath],
    tops: Sequence[PurePosixPath],
    exclude: Sequence[str],
) -> Iterator[PackageSurvey]:
    """The sources of editable installs that are in no path to scan."""
    for directory in dict.fromkeys(directories):
        place = tree.resolve(directory)
        if place is None or any(top in (place, *place.parents) for top in tops):
            continue
        sources = [path for path in list_files(tree, [place], exclude).sources if _is_own(path)]
        for package in by_package(sources, [place]):
            yield survey(tree, package)


def _is_own(path: PurePosixPath) -> bool:
    return not any(name in path.parts for name in SITES)
