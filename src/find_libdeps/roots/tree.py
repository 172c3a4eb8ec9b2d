"""The files under one root, to be found, listed and read.

`find_libdeps.roots.paths` finds where a path leads.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from find_libdeps.errors import TreeError, tree_error
from find_libdeps.roots.paths import _DIRECTORY, _FILE, _LINK, Entry, Kind, Paths, join

__all__ = ["MAX_FILE_SIZE", "Entry", "Kind", "Tree"]  # users of a tree need these

MAX_FILE_SIZE = 64 << 20
"""Most bytes of a file that is read whole; the largest are dpkg's lists of files."""


class Tree(Paths):
    """The files under one root, which must not change while it is examined."""

    can_be_shared = False
    """Whether forked processes can read the files, too."""

    @abstractmethod
    def _names(self, real: str) -> list[tuple[str, Kind]]:
        """The names in a directory, and the kind of each. Raises OSError."""

    @abstractmethod
    def _open(self, real: str) -> BinaryIO:
        """Open a regular file. Raises OSError."""

    def open(self, path: PurePosixPath) -> BinaryIO:
        """Open the regular file that `path` names, links followed.

        Raises:
            TreeError: there is none, or it can't be read.
        """
        return self.open_place(self.regular(path))

    def open_place(self, path: PurePosixPath) -> BinaryIO:
        """Open the regular file at a place, such as `walk` and `resolve` return.

        Raises:
            TreeError: it can't be read.
        """
        try:
            return self._open(str(path))
        except OSError as error:
            raise tree_error("read", path, error) from None

    def read(self, path: PurePosixPath) -> bytes:
        """Read a whole file, such as a configuration or a database; ELF objects are read in parts.

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
        """The bytes of the regular file at a place, or None if it has more than `limit`.

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
            raise tree_error("read", real, error) from None

    def contents(
        self, directory: PurePosixPath, ending: str
    ) -> Iterator[tuple[str, bytes | TreeError]]:
        """The files in a directory whose names end with `ending`, sorted: each name, and the bytes
        or the error on reading them. No files if the directory can't be listed.
        """
        real = self._directory(str(directory))
        try:
            names = sorted(self._names(real)) if real else []
        except OSError as error:
            tree_error("list", directory, error)
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
        """The bytes of a regular file, or None if it has more than `limit`. Raises OSError."""
        with self._open(real) as stream:
            content = stream.read(limit + 1)
        return content if len(content) <= limit else None

    def listing(self, path: PurePosixPath) -> list[str]:
        """The sorted names in the directory at a place.

        Raises:
            TreeError: it can't be listed.
        """
        return sorted(name for name, _ in self.listing_of_kinds(path))

    def listing_of_kinds(self, path: PurePosixPath) -> list[tuple[str, Kind]]:
        """The names in the directory at a place, in any order, with the kind of each.

        Raises:
            TreeError: it can't be listed.
        """
        try:
            return self._names(str(path))
        except OSError as error:
            raise tree_error("list", path, error) from None

    def names(self, path: PurePosixPath) -> list[str]:
        """The sorted names in the directory that `path` names; empty if there is none.

        Also empty without permission; then the directory is in `denied`.

        Raises:
            TreeError: it can't be listed for another reason.
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
            raise tree_error("list", real, error) from None

    def walk(
        self,
        top: PurePosixPath,
        wanted: Callable[[str], bool],
        on_error: Callable[[TreeError], None],
    ) -> Iterator[tuple[PurePosixPath, Kind]]:
        """The regular files and links below `top` whose names pass `wanted`, in the order of names.

        Links are not followed. If a directory can't be listed, `on_error` gets the error, and the
        walk goes on.
        """
        pending = [str(top)]
        while pending:
            directory = pending.pop()
            try:
                names = self._names(directory)
            except OSError as error:
                on_error(tree_error("list", directory, error))
                continue
            found = [(n, k) for n, k in names if (k is _FILE or k is _LINK) and wanted(n)]
            if found:  # most directories of a virtualenv have nothing: no path, no sorting for them
                here = PurePosixPath(directory)
                for name, kind in sorted(found):
                    yield here / name, kind
            below = sorted((n for n, k in names if k is _DIRECTORY), reverse=True)
            pending += [join(directory, name) for name in below]
