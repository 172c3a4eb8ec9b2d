"""What apt knows: its Contents indices, and the versions and priorities of packages.

Sources, proxies, signatures and compression are left to apt, which is called through apt-get(8),
apt-cache(8), apt-config(8) and ``apt-helper cat-file``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from find_libdeps.debian.contents import (
    Offer,
    Provider,
    ambiguous,
    development_links,
    rank,
    read_contents,
)
from find_libdeps.debian.package import Package, checked
from find_libdeps.debian.programs import best_packages, read_programs, shared
from find_libdeps.debian.status import Status
from find_libdeps.debian.typelibs import Wanted, names_for, open_name
from find_libdeps.elf.architecture import Architecture, architecture_called
from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import ReleaseError

if TYPE_CHECKING:
    from find_libdeps.debian.installing import Costs

APT = "apt"
"""What says what it knows, in reports."""
CHUNK = 1 << 20
NO_CACHE = ("-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=")
"""Without these options each query leaves 70 MB in /var/cache/apt."""
LISTS = Path("/var/lib/apt/lists")
SETTINGS = Path("/etc/apt")
_ELSEWHERE = re.compile(rb"\b(?:RootDir|Dir)\b(?!::Cache)", re.IGNORECASE)
"""A setting of apt.conf(5) that may move apt's lists. ``Dir::Cache``, common in images, can't."""
_ARCHIVE_FIELD = re.compile(r"^(Package|Version|Architecture|SHA256|Size): (\S+)$", re.MULTILINE)
HELPER = "/usr/lib/apt/apt-helper"


class Archived(NamedTuple):
    """The archive of a package, as apt's lists have it."""

    package: str
    version: str
    architecture: str
    digest: str
    """Its SHA256."""
    size: int
    """The bytes to download."""


@dataclass(frozen=True)
class Apt:
    """The system's apt, or an apt with private directories."""

    configuration: Path | None = None
    """The file for APT_CONFIG, or None for the system's configuration."""

    def architecture(self) -> str:
        """The name of the system's own architecture."""
        output = self.run("apt-config", "dump", "--format", "%v", "APT::Architecture")
        return output.decode("utf-8", "replace").strip()

    def targets(self, *fields: str, **filters: str) -> list[tuple[str, ...]]:
        """Fields of the files that apt has fetched (``apt-get indextargets``), no row twice."""
        form = "\t".join(f"$({field})" for field in fields)
        wanted = [f"{key}: {value}" for key, value in filters.items()]
        output = self.run("apt-get", "indextargets", "--format", form, *wanted)
        rows = (tuple(line.split("\t")) for line in output.decode("utf-8", "replace").splitlines())
        return list(dict.fromkeys(rows))

    @cached_property
    def contents_files(self) -> list[str]:
        """The paths of its Contents indices, for all architectures."""
        return [name for (name,) in self.targets("FILENAME", Identifier="Contents-deb")]

    def contents(self, architecture: Architecture) -> list[Provider]:
        """The libraries in all Contents indices of an architecture."""
        pattern = _contents_pattern(architecture.name)
        return [
            provider
            for name in self.contents_files
            if pattern.search(name)
            for provider in read_contents(self._read(name), architecture.triplet)
        ]

    def programs(self, architecture: Architecture) -> set[tuple[str, str]]:
        """The programs in all Contents indices of an architecture, with the packages of each."""
        pattern = _contents_pattern(architecture.name)
        files = filter(pattern.search, self.contents_files)
        return {found for name in files for found in read_programs(self._read(name))}

    def versions(self, packages: Collection[Package]) -> dict[Package, str]:
        """The version of each package that apt would install; unknown packages have no entry.

        Raises:
            ReleaseError: there is no apt, or it knows none of them.
        """
        names = [f"{package.name}:{package.architecture}" for package in packages]
        output = self.run("apt-cache", "show", "--no-all-versions", *names) if names else b""
        status = Status(output.split(b"\n\n"))
        return {
            package: stanza.package.version
            for package in packages
            for stanza in status.named(package.name)
            if stanza.package.architecture in (package.architecture, "all")
        }

    def archives(self, names: Collection[str]) -> dict[str, Archived]:
        """The archive of each package that apt would install; unknown packages have no entry.

        Raises:
            ReleaseError: there is no apt, or it knows none of them.
        """
        output = self.run("apt-cache", "show", "--no-all-versions", *names) if names else b""
        found = map(_archived, output.decode("utf-8", "replace").split("\n\n"))
        return {each.package: each for each in found if each and each.package in names}

    def _read(self, name: str) -> Iterator[bytes]:
        """The uncompressed content of one of apt's files, in chunks."""
        import subprocess  # few builders have these indices

        command = [HELPER, "cat-file", name]
        with subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, env=self._environment()
        ) as process:
            pipe = cast(IO[bytes], process.stdout)
            while chunk := pipe.read(CHUNK):
                yield chunk
        if process.returncode:
            raise ReleaseError("read", name, f"apt-helper ended with status {process.returncode}")

    def run(self, *command: str, directory: Path | None = None) -> bytes:
        """Run one of apt's programs, and return its output.

        Args:
            command: the program, and its arguments.
            directory: where it runs, and downloads to; None for this process's own.

        Raises:
            ReleaseError: there is no apt, or it failed; the cause is apt's first error message.
        """
        import subprocess

        try:
            done = subprocess.run(  # noqa: S603
                [command[0], *NO_CACHE, *command[1:]],
                capture_output=True,
                env=self._environment(),
                cwd=directory,
                check=False,
            )
        except FileNotFoundError:
            raise ReleaseError("run", command[0], "there is no apt here") from None
        if done.returncode:
            errors = done.stderr.decode("utf-8", "replace").splitlines()
            cause = next((line for line in errors if line.startswith("E:")), f"{done.returncode}")
            raise ReleaseError("run", " ".join(command[:2]), cause.removeprefix("E: "))
        return done.stdout

    def _environment(self) -> dict[str, str]:
        private = {} if self.configuration is None else {"APT_CONFIG": str(self.configuration)}
        return {**os.environ, **private, "LC_ALL": "C"}


