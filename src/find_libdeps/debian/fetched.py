"""Indexes that the machine's apt gets when they are first needed, and that are kept until it says
that the archive has changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from find_libdeps.debian.contents import Catalogue, Offer
from find_libdeps.debian.index import Index, decode_index
from find_libdeps.debian.installing import Costs
from find_libdeps.debian.make_index import architecture_for, chosen_sources, encoded, extract
from find_libdeps.debian.private_apt import PrivateApt, private_apt
from find_libdeps.debian.release import Release
from find_libdeps.debian.sources import Source
from find_libdeps.debian.typelibs import Wanted
from find_libdeps.debian.write_index import write_index
from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import ReleaseError
from find_libdeps.process.progress import Tell
from find_libdeps.process.user_cache import cache_directory


@dataclass(frozen=True, slots=True)
class FetchedCatalogue:
    """The archive of a release, of which an index is got for each architecture that is asked for.

    Only what no other catalogue covers is got. Each of its methods raises ReleaseError if apt can't
    fetch it, and no index is kept of earlier times.
    """

    release: Release
    tell: Tell
    others: Sequence[Catalogue] = ()
    """Those that are asked before."""
    floor: dict[str, Mapping[str, str]] = field(default_factory=dict, compare=False)
    """See `Index.floor`; gets those of the architectures that are asked for."""
    _indexes: dict[str, Index] = field(default_factory=dict, compare=False)
    _since: int = field(default_factory=time.time_ns, compare=False)
    """When this run began: what another process of it has asked apt need not be asked again."""

    def index(self, architecture: str) -> Index:
        """The index for an architecture."""
        if architecture not in self._indexes:
            kept = place_of(self.release, architecture)
            with kept.locked():
                index = kept.asked_since(self._since)
                self._indexes[architecture] = index or _asked(
                    kept, self.release, architecture, self.tell
                )
            self.floor.update(self._indexes[architecture].floor)
        return self._indexes[architecture]

    def _own(self, architecture: str) -> Index | None:
        """The index for an architecture that no other catalogue covers."""
        is_covered = any(other.knows(architecture) for other in self.others)
        return None if is_covered else self.index(architecture)

    def knows(self, architecture: str, wanted: Wanted = Wanted.LIBRARY) -> bool:
        """See `Catalogue`."""
        own = self._own(architecture)
        return own is not None and own.knows(architecture, wanted)

    def offers(self, sonames: Collection[str], architecture: str) -> dict[str, Offer]:
        """See `Catalogue`."""
        own = self._own(architecture)
        return own.offers(sonames, architecture) if own else {}

    def versions(self, name: str, architecture: str) -> list[Soname]:
        """See `Catalogue`."""
        own = self._own(architecture)
        return own.versions(name, architecture) if own else []

    def costs(self, names: Sequence[str], architecture: str, there: Set[str]) -> Costs | None:
        """See `Catalogue`. Nothing is got for that alone."""
        index = self._indexes.get(architecture)
        return index.costs(names, architecture, there) if index else None

    def links(self, name: str, architecture: str) -> list[str]:
        """See `Catalogue`."""
        own = self._own(architecture)
        return own.links(name, architecture) if own else []

    def programs(self, names: Collection[str], architecture: str) -> dict[str, Offer]:
        """See `Catalogue`. Nothing is got for that alone."""
        index = self._indexes.get(architecture)
        return index.programs(names, architecture) if index else {}


def place_of(release: Release, architecture: str) -> Kept:
    """Where what is fetched of a release is kept. Raises ReleaseError: nowhere."""
    directory = cache_directory()
    if directory is None:
        cause = "there is no place to keep it; set XDG_CACHE_HOME"
        raise ReleaseError("fetch an index of", release, cause)
    return Kept(directory / f"{release}-{architecture}".replace(":", "-"))


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one release and architecture: an index, and the Release files it is from."""

    folder: Path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others out meanwhile, where a lock can be had: one fetches, and the others wait."""
        with ExitStack() as stack:
            with suppress(OSError):
                self.folder.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context((self.folder / "lock").open("wb"))
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def asked_since(self, moment: int) -> Index | None:
        """The index, if apt was asked about it since then (ns), whether it had an answer or not."""
        with suppress(OSError):
            for file in self.folder.glob("*.index"):
                if file.stat().st_mtime_ns >= moment:
                    return self.index(file)
        return None

    def index(self, file: Path) -> Index | None:
        """The index in a file, about which apt was asked; None if there is none, or damaged."""
        with suppress(OSError, ReleaseError):
            index = decode_index(file.read_bytes(), "fetched")
            with suppress(OSError):
                os.utime(file)
            return index
        return None

    def newest(self) -> Index | None:
        """The index, whatever the state of the archive is by now."""
        return next(filter(None, map(self.index, self.folder.glob("*.index"))), None)

    def keep(self, apt: PrivateApt, file: Path, data: bytes, tell: Tell) -> None:
        """Keep an index in place of older ones, and the Release files that it is from."""
        try:
            apt.copy_releases(self.folder)
            write_index(file, data)
            for old in self.folder.glob("*.index"):
                if old != file:
                    old.unlink(missing_ok=True)
        except (OSError, ReleaseError) as error:
            cause = error.cause if isinstance(error, ReleaseError) else error.strerror
            tell(f'the index is not kept: cannot write "{self.folder}": {cause}')


def _asked(kept: Kept, release: Release, architecture: str, tell: Tell) -> Index:
    """The index that is kept if apt says that the archive is as it was, otherwise a new one."""
    known = architecture_for(architecture)
    with private_apt(architecture, kept.folder) as apt:
        try:
            sources = chosen_sources(apt, release)
        except ReleaseError as error:
            if (old := kept.newest()) is None:
                raise
            cause = f"it is not known whether the archive has changed ({error.cause})"
            tell(f"{cause}: the index of {release} of {old.date} is used")
            return old
        file = kept.folder / f"{state_of(apt)}.index"
        if same := kept.index(file):
            return same
        tell(_what_comes(apt, release, sources))
        apt.update(sources, tell)
        data = encoded(release, {architecture: extract(apt, release, known)})
        kept.keep(apt, file, data, tell)
        return decode_index(data, "fetched")


def state_of(apt: PrivateApt) -> str:
    """A name for the state of the archive: no other state has these Release files."""
    digest = hashlib.sha256()
    for name, text in sorted(apt.releases.items()):
        digest.update(f"{name}\n{len(text)}\n{text}".encode())
    return digest.hexdigest()[:32]


def _what_comes(apt: PrivateApt, release: Release, sources: Sequence[Source]) -> str:
    size = apt.size_of_lists() / 1e6
    place = urlsplit(sources[0].uri).hostname or sources[0].uri
    return f"fetching the lists of {release} for {apt.architecture} from {place}, {size:.0f} MB"
