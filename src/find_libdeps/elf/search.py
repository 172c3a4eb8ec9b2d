"""The search for one name: the file that the dynamic loader would open for a requester.

It follows glibc's elf/dl-load.c, and names its functions. No file is read
here: objects come through `Read`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import TypeAlias

from find_libdeps.elf.cache import LdCache, Read, fits
from find_libdeps.elf.directories import LookInto
from find_libdeps.elf.objects import WRONG_CLASS, Abi, ElfObject
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
from find_libdeps.elf.reader import name_of_machine
from find_libdeps.elf.search_list import SearchList, SearchLists, SearchPath
from find_libdeps.elf.sonames import Soname

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
        self._cache = LdCache(search, self._lists.subdirectories, read, look_into)

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

    def expand(self, soname: Soname, requester: LinkMap) -> Soname:
        """A name with its tokens replaced as a requester sees them (``_dl_dst_substitute``)."""
        return Soname(self._lists.expand(soname, requester.path.parent))

    def at_path(self, soname: Soname, requester: LinkMap) -> Found | Missing:
        """A name with a slash, without tokens, is a path, relative to the working directory."""
        path = self._lists.absolute(soname)
        if path is None:
            return Missing((Place(PurePosixPath(soname), How.PATH, RELATIVE),))
        elf = self._read(path)
        if isinstance(elf, ElfObject) and fits(elf, requester.elf):
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
                outcome = self._cache.find(soname, requester)
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
            if isinstance(elf, ElfObject) and fits(elf, requester):
                return Found(path, directories.how, elf)
            cause = _cause(elf, requester)
            unusable.setdefault(number, []).append(Place(path, directories.how, cause))
            is_loop = elf == Unloadable(TOO_MANY_LINKS)
            if is_loop or _gives_up(elf, requester):
                tried.append(directories.told(unusable, number + 1))
                return None if is_loop else Unloadable(cause)
        tried.append(directories.told(unusable) if unusable else directories.places)
        return None


def _gives_up(elf: ElfObject | Unloadable, requester: ElfObject) -> bool:
    """Whether the loader gives up at a file that it can't use, instead of searching further.

    It skips what is of another class or machine; what it can't use for another reason, such as
    another byte order, ends its search (dl-load.c ``open_verify``). It reads e_machine in its own
    byte order: so a library of a machine with the other one is skipped, too.
    """
    if isinstance(elf, Unloadable):
        return elf.cause != WRONG_CLASS
    if elf.abi.bits != requester.abi.bits:
        return False
    if elf.abi.little_endian != requester.abi.little_endian:
        return _swapped(elf.abi.machine) == requester.abi.machine
    return elf.abi == requester.abi


def _swapped(machine: str) -> str:
    """What an e_machine without a name, of two bytes, is in the other byte order."""
    if not machine.isdecimal():
        return ""
    return name_of_machine(int.from_bytes(int(machine).to_bytes(2, "little"), "big"))


def _cause(elf: ElfObject | Unloadable | None, requester: ElfObject) -> str:
    if elf is None:
        return ABSENT
    if isinstance(elf, Unloadable):
        return elf.cause
    if elf.abi != requester.abi:
        return f"it is {elf.abi}, not {requester.abi}"
    return elf.refusal or ABSENT