def _archived(stanza: str) -> Archived | None:
    """What a stanza of a Packages file says of an archive; None if it lacks something."""
    fields = dict(_ARCHIVE_FIELD.findall(stanza))
    texts = [fields.get(each, "") for each in ("Package", "Version", "Architecture", "SHA256")]
    if not all(texts) or not fields.get("Size", "").isdecimal():
        return None
    return Archived(texts[0], texts[1], texts[2], texts[3], int(fields["Size"]))


def _contents_pattern(architecture: str) -> re.Pattern[str]:
    return re.compile(rf"Contents-{re.escape(architecture)}(\.\w+)?\Z")


def _may_have(files: str) -> bool:
    """Whether apt's usual place has such files, or a setting may move the place."""
    if any(LISTS.glob(files)):
        return True
    settings = (SETTINGS / "apt.conf", *SETTINGS.glob("apt.conf.d/*"))
    named = os.environ.get("APT_CONFIG")
    for file in (*settings, *([Path(named)] if named else ())):
        with suppress(OSError):
            if _ELSEWHERE.search(file.read_bytes()):
                return True
    return False


class AptCatalogue:
    """The Contents indices of the system's apt, which it fetches where apt-file(1) is installed."""

    def __init__(self, apt: Apt) -> None:
        self._apt = apt
        self._providers = cache(self._read)

    def knows(self, architecture: str, wanted: Wanted = Wanted.LIBRARY) -> bool:
        """See `find_libdeps.debian.contents.Catalogue`."""
        return any(_contents_pattern(architecture).search(name) for name in self._files())

    def programs(self, names: Collection[str], architecture: str) -> dict[str, Offer]:
        """See `find_libdeps.debian.contents.Catalogue`."""
        known = architecture_called(architecture)
        try:
            there = self._apt.programs(known) if known and self.knows(architecture) else set()
            found = [each for each in there if each[0] in names]
            several = shared(found)
            output = self._apt.run("apt-cache", "show", *several) if several else b""
        except ReleaseError:  # no apt, or a broken one: other catalogues may do
            return {}
        status = Status(output.split(b"\n\n"))
        best = best_packages(found, {name: status.priority(name) for name in several})
        return {
            program: Offer((checked(Package(name, architecture), APT),), APT)
            for program, name in best.items()
        }

    def _files(self) -> list[str]:
        # asking apt takes longer than a whole scan, and few builders have these indices
        if not (self._apt.configuration or _may_have("*Contents*")):
            return []
        try:
            return self._apt.contents_files
        except ReleaseError:  # no apt, or a broken one
            return []

    def _read(self, architecture: str) -> list[Provider]:
        """The libraries and typelibs of an architecture; empty if apt can't tell."""
        known = architecture_called(architecture)
        try:
            return self._apt.contents(known) if known and self.knows(architecture) else []
        except ReleaseError:  # no apt, or a broken one: other catalogues may do
            return []

    def offers(self, sonames: Collection[str], architecture: str) -> dict[str, Offer]:
        """See `find_libdeps.debian.contents.Catalogue`."""
        known = self._providers(architecture) if sonames else ()
        providers = [p for p in known if _is_asked(p.soname, sonames)]
        try:
            several = ambiguous(providers)
            output = self._apt.run("apt-cache", "show", *several) if several else b""
        except ReleaseError:
            return {}
        status = Status(output.split(b"\n\n"))
        ranked = rank(providers, {name: status.priority(name) for name in several})
        offers = {
            soname: Offer(tuple(checked(Package(n, architecture), APT) for n in names), APT)
            for soname, names in ranked.items()
        }
        return {name: offers[best] for name in sonames for best in names_for(name, offers)[:1]}

    def versions(self, name: str, architecture: str) -> list[Soname]:
        """See `find_libdeps.debian.contents.Catalogue`."""
        known = self._providers(architecture)
        return names_for(name, (p.soname for p in known if not p.is_link))

    def costs(self, names: Sequence[str], architecture: str, there: Set[str]) -> Costs | None:
        """See `find_libdeps.debian.contents.Catalogue`."""
        if not (self._apt.configuration or _may_have("*_Packages*")):
            return None
        from find_libdeps.debian.available import requirements  # few ask for that
        from find_libdeps.debian.installing import Costs

        try:
            told = self._apt.run("apt-cache", "dumpavail").decode("utf-8", "replace")
        except ReleaseError:  # no apt, or a broken one: other catalogues may do
            return None
        known = requirements(told, names, there, architecture)
        return Costs(known, frozenset(there), APT) if known else None

    def links(self, name: str, architecture: str) -> list[str]:
        """See `find_libdeps.debian.contents.Catalogue`."""
        known = [p for p in self._providers(architecture) if p.soname == name]
        return list(development_links(known).get(name, ()))


def _is_asked(name: str, asked: Collection[str]) -> bool:
    return name in asked or open_name(name) in asked
