"""The files under one root, to be found, listed and read.

Where a path leads is told in `find_libdeps.roots.paths`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from find_libdeps.errors import TreeError
from find_libdeps.roots.paths import _DIRECTORY, _FILE, _LINK, Entry, Kind, Paths, join

__all__ = ["MAX_FILE_SIZE", "Entry", "Kind", "Tree"]  # who has a tree needs these

MAX_FILE_SIZE = 64 << 20
"""Bytes of a file that is read whole; the largest are lists of a package's files."""


class Tree(Paths):
    """Files under one root. A tree is taken to stand still while it is looked at."""

    @abstractmethod
    def _names(self, real: str) -> list[tuple[str, Kind]]:
        """What a directory holds. Raises OSError."""

    @abstractmethod
    def _open(self, real: str) -> BinaryIO:
        """A regular file's bytes. Raises OSError."""

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
                place = join(real, name)
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
            pending += [join(directory, n) for n, k in reversed(names) if k is _DIRECTORY]
