"""Libraries that are loaded by name: by Python source, or by objects with a dlopen note."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from find_libdeps.elf.outcome import LinkMap, Need
from find_libdeps.elf.sonames import Soname
from find_libdeps.needs.environment import ScannedEnvironment
from find_libdeps.needs.loads import Load
from find_libdeps.needs.scanned_objects import ScannedObjects
from find_libdeps.needs.use import NotOffered, Nowhere, Role, Use


class LoadByName(NamedTuple):
    """A library that is loaded by name, where one of several names will do."""

    is_urgent: bool
    """Whether importing loads it, or its note says ``required``."""
    uses: Sequence[Use]
    """One for each name, the preferred name first."""
    ends: bool = False
    """Whether an import ends with an exception if it finds none of them, or a note requires one."""

    @property
    def first_met(self) -> Use | None:
        """The first use whose name is found, or is in a package; None if there is none."""
        return next((u for u in self.uses if not isinstance(u.origin, Nowhere | NotOffered)), None)


def loads_by_name(
    environment: ScannedEnvironment, roles: Collection[Role] = tuple(Role)
) -> Iterator[LoadByName]:
    """The libraries that an environment's sources load by name, and that its dlopen notes name.

    Notes count only in objects in one of `roles`.
    """
    for load in environment.loads.loads:
        is_urgent = load.at_import or load.is_reached
        yield LoadByName(is_urgent, _uses_of_load(environment.objects, load), load.ends)
    yield from _loads_of_notes(environment, roles)


def _uses_of_load(scanned: ScannedObjects, load: Load) -> list[Use]:
    """A use for each name that Python source tries at one place."""
    abi = scanned.abi_of_names
    path, line = load.place.path, load.place.number
    needs = (
        Need(path, soname, scanned.system.find(soname, abi))
        for soname in load.sonames
        if not scanned.is_ignored(soname)
    )
    return [
        Use(
            need,
            abi,
            Role.DLOPEN,
            scanned.origins.of(need, abi),
            line,
            load.at_import,
            None,
            load.way,
            _others(load.sonames, need.soname),
            load.ends,
            load.is_reached,
        )
        for need in needs
    ]


def _others(sonames: Iterable[Soname], soname: Soname) -> tuple[Soname, ...]:
    return tuple(each for each in sonames if each != soname)


def _loads_of_notes(
    environment: ScannedEnvironment, roles: Collection[Role]
) -> Iterator[LoadByName]:
    """The libraries that the dlopen notes of objects in some roles name (UAPI.12).

    As with dlopen(3), the object's own RUNPATH counts, and an inherited RPATH doesn't.
    """
    scanned = environment.objects
    counts = {file for entry in environment.entries if entry.role in roles for file in entry.files}
    for path, elf in scanned.by_path.items():
        if path not in counts:
            continue
        loader, link = scanned.system.loader(elf.abi), LinkMap(path, elf)
        for note in elf.notes:
            is_required = note.priority == "required"
            needs = [Need(path, n, loader.find(n, link, link)) for n in note.sonames]
            uses = [
                Use(
                    need,
                    elf.abi,
                    Role.DLOPEN,
                    scanned.origins.of(need, elf.abi),
                    alternatives=_others(note.sonames, need.soname),
                    is_needed=is_required,
                )
                for need in needs
                if not scanned.is_ignored(need.soname)
            ]
            yield LoadByName(is_required, uses, is_required)
