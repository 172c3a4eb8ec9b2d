"""What an observed run asked for, as needs of the scanned files.

Only their own asks count: what the interpreter, the system's libraries and its programs ask for
comes with them. What a DT_NEEDED entry asks for is known from the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.elf.objects import Abi, ElfObject
from find_libdeps.elf.outcome import Found, How, LinkMap, Missing, Need
from find_libdeps.elf.sonames import Soname, any_version_of, versions_of
from find_libdeps.needs.environment import ScannedEnvironment
from find_libdeps.needs.inventory import is_excluded
from find_libdeps.needs.observation import Asked, Observation, Outcome, Via, asks_for_python
from find_libdeps.needs.scanned_objects import Scan, ScannedObjects
from find_libdeps.needs.use import Heard, Role, Use


class ObservedNeeds(NamedTuple):
    """What of an observed run is about the scanned files."""

    uses: tuple[Use, ...] = ()
    """Each with what was heard of it (`Use.heard`)."""
    is_of_these: bool = True
    """Whether anything of it is: otherwise it was probably run elsewhere."""


def observed_needs(
    observation: Observation,
    environments: Sequence[ScannedEnvironment],
    scan: Scan,
    exclude: Sequence[str] = (),
) -> ObservedNeeds:
    """What the scanned files asked for in an observed run.

    Args:
        observation: the run. Its paths are those of the tree that is scanned; where a Python of it
            had another ``sys.prefix``, what was below that may be in a scanned environment.
        environments: what is scanned, by environments.
        scan: all that is scanned.
        exclude: see `take_inventory`.
    """
    places = _Places(observation, environments, scan)
    uses: dict[tuple[PurePosixPath, int | None, Soname], Use] = {}
    is_of_these = any(map(places.is_environment, observation.prefixes))
    answered = {(e.requester, e.line) for e in observation.asked if e.outcome is Outcome.FOUND}
    for asked in observation.asked:
        place = places.scanned(asked.requester)
        is_of_these |= place is not None
        use = None
        is_tried = asked.line is not None and (asked.requester, asked.line) in answered
        if asked.outcome is Outcome.NOT_FOUND and is_tried:
            continue  # another name did
        if place is not None and not is_excluded(place, exclude):
            use = _use(asked, place, places)
        elif place is None and asked.via is Via.DLOPEN and asks_for_python(asked.requester):
            use = _use_without_line(asked, places)
        if use is not None:
            uses.setdefault((use.need.requester, use.line, use.need.soname), use)
    return ObservedNeeds(tuple(uses.values()), is_of_these)


def without_known(observed: Iterable[Use], known: Iterable[Use]) -> Iterator[Use]:
    """The uses of an observed run of which reading does not know that the same place asks."""
    names: dict[tuple[PurePosixPath, int | None], set[Soname]] = {}
    for use in known:
        names.setdefault((use.need.requester, use.line), set()).add(use.need.soname)
    for use in observed:
        here = names.get((use.need.requester, use.line), ())
        if not any(versions_of(name, [use.need.soname]) for name in here):
            yield use


class _Places:
    """Where what an observed run names by its paths is among the scanned files."""

    def __init__(
        self, observation: Observation, environments: Sequence[ScannedEnvironment], scan: Scan
    ) -> None:
        self.system = scan.system
        self._inventory = scan.inventory
        self._prefixes = [PurePosixPath(prefix) for prefix in observation.prefixes]
        self._objects = {each.objects.environment: each.objects for each in environments}
        self._others = [env.prefix for env in self._objects if env is not None]
        self.scanned = cache(self._scanned)

    def is_environment(self, prefix: str) -> bool:
        """Whether it is the prefix of a scanned environment."""
        return self.system.tree.resolve(PurePosixPath("/", prefix)) in self._others

    def _scanned(self, path: str) -> PurePosixPath | None:
        """The scanned file at a path of the run; None if there is none."""
        if not path.startswith("/"):
            return None
        there = PurePosixPath(path)
        below = [there.relative_to(p) for p in self._prefixes if p in there.parents]
        ways = (there, *(other / rest for other in self._others for rest in below))
        for real in filter(None, map(self.system.tree.resolve, ways)):
            if self._inventory.holds(real):
                return real
        return None

    def objects_of(self, place: PurePosixPath) -> ScannedObjects | None:
        """The objects of the environment that a place is in."""
        found = self._objects.get(self.system.environment(place.parent))
        return found or next(iter(self._objects.values()), None)


def _use(asked: Asked, place: PurePosixPath, places: _Places) -> Use | None:
    """The use of a library by a scanned file; None if there is nothing to install for it."""
    objects, soname = places.objects_of(place), _soname(asked)
    if asked.via is Via.NEEDED or objects is None or soname is None or objects.is_ignored(soname):
        return None
    if asked.path and places.scanned(asked.path):
        return None  # it is brought along
    elf = None if asked.line else objects.by_path.get(place)
    abi = elf.abi if elf else objects.abi_of_names
    outcome = _search(asked, soname, LinkMap(place, elf) if elf else None, abi, places)
    need = Need(place, soname, outcome)
    heard = {Outcome.FOUND: Heard.LOADED, Outcome.NOT_FOUND: Heard.IN_VAIN}
    origin = objects.origins.of(need, abi)
    return Use(
        need,
        abi,
        Role.DLOPEN,
        origin,
        asked.line,
        heard=heard.get(asked.outcome, Heard.UNTOLD),
    )


def _use_without_line(asked: Asked, places: _Places) -> Use | None:
    """The use of a library that a Python without a listener loads, on some line."""
    requester = PurePosixPath("/", asked.requester)
    objects, soname = places.objects_of(requester), _soname(asked)
    is_loaded = asked.outcome is Outcome.FOUND and not (asked.path and places.scanned(asked.path))
    if not is_loaded or objects is None or soname is None or "/" in asked.name:
        return None
    if objects.is_ignored(soname):
        return None
    abi = objects.abi_of_names
    need = Need(requester, soname, _search(asked, soname, None, abi, places))
    origin = objects.origins.of(need, abi)
    return Use(need, abi, Role.DLOPEN, origin, heard=Heard.WITHOUT_LINE)


def _soname(asked: Asked) -> Soname | None:
    """The name of the library; None if it is a file that only its own package can have."""
    if asked.via is Via.FIND_LIBRARY:
        return Soname(asked.path) if asked.path else any_version_of(f"lib{asked.name}")
    if "/" not in asked.name:
        return Soname(asked.name)
    is_known = asked.name.startswith("/") and asked.outcome is Outcome.FOUND
    return Soname(PurePosixPath(asked.name).name) if is_known else None


def _search(
    asked: Asked, soname: Soname, requester: LinkMap | None, abi: Abi, places: _Places
) -> Found | Missing:
    """The file that meets it here: by the loader's rules, or where the run found it."""
    system = places.system
    outcome: Found | Missing = Missing(())
    if "/" not in asked.name:
        if requester:
            outcome = system.loader(abi).find(soname, requester, requester)
        else:
            outcome = system.find(soname, abi)
    path = PurePosixPath(asked.path or asked.name)
    if isinstance(outcome, Missing) and path.is_absolute():
        elf = system.read(path)
        if isinstance(elf, ElfObject) and elf.abi == abi:
            return Found(path, How.PATH, elf)
    return outcome
