"""Indexes of releases: from a soname or a typelib to the packages that ship it, installed or not.

The Contents indices of a release name every file of every package
(wiki.debian.org/DebianRepository/Format, "Contents indices"). An `Index` is their extract for
sonames and typelibs: one small file for each release. Some come with find-libdeps.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from find_libdeps.debian.contents import Offer
from find_libdeps.debian.package import Package, checked
from find_libdeps.debian.release import Release, parse_release
from find_libdeps.debian.typelibs import Wanted, is_open, names_for
from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import ReleaseError
from find_libdeps.package_data import package_data

if TYPE_CHECKING:
    from find_libdeps.debian.installing import Costs
    from find_libdeps.debian.programs import Programs
    from find_libdeps.debian.requirements import Requirement, Requirements

_NO_SONAME = re.compile(r"[ \t\n]|[\ud800-\udc7f\udd00-\udfff]")
"""Characters that no name in an index has: white space, and surrogates that stand for no byte.
Literals in Python and strings in JSON may have them.
"""
MAX_INDEX_SIZE = 64 << 20
"""Most bytes of an unpacked index; real ones have about a million."""
MAGIC = "find-libdeps index 3"
"""The first line of an index, with the version of its format."""
_OLDER = ("find-libdeps index 1", "find-libdeps index 2")
"""Formats that are read, and made no longer."""
_SUFFIX = ".index"
LINK, OTHER_LINK = "~", "="
"""What a development package with a link starts with: ``~libfoo`` is libfoo-dev; others, such as
``=libfoo-dev-compat``, have their whole names.
"""
_LINKS = "links"
"""The last word of a block's heading that has links only, in the first format."""
FLOOR = ("libc6", "libgcc-s1", "libstdc++6")
"""The packages whose versions an index has: what is built elsewhere may need newer ones."""
VERSIONS, SECOND_PART, THIRD_PART = "Versions-", "Packages", "Programs"
"""Fields of the head: the versions of an architecture, and the sizes of further parts in bytes."""
_INDEXES = "indexes"
"""The directory of those that come with this package."""


