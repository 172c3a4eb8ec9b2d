"""Debian's Contents indices: from a soname or a typelib to the packages of a release, ranked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, NamedTuple, Protocol

from find_libdeps.debian.package import Package
from find_libdeps.debian.typelibs import DIRECTORY, Wanted, wanted_by
from find_libdeps.elf.sonames import Soname, stem_of
from find_libdeps.errors import ReleaseError

if TYPE_CHECKING:
    from find_libdeps.debian.installing import Costs

ALTERNATIVES = {
    "libSDL-1.2.so.0": "libsdl1.2debian",
    "libblas.so.3": "libblas3",
    "libblas64.so.3": "libblas64-3",
    "libblis.so.3": "libblis3-pthread",
    "libblis.so.4": "libblis4-pthread",
    "libblis64.so.3": "libblis64-3-pthread",
    "libblis64.so.4": "libblis64-4-pthread",
    "libjack.so.0": "libjack-jackd2-0",
    "libjackserver.so.0": "libjack-jackd2-0",
    "liblapack.so.3": "liblapack3",
    "liblapack64.so.3": "liblapack64-3",
    "libopenblas.so.0": "libopenblas0-pthread",
    "libopenblas64.so.0": "libopenblas64-0-pthread",
}
"""Of several packages with one soname, the one that Debian's own packages depend on first.

Most of these sonames are links of update-alternatives(1). No Contents index lists the links, but
the files that they lead to, in a directory of each package.
"""
PRIORITIES = ("required", "important", "standard", "optional", "extra")
"""The priorities of Debian Policy 2.5, in the order in which apt prefers providers."""
_FOR_BUILDING = re.compile(r"-dev(-.+)?$")
"""Packages with what a linker needs: ``libfoo-dev``, ``libfoo-dev-compat``."""
NOT_FOR_TARGETS = re.compile(rf"{_FOR_BUILDING.pattern}|-(dbg|dbgsym|cross)$")
"""Packages for building or debugging."""


class Offer(NamedTuple):
    """Packages that ship what is asked for, the best first, and the source of this answer."""

    packages: tuple[Package, ...]
    source: str
    """``apt``, or ``embedded debian:13 2026-09-12``."""


class Catalogue(Protocol):
    """Something that can tell which packages of a release ship a library or a typelib."""

    def knows(self, architecture: str, wanted: Wanted = Wanted.LIBRARY) -> bool:
        """Whether it covers libraries, or typelibs, of an architecture."""

    def offers(self, sonames: Collection[str], architecture: str) -> dict[str, Offer]:
        """The packages that ship each soname; no entry for a soname that no package ships."""

    def versions(self, name: str, architecture: str) -> list[Soname]:
        """The names that a name in any version may stand for, the best first."""

    def costs(self, names: Sequence[str], architecture: str, there: Set[str]) -> Costs | None:
        """What installing some packages takes; None if the catalogue does not tell.

        Args:
            names: the packages.
            architecture: their architecture.
            there: what the system has already.

        Raises:
            ReleaseError: what it knows can't be read.
        """

    def links(self, name: str, architecture: str) -> list[str]:
        """The development packages with the link that a linker looks for: ``libfoo.so``."""

    def programs(self, names: Collection[str], architecture: str) -> dict[str, Offer]:
        """The package that has each program; no entry for a program that no package has.

        Raises:
            ReleaseError: what it knows can't be read.
        """


class Provider(NamedTuple):
    """A library, or a typelib, and a package that ships it, from a line of a Contents index."""

    soname: str
    package: str
    in_loader_directory: bool
    """False if it is in a directory of the package, to which update-alternatives(1) links."""
    is_link: bool = False
    """Whether it is the link of a development package, which no target wants."""


def read_contents(chunks: Iterable[bytes], triplet: str) -> Iterator[Provider]:
    """The libraries and typelibs in a Contents index that are found by their names.

    Skips directories of other architectures (``lib32``, cross compilers) and private directories
    of packages, which neither the loader nor GObject's repository searches.

    Raises:
        ReleaseError: the index is cut off; half a package's name may be the name of another.
    """
    line = re.compile(
        rb"^(?:\./)?(?:usr/)?lib/(?:%s/)?([^/\s]+/)?([^/\s]*\.(?:so[^/\s]*|typelib))"
        rb"[ \t]+(\S+)[ \t]*$" % re.escape(triplet.encode()),
        re.MULTILINE,
    )
    for block in whole_lines(chunks):
        for directory, name, packages in line.findall(block):
            soname = name.decode("utf-8", "surrogateescape")
            if not _is_found(soname, directory):
                continue
            for package in packages.decode("utf-8", "surrogateescape").split(","):
                bare = package.rpartition("/")[2]
                if not NOT_FOR_TARGETS.search(bare):
                    yield Provider(soname, bare, not directory)
                elif soname.endswith(".so") and not directory and _FOR_BUILDING.search(bare):
                    yield Provider(soname, bare, in_loader_directory=True, is_link=True)


def _is_found(name: str, directory: bytes) -> bool:
    """Whether what is in a directory below one of libraries (empty: that one itself) counts."""
    if wanted_by(name) is Wanted.TYPELIB:
        return directory == b"%s/" % DIRECTORY.encode()
    return not directory or name in ALTERNATIVES


def is_for_building(package: str) -> bool:
    """Whether a package is one of those with what a linker needs, by its name."""
    return _FOR_BUILDING.search(package) is not None


def whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a Contents index, many at once.

    Raises:
        ReleaseError: the index is cut off.
    """
    rest = b""
    for chunk in chunks:
        block, newline, tail = (rest + chunk).rpartition(b"\n")
        if newline:
            yield block
        rest = tail
    if rest:
        cause = "it is cut off: its last line has no end"
        raise ReleaseError("read", "a Contents index", cause)


