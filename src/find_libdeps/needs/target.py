"""The target stage: what it has already, and how packages are named in its release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from find_libdeps.debian.apt import Apt, AptCatalogue
from find_libdeps.debian.contents import Catalogue, Offer
from find_libdeps.debian.index import Index, embedded_index
from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.debian.typelibs import Wanted, wanted_by
from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.objects import Abi
from find_libdeps.elf.sonames import Soname, can_be_packaged, is_any_version
from find_libdeps.errors import ReleaseError
from find_libdeps.needs.system import System
from find_libdeps.needs.use import (
    Bundled,
    FromInterpreter,
    InTarget,
    NotOffered,
    Nowhere,
    Offered,
    Shipped,
    Unnamed,
    Use,
)
from find_libdeps.process.progress import Tell


@dataclass(frozen=True, slots=True)
class Target:
    """What is known of a target stage."""

    release: Release | None
    """Its release; None if unknown."""
    architecture: str
    """Its native architecture, as dpkg names it."""
    catalogues: Sequence[Catalogue]
    """Which packages of that release have which libraries; the first that has an answer wins."""
    essential: frozenset[str]
    """The names of the packages that every system of that release has."""
    system: System | None = None
    """Its files; None if they can't be looked at."""
    floor: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """For each architecture the versions of the C library and GCC's runtime libraries in that
    release, by their packages; empty if no index tells.
    """
    is_builders: bool = True
    """Whether the builder has the same release, so that its packages have the same names here."""

    def answers_for(self, uses: Iterable[Use]) -> Callable[[Use], Use]:
        """Look up what the builder leaves open, for all of `uses` at once.

        Returns:
            A function that gives each of `uses` the origin that holds in the target.
        """
        asked: dict[_Kind, set[Soname]] = defaultdict(set)
        for use in map(self._met_by_target, uses):
            if self._is_open(use):
                asked[_kind(use)].add(use.need.soname)
        # where no catalogue knows such files, the needs stay as they are: not `NotOffered`
        offers = {
            kind: self._offers(sonames, kind.architecture)
            for kind, sonames in asked.items()
            if any(catalogue.knows(*kind) for catalogue in self.catalogues)
        }
        return partial(self._answer, offers)

    def versions(self, name: Soname, abi: Abi) -> list[Soname]:
        """The names that a name in any version may stand for in the release, the best first."""
        architecture = architecture_of(abi).name
        found = (catalogue.versions(name, architecture) for catalogue in self.catalogues)
        return next(filter(None, found), [])

    def offers(self, sonames: Iterable[Soname], architecture: str) -> dict[str, Package]:
        """The best package of the release for each library; no entry for one that none has."""
        found = self._offers(set(sonames), architecture)
        return {soname: self._named(offer)[0] for soname, offer in found.items()}

    def development(self, soname: Soname, architecture: str) -> str | None:
        """The development package with a link that linkers look for; None if none is known."""
        found = (catalogue.links(soname, architecture) for catalogue in self.catalogues)
        return next((names[0] for names in found if names), None)

    def _named(self, offer: Offer) -> list[Package]:
        """The packages of an offer, as the target's apt-get takes them."""
        return [replace(p, foreign=p.architecture != self.architecture) for p in offer.packages]

    def _answer(self, offers: Mapping[_Kind, Mapping[str, Offer]], use: Use) -> Use:
        use = self._met_by_target(use)
        if self._is_open(use) and (offered := offers.get(_kind(use))) is not None:
            return self._answered(use, offered.get(use.need.soname))
        return use

    def can_look_up(self, use: Use) -> bool:
        """Whether it is known which packages of the release have such files."""
        return any(catalogue.knows(*_kind(use)) for catalogue in self.catalogues)

    def programs(self, names: Iterable[str], architecture: str) -> dict[str, Offer]:
        """The package of the release that has each program, as the target's apt-get takes it."""
        found, left = dict[str, Offer](), set(names)
        for catalogue in self.catalogues:
            offers = catalogue.programs(left, architecture) if left else {}
            found |= {n: Offer(tuple(self._named(o)), o.source) for n, o in offers.items()}
            left -= offers.keys()
        return found

    def find_library_fails(self, uses: Iterable[Use]) -> bool:
        """Whether ``ctypes.util.find_library`` must find one of these in the target, and can't."""
        if self.system is None or not any(is_any_version(use.need.soname) for use in uses):
            return False
        return not self.system.can_complete_names

    def is_essential(self, package: Package) -> bool:
        """Whether every system of the release has the package."""
        return package.name in self.essential and not package.foreign

    def _met_by_target(self, use: Use) -> Use:
        if self.system is None or isinstance(use.origin, Bundled | FromInterpreter):
            return use
        there = self.system.has(use.need.soname, use.abi)
        return replace(use, origin=InTarget()) if there else use

    def _is_open(self, use: Use) -> bool:
        """Whether the builder has no answer, or one that does not hold in the target."""
        match use.origin:
            case Nowhere(sibling=sibling, is_own=is_own):
                is_open = not (is_own or sibling)
            case Shipped():
                is_open = not self.is_builders
            case origin:
                is_open = isinstance(origin, Unnamed)
        soname = use.need.soname
        return is_open and can_be_packaged(soname) and wanted_by(soname) is use.wanted

    def _offers(self, sonames: set[Soname], architecture: str) -> dict[str, Offer]:
        found: dict[str, Offer] = {}
        for catalogue in self.catalogues:
            missing = sonames - found.keys()
            if missing:
                found |= catalogue.offers(missing, architecture)
        return found

    def _answered(self, use: Use, offer: Offer | None) -> Use:
        if offer is None:
            match use.origin:
                case Shipped(packages=packages):
                    return replace(use, origin=NotOffered(packages))
                case Nowhere(elsewhere=elsewhere):
                    return replace(use, origin=NotOffered((), elsewhere))
            return replace(use, origin=NotOffered())
        best, *others = self._named(offer)
        return replace(use, origin=Offered(best, tuple(others), offer.source))


