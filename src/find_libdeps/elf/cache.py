"""What ldconfig(8) would have put into the dynamic loader's cache.

It takes the files called ``lib*.so*`` and ``ld-*.so*`` of the configured and then of the built-in
directories, skips what is no object, and enters each under its DT_SONAME (glibc elf/ldconfig.c
``search_dir``). The cache itself is not read: in images it is stale or missing. The links that
ldconfig makes are taken as made: in images they are.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import PurePosixPath
from typing import NamedTuple, TypeAlias

from find_libdeps.elf.directories import Directory, LookInto, Subdirectories
from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import Found, How, Unloadable
from find_libdeps.elf.search_list import SearchPath
from find_libdeps.elf.sonames import Soname

Read: TypeAlias = Callable[[PurePosixPath], "ElfObject | Unloadable | None"]
"""Returns the object at a path, links followed; None if there is no file. It must return the same
object for the same file: the loader compares device and inode, `Loader` compares identity."""


class _Place(NamedTuple):
    """A directory that ldconfig searches."""

    how: How
    base: PurePosixPath
    """Its path as it is configured."""
    directory: Directory
    is_of_level: bool
    """Whether its files are for a level of the CPU (ld.so(8), glibc-hwcaps)."""


class LdCache:
    """The cache of one root, for one architecture."""

    def __init__(
        self,
        search: SearchPath,
        subdirectories: Subdirectories,
        read: Read,
        look_into: LookInto,
    ) -> None:
        """See `find_libdeps.elf.search.Search`."""
        self._search = search
        self._read = read
        self._look_into = look_into
        self._places = self._find_places(subdirectories)
        self._filed = dict[PurePosixPath, dict[str, str]]()

    def find(self, soname: Soname, requester: ElfObject) -> Found | None:
        """The file under a name that the loader would take for a requester.

        The best CPU level comes before the order of the directories (elf/dl-cache.c
        ``search_cache``).
        """
        for place in self._places:
            name = self._name_of(soname, place)
            path = place.base / name if name else None
            elf = self._read(path) if path else None
            if path is None or not isinstance(elf, ElfObject) or not fits(elf, requester):
                continue
            defaults = self._search.architecture.default_directories
            if requester.no_default_directories and _is_below(path, defaults):
                return None
            return Found(path, place.how, elf)
        return None

    def _find_places(self, below: Subdirectories) -> tuple[_Place, ...]:
        """The existing directories that ldconfig searches, in the order in which the loader takes
        what is in them: by the level of the CPU, then by the weight of its features.
        """
        found = dict[PurePosixPath, tuple[tuple[int, ...], _Place]]()

        def add(how: How, path: PurePosixPath, level: int | None = None) -> Directory | None:
            there = self._look_into(path)
            if there is None or there.place in found:
                return None
            count, weight = below.weight(path)
            rank = (1, -count, -weight) if level is None else (0, level)
            found[there.place] = rank, _Place(how, path, there, level is not None)
            return there

        configured = set(self._search.configured)
        defaults = self._search.architecture.default_directories
        to_do = deque[tuple[How, PurePosixPath, Directory]]()
        for directory in dict.fromkeys((*self._search.configured, *defaults)):
            how = How.LD_SO_CONF if directory in configured else How.DEFAULT
            path = PurePosixPath(directory)
            if there := add(how, path):
                to_do.append((how, path, there))
                for level, name in enumerate(below.levels_in(there)):
                    add(how, path / name, level)
        while to_do:
            how, path, there = to_do.popleft()
            for name in below.older_in(there):
                if new := add(how, path / name):
                    to_do.append((how, path / name, new))
        return tuple(place for _, place in sorted(found.values(), key=itemgetter(0)))

    def _name_of(self, soname: Soname, place: _Place) -> str | None:
        """The file in a directory that a name stands for in the cache."""
        if place.is_of_level:  # no link is made in these: the file itself is entered
            return self._all_in(place).get(soname)
        if not place.directory.may_have(soname):
            return None
        elf = self._read(place.base / soname) if _is_library(soname) else None
        if isinstance(elf, ElfObject) and self._key(soname, elf, place) == soname:
            return soname
        # another file with that DT_SONAME: ldconfig makes no link in the place of a file
        return soname if soname in self._all_in(place) else None

    def _all_in(self, place: _Place) -> dict[str, str]:
        """All names that a directory's files are entered under, each with the file: a file rather
        than a link, then the newest.
        """
        if place.directory.place in self._filed:
            return self._filed[place.directory.place]
        names = sorted(filter(_is_library, place.directory.names or ()))
        found = self._filed[place.directory.place] = {}
        for name in sorted(names, key=lambda name: (name not in place.directory.links, _age(name))):
            elf = self._read(place.base / name)
            if isinstance(elf, ElfObject):
                found[self._key(name, elf, place)] = name
        return found

    def _key(self, name: str, elf: ElfObject, place: _Place) -> str:
        """The name under which a file is entered: its DT_SONAME.

        A link's own name, if it is that, or the link for ld(1): the DT_SONAME up to ``.so``.
        """
        soname = elf.soname or name
        is_for_ld = name.endswith(".so") and soname.startswith(name)
        return name if is_for_ld and name in place.directory.links else soname


def fits(elf: ElfObject, requester: ElfObject) -> bool:
    """Whether the loader would take an object into the process of a requester."""
    return elf.refusal is None and elf.abi == requester.abi


def _is_library(name: str) -> bool:
    """Whether ldconfig looks at a file of that name (elf/dl-is_dso.h)."""
    return name.startswith(("lib", "ld-")) and ".so" in name


def _age(name: str) -> list[tuple[bool, int]]:
    """A key by which newer versions of a file come later (elf/dl-cache.c, _dl_cache_libcmp)."""
    parts = re.findall(r"\d+|\D", name, re.ASCII)
    return [(part.isdigit(), int(part) if part.isdigit() else ord(part)) for part in parts]


def _is_below(path: PurePosixPath, directories: Sequence[str]) -> bool:
    return any(str(path).startswith(f"{directory}/") for directory in directories)
