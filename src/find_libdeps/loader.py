"""What the dynamic loader would do: a name and its requester to the file that it would open.

The rules of ld.so(8) and, where the page is silent, of glibc's elf/dl-load.c and elf/dl-deps.c,
each named where it is followed. Nothing here reads anything: files come through `Read`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePosixPath
from typing import TypeAlias

from find_libdeps.elf import Dependency, ElfObject, Soname, Tag
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


TOO_MANY_LINKS = "Too many levels of symbolic links"


@dataclass(frozen=True, slots=True)
class Unloadable:
    """A file at which the loader gives up instead of looking further."""

    cause: str
    """In the loader's words, such as ``invalid ELF header``. After `TOO_MANY_LINKS` only the
    directories of the same list are given up.
    """


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
    tag: Tag = Tag.NEEDED


@dataclass(frozen=True, slots=True)
class SearchPath:
    """What the loader of one architecture knows besides the objects."""

    architecture: Architecture
    configured: tuple[str, ...] = ()
    """The directories of ld.so.conf."""
    library_path: str = ""
    """The value of LD_LIBRARY_PATH."""
    working_directory: PurePosixPath | None = None
    """Where relative and empty elements start; None: nobody knows, and they lead nowhere."""


Lists: TypeAlias = tuple[tuple[How, tuple[str, ...]], ...]

ABSENT = "no such file"
RELATIVE = "relative to the working directory, which nobody knows"


class Loader:
    """The dynamic loader of one root and one architecture; it remembers what it looked up."""

    def __init__(self, search: SearchPath, read: Read) -> None:
        self._search = search
        self._read = read
        self._hwcaps = tuple(f"glibc-hwcaps/{level}" for level in search.architecture.hwcaps)
        self._found: dict[tuple[Soname, Lists, object], Found | Missing] = {}
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
            for dependency in requester.elf.dependencies:
                need, new = self._meet(dependency, requester, main, known)
                needs.append(need)
                if new is not None and follow(new.path):
                    (queue if need.tag is Tag.NEEDED else filtees).append(new)
            queue.extendleft(reversed(filtees))
        return tuple(needs), tuple(links)

    def _meet(
        self, dependency: Dependency, requester: LinkMap, main: LinkMap, known: _Process
    ) -> tuple[Need, LinkMap | None]:
        """One need, and the object that it brings into the process, if that is new there."""
        soname, new = dependency.soname, None
        loaded = known.by_name(soname)
        outcome: Found | Missing
        if loaded:
            outcome = Found(loaded.path, How.LOADED, loaded.elf)
        else:
            outcome = self.find(soname, requester, main)
            if isinstance(outcome, Found):
                new = known.add(LinkMap(outcome.path, outcome.elf, requester), soname)
        return Need(requester.path, soname, outcome, dependency.tag), new

    def find(self, soname: Soname, requester: LinkMap, main: LinkMap) -> Found | Missing:
        """Look for a name that is not loaded yet (dl-load.c ``_dl_map_object``)."""
        if "/" in soname:
            return self._at_path(soname, requester)
        key = (soname, self._lists(requester, main), requester.elf.abi)
        try:
            return self._found[key]
        except KeyError:
            outcome = self._found[key] = self._look_along(soname, key[1], requester.elf)
            return outcome

    def _at_path(self, soname: Soname, requester: LinkMap) -> Found | Missing:
        """A name with a slash is a path, relative to the working directory."""
        path = self._absolute(self._expand(soname, requester.path))
        if path is None:
            return Missing((Place(PurePosixPath(soname), How.PATH, RELATIVE),))
        elf = self._read(path)
        if isinstance(elf, ElfObject) and _fits(elf, requester.elf):
            return Found(path, How.PATH, elf)
        return Missing((Place(path, How.PATH, _cause(elf, requester.elf)),))

    def _look_along(self, soname: Soname, lists: Lists, requester: ElfObject) -> Found | Missing:
        """One list of directories after the other, and the cache before the default ones."""
        tried: list[Place] = []
        outcome: Found | Unloadable | None
        for how, directories in lists:
            if how is How.LD_SO_CONF:
                outcome = self._in_cache(soname, requester, tried)
            else:
                outcome = self._in_list(soname, how, directories, requester, tried)
            if isinstance(outcome, Found):
                return outcome
            if outcome is not None:
                break
        return Missing(tuple(tried))

    def _in_list(
        self,
        soname: Soname,
        how: How,
        directories: Sequence[str],
        requester: ElfObject,
        tried: list[Place],
    ) -> Found | Unloadable | None:
        """Each directory in turn (``open_path``), its best subdirectory first.

        A file that can't be used ends the whole search, unless it is for another machine.
        """
        for directory in directories:
            base = self._absolute(directory)
            if base is None:
                tried.append(Place(PurePosixPath(directory), how, RELATIVE))
                continue
            before = len(tried)
            for path in (*(base / hwcaps / soname for hwcaps in self._hwcaps), base / soname):
                elf = self._read(path)
                if elf is None:
                    continue
                if isinstance(elf, ElfObject) and _fits(elf, requester):
                    return Found(path, how, elf)
                tried.append(Place(path, how, _cause(elf, requester)))
                if elf == Unloadable(TOO_MANY_LINKS):
                    return None
                if _gives_up(elf, requester):
                    return Unloadable(tried[-1].cause)
            if len(tried) == before:
                tried.append(Place(base, how, ABSENT))
        return None

    def _in_cache(self, soname: Soname, requester: ElfObject, tried: list[Place]) -> Found | None:
        """What ldconfig(8) would have put into its cache under this name.

        It takes files called ``lib*.so*`` and ``ld-*.so*`` from the configured and then from
        the built-in directories, leaves out what is broken, and files each under its DT_SONAME
        (glibc elf/ldconfig.c ``search_dir``). The best CPU level wins over the order of the
        directories (elf/dl-cache.c ``search_cache``).
        """
        if not (soname.startswith(("lib", "ld-")) and ".so" in soname):
            return None
        defaults = self._search.architecture.default_directories
        configured = self._search.configured
        directories = (*configured, *(d for d in defaults if d not in configured))
        for subdirectory in (*self._hwcaps, ""):
            for directory in directories:
                path = PurePosixPath(directory, subdirectory, soname)
                elf = self._read(path)
                if not isinstance(elf, ElfObject) or not _fits(elf, requester):
                    continue
                if not _is_filed_as(soname, elf):
                    continue
                if requester.no_default_directories and _is_below(path, defaults):
                    return None
                how = How.LD_SO_CONF if directory in configured else How.DEFAULT
                return Found(path, how, elf)
        tried += (Place(PurePosixPath(d), How.LD_SO_CONF, ABSENT) for d in configured)
        return None

    def _lists(self, requester: LinkMap, main: LinkMap) -> Lists:
        """The lists of directories for a requester's names, in the order of dl-load.c."""
        lists: list[tuple[How, tuple[str, ...]]] = []
        if requester.elf.runpath is None:
            # "When the object has the RUNPATH information we don't use any RPATHs": neither
            # its own nor its loaders'. The main program's comes last, if it isn't one of them.
            chain = list(_chain(requester))
            for link in chain if main in chain else (*chain, main):
                if link.elf.runpath is None and link.elf.rpath:
                    lists.append((How.RPATH, self._split(link.elf.rpath, link.path)))
        if self._search.library_path:
            text = self._search.library_path.replace(";", ":")
            lists.append((How.LD_LIBRARY_PATH, self._split(text, main.path)))
        if requester.elf.runpath:
            lists.append((How.RUNPATH, self._split(requester.elf.runpath, requester.path)))
        if self._search.configured:
            lists.append((How.LD_SO_CONF, self._search.configured))
        if not requester.elf.no_default_directories:
            lists.append((How.DEFAULT, self._search.architecture.default_directories))
        return tuple(lists)

    def _split(self, path_list: str, origin: PurePosixPath) -> tuple[str, ...]:
        return tuple(self._expand(part, origin) for part in path_list.split(":"))

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
                    return str(origin.parent)
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


def _chain(link: LinkMap | None) -> Iterator[LinkMap]:
    """An object, who asked for it, who asked for that one, and so on."""
    while link is not None:
        yield link
        link = link.loader


def _fits(elf: ElfObject, requester: ElfObject) -> bool:
    return elf.refusal is None and elf.abi == requester.abi


def _gives_up(elf: ElfObject | Unloadable, requester: ElfObject) -> bool:
    """Whether the loader stops at a file that it can't use; else it looks further.

    It minds the byte order only after the class, and the machine before the rest
    (dl-load.c ``open_verify``).
    """
    if isinstance(elf, Unloadable):
        return True
    if elf.abi.bits != requester.abi.bits:
        return False
    if elf.abi.little_endian != requester.abi.little_endian:
        return True
    return elf.abi == requester.abi


def _is_filed_as(soname: Soname, elf: ElfObject) -> bool:
    """Whether ldconfig files an object of this name under it: its DT_SONAME, if it has one, or
    that up to ``.so``, which is the link for ld(1).
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
