"""What the dynamic loader would load for an object: all that it needs, in the loader's order.

The rules are those of ld.so(8) and, where the page is silent, of glibc's elf/dl-deps.c. No file is
read here: objects come through `Read`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from find_libdeps.elf.objects import Dependency, ElfObject, Tag
from find_libdeps.elf.outcome import Found, How, LinkMap, Missing, Need
from find_libdeps.elf.search import Read, Search
from find_libdeps.elf.search_list import LookInto, SearchList, SearchPath
from find_libdeps.elf.sonames import Soname

_LOADED, _NEEDED = How.LOADED, Tag.NEEDED
"""For loops: in Python 3.11, a global variable is faster than a member of an enum."""


class Loader:
    """The dynamic loader of one root and one architecture; it remembers what it looked up."""

    def __init__(self, path: SearchPath, read: Read, look_into: LookInto) -> None:
        search = Search(path, read, look_into)
        self._lists_of = search.lists_of
        self._search = search.along
        self._met: dict[PurePosixPath, dict[Soname, Need]] = defaultdict(dict)
        """The latest needs that a loaded object met, by the path of the requester."""
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
                lists = self._lists_of(requester, main) if lists is None else lists
                outcome = self._search(lists, soname, requester)
                needs.append(Need(requester.path, soname, outcome, tag))
                if isinstance(outcome, Found):
                    new = known.add(LinkMap(outcome.path, outcome.elf, requester), soname)
                    if new is not None and follow(new.path):
                        (queue if tag is _NEEDED else filtees).append(new)
            queue.extendleft(reversed(filtees))
        return tuple(needs), tuple(links)

    def _met_by(self, loaded: LinkMap, requester: LinkMap, dependency: Dependency) -> Need:
        """A need that a loaded object meets without a search; reuses the latest value if equal."""
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
        return self._search(self._lists_of(requester, main), soname, requester)


class _Process:
    """The objects of a process, by each of their names."""

    def __init__(self, maps: Sequence[LinkMap]) -> None:
        self._names: dict[str, LinkMap] = {}
        self._files: dict[int, LinkMap] = {}
        for link in maps:
            self.add(link, None)

    def by_name(self, name: Soname) -> LinkMap | None:
        """The object with this name: the one it was asked for by, its DT_SONAME, or its path."""
        return self._names.get(name)

    def add(self, link: LinkMap, name: Soname | None) -> LinkMap | None:
        """Add an object and return it; None if its file is already there under another name."""
        known = self._files.setdefault(id(link.elf), link)
        for alias in (name, known.elf.soname, str(known.path)):
            if alias is not None:
                self._names.setdefault(alias, known)
        return link if known is link else None
