"""The libraries that something loads by name: Python source, and objects that say so in a note."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from find_libdeps.elf.outcome import LinkMap, Need
from find_libdeps.needs.environment import ScannedEnvironment
from find_libdeps.needs.packages import PythonPackage
from find_libdeps.needs.scanned_objects import ScannedObjects
from find_libdeps.needs.use import NotOffered, Nowhere, Role, Use
from find_libdeps.python.loads import Load


class Dlopen(Enum):
    """Which libraries count that Python source loads by name."""

    NONE = "none"
    AT_IMPORT = "import"
    """Those that importing a package loads; the others are hints."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Wish:
    """A library that something loads by itself, by one of several names."""

    is_urgent: Callable[[], bool]
    """Whether it is loaded at import, or required. Finding out may take long."""
    uses: Sequence[Use]

    @property
    def fulfilled(self) -> Use | None:
        """The first of its names that leads somewhere."""
        return next((u for u in self.uses if not isinstance(u.origin, Nowhere | NotOffered)), None)


def wishes_of(
    environment: ScannedEnvironment, roles: Collection[Role] = tuple(Role)
) -> Iterator[Wish]:
    """What an environment's sources ask for, and the dlopen notes of its objects in some roles."""
    for package in environment.packages:
        for load in package.loads:
            uses = _uses_of_load(environment.scanned, package, load)
            yield Wish(partial(package.loads_at_import, load), uses)
    yield from _wishes_of_notes(environment, roles)


def _uses_of_load(scanned: ScannedObjects, package: PythonPackage, load: Load) -> list[Use]:
    """What a place in a package's source may load, name by name; none if it brings that."""
    abi = scanned.abi
    if abi is None or any(map(package.brings, load.sonames)):
        return []
    needs = (
        Need(load.path, soname, scanned.system.find(soname, abi))
        for soname in load.sonames
        if not scanned.is_ignored(soname)
    )
    return [Use(need, abi, Role.DLOPEN, scanned.origins.of(need, abi), load.line) for need in needs]


def _wishes_of_notes(environment: ScannedEnvironment, roles: Collection[Role]) -> Iterator[Wish]:
    """What the objects in some roles say that they load by themselves (UAPI.12).

    As with dlopen(3), the object's own RUNPATH counts; an RPATH handed down to it doesn't.
    """
    scanned = environment.scanned
    counts = {file for start in environment.starts if start.role in roles for file in start.brings}
    for path, elf in scanned.objects.items():
        if path not in counts:
            continue
        loader, link = scanned.system.loader(elf.abi), LinkMap(path, elf)
        for note in elf.notes:
            needs = [Need(path, n, loader.find(n, link, link)) for n in note.sonames]
            uses = [
                Use(need, elf.abi, Role.DLOPEN, scanned.origins.of(need, elf.abi))
                for need in needs
                if not scanned.is_ignored(need.soname)
            ]
            yield Wish(partial(bool, note.priority == "required"), uses)
