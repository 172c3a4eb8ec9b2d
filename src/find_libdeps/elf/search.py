"""The search for one name: the file that the dynamic loader would open for a requester.

It follows glibc's elf/dl-load.c and elf/dl-cache.c, and names their functions. No file is read
here: objects come through `Read`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import TypeAlias

from find_libdeps.elf.objects import Abi, ElfObject
from find_libdeps.elf.outcome import (
    ABSENT,
    MAX_PLACES,
    RELATIVE,
    TOO_MANY_LINKS,
    Found,
    How,
    LinkMap,
    Missing,
    Place,
    Unloadable,
)
from find_libdeps.elf.search_list import Directory, LookInto, SearchList, SearchLists, SearchPath
from find_libdeps.elf.sonames import Soname

Read: TypeAlias = Callable[[PurePosixPath], "ElfObject | Unloadable | None"]
"""Returns the object at a path, links followed; None if there is no file. It must return the same
object for the same file: the loader compares device and inode, `Loader` compares identity."""
Find: TypeAlias = "Callable[[Soname], Found | Missing]"
"""Searches for a name without a slash that is not loaded yet."""


class Search:
    """The searches of one root and one architecture; the results are cached."""

    def __init__(self, search: SearchPath, read: Read, look_into: LookInto) -> None:
        self._search = search
        self._read = read
        self._look_into = look_into
        self._lists = SearchLists(search, look_into)
        self._finders: dict[tuple[tuple[SearchList, ...], Abi], Find] = {}
        self._cache = self._make_cache()

    def of(self, requester: LinkMap, main: LinkMap) -> Find:
        """The search for the names that a requester asks for (dl-load.c ``_dl_map_object``).

        Each name is searched once for all requesters that search the same lists for the same ABI:
        nothing else of them matters. DF_1_NODEFLIB matters, too, but those that have it search
        other lists.
        """
        key = self._lists.of(requester, main), requester.elf.abi
        try:
            return self._finders[key]
        except KeyError:
            find = self._finders[key] = cache(partial(self._look_along, key[0], requester.elf))
            return find

    def at_path(self, soname: Soname, requester: LinkMap) -> Found | Missing:
        """A name with a slash is a path, relative to the working directory."""
        path = self._lists.absolute(self._lists.expand(soname, requester.path.parent))
        if path is None:
            return Missing((Place(PurePosixPath(soname), How.PATH, RELATIVE),))
        elf = self._read(path)
        if isinstance(elf, ElfObject) and _fits(elf, requester.elf):
            return Found(path, How.PATH, elf)
        return Missing((Place(path, How.PATH, _cause(elf, requester.elf)),))

    def _look_along(
        self, lists: Sequence[SearchList], requester: ElfObject, soname: Soname
    ) -> Found | Missing:
        """Search one list after the other, and the cache in place of ld.so.conf's directories."""
        tried: list[Iterable[Place]] = []
        outcome: Found | Unloadable | None
        for each in lists:
            if each.how is How.LD_SO_CONF:
                outcome = self._in_cache(soname, requester)
                tried.append(each.places)
            else:
                outcome = self._in_list(soname, each, requester, tried)
            if isinstance(outcome, Found):
                return outcome
            if outcome is not None:
                break
        return Missing(tuple(islice(chain.from_iterable(tried), MAX_PLACES)))

    def _in_list(
        self,
        soname: Soname,
        directories: SearchList,
        requester: ElfObject,
        tried: list[Iterable[Place]],
    ) -> Found | Unloadable | None:
        """Search each directory in turn (``open_path``), its best subdirectory first.

        A file that can't be used ends the whole search, unless it is for another machine.
        """
        unusable: dict[int, list[Place]] = {}
        for number, base, directory in directories.existing:
            if not directory.may_have(soname):
                continue
            path = base / soname
            elf = self._read(path)
            if elf is None:
                continue
            if isinstance(elf, ElfObject) and _fits(elf, requester):
                return Found(path, directories.how, elf)
            cause = _cause(elf, requester)
            unusable.setdefault(number, []).append(Place(path, directories.how, cause))
            is_loop = elf == Unloadable(TOO_MANY_LINKS)
            if is_loop or _gives_up(elf, requester):
                tried.append(directories.told(unusable, number + 1))
                return None if is_loop else Unloadable(cause)
        tried.append(directories.told(unusable) if unusable else directories.places)
        return None

    def _in_cache(self, soname: Soname, requester: ElfObject) -> Found | None:
        """The file that ldconfig(8) would have put into its cache under this name.

        ldconfig takes files called ``lib*.so*`` and ``ld-*.so*`` from the configured and then from
        the built-in directories, skips broken ones, and enters each under its DT_SONAME (glibc
        elf/ldconfig.c ``search_dir``). The best CPU level comes before the order of the directories
        (elf/dl-cache.c ``search_cache``).
        """
        if not (soname.startswith(("lib", "ld-")) and ".so" in soname):
            return None
        defaults = self._search.architecture.default_directories
        for how, base, directory in self._cache:
            if not directory.may_have(soname):
                continue
            path = base / soname
            elf = self._read(path)
            if not isinstance(elf, ElfObject) or not _fits(elf, requester):
                continue
            if not _is_filed_as(soname, elf):
                continue
            if requester.no_default_directories and _is_below(path, defaults):
                return None
            return Found(path, how, elf)
        return None

    def _make_cache(self) -> tuple[tuple[How, PurePosixPath, Directory], ...]:
        """The existing directories that ldconfig(8) searches, all of the best CPU level first."""
        configured = set(self._search.configured)
        defaults = self._search.architecture.default_directories
        directories = dict.fromkeys((*self._search.configured, *defaults))
        found: dict[PurePosixPath, tuple[How, PurePosixPath, Directory]] = {}
        for subdirectory in (*self._lists.hwcaps, ""):
            for directory in directories:
                path = PurePosixPath(directory, subdirectory)
                if there := self._look_into(path):
                    how = How.LD_SO_CONF if directory in configured else How.DEFAULT
                    found.setdefault(there.place, (how, path, there))
        return tuple(found.values())


def _fits(elf: ElfObject, requester: ElfObject) -> bool:
    return elf.refusal is None and elf.abi == requester.abi


def _gives_up(elf: ElfObject | Unloadable, requester: ElfObject) -> bool:
    """Whether the loader gives up at a file that it can't use, instead of searching further.

    It checks the class, then the byte order, then the machine, then the rest (dl-load.c
    ``open_verify``).
    """
    if isinstance(elf, Unloadable):
        return True
    if elf.abi.bits != requester.abi.bits:
        return False
    if elf.abi.little_endian != requester.abi.little_endian:
        return True
    return elf.abi == requester.abi


def _is_filed_as(soname: Soname, elf: ElfObject) -> bool:
    """Whether ldconfig enters the file called `soname` under that name: it has no other DT_SONAME,
    or the name is the link for ld(1), the DT_SONAME up to ``.so``.
    """
    filed = elf.soname or soname
    return filed == soname or (soname.endswith(".so") and filed.startswith(f"{soname}."))


def _is_below(path: PurePosixPath, directories: Sequence[str]) -> bool:
    return any(str(path).startswith(f"{directory}/") for directory in directories)


def _cause(elf: ElfObject | Unloadable | None, requester: ElfObject) -> str:
    if elf is None:
        return ABSENT
    if isinstance(elf, Unloadable):
        return elf.cause
    if elf.abi != requester.abi:
        return f"it is {elf.abi}, not {requester.abi}"
    return elf.refusal or ABSENT
