"""What the dynamic loader would do: a name and its requester to the file that it would open.

The rules of ld.so(8) and, where the page is silent, of glibc's elf/dl-load.c and elf/dl-deps.c,
each named where it is followed. Nothing here reads anything: files come through `Read`.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain, islice
from pathlib import PurePosixPath

from find_libdeps.elf.objects import Dependency, ElfObject, Tag
from find_libdeps.elf.outcome import (
    ABSENT,
    MAX_PLACES,
    RELATIVE,
    TOO_MANY_LINKS,
    Found,
    How,
    Missing,
    Need,
    Place,
    Unloadable,
)
from find_libdeps.elf.search import (
    Directory,
    LinkMap,
    LookInto,
    Read,
    SearchList,
    SearchPath,
    _cause,
    _chain,
    _fits,
    _gives_up,
    _is_below,
    _is_filed_as,
)
from find_libdeps.elf.sonames import Soname

_LOADED, _RPATH, _RUNPATH = How.LOADED, How.RPATH, How.RUNPATH
_NEEDED = Tag.NEEDED
"""In loops: Python 3.11 takes longer to find a member of an enum than a value in a dict."""


class Loader:
    """The dynamic loader of one root and one architecture; it remembers what it looked up."""

    def __init__(self, search: SearchPath, read: Read, look_into: LookInto) -> None:
        self._search = search
        self._read = read
        self._look_into = look_into
        self._hwcaps = tuple(f"glibc-hwcaps/{level}" for level in search.architecture.hwcaps)
        self._found: dict[tuple[Soname, tuple[SearchList, ...], object], Found | Missing] = {}
        self._met: dict[PurePosixPath, dict[Soname, Need]] = defaultdict(dict)
        """Needs that what was loaded already met last, by who has them."""
        self._list = cache(self._make_list)
        self._split_in = cache(self._split_at_colons)
        self._split = cache(self._split_beside)
        self._system_lists = self._make_system_lists()
        self._cache = self._make_cache()
        # The loader is in every process that it loads, by the path in PT_INTERP (rtld.c).
        path = PurePosixPath(search.architecture.loader)
        elf = read(path)
        self._itself = (LinkMap(path, elf),) if isinstance(elf, ElfObject) else ()

    def load(
        self,
        root: LinkMap,
        process: Sequence[LinkMap] = (),
        follow: Callable[[PurePosixPath], bool] = lambda path: True,
    ) -> tuple[tuple[Need, ...], tuple[LinkMap, ...]]:
        """Load `root` and what it needs, breadth first (dl-deps.c ``_dl_map_object_deps``).

        Args:
            root: the object to load, as dlopen(3) or the kernel would.
            process: what is loaded already, the main program first; none: `root` is it.
            follow: whether the needs of the object found at a path are wanted too.

        Returns:
            What each followed object needs, in the loader's order, and the objects that came
            into the process, `root` first.
        """
        main = process[0] if process else root
        known = _Process((*self._itself, *process, root))
        needs: list[Need] = []
        links: list[LinkMap] = []
        queue = deque([root])
        while queue:
            requester = queue.popleft()
            links.append(requester)
            filtees: list[LinkMap] = []
            lists: tuple[SearchList, ...] | None = None
            for dependency in requester.elf.dependencies:
                soname, tag = dependency.soname, dependency.tag
                if loaded := known.by_name(soname):
                    needs.append(self._met_by(loaded, requester, dependency))
                    continue
                lists = self._lists(requester, main) if lists is None else lists
                outcome = self._search_along(lists, soname, requester)
                needs.append(Need(requester.path, soname, outcome, tag))
                if isinstance(outcome, Found):
                    new = known.add(LinkMap(outcome.path, outcome.elf, requester), soname)
                    if new is not None and follow(new.path):
                        (queue if tag is _NEEDED else filtees).append(new)
            queue.extendleft(reversed(filtees))
        return tuple(needs), tuple(links)

    def _met_by(self, loaded: LinkMap, requester: LinkMap, dependency: Dependency) -> Need:
        """A need that nobody has to search for; the same value as the last time, if it is equal."""
        met, soname = self._met[requester.path], dependency.soname
        match met.get(soname):
            case Need(outcome=Found(path=path), tag=tag) as need if path is loaded.path:
                if tag is dependency.tag:
                    return need
        found = Found(loaded.path, _LOADED, loaded.elf)
        need = met[soname] = Need(requester.path, soname, found, dependency.tag)
        return need

    def find(self, soname: Soname, requester: LinkMap, main: LinkMap) -> Found | Missing:
        """Look for a name that is not loaded yet (dl-load.c ``_dl_map_object``)."""
        return self._search_along(self._lists(requester, main), soname, requester)

    def _search_along(
        self, lists: tuple[SearchList, ...], soname: Soname, requester: LinkMap
    ) -> Found | Missing:
        if "/" in soname:
            return self._at_path(soname, requester)
        key = (soname, lists, requester.elf.abi)
        try:
            return self._found[key]
        except KeyError:
            outcome = self._found[key] = self._look_along(soname, lists, requester.elf)
            return outcome

    def _at_path(self, soname: Soname, requester: LinkMap) -> Found | Missing:
        """A name with a slash is a path, relative to the working directory."""
        path = self._absolute(self._expand(soname, requester.path.parent))
        if path is None:
            return Missing((Place(PurePosixPath(soname), How.PATH, RELATIVE),))
        elf = self._read(path)
        if isinstance(elf, ElfObject) and _fits(elf, requester.elf):
            return Found(path, How.PATH, elf)
        return Missing((Place(path, How.PATH, _cause(elf, requester.elf)),))

    def _look_along(
        self, soname: Soname, lists: Sequence[SearchList], requester: ElfObject
    ) -> Found | Missing:
        """One list of directories after the other, and the cache before the default ones."""
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
        """Each directory in turn (``open_path``), its best subdirectory first.

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
        """What ldconfig(8) would have put into its cache under this name.

        It takes files called ``lib*.so*`` and ``ld-*.so*`` from the configured and then from
        the built-in directories, leaves out what is broken, and files each under its DT_SONAME
        (glibc elf/ldconfig.c ``search_dir``). The best CPU level wins over the order of the
        directories (elf/dl-cache.c ``search_cache``).
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
        """The directories of the cache that exist, the best CPU level of each first."""
        configured = set(self._search.configured)
        defaults = self._search.architecture.default_directories
        directories = dict.fromkeys((*self._search.configured, *defaults))
        found: dict[PurePosixPath, tuple[How, PurePosixPath, Directory]] = {}
        for subdirectory in (*self._hwcaps, ""):
            for directory in directories:
                path = PurePosixPath(directory, subdirectory)
                if there := self._look_into(path):
                    how = How.LD_SO_CONF if directory in configured else How.DEFAULT
                    found.setdefault(there.place, (how, path, there))
        return tuple(found.values())

    def _lists(self, requester: LinkMap, main: LinkMap) -> tuple[SearchList, ...]:
        """The lists of directories for a requester's names, in the order of dl-load.c."""
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
        """What is searched for every object: the directories of ld.so.conf, and the built-in."""
        configured = self._search.configured
        defaults = self._list(How.DEFAULT, self._search.architecture.default_directories)
        return (self._list(How.LD_SO_CONF, configured),) if configured else (), (defaults,)

    def _split_beside(self, how: How, path_list: str, path: PurePosixPath) -> SearchList:
        return self._split_in(how, path_list, path.parent)

    def _split_at_colons(self, how: How, path_list: str, origin: PurePosixPath) -> SearchList:
        return self._list(how, tuple(self._expand(part, origin) for part in path_list.split(":")))

    def _make_list(self, how: How, directories: tuple[str, ...]) -> SearchList:
        places: list[Place] = []
        existing: dict[PurePosixPath, tuple[int, PurePosixPath, Directory]] = {}
        for number, directory in enumerate(directories):
            base = self._absolute(directory)
            if base is None:
                places.append(Place(PurePosixPath(directory), how, RELATIVE))
                continue
            places.append(Place(base, how, ABSENT))
            if self._look_into(base):
                for path in (*(base / hwcaps for hwcaps in self._hwcaps), base):
                    if there := self._look_into(path):
                        existing.setdefault(there.place, (number, path, there))
        return SearchList(how, tuple(places), tuple(existing.values()))

    def _absolute(self, path: str) -> PurePosixPath | None:
        if path.startswith("/"):
            return PurePosixPath("/" + path.lstrip("/"))  # which "//" would not be
        start = self._search.working_directory
        return start / path if start else None

    def _expand(self, text: str, origin: PurePosixPath) -> str:
        """Dynamic string tokens (ld.so(8)), with braces and without; dl-load.c ``is_dst``."""

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


class _Process:
    """The objects of a process by the names that they go by."""

    def __init__(self, maps: Sequence[LinkMap]) -> None:
        self._names: dict[str, LinkMap] = {}
        self._files: dict[int, LinkMap] = {}
        for link in maps:
            self.add(link, None)

    def by_name(self, name: Soname) -> LinkMap | None:
        """Who is known by this name: as it was asked for, its DT_SONAME, or its path."""
        return self._names.get(name)

    def add(self, link: LinkMap, name: Soname | None) -> LinkMap | None:
        """Take a new object in, unless its file is there under another name."""
        known = self._files.setdefault(id(link.elf), link)
        for alias in (name, known.elf.soname, str(known.path)):
            if alias is not None:
                self._names.setdefault(alias, known)
        return link if known is link else None
