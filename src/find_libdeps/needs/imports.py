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


def loads_in_image(
    target: Target, scanned: ScannedObjects, packages: Sequence[PackageSurvey]
) -> PythonLoads:
    """What is loaded where all packages of the release are, and which of that the root lacks.

    An import that ends at the first missing library does not tell the next. So what it loads with
    the packages counts, and whether it goes on without a library is asked of the root as it is.
    """
    abi = scanned.abi
    if abi is None or not _may_load(packages):
        return NO_LOADS

    def is_there(soname: Soname) -> bool:
        return scanned.is_ignored(soname) or scanned.system.has(soname, abi)

    provided = loads_with_packages(target, scanned, packages)
    if all(is_there(soname) for load in provided.loads for soname in load.sonames):
        return provided
    real = _evaluated(scanned, abi, packages, is_there, _nothing_to_prepare)
    optional = {s for load in real.loads if not load.is_met and not load.ends for s in load.sonames}
    return provided._replace(
        loads=tuple(
            load._replace(is_met=False, ends=load.ends or optional.isdisjoint(load.sonames))
            if load.at_import and not any(map(is_there, load.sonames))
            else load
            for load in provided.loads
        )
    )


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
