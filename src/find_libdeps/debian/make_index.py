"""Make the index of a release, through an apt with private directories."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from find_libdeps.debian.apt import Apt
from find_libdeps.debian.available import requirements, without_implied
from find_libdeps.debian.contents import ambiguous, development_links, rank
from find_libdeps.debian.index import FLOOR
from find_libdeps.debian.private_apt import PrivateApt, private_apt
from find_libdeps.debian.programs import best_packages, shared, with_alternatives
from find_libdeps.debian.release import Release
from find_libdeps.debian.requirements import Requirement
from find_libdeps.debian.sources import Source, read_lines, signed, sources_of
from find_libdeps.debian.status import Status
from find_libdeps.debian.write_index import encode_index
from find_libdeps.elf.architecture import Architecture, architecture_called
from find_libdeps.errors import ReleaseError
from find_libdeps.process.progress import Tell, silent


class Extract(NamedTuple):
    """What an index has of one architecture."""

    ranked: dict[str, tuple[str, ...]]
    links: dict[str, tuple[str, ...]]
    floor: dict[str, str]
    essential: frozenset[str]
    requirements: dict[str, Requirement]
    programs: dict[str, str]
    date: str


def make_index(
    release: Release,
    architectures: Sequence[str],
    sources: Sequence[str] = (),
    keyring: str | None = None,
    tell: Tell = silent,
) -> bytes:
    """Make the index of a release from the lists that a private apt fetches.

    Args:
        release: the release to index.
        architectures: their names in Debian; the system's own if empty.
        sources: lines of sources.list(5); if empty, the system's own for that release, or those of
            the distribution's archive.
        keyring: the file with the archive's keys.
        tell: called with a sentence for what is left out.

    Raises:
        ReleaseError: apt has no source of the release, or can't fetch its lists.
    """
    names = architectures or [Apt().architecture()]
    return encoded(release, {n: made_for(release, n, sources, keyring, tell) for n in names})


def made_for(
    release: Release,
    name: str,
    sources: Sequence[str] = (),
    keyring: str | None = None,
    tell: Tell = silent,
) -> Extract:
    """What the index of a release has of one architecture; see `make_index`."""
    architecture = architecture_for(name)
    with private_apt(name) as apt:
        apt.update(chosen_sources(apt, release, sources, keyring), tell)
        return extract(apt, release, architecture)


def encoded(release: Release, made: Mapping[str, Extract]) -> bytes:
    """The index of some architectures."""
    return encode_index(
        release,
        max(each.date for each in made.values()),
        frozenset.intersection(*(each.essential for each in made.values())),
        {name: each.ranked for name, each in made.items()},
        {name: each.links for name, each in made.items()},
        {name: each.floor for name, each in made.items()},
        {name: each.requirements for name, each in made.items()},
        {name: each.programs for name, each in made.items()},
    )


def architecture_for(name: str) -> Architecture:
    """The architecture of a name. Raises ReleaseError: none is known."""
    architecture = architecture_called(name)
    if architecture is None:
        raise ReleaseError("make an index for", name, "no architecture of that name is known")
    return architecture


def chosen_sources(
    apt: PrivateApt, release: Release, lines: Sequence[str] = (), keyring: str | None = None
) -> list[Source]:
    """The sources to ask for a release, of which the Release files are there afterwards.

    Args:
        apt: fetches the Release files.
        release: the release.
        lines: lines of sources.list(5), if the caller names the sources.
        keyring: the file with the archive's keys.

    Raises:
        ReleaseError: a line is none, no source has the release, or it can't be fetched.
    """
    if lines:
        named = [source for line in lines for source in _named(line, keyring)]
        return apt.update_releases(named)
    found = apt.update_releases(sources_of(release, apt.architecture, keyring))
    publishers = {release.distribution, release.derivative.partition(":")[0]}
    theirs = [source for source in found if _publisher(apt, source) in publishers]
    if not theirs:
        cause = f"apt has no source of {release.distribution} here: name one with --source"
        raise ReleaseError("make an index of", release, cause)
    return theirs


def _named(line: str, keyring: str | None) -> list[Source]:
    found = [signed(source, keyring) for source in read_lines([line])]
    if not found:
        cause = "expected a line of sources.list(5): deb URI SUITE COMPONENT..."
        raise ReleaseError("use the source", line, cause)
    return found


def _publisher(apt: PrivateApt, source: Source) -> str:
    """Whose suite it is, by its Release file."""
    texts = (t for name, t in apt.releases.items() if name.startswith(f"{source.list_name}_"))
    return next(iter(_fields("Origin", texts)), "").lower()


def _fields(name: str, texts: Iterable[str]) -> list[str]:
    """The values of a field of Release files."""
    return [v for text in texts for v in re.findall(rf"^{name}: *(.*)$", text, re.MULTILINE)]


def extract(apt: PrivateApt, release: Release, architecture: Architecture) -> Extract:
    """What an index needs of the lists that an apt has fetched.

    Raises:
        ReleaseError: the archive has no Contents indices, or one of them is damaged.
    """
    providers = apt.apt.contents(architecture)
    if not providers:
        cause = f"its archive has no Contents index for {architecture.name}"
        raise ReleaseError("make an index of", release, cause)
    available = apt.apt.run("apt-cache", "dumpavail")
    status = Status(available.split(b"\n\n"))
    priorities = {package: status.priority(package) for package in ambiguous(providers)}
    ranked = rank(providers, priorities)
    named = {name for names in ranked.values() for name in names}
    essential = frozenset(package.name for package in status.essential)
    return Extract(
        ranked,
        development_links(providers),
        {p: v for p in FLOOR if (v := status.version(p, architecture.name))},
        essential,
        _requirements(available.decode("utf-8", "replace"), named, essential, architecture.name),
        _programs(apt, status, architecture),
        _date(apt),
    )


def _requirements(
    available: str, named: Set[str], essential: Set[str], architecture: str
) -> dict[str, Requirement]:
    """What installing these packages takes, in few bytes."""
    known = requirements(available, named, essential, architecture)
    needs = without_implied({name: each.needs for name, each in known.items()})
    return {name: Requirement(known[name].size, tuple(needs[name])) for name in known}


def _programs(apt: PrivateApt, status: Status, architecture: Architecture) -> dict[str, str]:
    """The package of each program."""
    found = apt.apt.programs(architecture)
    best = best_packages(found, {name: status.priority(name) for name in shared(found)})
    return with_alternatives(best, status.named)


def _date(apt: PrivateApt) -> str:
    """The date (UTC) of the archive's newest Release file."""
    from email.utils import parsedate_to_datetime

    found = map(parsedate_to_datetime, _fields("Date", apt.releases.values()))
    return max((date.date().isoformat() for date in found), default="unknown")
