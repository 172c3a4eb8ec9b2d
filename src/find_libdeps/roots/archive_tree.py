"""The files of an archive or an image as a tree.

Only parts of the files are kept in memory. If another part is needed, the archive or image is read
again; the callers do not notice.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import BinaryIO, TypeAlias

from find_libdeps.errors import ImageError
from find_libdeps.roots.keeper import Keeper, SecondKeeper
from find_libdeps.roots.kept import Kept, layer_of, open_content
from find_libdeps.roots.layer_cache import KnownLayers
from find_libdeps.roots.layers import File, Folder, Node, entry_of
from find_libdeps.roots.tree import MAX_FILE_SIZE, Entry, Kind, Tree

MAX_PASSES = 16
"""Most times that a source is read for one tree. Usually one is enough; a system whose package
database is behind a link takes three.
"""
MAX_BESIDE = 64 << 20
"""Bytes of other files in the same directory, and near it, that are kept together with the one that
is requested.
"""
WINDOW = 16 << 20
"""Bytes of a window. Of a file that is too large to be kept whole, two windows are kept at once."""


PassBy: TypeAlias = Callable[[Keeper], object]
"""Reads a source, and gives the files of the layers that a keeper wants to it, in the same order
each time.

Raises ImageError: the source can't be read, or not again.
"""


class Origin:
    """The source of a tree's files, which can be read again."""

    def __init__(self, pass_by: PassBy, keeper: Keeper, known: KnownLayers) -> None:
        """Begin after the first reading.

        Args:
            pass_by: reads the source again.
            keeper: the keeper of the first reading.
            known: keeps what is known of the layers.
        """
        self.passes = 1
        """Times that the source has been read."""
        self._pass_by = pass_by
        self._known = known
        self._first = keeper.passed
        self.refusal = ""
        """Why it can't be read again; empty if it can, as far as is known."""

    def fetch(self, wanted: Mapping[Kept, range]) -> None:
        """Read the source again, and keep the wanted bytes of some files.

        Raises:
            OSError: the source can't be read again.
        """
        if not self.refusal and self.passes >= MAX_PASSES:
            self.refusal = f"that was done {self.passes - 1} times already"
        if not self.refusal:
            self.passes += 1
            try:
                self._fetch(wanted)
            except ImageError as error:
                self.refusal = str(error.cause if error.verb == "read" else error)
        if self.refusal:
            cause = f"it was not kept at first, and its source can't be read again: {self.refusal}"
            raise OSError(errno.ENODATA, cause)

    def _fetch(self, wanted: Mapping[Kept, range]) -> None:
        bounds = {kept.number: part for kept, part in wanted.items()}
        keeper = SecondKeeper(bounds, self._first.total)
        self._pass_by(keeper)
        before, now = self._first.hashes, keeper.passed.hashes
        if any(before.get(layer, passed) != passed for layer, passed in now.items()):
            raise ImageError("read", "the source", "it has changed meanwhile")
        self._first.total = keeper.passed.total
        for kept in wanted:
            if more := keeper.found.get(kept.number):
                kept.add(more)
        self._known.save_again({layer_of(number) for number in bounds})


class ElsewhereError(Exception):
    """A forked process needs what was not kept. It ends, and the one that it helps reads that."""


