"""The scanned objects and the Python packages of one environment, and what they need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from find_libdeps.elf.objects import is_executable
from find_libdeps.elf.outcome import Found, How, Missing, Need
from find_libdeps.elf.sonames import Soname, is_host_injected
from find_libdeps.needs.loads import NO_LOADS, PythonLoads
from find_libdeps.needs.scanned_objects import EntryObject, Scan, ScannedObjects
from find_libdeps.needs.use import Role, Use
from find_libdeps.python.survey import PackageSurvey, Source
from find_libdeps.python.venv import Environment

QT_OFFSCREEN_PLUGIN = "plugins/platforms/libqoffscreen.so"
"""The Qt platform plugin that works everywhere. QGuiApplication aborts if it finds no platform
plugin, so this one is required, like QtGui itself."""


@dataclass(frozen=True)
class ScannedEnvironment:
    """The scanned objects and the Python packages of one environment, or outside of any."""

    objects: ScannedObjects
    loads: PythonLoads = NO_LOADS
    """What the Python packages of the environment load by name."""
    own_sources: tuple[Source, ...] = ()
    """The application's own code."""

    @cached_property
    def entries(self) -> tuple[EntryObject, ...]:
        """The objects from which loading starts: each is loaded by its path, not by a soname.

        First the required ones: executables, extension modules, and other files that Python
        loads. Then, of the objects that these do not bring in, the plugins: those that no other
        of them needs, and what these do not bring in either.
        """
        load = self.objects.load
        objects = {p: o for p, o in self.objects.by_path.items() if p not in self.loads.replaced}
        entries = [load(Role.REQUIRED, path) for path in objects if self._is_required(path)]
        reached = set().union(*(entry.files for entry in entries))
        rest = [path for path in objects if path not in reached]
        wanted = {d.soname for path in rest for d in objects[path].dependencies}
        unneeded = [p for p in rest if p.name not in wanted and objects[p].soname not in wanted]
        for path in (*unneeded, *rest):
            if path not in reached:
                entries.append(entry := load(Role.PLUGIN, path))
                reached |= entry.files
        return tuple(entries)

    def _is_required(self, path: PurePosixPath) -> bool:
        """Whether the object at `path` is certainly loaded or run by its path."""
        elf, is_module = self.objects.by_path[path], path in self.objects.modules
        if is_module or is_executable(elf) or path.match(QT_OFFSCREEN_PLUGIN):
            return True
        return self._is_loaded_by_path(path)

    def _is_loaded_by_path(self, path: PurePosixPath) -> bool:
        """Whether Python source loads a file by its path.

        Loading on demand counts too, unless the file lacks a library: then it is a mere plugin.
        """
        if path in self.loads.opened:
            return True
        return path in self.loads.opened_on_demand and not any(
            map(self._is_missed, self.objects.load(Role.REQUIRED, path).needs)
        )

    def _is_missed(self, need: Need) -> bool:
        """Whether loading fails because the library is missing."""
        is_missing = isinstance(need.outcome, Missing) and need.tag.must_be_met
        is_provided = self.objects.is_ignored(need.soname) or is_host_injected(need.soname)
        return is_missing and not is_provided

    def uses(self) -> Iterator[Use]:
        """The needs of the objects, each once, in the role of the first object that has it."""
        done: set[tuple[PurePosixPath, str, object]] = set()
        seen: set[int] = set()
        is_ignored, origins = self.objects.is_ignored, self.objects.origins
        for entry in self.entries:
            if self.objects.is_link_into_package(entry.link.path):
                yield self._use_of_link(entry)
                continue
            for need in entry.needs:
                if id(need) in seen:  # the loader returns the same `Need` for many entry objects
                    continue
                seen.add(id(need))
                # a file that is reached by a second path counts only if it finds other libraries
                requester = self.objects.reported_path(need.requester)
                key = requester, need.soname, getattr(need.outcome, "path", need.outcome)
                if key in done or is_ignored(need.soname):
                    continue
                done.add(key)
                if isinstance(need.outcome, Found) or need.tag.must_be_met:
                    if requester is not need.requester:
                        need = Need(requester, need.soname, need.outcome, need.tag)
                    origin = origins.of(need, entry.link.elf.abi)
                    yield Use(need, entry.link.elf.abi, entry.role, origin)

    def uses_of_variants(self) -> Iterator[Use]:
        """The needs of extension modules in whose place another file is loaded."""
        for path in self.loads.replaced:
            entry = self.objects.load(Role.PLUGIN, path)
            for need in entry.needs:
                if not self.objects.is_ignored(need.soname):
                    origin = self.objects.origins.of(need, entry.link.elf.abi)
                    yield Use(need, entry.link.elf.abi, Role.PLUGIN, origin)

    def _use_of_link(self, entry: EntryObject) -> Use:
        """The need for the package that a scanned link leads to.

        What the file itself needs is left to that package's Depends.
        """
        path, elf = entry.link.path, entry.link.elf
        need = Need(path, Soname(path.name), Found(path, How.PATH, elf))
        return Use(need, elf.abi, entry.role, self.objects.origins.of_path(path))


def objects_by_environment(scan: Scan) -> dict[Environment | None, ScannedObjects]:
    """Group the scanned objects by their environment, and load their extension modules.

    The key None stands for objects outside of any environment.
    """
    environment = scan.system.environment
    paths: dict[Environment | None, list[PurePosixPath]] = defaultdict(list)
    for path in scan.inventory.objects:
        paths[environment(path.parent)].append(path)
    found = {each: ScannedObjects(scan, each, here) for each, here in paths.items()}
    for objects in found.values():
        objects.load_modules()
    return found


def scanned_environments(
    scan: Scan,
    objects: dict[Environment | None, ScannedObjects],
    packages: Sequence[PackageSurvey],
    evaluate: Callable[[ScannedObjects, Sequence[PackageSurvey]], PythonLoads],
) -> list[ScannedEnvironment]:
    """Join the objects of each environment with what its Python packages load.

    An environment that a path to scan is in is returned even if it has neither.

    Args:
        scan: all that is scanned.
        objects: what `objects_by_environment` returned.
        packages: the sources of the Python packages.
        evaluate: finds out what the packages of one environment load.
    """
    environment = scan.system.environment
    by_environment: dict[Environment | None, list[PackageSurvey]] = defaultdict(list)
    own = list[PackageSurvey]()
    for package in packages:
        place = environment(package.site)
        (own if package.is_own and place is None else by_environment[place]).append(package)
    for found_there in by_environment.values():
        found_there += own
    tops = filter(None, map(environment, scan.inventory.tops))
    found = list[ScannedEnvironment]()
    for each in dict.fromkeys((*objects, *by_environment, *tops)):
        here = objects.get(each) or ScannedObjects(scan, each)
        there = by_environment.get(each, ())
        sources = tuple(source for one in there if one.is_own for source in one.sources)
        found.append(ScannedEnvironment(here, evaluate(here, there), sources))
    return found
