"""A directory of this machine as a tree. No other module opens the host's files."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from find_libdeps.errors import TreeError
from find_libdeps.roots.paths import _DIRECTORY, _FILE, _LINK, Entry, Kind
from find_libdeps.roots.tree import Tree


class DirectoryTree(Tree):
    """The files below a directory of this machine."""

    def __init__(self, root: Path | str = "/") -> None:
        """Look at `root` as if it were ``/``.

        Raises:
            TreeError: it is no directory.
        """
        super().__init__()
        self.root = Path(root)
        try:
            mode = self.root.stat().st_mode
            self._prefix = str(self.root.resolve()).rstrip("/")
        except OSError as error:
            raise TreeError("read the root", root, error.strerror) from None
        if not stat.S_ISDIR(mode):
            raise TreeError("read the root", root, "Not a directory")

    def _lstat(self, real: str) -> Entry | None:
        host = self._prefix + real
        try:
            status = os.lstat(host)
            target = os.readlink(host) if stat.S_ISLNK(status.st_mode) else ""
        except PermissionError:
            self.denied.add(real)
            return None
        except ValueError:  # a name that no file can have
            return None
        except OSError as error:
            if error.errno in _NOTHING_THERE:
                return None
            raise TreeError("look at", real, error.strerror) from None
        return Entry(_kind(status.st_mode), (status.st_dev, status.st_ino), target)

    def _names(self, real: str) -> list[tuple[str, Kind]]:
        with os.scandir(self._prefix + real) as entries:
            # most entries are regular files, for which one call is enough
            return [
                (e.name, _FILE if e.is_file(follow_symlinks=False) else _kind_of_other(e))
                for e in entries
            ]

    def _open(self, real: str) -> BinaryIO:
        # unbuffered: readers take few bytes from many places
        return cast(BinaryIO, FileIO(os.open(self._prefix + real, _READ)))

    def _content(self, real: str, limit: int) -> bytes | None:
        # no stream: for ten thousand sources, streams would take half of the time
        descriptor = os.open(self._prefix + real, _READ)
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
