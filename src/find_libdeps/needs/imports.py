"""What importing the packages of an environment loads: once the list is installed, or as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from find_libdeps.elf.objects import Abi
from find_libdeps.elf.sonames import Soname
from find_libdeps.importing.world import Host
from find_libdeps.needs.packages import NO_LOADS, PythonLoads, Worlds, evaluate_loads
from find_libdeps.needs.provision import Provision
from find_libdeps.needs.python_world import PythonWorld, host_of, prefix_of
from find_libdeps.needs.scanned_objects import ScannedObjects
from find_libdeps.needs.target import Target
from find_libdeps.python.survey import PackageSurvey


def loads_with_packages(
    target: Target, scanned: ScannedObjects, packages: Sequence[PackageSurvey]
) -> PythonLoads:
    """What is loaded where all packages of the target's release can be installed."""
    abi = scanned.abi
    if abi is None or not packages:
        return NO_LOADS
    provision = Provision(scanned, abi, target)
    worlds = _worlds(scanned, abi, packages, provision)
    return evaluate_loads(packages, worlds, provision.prepare)


def loads_as_it_is(scanned: ScannedObjects, packages: Sequence[PackageSurvey]) -> PythonLoads:
    """What is loaded with the libraries that the root has."""
    abi = scanned.abi
    if abi is None or not packages:
        return NO_LOADS

    def is_there(soname: Soname) -> bool:
        return scanned.is_ignored(soname) or scanned.system.has(soname, abi)

    return evaluate_loads(packages, _worlds(scanned, abi, packages, is_there), _nothing_to_prepare)


def _nothing_to_prepare(sonames: Iterable[Soname]) -> None:
    return None


def _worlds(
    scanned: ScannedObjects,
    abi: Abi,
    packages: Sequence[PackageSurvey],
    is_there: Callable[[Soname], bool],
) -> Worlds:
    host = _host(scanned, abi, packages)
    of_glibc = frozenset({"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"})
    real, full, empty = (
        PythonWorld(scanned.system, abi, host, is_found)
        for is_found in (is_there, lambda soname: True, of_glibc.__contains__)
    )
    return Worlds(real, full, empty)


def _host(scanned: ScannedObjects, abi: Abi, packages: Sequence[PackageSurvey]) -> Host:
    sites = list(dict.fromkeys(package.site for package in packages))
    environment = scanned.environment
    return host_of(abi, environment.prefix if environment else prefix_of(sites[0]), sites)
