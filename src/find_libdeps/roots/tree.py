"""Files as one root sees them.

A path inside a tree is a `PurePosixPath`, absolute as the root sees it: the type has no
``open()``, so the host's file of that name can't be read by accident. Links are resolved inside
the root, as the kernel does it after chroot(2): an absolute target starts at the root again, and
``..`` never leaves it (path_resolution(7)).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import BinaryIO

from find_libdeps.errors import TreeError

MAX_LINKS = 40
"""Links followed in one path before it counts as a loop (the kernel's MAXSYMLINKS)."""
MAX_FILE_SIZE = 64 << 20
"""Bytes of a file that is read whole; the largest are lists of a package's files."""


class Kind(Enum):
    """What stands at a path."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "device, fifo or socket"
    """Never opened."""


_FILE, _DIRECTORY, _LINK = Kind.FILE, Kind.DIRECTORY, Kind.LINK
"""In loops: Python 3.11 takes longer to find a member of an enum than to list a file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What lstat(2) says of a path."""

    kind: Kind
    identity: tuple[int, int] = (0, 0)
    """Device and inode: equal for two hard links of one file."""
    target: str = ""
    """Where a link points, as it is written there."""


class Tree(ABC):
    """Files under one root. A tree is taken to stand still while it is looked at."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry | None] = {}
        self._directories: dict[str, str | None] = {}
        self._resolved: dict[PurePosixPath, PurePosixPath | None] = {}
        self.denied: set[str] = set()
        """Places that this process was not allowed to look at."""

    @abstractmethod
    def _lstat(self, real: str) -> Entry | None:
        """What stands at `real`, a path whose parents are directories and no links."""

    @abstractmethod
    def _names(self, real: str) -> list[tuple[str, Kind]]:
        """What a directory holds. Raises OSError."""

    @abstractmethod
    def _open(self, real: str) -> BinaryIO:
        """A regular file's bytes. Raises OSError."""

    def entry(self, path: PurePosixPath) -> Entry | None:
        """What stands at `path`, its last component not followed; None: nothing."""
        head, _, name = str(path).rpartition("/")
        parent = self._directory(head or "/")
        return None if parent is None else self._look(_join(parent, name))

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
        return self._follow(parent, name) if parent else []

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
        return parent is not None and self._walk_links(parent, path.name) is None

    def open(self, path: PurePosixPath) -> BinaryIO:
        """The bytes of the regular file that `path` names, links followed.

        Raises:
            TreeError: there is none, or it can't be read.
        """
        return self.open_place(self.regular(path))

    def open_place(self, path: PurePosixPath) -> BinaryIO:
        """The bytes of a regular file at a place that a walk named, or that is resolved.

        Raises:
            TreeError: it can't be read.
        """
        try:
            return self._open(str(path))
        except OSError as error:
            raise TreeError("read", path, error.strerror) from None

    def read(self, path: PurePosixPath) -> bytes:
        """The whole of a file. For the root's own small files; ELF objects are never read so.

        Raises:
            TreeError: it can't be read, or has more than `MAX_FILE_SIZE` bytes.
        """
        return self._whole(str(self.regular(path)))

    def regular(self, path: PurePosixPath) -> PurePosixPath:
        """The place of the regular file that `path` names. Raises TreeError: there is none."""
        real = self.resolve(path)
        entry = self.entry(real) if real else None
        if real is None or entry is None:
            raise TreeError("read", path, "No such file or directory")
        if entry.kind is not Kind.FILE:
            raise TreeError("read", path, f"it is a {entry.kind.value}, not a file")
        return real

    def content(self, path: PurePosixPath, limit: int) -> bytes | None:
        """The bytes of a regular file at a place that a walk named; None: more than `limit`.

        Raises:
            TreeError: it can't be read.
        """
        return self._limited(str(path), limit)

    def _whole(self, real: str) -> bytes:
        content = self._limited(real, MAX_FILE_SIZE)
        if content is None:
            raise TreeError("read", real, f"more than {MAX_FILE_SIZE >> 20} MiB")
        return content

    def _limited(self, real: str, limit: int) -> bytes | None:
        try:
            return self._content(real, limit)
        except OSError as error:
            raise TreeError("read", real, error.strerror) from None

    def contents(
        self, directory: PurePosixPath, ending: str
    ) -> Iterator[tuple[str, bytes | TreeError]]:
        """The files in a directory whose names end so, in order: the bytes of each, or why it can't
        be read. None where the directory can't be listed.
        """
        real = self._directory(str(directory))
        try:
            names = sorted(self._names(real)) if real else []
        except OSError:
            return
        for name, kind in names:
            if name.endswith(ending) and real:
                place = _join(real, name)
                try:
                    is_file = kind is _FILE
                    yield name, self._whole(place) if is_file else self.read(PurePosixPath(place))
                except TreeError as error:
                    yield name, error

    def _content(self, real: str, limit: int) -> bytes | None:
        """The bytes of a regular file; None: more than `limit`. Raises OSError."""
        with self._open(real) as stream:
            content = stream.read(limit + 1)
        return content if len(content) <= limit else None

    def listing(self, path: PurePosixPath) -> list[str]:
        """The sorted names in a directory.

        Raises:
            TreeError: it can't be listed.
        """
        try:
            return sorted(name for name, _ in self._names(str(path)))
        except OSError as error:
            raise TreeError("list", path, error.strerror) from None

    def names(self, path: PurePosixPath) -> list[str]:
        """The sorted names in the directory that `path` names; none where there is no such.

        Raises:
            TreeError: it can't be listed, though nobody forbids it.
        """
        real = self._directory(str(path))
        if real is None:
            return []
        try:
            return sorted(name for name, _ in self._names(real))
        except PermissionError:
            self.denied.add(real)
            return []
        except OSError as error:
            raise TreeError("list", real, error.strerror) from None

    def walk(
        self,
        top: PurePosixPath,
        wanted: Callable[[str], bool],
        on_error: Callable[[TreeError], None],
    ) -> Iterator[tuple[PurePosixPath, Kind]]:
        """Regular files and links below `top` whose name is `wanted`, in the order of names.

        Links are named and never followed. A directory that can't be listed goes to
        `on_error`, and the walk goes on.
        """
        pending = [str(top)]
        while pending:
            directory = pending.pop()
            try:
                names = sorted(self._names(directory))
            except OSError as error:
                on_error(TreeError("list", directory, error.strerror))
                continue
            here = PurePosixPath(directory)
            for name, kind in names:
                if (kind is _FILE or kind is _LINK) and wanted(name):
                    yield here / name, kind
            pending += [_join(directory, n) for n, k in reversed(names) if k is _DIRECTORY]

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
            steps = self._follow("/", path)
            entry = self._look(steps[-1]) if steps else None
            real = steps[-1] if entry and entry.kind is Kind.DIRECTORY else None
            self._directories[path] = real
            return real

    def _follow(self, start: str, path: str) -> list[str]:
        return self._walk_links(start, path) or []

    def _walk_links(self, start: str, path: str) -> list[str] | None:
        """Walk `path` from the directory `start` as namei does; the places of its last name.

        Empty where there is nothing, None after too many links.
        """
        current, steps, links = start, list[str](), 0
        pending = path.split("/")[::-1]
        while pending:
            name = pending.pop()
            if name in ("", "."):
                continue
            if name == "..":
                current = current.rpartition("/")[0] or "/"
                continue
            place = _join(current, name)
            entry = self._look(place)
            if entry is None:
                return []
            if not pending:
                steps.append(place)
            if entry.kind is _LINK:
                links += 1
                if links > MAX_LINKS:
                    return None
                current = "/" if entry.target.startswith("/") else current
                pending += entry.target.split("/")[::-1]
            elif pending and entry.kind is not _DIRECTORY:
                return []
            else:
                current = place
        return steps if steps[-1:] == [current] else [*steps, current]


def _join(directory: str, name: str) -> str:
    return f"/{name}" if directory == "/" else f"{directory}/{name}"


def way(tree: Tree, path: PurePosixPath) -> Iterator[PurePosixPath]:
    """Each link that the kernel follows on the way to a file, and the file (path_resolution(7)).

    Other than the steps of `Tree.chain`, links to directories count, too. A directory at the end is
    none of it; a link that leads nowhere is.
    """
    is_loop = tree.is_loop(path)
    current, pending = PurePosixPath("/"), list(reversed(path.parts[1:]))
    while pending:
        name = pending.pop()
        place = current.parent if name == ".." else current / name
        entry = tree.entry(place)
        if entry is None:
            return
        if entry.kind is Kind.LINK:
            yield place
            if is_loop:
                return
            target = PurePosixPath(entry.target)
            current = PurePosixPath("/") if target.is_absolute() else current
            pending += reversed(target.parts[target.is_absolute() :])
        else:
            current = place
    entry = tree.entry(current)
    if entry is not None and entry.kind is Kind.FILE:
        yield current
