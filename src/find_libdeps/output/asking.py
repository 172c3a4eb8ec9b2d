"""Who asks for a package, in few words: files of one directory that ask alike stand together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.needs.use import Role, Use
from find_libdeps.output.words import (
    alternatives,
    distribution_of,
    found,
    requester,
    role_of,
    way_to,
)
from find_libdeps.report.report import PackageUse

STRENGTH = (Role.REQUIRED, Role.DLOPEN, Role.PROGRAM, Role.PLUGIN, Role.MAY_LOAD)
"""The roles, the strongest first."""


class Directory(NamedTuple):
    """Files of one directory that ask alike. All of it is as people read it."""

    path: PurePosixPath
    files: tuple[str, ...]
    """Their names, with the lines of sources."""
    way: tuple[str, ...]
    """How an import gets to the line that asks, and which other names would do."""


class Askers(NamedTuple):
    """The files of one distribution that ask for a library in one role."""

    distribution: str
    role: Role
    kind: str
    """What they are to the application, in words; empty if they are required."""
    directories: tuple[Directory, ...]

    @property
    def files(self) -> int:
        """How many there are."""
        return sum(len(each.files) for each in self.directories)


class Asked(NamedTuple):
    """A library that is asked for."""

    soname: str
    places: tuple[str, ...]
    """Where it was found in the builder; none if it was not."""
    askers: tuple[Askers, ...]


def asked_of(package: PackageUse) -> Iterator[Asked]:
    """The libraries of a package that are asked for, each with all that asks."""
    by_name = sorted(package.uses, key=lambda use: use.need.soname)
    for soname, group in groupby(by_name, key=lambda use: use.need.soname):
        uses = list(group)
        places = tuple(dict.fromkeys(filter(None, map(found, uses))))
        yield Asked(soname, places, tuple(_askers(uses)))


def strongest(uses: Iterable[Use]) -> Role:
    """The role that counts."""
    return min((use.role for use in uses), key=STRENGTH.index)


def _askers(uses: Iterable[Use]) -> Iterator[Askers]:
    """Who asks for one library. A file that asks in several roles has the strongest one."""
    groups: dict[tuple[str, Role, str], dict[tuple[PurePosixPath, tuple[str, ...]], list[str]]]
    groups, seen = defaultdict(lambda: defaultdict(list)), set[str]()
    for use in sorted(uses, key=lambda use: STRENGTH.index(use.role)):  # sorted() is stable
        if (who := requester(use)) in seen:
            continue
        seen.add(who)
        path, line = use.need.requester, f":{use.line}" if use.line else ""
        way = (*(way_to(use.way) if use.way else ()), *alternatives(use))
        alike = groups[distribution_of(use), use.role, role_of(use)]
        alike[path.parent, way].append(f"{path.name}{line}")
    order = sorted(groups, key=lambda key: (STRENGTH.index(key[1]), key[0], key[2]))
    for key in order:
        directories = groups[key].items()
        yield Askers(*key, tuple(Directory(path, tuple(f), way) for (path, way), f in directories))
