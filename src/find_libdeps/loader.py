"""What the dynamic loader would do: a name and its requester to the file that it would open.

The rules of ld.so(8) and, where the page is silent, of glibc's elf/dl-load.c and elf/dl-deps.c,
each named where it is followed. Nothing here reads anything: files come through `Read`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePosixPath
from typing import TypeAlias

from find_libdeps.elf import ElfObject, Soname
from find_libdeps.ldconf import Architecture


class How(Enum):
    """By which rule a name was found, or a place looked at. The order is the loader's."""

    PATH = "path"
    """The name has a slash, and is used as a path."""
    LOADED = "loaded"
    """An object that goes by this name is already in the process; nothing is searched."""
    RPATH = "RPATH"
    LD_LIBRARY_PATH = "LD_LIBRARY_PATH"
    RUNPATH = "RUNPATH"
    LD_SO_CONF = "ld.so.conf"
    DEFAULT = "default"
    """A directory that is built into the loader."""


@dataclass(frozen=True, slots=True)
class Unloadable:
    """A file at which the loader gives up instead of looking further."""

    cause: str
    """In the loader's words, such as ``invalid ELF header``."""


Read: TypeAlias = Callable[[PurePosixPath], "ElfObject | Unloadable | None"]
"""The object at a path, links followed; None where there is no file. For one file it must always
be the same object: the loader knows a file by its device and inode, and so do we by identity."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was looked at in vain."""

    path: PurePosixPath
    """The directory; or the file, where one stood there that could not be used."""
    how: How
    cause: str