class ArchiveTree(Tree):
    """The files of an archive or an image."""

    can_be_shared = True

    def __init__(self, root: Folder, origin: Origin | None = None) -> None:
        """Look at a directory as if it were ``/``.

        Args:
            root: the directory.
            origin: the source, to read again what was not kept. If None, that is an error.
        """
        super().__init__()
        self._process = os.getpid()
        self._root = root
        self._origin = origin

    @property
    def is_refused(self) -> bool:
        """Whether the source could not be read again for parts that were not kept."""
        return self._origin is not None and bool(self._origin.refusal)

    @property
    def passes(self) -> int:
        """Times that the source of the files has been read."""
        return self._origin.passes if self._origin else 1

    def _find(self, real: str) -> Node | None:
        node: Node | None = self._root
        for name in real.split("/"):
            if name:
                if not isinstance(node, Folder):
                    return None
                node = node.children.get(name)
        return node

    def _lstat(self, real: str) -> Entry | None:
        return entry_of(self._find(real))

    def _names(self, real: str) -> list[tuple[str, Kind]]:
        match self._find(real):
            case Folder(children=children):
                entries = ((name, entry_of(node)) for name, node in children.items())
                return [(name, entry.kind) for name, entry in entries if entry]
            case None:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory")
            case _:
                raise NotADirectoryError(errno.ENOTDIR, "Not a directory")

    def _kept(self, real: str) -> Kept:
        match self._find(real):
            case File(kept=Kept() as kept):
                return kept
            case _:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    def _open(self, real: str) -> BinaryIO:
        kept = self._kept(real)
        if kept.squeezed:
            return io.BytesIO(kept.expanded())
        return open_content(_Bytes(self, real, kept), kept.size)

    def _content(self, real: str, limit: int) -> bytes | None:
        # checked first: a file above the limit is not worth reading again
        return None if self._kept(real).size > limit else super()._content(real, limit)

    def fetch(self, real: str, kept: Kept, offset: int) -> None:
        """Read a file again, and files beside it, which will probably be needed as well.

        Args:
            real: the place of the file.
            kept: its kept parts, to which others are added.
            offset: the first byte that is needed; a large file is kept from about there.

        Raises:
            OSError: it can't be read again.
        """
        if os.getpid() != self._process:
            raise ElsewhereError(real)
        if self._origin is None or not kept.number:
            raise OSError(errno.ENODATA, f"byte {offset} was not kept")
        place = PurePosixPath(real)
        near = {each: range(each.size) for each in self._near(place, kept)}
        self._origin.fetch(near | {kept: _part(kept, offset)})

    def _near(self, place: PurePosixPath, asked: Kept) -> set[Kept]:
        """The dropped files in the same directory; and those with the same suffix in and below the
        directories above it, as far as all of them come to no more than `MAX_BESIDE` bytes.
        """
        beside, *above = [self._find(str(each)) for each in place.parents]
        near = set(_beside(beside, asked, place.suffix)) if isinstance(beside, Folder) else set()
        for folder in above if place.suffix else ():
            found = set(_below(folder, place.suffix)) if isinstance(folder, Folder) else set()
            found = (near | found) - {asked}
            if sum(each.size for each in found) > MAX_BESIDE:
                break
            near = found
        return near


class _Bytes:
    """The bytes of a file: the kept ones, and others, which are fetched when they are needed."""

    def __init__(self, tree: ArchiveTree, real: str, kept: Kept) -> None:
        self._tree = tree
        self._real = real
        self._kept = kept

    def at(self, offset: int, size: int) -> bytes:
        """See `find_libdeps.roots.kept.Content`."""
        data = self._kept.at(offset, size)
        if data is None:
            self._tree.fetch(self._real, self._kept, offset)
            data = self._kept.at(offset, size)
        if data is None:
            raise OSError(errno.ENODATA, f"byte {offset} can't be read")
        return data


def _part(kept: Kept, offset: int) -> range:
    """The bytes of a file to keep when the one at `offset` is needed."""
    if kept.size <= MAX_FILE_SIZE:
        return range(kept.size)
    start = offset // WINDOW * WINDOW
    return range(start, min(start + 2 * WINDOW, kept.size))


def _below(folder: Folder, suffix: str) -> Iterator[Kept]:
    """The dropped files with a suffix in and below a directory."""
    pending = [folder]
    while pending:
        for name, node in pending.pop().children.items():
            if isinstance(node, Folder):
                pending.append(node)
            elif name.endswith(suffix) and (kept := _dropped(node)):
                yield kept


def _dropped(node: Node) -> Kept | None:
    """A file of which only the beginning was kept."""
    kept = node.kept if isinstance(node, File) else None
    return kept if kept and kept.number and kept.is_dropped else None


def _beside(folder: Folder, asked: Kept, suffix: str) -> Iterator[Kept]:
    """The other files in a directory of which only the beginning was kept, up to `MAX_BESIDE`.

    Files with the same suffix come first, because they are read for the same reason; then the
    smallest.
    """
    found = ((name, _dropped(node)) for name, node in folder.children.items())
    dropped = {kept: name.endswith(suffix) for name, kept in found if kept}
    dropped.pop(asked, None)
    room = MAX_BESIDE
    for kept in sorted(dropped, key=lambda kept: (not dropped[kept], kept.size)):
        room -= kept.size
        if room < 0:
            return
        yield kept
