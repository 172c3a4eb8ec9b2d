"""Which directories the dynamic loader searches for the names that an object asks for.

RPATH, LD_LIBRARY_PATH, RUNPATH, ld.so.conf and the built-in directories, in the order of glibc's
elf/dl-load.c, with the tokens in them replaced (ld.so(8)).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import NamedTuple, TypeAlias

from find_libdeps.elf.architecture import Architecture
from find_libdeps.elf.outcome import ABSENT, RELATIVE, How, LinkMap, Place

_RPATH, _RUNPATH = How.RPATH, How.RUNPATH
"""For loops: in Python 3.11, a global variable is faster than a member of an enum."""


class Directory(NamedTuple):
    """A directory that exists."""

    place: PurePosixPath
    """Its path with links resolved, which is equal for two names of one directory."""
    names: Collection[str] | None
    """The names in it, or None if it may not be listed."""
    links: Collection[str] = frozenset()
    """Those that are symbolic links."""

    def may_have(self, name: str) -> bool:
        """Whether a name may be in it. ``.`` and ``..`` are not in `names`."""
        return self.names is None or name in self.names or not name.strip(".")


HWCAPS = "glibc-hwcaps"
"""The subdirectory with a directory for each level of the CPU (ld.so(8))."""
LookInto: TypeAlias = Callable[[PurePosixPath], "Directory | None"]
"""Returns the directory at a path, links followed; None if there is none."""


class SearchPath(NamedTuple):
    """Where the loader of one architecture searches, whatever the objects say."""

    architecture: Architecture
    configured: tuple[str, ...] = ()
    """The directories of ld.so.conf."""
    library_path: str = ""
    """The value of LD_LIBRARY_PATH."""
    working_directory: PurePosixPath | None = None
    """Where relative and empty elements start. None if unknown: nothing is found in them then."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchList:
    """A list of directories, and which of them exist: the others are never looked into again
    (dl-load.c, ``enum r_dir_status``).
    """

    how: How
    places: tuple[Place, ...]
    """All directories, in order, as places where nothing was found."""
    existing: tuple[tuple[int, PurePosixPath, Directory], ...]
    """The directories that exist, each after its hwcaps subdirectories: the number of the place,
    the path, and the directory. One with several names is listed once, by the first.
    """

    def told(self, found: dict[int, list[Place]], end: int | None = None) -> Iterator[Place]:
        """The places before number `end`, with the unusable files that were found in them."""
        for number, place in enumerate(self.places[:end]):
            yield from found.get(number, (place,))


class SearchLists:
    """The search lists of one root and one architecture, each made once."""

    def __init__(self, search: SearchPath, look_into: LookInto) -> None:
        self._search = search
        self._look_into = look_into
        self.hwcaps = tuple(f"{HWCAPS}/{level}" for level in search.architecture.hwcaps)
        """The subdirectories that are searched before a directory itself, the best first."""
        self._list = cache(self._make_list)
        self._split_in = cache(self._split_at_colons)
        self._split = cache(self._split_beside)
        self._system_lists = self._make_system_lists()

    def of(self, requester: LinkMap, main: LinkMap) -> tuple[SearchList, ...]:
        """The lists to search for what a requester asks for, in the order of dl-load.c."""
        lists: list[SearchList] = []
        if requester.elf.runpath is None:
            # "When the object has the RUNPATH information we don't use any RPATHs": neither
            # its own nor its loaders'. The main program's comes last, if it isn't one of them.
            links = list(_chain(requester))
            for link in links if main in links else (*links, main):
                if link.elf.runpath is None and link.elf.rpath:
                    lists.append(self._split(_RPATH, link.elf.rpath, link.path))
        if self._search.library_path:
            text = self._search.library_path.replace(";", ":")
            lists.append(self._split(How.LD_LIBRARY_PATH, text, main.path))
        if requester.elf.runpath:
            lists.append(self._split(_RUNPATH, requester.elf.runpath, requester.path))
        configured, defaults = self._system_lists
        return (*lists, *configured, *(() if requester.elf.no_default_directories else defaults))

    def _make_system_lists(self) -> tuple[tuple[SearchList, ...], tuple[SearchList, ...]]:
        """The lists for every object: the directories of ld.so.conf, and the built-in ones."""
        configured = self._search.configured
        defaults = self._list(How.DEFAULT, self._search.architecture.default_directories)
        return (self._list(How.LD_SO_CONF, configured),) if configured else (), (defaults,)

    def _split_beside(self, how: How, path_list: str, path: PurePosixPath) -> SearchList:
        return self._split_in(how, path_list, path.parent)

    def _split_at_colons(self, how: How, path_list: str, origin: PurePosixPath) -> SearchList:
        return self._list(how, tuple(self.expand(part, origin) for part in path_list.split(":")))

    def _make_list(self, how: How, directories: tuple[str, ...]) -> SearchList:
        places: list[Place] = []
        existing: dict[PurePosixPath, tuple[int, PurePosixPath, Directory]] = {}
        for number, directory in enumerate(directories):
            base = self.absolute(directory)
            if base is None:
                places.append(Place(PurePosixPath(directory), how, RELATIVE))
                continue
            places.append(Place(base, how, ABSENT))
            if here := self._look_into(base):
                if here.may_have(HWCAPS):  # few have
                    for path in (base / hwcaps for hwcaps in self.hwcaps):
                        if there := self._look_into(path):
                            existing.setdefault(there.place, (number, path, there))
                existing.setdefault(here.place, (number, base, here))
        return SearchList(how, tuple(places), tuple(existing.values()))

    def absolute(self, path: str) -> PurePosixPath | None:
        """The absolute path, or None if it starts at an unknown working directory."""
        if path.startswith("/"):
            return PurePosixPath("/" + path.lstrip("/"))  # a PurePosixPath keeps "//"
        start = self._search.working_directory
        return start / path if start else None

    def expand(self, text: str, origin: PurePosixPath) -> str:
        """Replace dynamic string tokens (ld.so(8)), in braces or not; see dl-load.c ``is_dst``."""

        def value(match: re.Match[str]) -> str:
            match match[1] or match[2]:
                case "ORIGIN":
                    return str(origin)
                case "LIB":
                    return self._search.architecture.lib
                case "PLATFORM":
                    return self._search.architecture.platform
                case _:
                    return match[0]

        return (
            re.sub(r"\$(?:\{(\w+)\}|(\w+))", value, text, flags=re.ASCII) if "$" in text else text
        )


def _chain(link: LinkMap | None) -> Iterator[LinkMap]:
    """An object, the one that asked for it, the one that asked for that, and so on."""
    while link is not None:
        yield link
        link = link.loader