@dataclass(frozen=True, slots=True)
class Found:
    """The file that the loader would use."""

    path: PurePosixPath
    """As the loader forms it, links unresolved."""
    how: How
    elf: ElfObject = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """The loader would give up."""

    places: tuple[Place, ...]
    """Every place that it would have looked at, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class LinkMap:
    """An object in a process (glibc's ``struct link_map``)."""

    path: PurePosixPath
    """The path it was opened by; ``$ORIGIN`` is its directory."""
    elf: ElfObject
    loader: LinkMap | None = None
    """The object that first asked for it; None for the one that was asked for by hand."""


@dataclass(frozen=True, slots=True)
class Need:
    """One name that one object asks for, and what comes of it."""

    requester: PurePosixPath
    soname: Soname
    outcome: Found | Missing


@dataclass(frozen=True, slots=True)
class SearchPath:
    """What the loader of one architecture knows besides the objects."""

    architecture: Architecture
    configured: tuple[str, ...] = ()
    """The directories of ld.so.conf."""
    library_path: tuple[str, ...] = ()
    """The elements of LD_LIBRARY_PATH."""


Scope: TypeAlias = tuple[tuple[How, str], ...]


class Loader:
    """The dynamic loader of one root and one architecture; it remembers what it looked up."""

    def __init__(self, search: SearchPath, read: Read) -> None:
        self._search = search
        self._read = read
        self._found: dict[tuple[Soname, Scope, object], Found | Missing] = {}

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
        known = _Process((*process, root))
        needs: list[Need] = []
        queue = [root]
        for requester in queue:
            for soname in (*requester.elf.filters, *requester.elf.needed):
                loaded = known.by_name(soname)
                outcome: Found | Missing
                if loaded:
                    outcome = Found(loaded.path, How.LOADED, loaded.elf)
                else:
                    outcome = self.find(soname, requester, main)
                    if isinstance(outcome, Found):
                        new = known.add(LinkMap(outcome.path, outcome.elf, requester), soname)
                        if new and follow(outcome.path):
                            queue.append(new)
                needs.append(Need(requester.path, soname, outcome))
        return tuple(needs), tuple(queue)

    def find(self, soname: Soname, requester: LinkMap, main: LinkMap) -> Found | Missing:
        """Look for a name that is not loaded yet (dl-load.c ``_dl_map_object``)."""
        if "/" in soname:
            return self._at_path(soname, requester)
        key = (soname, self._scope(requester, main), requester.elf.abi)
        try:
            return self._found[key]
        except KeyError:
            outcome = self._found[key] = self._look_along(soname, key[1], requester.elf)
            return outcome

    def _at_path(self, soname: Soname, requester: LinkMap) -> Found | Missing:
        path = PurePosixPath(self._expand(soname, requester))
        if not path.is_absolute():
            return Missing((Place(path, How.PATH, "relative to the working directory"),))
        elf = self._read(path)
        if isinstance(elf, ElfObject) and elf.loadable and elf.abi == requester.elf.abi:
            return Found(path, How.PATH, elf)
        return Missing((Place(path, How.PATH, _cause(elf, requester.elf) or "no such file"),))

    def _look_along(self, soname: Soname, scope: Scope, requester: ElfObject) -> Found | Missing:
        # The cache that ldconfig(8) makes of its own and the default directories has files with
        # such names only, and none that are broken (glibc elf/ldconfig.c ``search_dir``).
        cached = soname.startswith(("lib", "ld-")) and ".so" in soname
        configured = frozenset(self._search.configured)
        places: list[Place] = []
        for how, directory in scope:
            if how is How.LD_SO_CONF and not cached:
                continue
            if how is How.DEFAULT and cached and directory in configured:
                continue
            if not directory.startswith("/"):
                cause = "relative to the working directory, which nobody knows"
                places.append(Place(PurePosixPath(directory), how, cause))
                continue
            skipped = []
            for path in self._candidates(directory, soname):
                elf = self._read(path)
                if isinstance(elf, ElfObject) and elf.loadable and elf.abi == requester.abi:
                    return Found(path, how, elf)
                if elf is not None:
                    skipped.append(Place(path, how, _cause(elf, requester)))
                    lenient = cached and how in (How.LD_SO_CONF, How.DEFAULT)
                    if _gives_up(elf, requester) and not lenient:
                        return Missing((*places, *skipped))
            places += skipped or [Place(PurePosixPath(directory), how, "no such file")]
        return Missing(tuple(places))

    def _candidates(self, directory: str, soname: Soname) -> Iterator[PurePosixPath]:
        """The files tried in one directory (``open_path``; ld.so(8), hardware capabilities)."""
        for hwcap in self._search.architecture.hwcaps:
            yield PurePosixPath(f"{directory}/glibc-hwcaps/{hwcap}/{soname}")
        yield PurePosixPath(f"{directory}/{soname}")

    def _scope(self, requester: LinkMap, main: LinkMap) -> Scope:
        """The directories for a requester's names, in the order of dl-load.c."""
        scope: list[tuple[How, str]] = []
        if requester.elf.runpath is None:
            # "When the object has the RUNPATH information we don't use any RPATHs": neither
            # its own nor its loaders'. The main program's comes last, if it isn't one of them.
            link: LinkMap | None = requester
            chain = []
            while link:
                chain.append(link)
                link = link.loader
            if not any(link is main for link in chain):
                chain.append(main)
            for link in chain:
                if link.elf.runpath is None and link.elf.rpath is not None:
                    scope += ((How.RPATH, d) for d in self._split(link.elf.rpath, link))
        for element in self._search.library_path:
            scope.append((How.LD_LIBRARY_PATH, _directory(self._expand(element, main))))
        if requester.elf.runpath is not None:
            scope += ((How.RUNPATH, d) for d in self._split(requester.elf.runpath, requester))
        defaults = self._search.architecture.default_directories
        bare = requester.elf.no_default_directories
        scope += (
            (How.LD_SO_CONF, d) for d in self._search.configured if not (bare and d in defaults)
        )
        if not bare:
            scope += ((How.DEFAULT, d) for d in defaults)
        return tuple(dict.fromkeys(scope))

    def _split(self, path_list: str, origin: LinkMap) -> list[str]:
        if not path_list:  # an empty list is none, an empty element is the working directory
            return []
        return [_directory(self._expand(part, origin)) for part in path_list.split(":")]

    def _expand(self, text: str, origin: LinkMap) -> str:
        """Dynamic string tokens (ld.so(8)), with braces and without."""
        if "$" not in text:
            return text
        for token, value in (
            ("ORIGIN", str(origin.path.parent)),
            ("LIB", self._search.architecture.lib),
            ("PLATFORM", self._search.architecture.platform),
        ):
            text = text.replace(f"${{{token}}}", value).replace(f"${token}", value)
        return text


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


def _directory(text: str) -> str:
    return text.rstrip("/") or text[:1]


def _gives_up(elf: ElfObject | Unloadable, requester: ElfObject) -> bool:
    """Whether the loader stops at such a file; else it looks further (``open_verify``)."""
    if isinstance(elf, Unloadable):
        return True
    if elf.abi.bits != requester.abi.bits:
        return False
    if elf.abi.little_endian != requester.abi.little_endian:
        return True
    return elf.abi.machine == requester.abi.machine and not elf.loadable


def _cause(elf: ElfObject | Unloadable | None, requester: ElfObject) -> str:
    if elf is None:
        return "no such file"
    if isinstance(elf, Unloadable):
        return elf.cause
    if elf.abi != requester.abi:
        return f"it is {elf.abi}, not {requester.abi}"
    return "only ET_DYN and ET_EXEC can be loaded"
