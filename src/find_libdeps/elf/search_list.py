"""Which directories the dynamic loader searches for the names that an object asks for.

RPATH, LD_LIBRARY_PATH, RUNPATH, ld.so.conf and the built-in directories, in the order of glibc's
elf/dl-load.c, with the tokens in them replaced (ld.so(8)).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.elf.architecture import Architecture
from find_libdeps.elf.directories import (
    Directory,
    GlibcRelease,
    LookInto,
    Subdirectories,
)
from find_libdeps.elf.outcome import ABSENT, RELATIVE, How, LinkMap, Place

_RPATH, _RUNPATH = How.RPATH, How.RUNPATH
"""For loops: in Python 3.11, a global variable is faster than a member of an enum."""


class SearchPath(NamedTuple):
    """Where the loader of one architecture searches, whatever the objects say."""

    architecture: Architecture
    configured: tuple[str, ...] = ()
    """The directories of ld.so.conf."""
    library_path: str = ""
    """The value of LD_LIBRARY_PATH."""
    working_directory: PurePosixPath | None = None
    """Where relative and empty elements start. None if unknown: nothing is found in them then."""
    has_cache: bool = False
    """Whether ldconfig(8) was run, even if ld.so.conf lists no directory."""
    release: Callable[[], GlibcRelease | None] = lambda: None
    """Returns the release of glibc, None if unknown. It is asked for only where it matters."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchList:
    """A list of directories, and which of them exist: the others are never looked into again
    (dl-load.c, ``enum r_dir_status``).
    """

    how: How
    places: tuple[Place, ...]
    """All directories, in order, as places where nothing was found."""
    existing: tuple[tuple[int, PurePosixPath, Directory], ...]
    """The directories that exist, each after its subdirectories for the CPU: the number of the
    place, the path, and the directory. One with several names is listed once, by the first.
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
        self.subdirectories = Subdirectories(search.architecture, search.release)
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
        configured, has_cache = self._search.configured, self._search.has_cache
        cached = (self._list(How.LD_SO_CONF, configured),) if configured or has_cache else ()
        defaults = self._list(How.DEFAULT, self._search.architecture.default_directories)
        return cached, (defaults,)

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
                for path in (base / name for name in self.subdirectories.of(here)):
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