def rank(
    providers: Iterable[Provider], priorities: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """The packages of each soname, the best first.

    These decide, in turn: the loader's own directories come before alternatives; the alternative
    that Debian prefers; apt's Priority; the name that Debian Policy 8.1 gives to the package of a
    library; and the highest version in the name.
    """
    places: dict[str, dict[str, bool]] = defaultdict(dict)
    for provider in (each for each in providers if not each.is_link):
        here = places[provider.soname]
        here[provider.package] = here.get(provider.package, False) or provider.in_loader_directory
    return {
        soname: tuple(
            sorted(here, key=lambda p: _key(soname, p, here[p], priorities.get(p, "optional")))
        )
        for soname, here in places.items()
    }


def development_links(providers: Iterable[Provider]) -> dict[str, tuple[str, ...]]:
    """The development packages of each ``libfoo.so`` that no other package has.

    The one with the shortest name comes first, which is the library's own.
    """
    known, found = set[str](), defaultdict[str, set[str]](set)
    for provider in providers:
        if provider.is_link:
            found[provider.soname].add(provider.package)
        else:
            known.add(provider.soname)
    return {
        soname: tuple(sorted(packages, key=lambda name: (len(name), name)))
        for soname, packages in found.items()
        if soname not in known
    }


def ambiguous(providers: Iterable[Provider]) -> set[str]:
    """The packages that share a soname with another; only their Priority matters."""
    packages: dict[str, set[str]] = defaultdict(set)
    for provider in (each for each in providers if not each.is_link):
        packages[provider.soname].add(provider.package)
    return set().union(*(names for names in packages.values() if len(names) > 1))


def _key(
    soname: str, package: str, in_loader_directory: bool, priority: str
) -> tuple[bool, bool, int, bool, list[float], str]:
    """The sort key of a package among those of a soname; see `rank`."""
    return (
        not in_loader_directory,
        package != ALTERNATIVES.get(soname),
        PRIORITIES.index(priority) if priority in PRIORITIES else len(PRIORITIES),
        package.removesuffix("t64") != conventional_name(soname),
        [-float(number) for number in re.findall(r"\d+", package)],
        package,
    )


def conventional_name(soname: str) -> str:
    """The package name for a soname by Debian Policy 8.1: ``libfoo1``, ``libfoo2-1``.

    For a typelib that of Debian's GObject Introspection mini-policy: ``gir1.2-gtk-3.0``.
    """
    if wanted_by(soname) is Wanted.TYPELIB:
        return f"gir1.2-{soname.removesuffix('.typelib')}".lower().replace("_", "-")
    name = stem_of(soname)
    version = soname.removeprefix(name).removeprefix(".so").removeprefix(".")
    hyphen = "-" if version and name[-1:].isdigit() else ""
    return f"{name}{hyphen}{version}".lower().replace("_", "-")
