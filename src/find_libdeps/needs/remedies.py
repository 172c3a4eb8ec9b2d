"""What would meet a need that no package of the target's release meets.

That is a link to a library that a package has by another name, or a package of another release.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import cast

from find_libdeps.debian.index import Index, embedded_index, embedded_indexes
from find_libdeps.debian.release import Release
from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.sonames import Soname, any_version_of
from find_libdeps.needs.target import Target
from find_libdeps.needs.use import Link, NotOffered, OtherRelease, Use


def with_remedies(uses: Sequence[Use], target: Target) -> list[Use]:
    """The same uses, in which those that no package of the target's release meets have a remedy.

    The indexes of other releases are read only if there are such uses.
    """
    linked = [_with_link(use, target) if _is_open(use) else use for use in uses]
    asked: dict[str, set[Soname]] = defaultdict(set)
    for use in linked:
        if _is_open(use):
            asked[architecture_of(use.abi).name].update((use.need.soname, *use.alternatives))
    if not asked:
        return linked
    found = {name: _in_other_releases(names, name, target.release) for name, names in asked.items()}
    return [_with_release(use, found) if _is_open(use) else use for use in linked]


def _is_open(use: Use) -> bool:
    return isinstance(use.origin, NotOffered) and not use.origin.elsewhere


def _with_link(use: Use, target: Target) -> Use:
    """The same use, with the link that it lacks if the release has the library by another name.

    Who asks for a bare ``libfoo.so`` lacks what only a development package has: the name with a
    version is there. Who asks for ``libaio.so.1`` may lack the name of Debian's transition to a
    time_t of 64 bits: ``libaio.so.1t64`` is the same where addresses have 64 bits.
    """
    architecture = architecture_of(use.abi)
    for asked in (use.need.soname, *use.alternatives):
        names = target.versions(any_version_of(asked.removesuffix(".so")), use.abi)
        if not asked.endswith(".so"):
            names = [Soname(f"{asked}t64")] if use.abi.bits == 64 else []
        offers = target.offers(names[:1], architecture.name)
        for name, package in offers.items():
            path = PurePosixPath("/usr/lib", architecture.triplet, asked)
            link = Link(path, Soname(name), package, target.development(asked, architecture.name))
            return replace(use, origin=replace(cast(NotOffered, use.origin), link=link))
    return use


def _with_release(use: Use, found: dict[str, dict[Soname, OtherRelease]]) -> Use:
    known = found[architecture_of(use.abi).name]
    names = (use.need.soname, *use.alternatives)
    other = next((known[name] for name in names if name in known), None)
    if other is None:
        return use
    return replace(use, origin=replace(cast(NotOffered, use.origin), other_release=other))


def _in_other_releases(
    names: Iterable[Soname], architecture: str, release: Release | None
) -> dict[Soname, OtherRelease]:
    """For each of some names, the nearest release that has it, if any has."""
    left, found = set(names), dict[Soname, OtherRelease]()
    for index in _nearest_first(release):
        offers = index.offers(left, architecture)
        for name in left & offers.keys():
            found[name] = OtherRelease(index.release, offers[name].packages[0], name)
        left -= found.keys()
        if not left:
            break
    return found


def _nearest_first(release: Release | None) -> Iterator[Index]:
    """The indexes of other releases: of earlier ones, the latest first, then of later ones."""
    others = [each for each in embedded_indexes() if each != release]
    earlier = [each for each in others if release is None or each < release]
    later = [each for each in others if each not in earlier]
    yield from filter(None, map(embedded_index, (*reversed(earlier), *later)))
