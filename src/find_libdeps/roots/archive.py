"""Archives of a root: of its files alone, or of an image's layers, with all that engines write.

- files: ``docker export``, ``tar -C / -c .``;
- an image as ``docker save`` wrote it until Docker 25: ``manifest.json`` names the layers;
- an image in the OCI layout (OCI image specification, "Image Layout"): ``index.json`` does.

Nothing is unpacked. An archive is read front to back, and what is kept of a file is guessed while
it passes. If more turns out to be wanted, the archive is read again.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from find_libdeps.errors import ImageError, TreeError
from find_libdeps.process.progress import Progress, no_progress
from find_libdeps.roots.archive_tree import ArchiveTree, Origin
from find_libdeps.roots.kept import Keeper, Kept, Probe
from find_libdeps.roots.layers import File, Folder, Unpacker, lay_over, new_entry, normal
from find_libdeps.roots.manifest import DOCUMENT, LAYER, MAX_JSON, Image, ImageConfig, find_image
from find_libdeps.roots.stream import BLOCK, Stream
from find_libdeps.roots.tar import BLOCK as TAR_BLOCK
from find_libdeps.roots.tar import FILE, Member, is_archive, read_members
from find_libdeps.roots.tree import Kind, Tree


@dataclass(frozen=True, slots=True)
class Root:
    """What an archive or an image holds."""

    tree: Tree
    config: ImageConfig
    problems: tuple[TreeError, ...] = ()
    """Members that no tool could unpack: they are nowhere in the tree."""


def open_archive(path: Path, probe: Probe, progress: Progress = no_progress) -> Root:
    """Read an archive: plain, or compressed by gzip, bzip2, xz or zstd.

    Args:
        path: where it is; a pipe will do, if the probe's guess is right.
        probe: reads what will probably be wanted of each regular file.
        progress: is told how far the reading is, in bytes of the file.

    Raises:
        ImageError: it can't be read, or holds no image, or several.
    """
    archive, keeper = _Archive(path, progress), Keeper(probe)
    passed = archive.passed_by(keeper)
    if archive.can_repeat and (unknown := passed.unknown()):
        # layers under names that no engine gives them: now the names are known
        archive, keeper = replace(archive, layers=unknown), Keeper(probe)
        passed = archive.passed_by(keeper)
    for place in passed.unknown():
        raise ImageError("read", path, f"its layer {place} is not in it")
    origin, image = Origin(archive.pass_again, keeper), passed.image
    if image is None:
        return laid([passed.outer], ImageConfig(), origin)
    layers = [passed.outer.layers[passed.identity(name)] for name in image.layers]
    return laid(layers, image.config, origin)


def read_export(stream: Stream, keeper: Keeper) -> Unpacker:
    """Read the files of a container, as an engine exports them.

    Raises:
        ImageError: they can't be read.
    """
    files = Unpacker(keeper, is_layer=False)
    for member in read_members(stream):
        files.add(member)
    return files


def laid(layers: Iterable[Unpacker], config: ImageConfig, origin: Origin | None = None) -> Root:
    """Lay layers upon each other, the lowest first.

    Args:
        layers: what was unpacked of each.
        config: what the image says.
        origin: where they were read.
    """
    root, problems = Folder(), list[TreeError]()
    for layer in layers:
        problems += layer.problems
        problems += lay_over(root, layer.root, layer.links)
    return Root(ArchiveTree(root, origin), config, tuple(problems))


@dataclass(frozen=True, slots=True)
class _Passed:
    """What an archive turned out to hold."""

    outer: _Outer
    """Its own members, and the archives in it."""
    files: Tree
    """Its own members, laid out."""
    image: Image | None
    """What it says of them, if it does."""

    def identity(self, name: str) -> tuple[int, int]:
        """Which file a name leads to: Docker has links for layers that are alike."""
        place = self.files.resolve(PurePosixPath("/", name))
        entry = self.files.entry(place) if place else None
        return entry.identity if entry else (0, 0)

    def unknown(self) -> frozenset[str]:
        """The image's layers that were not found."""
        names = self.image.layers if self.image else ()
        return frozenset(name for name in names if self.identity(name) not in self.outer.layers)


@dataclass(frozen=True, slots=True)
class _Archive:
    """The file of an archive."""

    path: Path
    progress: Progress
    layers: frozenset[str] = frozenset()
    """Names of layers in it, beside those that engines give."""

    @property
    def can_repeat(self) -> bool:
        """Whether it can be read more than once."""
        return self.path.is_file()

    def passed_by(self, keeper: Keeper) -> _Passed:
        """Read it once. Raises ImageError: it can't be read, or makes no sense."""
        outer = self._read(keeper)
        files = laid([outer], ImageConfig()).tree
        image = find_image(partial(_document, files), self.path, bool(outer.layers))
        return _Passed(outer, files, image)

    def pass_again(self, keeper: Keeper) -> None:
        """Read it once more. Raises ImageError: it can't be read, or not more than once."""
        if self.path.exists() and not self.can_repeat:
            raise ImageError("read", self.path, "it is a pipe; give the archive as a file")
        self._read(keeper)

    def _read(self, keeper: Keeper) -> _Outer:
        try:
            with _Counted(self.path, self.progress) as file:
                stream = Stream(io.BufferedReader(file, BLOCK), self.path, file.size)
                outer = _Outer(keeper, self.layers)
                for member in read_members(stream):
                    outer.add(member)
                return outer
        except OSError as error:
            raise ImageError("read", self.path, error.strerror) from None


def _document(tree: Tree, name: str) -> bytes | None:
    """A file that may tell of an image; None: there is none."""
    try:
        return tree.read(PurePosixPath("/", name))
    except TreeError:
        return None


class _Outer(Unpacker):
    """What is in an archive: the files of a root, or an image's layers and what tells of them."""

    def __init__(self, keeper: Keeper, layers: frozenset[str]) -> None:
        super().__init__(keeper, is_layer=False)
        self.layers: dict[tuple[int, int], Unpacker] = {}
        """By the identity of the files that they are."""
        self._known = {normal(name) for name in layers}

    def _file(self, member: Member, path: str) -> File:
        is_known = path in self._known
        if member.type != FILE or not (is_known or DOCUMENT.match(path) or LAYER.match(path)):
            return super()._file(member, path)
        stream, entry = member.stream, new_entry(Kind.FILE)
        end = stream.position + member.stored
        head = stream.read(min(member.stored, TAR_BLOCK))
        if is_known or is_archive(head):
            layer = self.layers[entry.identity] = Unpacker(self._keeper, is_layer=True)
            for inner in read_members(stream, end, head):
                layer.add(inner)
            return File(entry, Kept(member.size))
        is_small = member.size <= MAX_JSON
        return File(entry, self._keeper.keep(member, path, head, is_whole=is_small))


class _Counted(io.FileIO):
    """An archive's file that tells how far it was read."""

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__(path)
        self._progress = progress
        self._passed = 0
        status = os.fstat(self.fileno())
        self.size = status.st_size if stat.S_ISREG(status.st_mode) else None
        """Its bytes; None: it is a pipe."""

    def readinto(self, buffer: Any) -> int:
        size = super().readinto(buffer)
        passed = self._passed + size if self.size is None else self.tell()
        self._passed = max(self._passed, passed)
        self._progress(self._passed, self.size)
        return size