class _Block(NamedTuple):
    """Lines of an index that hold for some architectures."""

    architectures: Sequence[str]
    first: int
    end: int
    """Where its lines are in the text."""
    has_links: bool
    """Whether all packages in it are development packages, by their plain names."""

    @classmethod
    def of(cls, heading: bytes, first: int, end: int, all_of_them: Sequence[str]) -> _Block:
        """The block with a heading."""
        words = heading.decode("utf-8", "replace").split()
        has_links = words[-1:] == [_LINKS]
        return cls(all_of_them if "*" in words else words, first, end, has_links)


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
    """A block for what some architectures have in common, for each set of architectures.

    A block starts with a line of a tab and the architectures (``*`` for all). Then it has sorted
    lines, each with a soname and its packages, or those with a link of that name (see `LINK`).
    """
    _blocks: Sequence[_Block] = field(compare=False)
    _second: bytes
    """Sizes and dependencies, still compressed; empty in files made by older versions."""
    _third: bytes
    """Programs, still compressed; empty in files made by older versions."""
    _unpacked: list[Requirements] = field(default_factory=list, compare=False)
    """The second part when it is unpacked."""
    _programs: list[Programs] = field(default_factory=list, compare=False)
    """The third."""

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
        known = self._known(name, architecture, links=True)
        packages = (Package(_linking(p), architecture) for p in known.get(name, ()))
        return [checked(package, self.source).name for package in packages]

    def programs(self, names: Collection[str], architecture: str) -> dict[str, Offer]:
        """See `Catalogue`. Files made by older versions have none.

        Raises:
            ReleaseError: the index is damaged.
            DatabaseError: a package's name is malformed.
        """
        if not self._third:
            return {}
        from find_libdeps.debian.programs import Programs  # few ask for that

        if not self._programs:
            self._programs.append(Programs(self._third, self.source))
        found = {name: self._programs[0].package(name, architecture) for name in names}
        return {
            name: Offer((checked(Package(package, architecture), self.source),), self.source)
            for name, package in found.items()
            if package
        }

    @property
    def has_requirements(self) -> bool:
        """Whether it has sizes and dependencies; files made by older versions have none."""
        return bool(self._second)

    def requirement(self, package: str, architecture: str) -> Requirement | None:
        """What installing a package takes: its size, and what it needs besides.

        None if the index does not tell: it knows the packages that it names, and all that come with
        them.

        Raises:
            ReleaseError: the index is damaged.
        """
        if not self.has_requirements:
            return None
        if not self._unpacked:
            from find_libdeps.debian.requirements import Requirements  # few ask for that

            self._unpacked.append(Requirements(self._second, self.source, self._packages))
        return self._unpacked[0].of(package, architecture)

    def costs(self, names: Sequence[str], architecture: str, there: Set[str]) -> Costs | None:
        """See `Catalogue`.

        Raises:
            ReleaseError: the index is damaged.
            DatabaseError: a package's name is malformed.
        """
        if not self.has_requirements or architecture not in self.architectures:
            return None
        from find_libdeps.debian.installing import Costs  # few ask for that
        from find_libdeps.debian.requirements import ROUNDING

        known: dict[str, Requirement] = {}
        queue = [*names]
        for name in queue:
            if name not in known and (found := self.requirement(name, architecture)):
                known[checked(Package(name, architecture), self.source).name] = found
                queue += [each for choices in found.needs for each in choices]
        return Costs(known, frozenset(there), self.source, rounding=ROUNDING)

    def _packages(self) -> set[str]:
        """All packages that it names, without those for development."""
        lines = (self._text[b.first : b.end].decode("utf-8", "replace") for b in self._blocks)
        words = {
            word for text in lines for line in text.split("\n") for word in line.split(" ")[1:]
        }
        return {word for word in words if not _is_link(word)}

    def _known(self, name: str, architecture: str, *, links: bool = False) -> dict[str, list[str]]:
        """What the index has by a name, or of what a name in any version starts with.

        Args:
            name: the name.
            architecture: whose packages are asked for.
            links: whether development packages are meant, or those with a library.
        """
        if architecture not in self.architectures or not name or _NO_SONAME.search(name):
            return {}
        start, is_whole = name.partition("*")[0], not is_open(name)
        start = name if is_whole else start
        return {
            known: packages
            for block in self._blocks
            if architecture in block.architectures
            for known, packages in self._lines(start, is_whole, block)
            if packages and _is_link(packages[0]) is links
        }

    def _lines(self, start: str, is_whole: bool, block: _Block) -> Iterator[tuple[str, list[str]]]:
        """The names in a block that start like that, or are that, each with its packages."""
        at, end = self._first_from(start, block.first, block.end), block.end
        while at < end:  # the lines are sorted, so these are next to each other
            name, *packages = self._line(at).split(" ")
            if not (name == start or (name.startswith(start) and not is_whole)):
                return
            yield name, ([OTHER_LINK + p for p in packages] if block.has_links else packages)
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


def _is_link(word: str) -> bool:
    return word.startswith((LINK, OTHER_LINK))


def _linking(word: str) -> str:
    """The development package that a word of an index stands for."""
    return f"{word[1:]}-dev" if word.startswith(LINK) else word[1:]


def decode_index(data: bytes, name: str) -> Index:
    """Read an index file.

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
    if head[0] not in (MAGIC, *_OLDER):
        raise ReleaseError("read the index", name, f"it is not a {MAGIC!r}")
    second, third = _further_parts(stream.unused_data, fields, name)
    source = f"{name} {release} {date}"
    known = tuple(architectures), frozenset(essential)
    floor = {
        key.removeprefix(VERSIONS): dict(word.partition("=")[::2] for word in value.split())
        for key, value in fields.items()
        if key.startswith(VERSIONS)
    }
    blocks = [_Block.of(*place, known[0]) for place in _places(text)]
    return Index(
        release, date, *known, source, frozenset(kinds), floor, text, blocks, second, third
    )


def _further_parts(data: bytes, fields: Mapping[str, str], name: str) -> tuple[bytes, bytes]:
    """The parts with packages and with programs, as the head says; empty if there is none.

    Raises:
        ReleaseError: they are cut off.
    """
    try:
        first, second = (int(fields.get(part, "0")) for part in (SECOND_PART, THIRD_PART))
    except ValueError:
        raise ReleaseError("read the index", name, "damaged, or no index at all") from None
    if first + second and first + second != len(data):
        raise ReleaseError("read the index", name, "damaged: its last part is cut off")
    return data[:first], data[first : first + second]


def _places(text: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The blocks of an index: the line that each starts with, and where the others are."""
    at = text.find(b"\n\t")
    while at >= 0:
        following = text.find(b"\n\t", at + 1)
        first = text.find(b"\n", at + 1) + 1
        if first:
            yield text[at + 2 : first - 1], first, following + 1 if following >= 0 else len(text)
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
