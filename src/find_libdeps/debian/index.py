"""Indexes of releases: from a soname or a typelib to the packages that ship it, installed or not.

The Contents indices of a release name every file of every package
(wiki.debian.org/DebianRepository/Format, "Contents indices"). An `Index` is their extract for
sonames and typelibs: one small file for each release. Some come with find-libdeps.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from find_libdeps.debian.contents import Offer
from find_libdeps.debian.package import Package, checked
from find_libdeps.debian.release import Release, parse_release
from find_libdeps.debian.typelibs import Wanted, is_open, names_for
from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import ReleaseError
from find_libdeps.package_data import package_data

_NO_SONAME = re.compile(r"[ \t\n]|[\ud800-\udc7f\udd00-\udfff]")
"""Characters that no name in an index has: white space, and surrogates that stand for no byte.
Literals in Python and strings in JSON may have them.
"""
MAX_INDEX_SIZE = 64 << 20
"""Most bytes of an unpacked index; real ones have about a million."""
_MAGIC = "find-libdeps index 1"
_SUFFIX = ".index"
LINKS = " links"
"""What the names of blocks end with that have the links of development packages."""
FLOOR = ("libc6", "libgcc-s1", "libstdc++6")
"""The packages whose versions an index has: what is built elsewhere may need newer ones."""
_VERSIONS = "Versions-"
_INDEXES = "indexes"
"""The directory of those that come with this package."""


@dataclass(frozen=True, slots=True)
class Index:
    """Maps sonames to packages, for one release and some of its architectures."""

    release: Release
    date: str
    """When the archive was in this state: ``2026-09-12``."""
    architectures: tuple[str, ...]
    essential: frozenset[str]
    """The packages that every system of the release has."""
    source: str
    """Its name in reports: ``embedded debian:13 2026-09-12``."""
    kinds: frozenset[str]
    """The values of `Wanted` of what it has; files made by older versions have libraries only."""
    floor: Mapping[str, Mapping[str, str]]
    """For each architecture the versions of the packages in `FLOOR`; files made by older versions
    have none.
    """
    _text: bytes
    """A block for each architecture, and one for what all have in common.

    A block starts with a line of a tab and the architecture (``*`` for all). Then it has sorted
    lines, each with a soname and its packages. Blocks of links (``* links``) have those of
    development packages.
    """
    _blocks: Mapping[bytes, tuple[int, int]] = field(compare=False)
    """Where the lines of each block are."""

    def knows(self, architecture: str, wanted: Wanted = Wanted.LIBRARY) -> bool:
        """See `Catalogue`."""
        return architecture in self.architectures and wanted.value in self.kinds

    def offers(self, sonames: Collection[str], architecture: str) -> dict[str, Offer]:
        """See `Catalogue`.

        Raises:
            DatabaseError: a package's name is malformed.
        """
        found = {}
        for soname in sonames:
            known = self._known(soname, architecture)
            for name in names_for(soname, known)[:1]:
                packages = (checked(Package(n, architecture), self.source) for n in known[name])
                found[soname] = Offer(tuple(packages), self.source)
        return found

    def versions(self, name: str, architecture: str) -> list[Soname]:
        """See `Catalogue`. A name that stands for itself has one, if the index has it."""
        return names_for(name, self._known(name, architecture))

    def links(self, name: str, architecture: str) -> list[str]:
        """See `Catalogue`. Files made by older versions have none.

        Raises:
            DatabaseError: a package's name is malformed.
        """
        known = self._known(name, architecture, LINKS)
        packages = (Package(each, architecture) for each in known.get(name, ()))
        return [checked(package, self.source).name for package in packages]

    def _known(self, name: str, architecture: str, suffix: str = "") -> dict[str, list[str]]:
        """What the index has by a name, or of what a name in any version starts with."""
        if architecture not in self.architectures or not name or _NO_SONAME.search(name):
            return {}
        start = name.partition("*")[0] if is_open(name) else name
        blocks = (f"*{suffix}".encode(), f"{architecture}{suffix}".encode())
        return dict(line for b in blocks for line in self._lines(start, not is_open(name), b))

    def _lines(self, start: str, is_whole: bool, block: bytes) -> Iterator[tuple[str, list[str]]]:
        """The names in a block that start like that, or are that, each with its packages."""
        first, end = self._blocks.get(block, (0, 0))
        at = self._first_from(start, first, end)
        while at < end:  # the lines are sorted, so these are next to each other
            name, *packages = self._line(at).split(" ")
            if not (name == start or (name.startswith(start) and not is_whole)):
                return
            yield name, packages
            at = self._end_of_line(at) + 1

    def _first_from(self, name: str, first: int, end: int) -> int:
        """Where the first line between two places is whose name is not before a name."""
        while first < end:
            middle = self._text.rfind(b"\n", first, (first + end) // 2) + 1 or first
            if self._line(middle).partition(" ")[0] < name:
                first = self._end_of_line(middle) + 1
            else:
                end = middle
        return first

    def _line(self, at: int) -> str:
        return self._text[at : self._end_of_line(at)].decode("utf-8", "surrogateescape")

    def _end_of_line(self, at: int) -> int:
        end = self._text.find(b"\n", at)
        return end if end >= 0 else len(self._text)


def encode_index(
    release: Release,
    date: str,
    essential: Iterable[str],
    ranked: Mapping[str, Mapping[str, tuple[str, ...]]],
    links: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
    floor: Mapping[str, Mapping[str, str]] | None = None,
) -> bytes:
    """The content of an index file: compressed text. Equal input gives equal bytes.

    Args:
        release: the release that it is for.
        date: when the archive was in this state.
        essential: the packages that every system has.
        ranked: architecture to soname or typelib to packages, the best first.
        links: the same for the links of development packages.
        floor: architecture to the versions of the packages in `FLOOR`.
    """
    architectures = sorted(ranked)
    head = [
        _MAGIC,
        f"Release: {release}",
        f"Date: {date}",
        f"Architectures: {' '.join(architectures)}",
        f"Essential: {' '.join(sorted(essential))}",
        f"Kinds: {' '.join(each.value for each in Wanted)}",
    ]
    for name, versions in sorted((floor or {}).items()):
        told = " ".join(f"{package}={versions[package]}" for package in sorted(versions))
        head += [f"{_VERSIONS}{name}: {told}"] if told else []
    text = "\n".join([*head, *_blocks(ranked), *(_blocks(links, LINKS) if links else ()), "\t", ""])
    return zlib.compress(text.encode("utf-8", "surrogateescape"), level=9)


def _blocks(ranked: Mapping[str, Mapping[str, tuple[str, ...]]], suffix: str = "") -> Iterator[str]:
    """The lines of a block for what all architectures have in common, and of one for each."""
    architectures = sorted(ranked)
    shared = set.intersection(*(set(ranked[a].items()) for a in architectures))
    blocks = {"*": shared} | {a: set(ranked[a].items()) - shared for a in architectures}
    for name, entries in blocks.items():
        yield f"\t{name}{suffix}"
        yield from (f"{soname} {' '.join(packages)}" for soname, packages in sorted(entries))


def decode_index(data: bytes, name: str) -> Index:
    """Read what `encode_index` made.

    Args:
        data: the file's content.
        name: what the index is called in messages and reports, before its release and date.

    Raises:
        ReleaseError: it is damaged, or no index.
    """
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(data, MAX_INDEX_SIZE)
    except zlib.error:
        text = b""
    if not stream.eof:
        raise ReleaseError("read the index", name, "damaged, or no index at all")
    head = text.partition(b"\n\t")[0].decode("utf-8", "replace").split("\n")
    fields = dict(line.partition(": ")[::2] for line in head)
    try:
        release, date = parse_release(fields["Release"]), fields["Date"]
        architectures, essential = fields["Architectures"].split(), fields["Essential"].split()
        kinds = fields.get("Kinds", Wanted.LIBRARY.value).split()
    except KeyError:
        raise ReleaseError("read the index", name, "damaged, or no index at all") from None
    if head[0] != _MAGIC:
        raise ReleaseError("read the index", name, f"it is not a {_MAGIC!r}")
    source = f"{name} {release} {date}"
    known = tuple(architectures), frozenset(essential)
    floor = {
        key.removeprefix(_VERSIONS): dict(word.partition("=")[::2] for word in value.split())
        for key, value in fields.items()
        if key.startswith(_VERSIONS)
    }
    blocks = dict(_places(text))
    return Index(release, date, *known, source, frozenset(kinds), floor, text, blocks)


def _places(text: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """The blocks of an index: the line that each starts with, and where the others are."""
    at = text.find(b"\n\t")
    while at >= 0:
        following = text.find(b"\n\t", at + 1)
        first = text.find(b"\n", at + 1) + 1
        if first:
            yield text[at + 2 : first - 1], (first, following + 1 if following >= 0 else len(text))
        at = following


def read_index(path: Path) -> Index:
    """Read an index from a file.

    Raises:
        ReleaseError: the file can't be read, or is no index.
    """
    try:
        return decode_index(path.read_bytes(), path.name)
    except OSError as error:
        raise ReleaseError("read the index", path, error.strerror) from None


def write_index(path: str | os.PathLike[str], data: bytes) -> None:
    """Write an index file, whole or not at all. A device or a pipe is written to directly.

    Raises:
        ReleaseError: it can't be written.
    """
    try:
        place = Path(path).resolve()
        if place.exists() and not place.is_file():
            place.write_bytes(data)
            return
        beside = place.with_name(f".{place.name}.{os.getpid()}")
        with beside.open("xb") as file:
            try:
                file.write(data)
                file.flush()
                beside.replace(place)
            finally:
                beside.unlink(missing_ok=True)
    except OSError as error:
        raise ReleaseError("write the index", path, error.strerror) from None


def embedded_indexes() -> list[Release]:
    """The releases whose indexes come with find-libdeps."""
    from importlib.resources import files  # only messages and completions list them

    directory = files(__package__) / _INDEXES
    names = (entry.name for entry in directory.iterdir() if entry.name.endswith(_SUFFIX))
    return sorted(parse_release(n.removesuffix(_SUFFIX).replace("-", ":", 1)) for n in names)


def embedded_index(release: Release) -> Index | None:
    """The index of a release that comes with find-libdeps, or None."""
    content = package_data(f"debian/{_INDEXES}/{file_name(release)}")
    return decode_index(content, "embedded") if content is not None else None


def file_name(release: Release) -> str:
    """The file name of a release's index: ``debian-13.index``."""
    return f"{release.distribution}-{release.version}{_SUFFIX}"
