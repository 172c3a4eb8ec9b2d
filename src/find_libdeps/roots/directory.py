"""A directory of this machine as a tree. No other module opens the host's files."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from io import FileIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from find_libdeps.errors import TreeError, tree_error
from find_libdeps.roots.descriptors import Directories
from find_libdeps.roots.paths import _DIRECTORY, _FILE, _LINK, Entry, Kind
from find_libdeps.roots.tree import Tree


class DirectoryTree(Tree):
    """The files below a directory of this machine."""

    can_be_shared = True

    def __init__(self, root: Path | str = "/") -> None:
        """Look at `root` as if it were ``/``.

        Raises:
            TreeError: it is no directory.
        """
        super().__init__()
        self.root = Path(root)
        try:
            # nobody but this machine's administrators can change the paths of its own root
            is_own = self.root.resolve() == Path("/")
            self._directories_below = None if is_own else Directories(str(self.root))
        except OSError as error:
            raise tree_error("read the root", root, error) from None

    def _at(self, real: str) -> tuple[str, int | None]:
        """The path of a place, and the descriptor of the directory that it starts at, if any.

        Raises:
            OSError: there is no such directory, or no process could name the place by a path.
        """
        if self._directories_below is None:
            return real, None
        if len(real) >= _MAX_PATH:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        head, _, name = real.rpartition("/")
        return name or ".", self._directories_below.descriptor(head or "/")

    def _lstat(self, real: str) -> Entry | None:
        try:
            path, start = self._at(real)
            status = os.stat(path, dir_fd=start, follow_symlinks=False)
            is_link = stat.S_ISLNK(status.st_mode)
            target = os.readlink(path, dir_fd=start) if is_link else ""
        except PermissionError:
            self.denied.add(real)
            return None
        except ValueError:  # a name that no file can have
            return None
        except OSError as error:
            if error.errno in _NOTHING_THERE:
                return None
            raise tree_error("look at", real, error) from None
        return Entry(_kind(status.st_mode), (status.st_dev, status.st_ino), target)

    def size(self, path: PurePosixPath) -> int:
        """How many bytes the regular file has that `path` names, links followed.

        Raises:
            TreeError: there is none.
        """
        real = str(self.regular(path))
        try:
            name, start = self._at(real)
            return os.stat(name, dir_fd=start, follow_symlinks=False).st_size
        except OSError as error:
            raise tree_error("look at", path, error) from None

    def _names(self, real: str) -> list[tuple[str, Kind]]:
        path, start = self._at(real)
        if start is None:
            with os.scandir(path) as entries:
                return _kinds(entries)
        descriptor = os.open(path, _LIST, dir_fd=start)
        try:
            with os.scandir(descriptor) as entries:
                return _kinds(entries)
        finally:
            os.close(descriptor)

    def _open(self, real: str) -> BinaryIO:
        # unbuffered: readers take few bytes from many places
        path, start = self._at(real)
        return cast(BinaryIO, FileIO(os.open(path, _READ, dir_fd=start)))

    def _content(self, real: str, limit: int) -> bytes | None:
        # no stream: for ten thousand sources, streams would take half of the time
        path, start = self._at(real)
        descriptor = os.open(path, _READ, dir_fd=start)
        try:
            parts, block = list[bytes](), 1 << 16
            while part := os.read(descriptor, block):
                parts.append(part)
                limit -= len(part)
                if limit < 0:
                    return None
                if len(part) < block:
                    break  # a regular file has no more
                block = 1 << 20
            return b"".join(parts)
        finally:
            os.close(descriptor)


def named_place(tree: Tree, path: str | os.PathLike[str], verb: str) -> PurePosixPath:
    """The place in a tree that leads where the caller's path does.

    Args:
        tree: the files of a root.
        path: as seen inside the root; if that is ``/`` of this machine, a relative one starts at
            the working directory.
        verb: what is to be done with it, for messages.

    Raises:
        TreeError: it leads nowhere.
    """
    if not str(path):
        raise TreeError(verb, path, "an empty path")
    is_here = isinstance(tree, DirectoryTree) and tree.root == Path("/")
    try:
        inside = PurePosixPath(Path(path).absolute() if is_here else Path("/", path))
    except FileNotFoundError:
        raise TreeError(verb, path, "the working directory is gone") from None
    real = tree.resolve(inside)
    if real is None:
        denied = any(str(inside).startswith(place) for place in tree.denied)
        cause = "Permission denied" if denied else "No such file or directory"
        if tree.is_loop(inside):
            cause = "Too many levels of symbolic links"
        raise TreeError(verb, path, cause)
    return real


_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)
"""Errors of lstat(2) that mean there is no such file; others are failures of this machine."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""O_NONBLOCK: opening must not hang if the file has become a fifo meanwhile."""
_MAX_PATH = 4096
"""Bytes of a path that the kernel takes no longer (PATH_MAX)."""
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def _kinds(entries: Iterable[os.DirEntry[str]]) -> list[tuple[str, Kind]]:
    # most entries are regular files, for which one call is enough
    return [
        (e.name, _FILE if e.is_file(follow_symlinks=False) else _kind_of_other(e)) for e in entries
    ]


def _kind(mode: int) -> Kind:
    match stat.S_IFMT(mode):
        case stat.S_IFREG:
            return Kind.FILE
        case stat.S_IFDIR:
            return Kind.DIRECTORY
        case stat.S_IFLNK:
            return Kind.LINK
        case _:
            return Kind.OTHER


def _kind_of_other(entry: os.DirEntry[str]) -> Kind:
    if entry.is_dir(follow_symlinks=False):
        return _DIRECTORY
    return _LINK if entry.is_symlink() else Kind.OTHER
