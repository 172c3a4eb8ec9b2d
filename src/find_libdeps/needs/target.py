"""Where the virtualenv is going: what the target has already, and the names in its release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from find_libdeps.debian.apt import Apt, AptCatalogue
from find_libdeps.debian.contents import Catalogue, Offer
from find_libdeps.debian.index import Index, embedded_index
from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.objects import Abi
from find_libdeps.elf.sonames import Soname, can_be_packaged, is_in_any_version
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


@dataclass(frozen=True, slots=True)
class Target:
    """A target stage, as far as it is known."""

    release: Release | None
    """Its release; None: unknown."""
    architecture: str
    """Its own, as dpkg calls it."""
    catalogues: Sequence[Catalogue]
    """Who knows the packages of that release; the first that has an answer is believed."""
    essential: frozenset[str]
    """The packages that every system of that release has."""
    system: System | None = None
    """Its files, if they can be looked at."""
    is_builders: bool = True
    """Whether the names of the builder's own packages hold in it: the releases are the same."""

    def answers_for(self, uses: Iterable[Use]) -> Callable[[Use], Use]:
        """Ask once for all that some needs leave open.

        Returns:
            gives each of these needs the answer that holds in the target.
        """
        asked: dict[str, set[Soname]] = defaultdict(set)
        for use in map(self._without_what_is_there, uses):
            if self._is_open(use):
                asked[architecture_of(use.abi).name].add(use.need.soname)
        # an architecture that no catalogue has anything on gets no answer, not even a no
        offers = {
            name: self._offers(sonames, name)
            for name, sonames in asked.items()
            if any(catalogue.knows(name) for catalogue in self.catalogues)
        }
        return partial(self._answer, offers)

    def _answer(self, offers: Mapping[str, Mapping[str, Offer]], use: Use) -> Use:
        use, name = self._without_what_is_there(use), architecture_of(use.abi).name
        if name in offers and self._is_open(use):
            return self._answered(use, offers[name].get(use.need.soname))
        return use

    def find_library_fails(self, uses: Iterable[Use]) -> bool:
        """Whether ctypes would look for one of these by its name alone, and has nothing to ask."""
        if self.system is None or not any(is_in_any_version(use.need.soname) for use in uses):
            return False
        return not self.system.can_complete_names

    def is_essential(self, package: Package) -> bool:
        """Whether every system of the release has it anyway."""
        return package.name in self.essential and not package.foreign

    def _without_what_is_there(self, use: Use) -> Use:
        if self.system is None or isinstance(use.origin, Bundled | FromInterpreter):
            return use
        there = self.system.has(use.need.soname, use.abi)
        return replace(use, origin=InTarget()) if there else use

    def _is_open(self, use: Use) -> bool:
        """Whether the builder's answer does not hold in the target, or there is none."""
        match use.origin:
            case Nowhere(sibling=sibling, is_own=is_own):
                is_open = not (is_own or sibling)
            case Shipped():
                is_open = not self.is_builders
            case origin:
                is_open = isinstance(origin, Unnamed)
        return is_open and can_be_packaged(use.need.soname)

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
        best, *others = (
            replace(package, foreign=package.architecture != self.architecture)
            for package in offer.packages
        )
        return replace(use, origin=Offered(best, tuple(others), offer.source))


def choose_target(
    builder: System,
    system: System | None,
    release: Release | None,
    index: Index | None,
    abis: Collection[Abi],
) -> Target:
    """Work out the target from what is known of it.

    Args:
        builder: where the scanned files are.
        system: the target itself, if there is one to look at.
        release: the release that was asked for.
        index: the index that was given.
        abis: the ABIs of the scanned files.

    Raises:
        ReleaseError: names of another release than the builder's are wanted, without an index.
    """
    known = release or (system or builder).release
    if index and release is None and system is None:
        known = index.release
    is_builders = known == builder.release
    own = index or (embedded_index(known) if known else None)
    catalogues: list[Catalogue] = [own] if own else []
    if is_builders and index is None and builder.is_this_machine:
        catalogues.insert(0, AptCatalogue(Apt()))
    if not is_builders and not catalogues:
        if known is None:
            cause = "its os-release names no release: name it with --release"
            raise ReleaseError("name packages of", "the target", cause)
        make = f"find-libdeps index make {known} -o FILE"
        cause = f"there is no index of it here; make one ({make}) and pass it with --index"
        raise ReleaseError("name packages of", known, cause)
    if system:
        essential = system.essential
    else:
        essential = own.essential if own else frozenset()
        essential |= builder.essential if is_builders else frozenset()
    architecture = (system.architecture if system else "") or _architecture(builder, abis)
    return Target(known, architecture, tuple(catalogues), essential, system, is_builders)


def _architecture(builder: System, abis: Collection[Abi]) -> str:
    """The target's architecture: the builder's, unless nothing scanned could be loaded there."""
    names = {architecture_of(abi).name for abi in abis}
    installed = builder.database.status.architectures if builder.database else ()
    if len(names) == 1 and names.isdisjoint(installed):
        (name,) = names
        return name
    return builder.architecture
