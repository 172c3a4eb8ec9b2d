"""Where paths lead under one root.

A path inside a tree is a `PurePosixPath`, absolute as the root sees it: the type has no
``open()``, so the host's file of that name can't be read by accident. Links are resolved inside
the root, as the kernel does it after chroot(2): an absolute target starts at the root again, and
``..`` never leaves it (path_resolution(7)).
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike, fspath
from pathlib import PurePosixPath
from typing import NamedTuple, TypeAlias

MAX_LINKS = 40
"""Links followed in one path before it counts as a loop (the kernel's MAXSYMLINKS)."""


Names: TypeAlias = str | PathLike[str] | Sequence[str | PathLike[str]]
"""Paths or patterns, as callers of the library give them: several, or a single one."""


def several(names: Names) -> tuple[str, ...]:
    """Paths or patterns as texts. A single text is one of them, and not its characters."""
    every = (names,) if isinstance(names, str | PathLike) else names
    return tuple(fspath(name) for name in every)


class Kind(Enum):
    """The kind of file at a path."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "device, fifo or socket"
    """Never opened."""


_FILE, _DIRECTORY, _LINK = Kind.FILE, Kind.DIRECTORY, Kind.LINK
"""For loops: in Python 3.11, a global variable is faster than a member of an enum."""


class Entry(NamedTuple):
    """What lstat(2) says of a path."""

    kind: Kind
    identity: tuple[int, int] = (0, 0)
    """Device and inode: equal for two hard links to one file."""
    target: str = ""
    """The target of a link, as written."""


Look: TypeAlias = Callable[[str], Entry | None]
"""Returns what is at a place, or None. The parents of a place are directories, not links."""


class Way(NamedTuple):
    """The result of following a path."""

    end: str
    """The place that the path finally names; after a failure, the place where it failed."""
    steps: list[str]
    """The place of its last name; if that is a link, the place of its target; and so on."""
    links: list[str]
    """All links that were followed, including those to directories on the way."""
    failure: int = 0
    """The errno of a failure: ENOENT, ENOTDIR or ELOOP; otherwise 0."""


def follow(look: Look, start: str, path: str) -> Way:
    """Follow a path as the kernel's namei does, with all links inside the root.

    Args:
        look: returns what is at a place.
        start: the place of the directory where the path starts.
        path: the path; a slash at its start has no meaning.
    """
    current, steps, links = start, list[str](), list[str]()
    pending = path.split("/")[::-1]
    while pending:
        name = pending.pop()
        if name in ("", "."):
            continue
        if name == "..":
            current = current.rpartition("/")[0] or "/"
            continue
        place = join(current, name)
        entry = look(place)
        if entry is None:
            return Way(place, steps, links, errno.ENOENT)
        if not pending:
            steps.append(place)
        if entry.kind is _LINK:
            links.append(place)
            if len(links) > MAX_LINKS:
                return Way(place, steps, links, errno.ELOOP)
            current = "/" if entry.target.startswith("/") else current
            pending += entry.target.split("/")[::-1]
        elif pending and entry.kind is not _DIRECTORY:
            return Way(place, steps, links, errno.ENOTDIR)
        else:
            current = place
    return Way(current, steps if steps[-1:] == [current] else [*steps, current], links)


def join(directory: str, name: str) -> str:
    """The place of a name in a directory."""
    return f"/{name}" if directory == "/" else f"{directory}/{name}"


class Paths(ABC):
    """The paths under one root. What they lead to is cached: the root must not change meanwhile."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry | None] = {}
        self._directories: dict[str, str | None] = {}
        self._chains: dict[PurePosixPath, tuple[PurePosixPath, ...]] = {}
        self.denied: set[str] = set()
        """Places that this process has no permission to examine."""

    @abstractmethod
    def _lstat(self, real: str) -> Entry | None:
        """What is at the place `real`, or None."""

    def entry(self, path: PurePosixPath) -> Entry | None:
        """What is at `path`, or None. A link at the end is not followed."""
        head, _, name = str(path).rpartition("/")
        parent = self._directory(head or "/")
        return None if parent is None else self._look(join(parent, name))

    def chain(self, path: PurePosixPath) -> tuple[PurePosixPath, ...]:
        """The place of `path`; if that is a link, the place of its target; and so on.

        The last one is no link. Empty if `path` leads nowhere.
        """
        try:
            return self._chains[path]
        except KeyError:
            text = str(path)
            places = (path if s == text else PurePosixPath(s) for s in self._steps(text))
            found = self._chains[path] = tuple(places)
            return found

    def resolve(self, path: PurePosixPath) -> PurePosixPath | None:
        """The place that `path` finally names, or None."""
        chain = self.chain(path)
        return chain[-1] if chain else None

    def _steps(self, path: str) -> list[str]:
        head, _, name = path.rpartition("/")
        parent = self._directory(head or "/")
        if parent is None:
            return []
        found = follow(self._look, parent, name)
        return [] if found.failure else found.steps

    def links_above(self, path: PurePosixPath) -> list[PurePosixPath]:
        """The links among the parents of a path, except those in the root directory, such as
        ``/lib``, which belong to a merged ``/usr``.
        """
        found = []
        for directory in reversed(path.parents):
            entry = self.entry(directory)
            place = self.resolve(directory.parent)
            if entry and entry.kind is Kind.LINK and place and str(place) != "/":
                found.append(place / directory.name)
        return found

    def has_file(self, path: PurePosixPath) -> bool:
        """Whether `path` names a regular file, links followed."""
        real = self.resolve(path)
        entry = self.entry(real) if real else None
        return entry is not None and entry.kind is Kind.FILE

    def is_loop(self, path: PurePosixPath) -> bool:
        """Whether `path` ends in links that lead in a circle (ELOOP)."""
        entry = self.entry(path)
        if entry is None or entry.kind is not Kind.LINK:
            return False
        parent = self._directory(str(path.parent))
        return parent is not None and follow(self._look, parent, path.name).failure == errno.ELOOP

    def _look(self, real: str) -> Entry | None:
        try:
            return self._entries[real]
        except KeyError:
            entry = self._entries[real] = self._lstat(real)
            return entry

    def _directory(self, path: str) -> str | None:
        """The place of the directory that `path` names, or None."""
        try:
            return self._directories[path]
        except KeyError:
            found = follow(self._look, "/", path)
            entry = None if found.failure else self._look(found.end)
            real = found.end if entry and entry.kind is Kind.DIRECTORY else None
            self._directories[path] = real
            return real


def way(paths: Paths, path: PurePosixPath) -> Iterator[PurePosixPath]:
    """Each link that the kernel follows on the way to a file, and the file (path_resolution(7)).

    Unlike `Paths.chain`, this includes links to directories on the way, and links that lead
    nowhere; of links in a circle only the first. A directory at the end is not included.
    """
    found = follow(paths._look, "/", str(path))
    links = found.links[:1] if found.failure == errno.ELOOP else found.links
    yield from map(PurePosixPath, links)
    end = PurePosixPath(found.end)
    entry = None if found.failure else paths.entry(end)
    if entry is not None and entry.kind is Kind.FILE:
        yield end


def missing_end(paths: Paths, link: PurePosixPath) -> PurePosixPath:
    """The path that a dangling link finally names, as written in the last link."""
    steps = follow(paths._look, "/", str(link)).steps
    entry = paths.entry(PurePosixPath(steps[-1])) if steps else None
    return PurePosixPath(steps[-1]).parent / entry.target if entry else link
