"""Versions for the list: those that the builder has, or that its apt would install."""

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

    Packages that an index names are not installed there, and indexes have no versions: these change
    with every point release. For such packages the builder's apt is asked, if the builder has the
    target's release.

    Args:
        report: what was found.
        root: the builder's root.
        essential: also pin what every Debian system has.

    Raises:
        DatabaseError: a version is malformed.
    """
    listed = report.to_install(essential=essential)
    unversioned = [package for package in listed if not package.version]
    versions = _of_apt(unversioned, report) if unversioned and Path(root) == Path("/") else {}
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
    except ReleaseError:  # no apt, or it has no lists yet
        return {}
