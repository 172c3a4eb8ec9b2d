"""What the dynamic loader would load for an object: all that it needs, in the loader's order.

The rules are those of ld.so(8) and, where the page is silent, of glibc's elf/dl-deps.c. No file is
read here: objects come through `Read`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import PurePosixPath

from find_libdeps.elf.cache import Read
from find_libdeps.elf.directories import LookInto
from find_libdeps.elf.objects import Dependency, ElfObject, Tag
from find_libdeps.elf.outcome import Found, How, LinkMap, Missing, Need
from find_libdeps.elf.search import Find, Search
from find_libdeps.elf.search_list import SearchPath
from find_libdeps.elf.sonames import Soname

_LOADED, _NEEDED = How.LOADED, Tag.NEEDED
"""For loops: in Python 3.11, a global variable is faster than a member of an enum."""


class Loader:
    """The dynamic loader of one root and one architecture; it remembers what it looked up."""

    def __init__(self, path: SearchPath, read: Read, look_into: LookInto) -> None:
        self._search = Search(path, read, look_into)
        self._started = cache(self._start)
        self._loaded: dict[PurePosixPath, Found] = {}
        """See `_as_loaded`."""
        self._needs: dict[PurePosixPath, dict[tuple[Soname, int], Need]] = defaultdict(dict)
        """See `_need`."""
        # The loader is part of every process, under the path in PT_INTERP (rtld.c).
        place = PurePosixPath(path.architecture.loader)
        elf = read(place)
        self._itself = (LinkMap(place, elf),) if isinstance(elf, ElfObject) else ()

    def load(
        self,
        root: LinkMap,
        process: Sequence[LinkMap] = (),
        follow: Callable[[PurePosixPath], bool] = lambda path: True,
    ) -> tuple[tuple[Need, ...], tuple[LinkMap, ...]]:
        """Load `root` and what it needs, breadth first (dl-deps.c ``_dl_map_object_deps``).

        Args:
            root: the object to load, as dlopen(3) or the kernel would.
            process: what is loaded already, the main program first; if empty, `root` is that.
            follow: whether the needs of the object found at a path are wanted too.

        Returns:
            What each followed object needs, in the loader's order, and the objects that came
            into the process, `root` first. Equal needs of several calls are one object.
        """
        main = process[0] if process else root
        known = self._started(tuple(process)).copy()
        known.add(self._as_loaded(root.path, root.elf))
        needs: list[Need] = []
        links: list[LinkMap] = []
        queue = deque([root])
        own = {id(root.elf): root}
        """The objects that come into the process here, by their files."""
        while queue:
            requester = queue.popleft()
            links.append(requester)
            filtees: list[LinkMap] = []
            find: Find | None = None
            for dependency in requester.elf.dependencies:
                soname = dependency.soname
                if "$" in soname:
                    soname = self._search.expand(soname, requester)
                if loaded := known.by_name(soname):
                    needs.append(self._need(requester.path, dependency, loaded))
                    continue
                find = find or self._search.of(requester, main)
                is_path = "/" in soname
                outcome = self._search.at_path(soname, requester) if is_path else find(soname)
                needs.append(self._need(requester.path, dependency, outcome))
                if isinstance(outcome, Found):
                    path, elf = outcome.path, outcome.elf
                    is_new = known.add(self._as_loaded(path, elf), soname)
                    if id(elf) in own:
                        own[id(elf)].names.add(soname)
                    elif is_new and follow(path):
                        link = own[id(elf)] = LinkMap(path, elf, requester, {soname})
                        (queue if dependency.tag is _NEEDED else filtees).append(link)
            queue.extendleft(reversed(filtees))
        return tuple(needs), tuple(links)

    def find(self, soname: Soname, requester: LinkMap, main: LinkMap) -> Found | Missing:
        """Look for a name that is not loaded yet (dl-load.c ``_dl_map_object``)."""
        if "/" in soname:
            return self._search.at_path(self._search.expand(soname, requester), requester)
        return self._search.of(requester, main)(soname)

    def _start(self, process: tuple[LinkMap, ...]) -> _Process:
        """A process with only the objects that are loaded already; `load` starts with a copy."""
        started = _Process()
        for link in (*self._itself, *process):
            for name in (None, *link.names):
                started.add(self._as_loaded(link.path, link.elf), name)
        return started

    def _as_loaded(self, path: PurePosixPath, elf: ElfObject) -> Found:
        """The outcome of a need that a loaded object meets; one for each path."""
        found = self._loaded.get(path)
        if found is None or found.elf is not elf:
            found = self._loaded[path] = Found(path, _LOADED, elf)
        return found

    def _need(
        self, requester: PurePosixPath, dependency: Dependency, outcome: Found | Missing
    ) -> Need:
        """The need for a dependency of the object at a path, if `outcome` is what it leads to.

        Each is made once, by its requester, name and outcome. The outcome counts by its identity:
        that is exact, because the need keeps it alive. Where one object asks for a name with two
        tags, only the latest is remembered.
        """
        made, key = self._needs[requester], (dependency.soname, id(outcome))
        need = made.get(key)
        if need is None or need.tag is not dependency.tag:
            need = made[key] = Need(requester, dependency.soname, outcome, dependency.tag)
        return need


class _Process:
    """The objects of a process, by each of their names: as what they are to who needs them."""

    def __init__(self) -> None:
        self._names: dict[str, Found] = {}
        self._files: dict[int, Found] = {}

    def copy(self) -> _Process:
        """Another process with the same objects."""
        process = _Process()
        process._names, process._files = self._names.copy(), self._files.copy()
        return process

    def by_name(self, name: Soname) -> Found | None:
        """The object with this name: the one it was asked for by, its DT_SONAME, or its path."""
        return self._names.get(name)

    def add(self, loaded: Found, name: Soname | None = None) -> bool:
        """Add an object; returns whether it is new. Its file may be there under another name."""
        count = len(self._files)
        known = self._files.setdefault(id(loaded.elf), loaded)
        for alias in (name, known.elf.soname, str(known.path)):
            if alias is not None:
                self._names.setdefault(alias, known)
        return len(self._files) > count
