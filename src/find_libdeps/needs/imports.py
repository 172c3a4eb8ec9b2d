"""What importing the packages of an environment loads: once the list is installed, or as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from find_libdeps.elf.objects import Abi
from find_libdeps.elf.sonames import Soname
from find_libdeps.needs.loads import NO_LOADS, PythonLoads
from find_libdeps.needs.provision import Provision
from find_libdeps.needs.scanned_objects import ScannedObjects
from find_libdeps.needs.target import Target
from find_libdeps.python.survey import PackageSurvey
from find_libdeps.roots.directory import DirectoryTree


def loads_with_packages(
    target: Target, scanned: ScannedObjects, packages: Sequence[PackageSurvey]
) -> PythonLoads:
    """What is loaded where all packages of the target's release can be installed."""
    abi = scanned.abi
    if abi is None or not _may_load(packages):
        return NO_LOADS
    provision = Provision(scanned, abi, target)
    return _evaluated(scanned, abi, packages, provision, provision.prepare)


def loads_as_it_is(scanned: ScannedObjects, packages: Sequence[PackageSurvey]) -> PythonLoads:
    """What is loaded with the libraries that the root has."""
    abi = scanned.abi
    if abi is None or not _may_load(packages):
        return NO_LOADS

    def is_there(soname: Soname) -> bool:
        return scanned.is_ignored(soname) or scanned.system.has(soname, abi)

    return _evaluated(scanned, abi, packages, is_there, _nothing_to_prepare)


def _may_load(packages: Sequence[PackageSurvey]) -> bool:
    return any(source.may_load for package in packages for source in package.sources)


def _nothing_to_prepare(sonames: Iterable[Soname]) -> None:
    return None


def _evaluated(
    scanned: ScannedObjects,
    abi: Abi,
    packages: Sequence[PackageSurvey],
    is_there: Callable[[Soname], bool],
    prepare: Callable[[Iterable[Soname]], None],
) -> PythonLoads:
    # most virtualenvs need none of these
    from find_libdeps.needs.packages import Worlds, evaluate_loads
    from find_libdeps.needs.python_world import Files, PythonWorld, host_of, prefix_of

    sites = list(dict.fromkeys(package.site for package in packages))
    environment = scanned.environment
    host = host_of(abi, environment.prefix if environment else prefix_of(sites[0]), sites)
    files = Files(scanned.system.tree)
    real, full = (
        PythonWorld(scanned.system, abi, host, files, is_found)
        for is_found in (is_there, lambda soname: True)
    )
    can_fork = type(scanned.system.tree) is DirectoryTree  # open archives can't be shared
    loads = evaluate_loads(packages, Worlds(real, full), prepare, can_fork=can_fork)
    return loads._replace(problems=tuple(files.problems.values()))