class _Kind(NamedTuple):
    """What a catalogue may know or not."""

    architecture: str
    wanted: Wanted


def _kind(use: Use) -> _Kind:
    return _Kind(architecture_of(use.abi).name, use.wanted)


def choose_target(
    builder: System,
    system: System | None,
    release: Release | None,
    index: Index | None,
    abis: Collection[Abi],
    fetch: Tell | None = None,
) -> Target:
    """Work out the target from what the caller says of it.

    Args:
        builder: the root that the scanned files are in.
        system: the target's root, if its files can be looked at.
        release: the target's release, if the caller named one.
        index: the index to use, if the caller gave one.
        abis: the ABIs of the scanned files.
        fetch: get an index where none is here, and call this with a sentence about that.

    Raises:
        ReleaseError: the target has another release than the builder, and there is no index of it;
            or the index is of another one; or it can't be fetched.
    """
    known = release or (system or builder).release
    if index and release is None and system is None and known != index.release:
        known = index.release
    if index and known and index.release != known:
        way = f"make its own (find-libdeps index make {known} -o FILE)"
        if not known.has_archive:
            way = f"add --release {index.release} if it has the packages of that"
        raise ReleaseError("use the index of", index.release, f"the target is {known}; {way}")
    is_builders = known == builder.release
    own = index or (embedded_index(known) if known else None)
    architecture = (system.architecture if system else "") or _architecture(builder, abis)
    catalogues: list[Catalogue] = [own] if own else []
    if is_builders and index is None and builder.is_this_machine:
        catalogues.insert(0, AptCatalogue(Apt()))
    floor = dict(own.floor) if own else {}
    if fetch and known and index is None:
        from find_libdeps.debian.fetched import FetchedCatalogue  # only if it is wanted

        fetched = FetchedCatalogue(known, fetch, tuple(catalogues), floor)
        catalogues.append(fetched)
        if not (own or is_builders):  # all that is known of the release comes from there
            own = fetched.index(architecture)
    if not is_builders and not catalogues:
        if known is None:
            cause = "its os-release names no release: name it with --release"
            raise ReleaseError("name packages of", "the target", cause)
        make = f"find-libdeps index make {known} -o FILE"
        way = f"pass --fetch, or make one ({make}) for --index"
        if not known.has_archive:
            way = "pass --release with the release of Debian or Ubuntu whose packages it has"
        cause = f"there is no index of it here: {way}"
        raise ReleaseError("name packages of", known, cause)
    if system:
        essential = system.essential
    else:
        essential = own.essential if own else frozenset()
        essential |= builder.essential if is_builders else frozenset()
    return Target(known, architecture, tuple(catalogues), essential, system, floor, is_builders)


def _architecture(builder: System, abis: Collection[Abi]) -> str:
    """The builder's architecture, unless all scanned files are for one other that it lacks."""
    names = {architecture_of(abi).name for abi in abis}
    installed = builder.database.status.architectures if builder.database else ()
    if len(names) == 1 and names.isdisjoint(installed):
        (name,) = names
        return name
    return builder.architecture
