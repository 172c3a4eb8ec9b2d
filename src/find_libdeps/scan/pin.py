"""A list with versions: those that the builder has, or that its apt would install."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from find_libdeps.debian.apt import Apt
from find_libdeps.debian.package import Package, checked
from find_libdeps.debian.release import read_release
from find_libdeps.errors import ReleaseError
from find_libdeps.report.report import PackageUse, Report
from find_libdeps.roots.directory import DirectoryTree


def with_versions(report: Report, root: PurePath | str = "/", *, essential: bool = False) -> Report:
    """Give the packages of the list the versions that they have in the builder.

    Those that are named by an index are not installed there, and no index knows versions: they
    would be old with the next point release. The builder's apt is asked then, if its release is the
    target's.

    Args:
        report: what was found.
        root: the builder's root.
        essential: also pin what every Debian system has.

    Raises:
        DatabaseError: a version is malformed.
    """
    listed = report.to_install(essential=essential)
    open_ = [package for package in listed if not package.version]
    versions = _of_apt(open_, report) if open_ and Path(root) == Path("/") else {}
    packages = tuple(
        _pinned(use, versions) if use.package in listed else use for use in report.packages
    )
    return replace(report, packages=packages)


def _pinned(use: PackageUse, versions: Mapping[Package, str]) -> PackageUse:
    version = use.package.version or versions.get(use.package, "")
    package = replace(use.package, version=version, pinned=bool(version))
    return replace(use, package=checked(package, "apt's lists"))


def _of_apt(packages: Collection[Package], report: Report) -> dict[Package, str]:
    if read_release(DirectoryTree("/")) != report.release:
        return {}
    try:
        return Apt().versions(packages)
    except ReleaseError:  # no apt, or it knows nothing yet
        return {}
