"""Where paths lead under one root.

A path inside a tree is a `PurePosixPath`, absolute as the root sees it: the type has no
``open()``, so the host's file of that name can't be read by accident. Links are resolved inside
the root, as the kernel does it after chroot(2): an absolute target starts at the root again, and
``..`` never leaves it (path_resolution(7)).
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import PurePosixPath
from typing import NamedTuple, TypeAlias

MAX_LINKS = 40
"""Links followed in one path before it counts as a loop (the kernel's MAXSYMLINKS)."""


class Kind(Enum):
    """What stands at a path."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "device, fifo or socket"
    """Never opened."""


_FILE, _DIRECTORY, _LINK = Kind.FILE, Kind.DIRECTORY, Kind.LINK
"""In loops: Python 3.11 takes longer to find a member of an enum than to list a file."""


class Entry(NamedTuple):
    """What lstat(2) says of a path."""

    kind: Kind
    identity: tuple[int, int] = (0, 0)
    """Device and inode: equal for two hard links of one file."""
    target: str = ""
    """Where a link points, as it is written there."""


Look: TypeAlias = Callable[[str], Entry | None]
"""What stands at a place, a path whose parents are directories and no links; None: nothing."""


class Way(NamedTuple):
    """Where a path led."""

    end: str
    """The place that it finally names; where that failed, how far it was followed."""
    steps: list[str]
    """The places of its last name: links, each to the next one, and the end."""
    links: list[str]
    """All links that were followed, those to directories on the way as well."""
    failure: int = 0
    """Why there is no end: ENOENT, ENOTDIR or ELOOP."""


def follow(look: Look, start: str, path: str) -> Way:
    """Follow a path as the kernel's namei does, and its links inside the root.

    Args:
        look: tells what stands at a place.
        start: the place of the directory that the path starts from.
        path: the path; what is absolute starts from there, too.
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
    """The paths under one root. It is taken to stand still while it is looked at."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry | None] = {}
        self._directories: dict[str, str | None] = {}
        self._resolved: dict[PurePosixPath, PurePosixPath | None] = {}
        self.denied: set[str] = set()
        """Places that this process was not allowed to look at."""

    @abstractmethod
    def _lstat(self, real: str) -> Entry | None:
        """What stands at `real`, a path whose parents are directories and no links."""

    def entry(self, path: PurePosixPath) -> Entry | None:
        """What stands at `path`, its last component not followed; None: nothing."""
        head, _, name = str(path).rpartition("/")
        parent = self._directory(head or "/")
        return None if parent is None else self._look(join(parent, name))

    def chain(self, path: PurePosixPath) -> tuple[PurePosixPath, ...]:
        """Each place on the way from `path` to what it finally names, parents resolved.

        The first is `path` itself, the last no link. Empty where the way leads nowhere.
        """
        steps, text = self._steps(path), str(path)
        return tuple(path if step == text else PurePosixPath(step) for step in steps)

    def resolve(self, path: PurePosixPath) -> PurePosixPath | None:
        """The place that `path` finally names, or None."""
        try:
            return self._resolved[path]
        except KeyError:
            steps, text = self._steps(path), str(path)
            found = (path if steps[-1] == text else PurePosixPath(steps[-1])) if steps else None
            self._resolved[path] = found
            return found

    def _steps(self, path: PurePosixPath) -> list[str]:
        head, _, name = str(path).rpartition("/")
        parent = self._directory(head or "/")
        if parent is None:
            return []
        found = follow(self._look, parent, name)
        return [] if found.failure else found.steps

    def links_above(self, path: PurePosixPath) -> list[PurePosixPath]:
        """The links among the directories of a path, but for those in the root itself: ``/lib``
        and its like are how a merged ``/usr`` looks.
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

    Other than the steps of `Paths.chain`, links to directories count, too. A directory at the end
    is none of it; a link that leads nowhere is. Of links in a circle it is the first.
    """
    found = follow(paths._look, "/", str(path))
    links = found.links[:1] if found.failure == errno.ELOOP else found.links
    yield from map(PurePosixPath, links)
    end = PurePosixPath(found.end)
    entry = None if found.failure else paths.entry(end)
    if entry is not None and entry.kind is Kind.FILE:
        yield end


def missing_end(paths: Paths, link: PurePosixPath) -> PurePosixPath:
    """The place that a dangling link finally names, spelled as the last link has it."""
    steps = follow(paths._look, "/", str(link)).steps
    entry = paths.entry(PurePosixPath(steps[-1])) if steps else None
    return PurePosixPath(steps[-1]).parent / entry.target if entry else link
