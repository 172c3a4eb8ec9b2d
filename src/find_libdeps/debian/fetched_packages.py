"""What is in packages that this machine's apt downloads when that is first asked for.

Only the lists of their members are kept, each until nobody has used it for long.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from find_libdeps.debian.apt import Apt, Archived
from find_libdeps.debian.deb import Deb, kept, known, read_deb
from find_libdeps.debian.fetched import Kept, place_of, state_of
from find_libdeps.debian.make_index import chosen_sources
from find_libdeps.debian.package import NAME
from find_libdeps.debian.private_apt import private_apt
from find_libdeps.debian.release import Release
from find_libdeps.debian.write_index import write_index
from find_libdeps.errors import ImageError, ReleaseError
from find_libdeps.process.progress import Tell
from find_libdeps.process.user_cache import cache_directory
from find_libdeps.roots.caches import DirectoryCache
from find_libdeps.roots.sealed import MALFORMED, SealError, seal, unseal

MAX_PACKAGES = 1000
"""Packages that are downloaded in a run; a desktop has as many."""
MAX_DOWNLOAD = 2 << 30
"""Bytes of them."""
MAX_CACHE = 256 << 20
"""Bytes of the lists that are kept: those of some ten thousand packages."""
_AT_ONCE = 100 << 20
"""Bytes that are on the disk at once, unless one package has more."""
_TABLE = "archives 1"
MAX_TABLE = 16 << 20
"""Bytes of that document, uncompressed."""
Offered = dict[str, Archived | None]
"""The archive of each package; None if there is none."""


def fetched_debs(
    release: Release, architecture: str, names: Collection[str], tell: Tell, *, is_known: bool
) -> dict[str, Deb]:
    """What is in some packages of a release, as far as apt can get them. It never fails.

    Args:
        release: the release.
        architecture: whose packages are meant.
        names: the packages.
        tell: called with a sentence about what is fetched, or why something can't be.
        is_known: whether the machine's own apt has lists of the release.
    """
    left = sorted(filter(re.compile(NAME).fullmatch, names))
    found, debs = dict[str, Deb](), _Debs(tell)
    try:
        if len(left) > MAX_PACKAGES:
            raise ReleaseError("fetch", "all of them", f"more than {MAX_PACKAGES} packages")
        if is_known:
            with suppress(ReleaseError):  # its lists may be old, and name what is gone
                offered = Apt().archives(left).values()
                fitting = [a for a in offered if a.architecture in (architecture, "all")]
                found = debs.of(Apt(), fitting)
                left = [name for name in left if name not in found]
        if left and not debs.is_full:
            debs.failures.clear()
            found |= _of_archive(release, architecture, left, debs)
        if not debs.failures:
            gone = ", ".join([name for name in sorted(names) if name not in found][:3])
            debs.failures.append(f"the archive of {release} lacks {gone}")
    except ReleaseError as error:
        debs.failures.append(str(error))
    if lacking := len({*names} - found.keys()):
        tell(f"cannot measure {_number(lacking)}: {debs.failures[0]}")
    return found


@dataclass
class _Debs:
    """Reads packages that apt downloads, and keeps what is in them."""

    tell: Tell
    failures: list[str] = field(default_factory=list)
    """Why some could not be read."""
    is_full: bool = False
    """Whether more than the bound would have been downloaded."""
    _cache: DirectoryCache | None = None
    _downloaded: int = 0

    def __post_init__(self) -> None:
        directory = cache_directory()
        self._cache = DirectoryCache(directory / "packages", MAX_CACHE) if directory else None

    def kept(self, archives: Iterable[Archived]) -> dict[str, Deb]:
        """What is in packages that were downloaded before."""
        found = dict[str, Deb]()
        for each in archives:
            content = self._cache.get(_name(each)) if self._cache else None
            if content and (deb := known(content)) and deb.package == each.package:
                found[each.package] = deb
        return found

    def of(self, apt: Apt, archives: Collection[Archived]) -> dict[str, Deb]:
        """What is in some packages."""
        found = self.kept(archives)
        chosen = self._within_bound([a for a in archives if a.package not in found])
        if chosen:
            size = sum(each.size for each in chosen) / 1e6
            self.tell(f"fetching {_number(len(chosen))} to measure what is in them, {size:.0f} MB")
        for batch in _batches(chosen):
            for each, deb in self._downloads(apt, batch):
                found[each.package] = deb
                if self._cache:
                    self._cache.put(_name(each), kept(deb))
        return found

    def _within_bound(self, archives: Iterable[Archived]) -> list[Archived]:
        """Those that may be downloaded: of too many bytes the largest are left out."""
        chosen = list[Archived]()
        for each in sorted(archives, key=lambda each: each.size):
            self.is_full = self.is_full or self._downloaded + each.size > MAX_DOWNLOAD
            if self.is_full:
                self.failures.append(f"more than {MAX_DOWNLOAD / 1e9:.0f} GB to fetch")
                break
            self._downloaded += each.size
            chosen.append(each)
        return chosen

    def _downloads(self, apt: Apt, batch: Collection[Archived]) -> Iterator[tuple[Archived, Deb]]:
        """Download some packages, and read them. apt checks the digests that its lists have, and
        the signature of these (apt-secure(8)).
        """
        try:
            with tempfile.TemporaryDirectory(prefix="find-libdeps-") as name:
                folder = Path(name)
                with suppress(OSError, LookupError):  # root's apt downloads as another user
                    shutil.chown(folder, "_apt")
                try:
                    asked = (f"{each.package}={each.version}" for each in batch)
                    apt.run("apt-get", "download", "-q", "--", *asked, directory=folder)
                except ReleaseError as error:  # it has downloaded the others
                    self.failures.append(str(error))
                for each in batch:
                    for file in folder.glob(f"{each.package}_*.deb"):
                        try:
                            yield each, read_deb(file, each.package)
                        except ImageError as error:
                            self.failures.append(str(error))
        except OSError as error:
            self.failures.append(str(ReleaseError("download", "packages", error.strerror)))


def _batches(archives: Iterable[Archived]) -> Iterator[list[Archived]]:
    batch = list[Archived]()
    for each in archives:
        if batch and sum(a.size for a in batch) + each.size > _AT_ONCE:
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch


def _number(count: int) -> str:
    return f"{count} package{'' if count == 1 else 's'}"


def _name(archive: Archived) -> str:
    """The name of what is kept of an archive."""
    fields = archive.package, archive.version, archive.architecture, archive.digest
    return hashlib.sha256("\n".join(fields).encode()).hexdigest()


def _of_archive(
    release: Release, architecture: str, names: Collection[str], debs: _Debs
) -> dict[str, Deb]:
    """What is in packages, by an apt with private directories and the newest lists.

    Which archive each has is kept as long as the release's archive is as it was.

    Raises:
        ReleaseError: apt can't fetch the lists, or there is no place to keep them.
    """
    place = place_of(release, architecture)
    with place.locked(), private_apt(architecture, place.folder) as apt:
        state, offered = _read_table(place)
        try:
            sources = chosen_sources(apt, release)
        except ReleaseError as error:
            found = debs.kept(_there(offered, names))
            if not found:
                raise
            cause = f"it is not known whether the archive has changed ({error.cause})"
            debs.tell(f"{cause}: {_number(len(found))} measured before")
            debs.failures.append(str(error))
            return found
        if state != state_of(apt):
            offered = {}
        found = debs.kept(_there(offered, names))
        gone = {name for name, archive in offered.items() if archive is None}
        left = [name for name in names if name not in found and name not in gone]
        if left:
            size = apt.size_of_lists(contents=False) / 1e6
            debs.tell(f"fetching the lists of packages of {release}, {size:.0f} MB")
            apt.update(sources, debs.tell, contents=False)
            offered |= dict.fromkeys(left) | apt.apt.archives(left)
            found |= debs.of(apt.apt, _there(offered, left))
            with suppress(OSError, ReleaseError):  # the next run has to fetch again
                apt.copy_releases(place.folder)
                _write_table(place, state_of(apt), offered)
        return found


def _there(offered: Mapping[str, Archived | None], names: Iterable[str]) -> list[Archived]:
    return [each for name in names if (each := offered.get(name))]


def _read_table(place: Kept) -> tuple[str, Offered]:
    """The state of an archive, and which packages it had then."""
    try:
        plain, _ = unseal(_TABLE, _table(place).read_bytes(), MAX_TABLE)
        document = json.loads(plain)
        rows = document["packages"].items()
        return document["state"], {name: Archived(*row) if row else None for name, row in rows}
    except (OSError, SealError, *MALFORMED):
        return "", {}


def _write_table(place: Kept, state: str, offered: Offered) -> None:
    document = json.dumps({"state": state, "packages": offered})
    write_index(_table(place), seal(_TABLE, [document.encode()]))


def _table(place: Kept) -> Path:
    return place.folder / "archives"
