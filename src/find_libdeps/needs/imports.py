"""What importing the packages of an environment loads: once the list is installed, or as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from find_libdeps.elf.outcome import Found, Need
from find_libdeps.elf.sonames import Soname
from find_libdeps.needs.loads import NO_LOADS, NewestTypelib, PythonLoads, UnknownLoad
from find_libdeps.needs.provision import Libraries, OwnLibraries, Provision
from find_libdeps.needs.scanned_objects import ScannedObjects
from find_libdeps.needs.shortage import loads_as_it_is
from find_libdeps.needs.target import Target
from find_libdeps.needs.use import OWN_CODE, Role
from find_libdeps.python.own_code import own_places
from find_libdeps.python.survey import PackageSurvey
from find_libdeps.python.venv import share_package

if TYPE_CHECKING:
    from find_libdeps.importing.applications import Program
    from find_libdeps.importing.evaluator import Evaluation
    from find_libdeps.importing.world import World
    from find_libdeps.needs.variants import Choice


def loads_with_packages(
    target: Target, scanned: ScannedObjects, packages: Sequence[PackageSurvey]
) -> PythonLoads:
    """What is loaded where all packages of the target's release can be installed."""
    own = own_places(packages)
    if not (own or _may_load(packages)):
        return NO_LOADS
    return _Imports(target, scanned, packages).with_packages()._replace(own_code=own)


def loads_in_image(
    target: Target, scanned: ScannedObjects, packages: Sequence[PackageSurvey]
) -> PythonLoads:
    """What is loaded where all packages of the release are, and which of that the root lacks.

    An import that ends at the first missing library does not tell the next. So what it loads with
    the packages counts, and whether it goes on without a library is asked of the root as it is.
    """
    if not _may_load(packages):
        return NO_LOADS

    imports = _Imports(target, scanned, packages, is_hopeful=True)
    provided = imports.with_packages()
    asked = [load for load in provided.loads if load.at_import]
    missed = {load for load in asked if not any(map(imports.is_there, load.sonames))}
    if not missed:
        return provided
    real, is_unknown = imports.as_they_are(), not target.catalogues
    return loads_as_it_is(provided, real, missed, imports.content, any_would_do=is_unknown)


def _may_load(packages: Sequence[PackageSurvey]) -> bool:
    return any(source.may_load for package in packages for source in package.sources)


class _Imports:
    """The imports of one environment's packages, to be evaluated in one world or several."""

    def __init__(
        self,
        target: Target,
        scanned: ScannedObjects,
        packages: Sequence[PackageSurvey],
        *,
        is_hopeful: bool = False,
    ) -> None:
        # most virtualenvs need none of these modules
        from find_libdeps.needs.python_world import Files, host_of, prefix_of
        from find_libdeps.needs.selection import Environment, find_roots, look_at_packages

        self._scanned, self._abi, self._packages = scanned, scanned.abi_of_names, packages
        self._own_sources = [s for package in packages if package.is_own for s in package.sources]
        own_first = sorted(packages, key=lambda package: not package.is_own)  # as a script's own
        self._sites = sites = list(dict.fromkeys(package.site for package in own_first))
        installed = next((each.site for each in packages if not each.is_own), sites[0])
        environment = scanned.environment
        self._host = host_of(
            self._abi, environment.prefix if environment else prefix_of(installed), sites
        )
        self._files = Files(scanned.system.tree)
        self.content = self._files.content
        self._own = OwnLibraries(scanned, self._abi)
        self._provision = Provision(scanned, self._abi, target, is_hopeful=is_hopeful)
        world = self._world(self._provision)
        self._everything = Environment(packages, scanned.system.tree)
        self._looked = look_at_packages(self._everything, world, self._provision.find)
        self._roots = find_roots(self._everything, self._looked)

    def with_packages(self) -> PythonLoads:
        """What is loaded where all packages of the target's release can be installed."""
        loads = self._evaluated(self._provision, self._choices(self._provision))
        newest = (
            NewestTypelib(load.place, load.sonames[0], self._provision.passed_over(load.sonames[0]))
            for load in loads.loads
            if load.is_newest
        )
        return loads._replace(newest=tuple(each for each in newest if each.others))

    def _choices(self, provision: Provision) -> list[Choice]:
        """Which file is loaded for each module that is there in several variants."""
        from find_libdeps.needs.variants import choose, find_variants

        paths, python = self._scanned.by_path if self._looked else (), self._host.python[1]
        found = list(find_variants(paths, self._sites, python, self._needs_of))
        provision.prepare(name for variants in found for name in variants.contested)
        chosen = (choose(each, self._world(provision), provision.is_own) for each in found)
        return [choice for choice in chosen if choice]

    def _needs_of(self, path: PurePosixPath) -> frozenset[Soname]:
        """The libraries that an object needs, and that no package of the environment brings."""
        needs = (n for n in self._scanned.load(Role.PLUGIN, path).needs if n.requester == path)
        return frozenset(need.soname for need in needs if not self._is_brought(need))

    def _is_brought(self, need: Need) -> bool:
        outcome = need.outcome
        found = (
            self._scanned.system.tree.resolve(outcome.path) if isinstance(outcome, Found) else None
        )
        return found is not None and any(site in found.parents for site in self._sites)

    def as_they_are(self) -> PythonLoads:
        """What is loaded with the libraries that the root has."""
        return self._evaluated(self._own)

    def is_there(self, soname: Soname) -> bool:
        """Whether the root has a library, or something else provides it."""
        return self._own.find(soname) is not None

    def _world(self, libraries: Libraries) -> World:
        from find_libdeps.needs.python_world import PythonWorld

        return PythonWorld(self._scanned.system, self._abi, self._host, self._files, libraries)

    def _evaluated(self, libraries: Libraries, choices: Sequence[Choice] = ()) -> PythonLoads:
        from find_libdeps.needs.packages import evaluate_loads, runs_of, unfinished_hints

        world = self._world(libraries)
        loads = evaluate_loads(
            self._packages, self._looked, self._roots, world, choices, self._program()
        )
        running = self._running(world)
        programs = runs_of(OWN_CODE, running) if running else ()
        return loads._replace(
            unknown=tuple(map(self._judged, loads.unknown)),
            unfinished=(*loads.unfinished, *(unfinished_hints(running) if running else ())),
            programs=(*loads.programs, *programs),
            problems=tuple(self._files.problems.values()),
        )

    def _running(self, world: World) -> Evaluation | None:
        """What runs programs in own code, and in what that imports; None if nothing does."""
        if not self._own_sources:
            return None
        from find_libdeps.importing.reaching import reach
        from find_libdeps.importing.running import program_that_runs

        program = program_that_runs(self._own_sources, self._everything.importers, self.content)
        return reach(world, program).evaluation if program else None

    def _program(self) -> Program | None:
        """The application's own code, as far as it leads to code that may ask."""
        from find_libdeps.importing.applications import program_of

        if not self._own_sources:
            return None
        return program_of(self._own_sources, self._looked, self._everything.importers, self.content)

    def _judged(self, load: UnknownLoad) -> UnknownLoad:
        """The same, with whether only the system can have the library."""
        asking = {line.path for line in (load.place, *load.way.lines[-1:])}
        brings = any(share_package(path, each) for path in self._scanned.by_path for each in asking)
        return replace(load, is_of_system=not brings)
