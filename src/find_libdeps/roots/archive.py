"""Reads archives that hold the files of a root, or the layers of an image.

- files: ``docker export``, ``tar -C / -c .``;
- an image of ``docker save`` before Docker 25: ``manifest.json`` names the layers;
- an image in the OCI layout (OCI image specification, "Image Layout"): ``index.json`` does.

Nothing is unpacked to disk. An archive is read from front to back; while a file passes, a probe
guesses which parts of it to keep. If other parts are needed later, the archive is read again.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from find_libdeps.errors import ImageError, TreeError
from find_libdeps.process.progress import Progress
from find_libdeps.roots.archive_tree import ArchiveTree, Origin
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.keeper import Keeper
from find_libdeps.roots.kept import Kept
from find_libdeps.roots.layer_cache import KnownLayers
from find_libdeps.roots.layer_reading import Packed, read_layer
from find_libdeps.roots.layers import File, Folder, Layer, Unpacker, lay_over, new_entry, normal
from find_libdeps.roots.manifest import (
    ANY,
    DOCUMENT,
    LAYER,
    MAX_JSON,
    Choice,
    Image,
    ImageConfig,
    digests_of,
    find_image,
)
from find_libdeps.roots.stream import BLOCK, Stream
from find_libdeps.roots.tar import BLOCK as TAR_BLOCK
from find_libdeps.roots.tar import FILE, Member, is_archive, read_members
from find_libdeps.roots.tree import Kind, Tree


@dataclass(frozen=True, slots=True)
class Root:
    """The files of a root, and the configuration of its image."""

    tree: Tree
    config: ImageConfig
    problems: tuple[TreeError, ...] = ()
    """Members that no tool could unpack; the tree does not have them."""
    layers: tuple[str, ...] = ()
    """What names the bytes of each layer of the image, the lowest first; empty if unknown."""

    @property
    def is_intact(self) -> bool:
        """Whether its source has given all that was asked for so far."""
        return not (isinstance(self.tree, ArchiveTree) and self.tree.is_refused)


@dataclass(frozen=True, slots=True)
class Source:
    """Where an archive comes from."""

    name: object
    """What messages call it."""
    open: Callable[[], AbstractContextManager[Stream]]
    """Begins to read it. Raises ImageError: it can't be read."""
    can_repeat: bool
    """Whether that can be done more than once."""


def open_archive(path: Path, how: Instructions, choice: Choice = ANY) -> Root:
    """Read an archive, plain or compressed by gzip, bzip2, xz or zstd.

    Args:
        path: the archive; a pipe works if the archive need not be read again.
        how: the instructions.
        choice: which of several images is meant.

    Raises:
        ImageError: it can't be read, or holds layers without an image, or several images.
    """
    source = Source(path, partial(_opened, path, how.progress), path.is_file())
    return read_source(source, how, choice)


@contextmanager
def _opened(path: Path, progress: Progress) -> Iterator[Stream]:
    try:
        with Counted(path, progress) as file:
            yield Stream(io.BufferedReader(file, BLOCK), path, file.size)
    except OSError as error:
        raise ImageError("read", path, error.strerror) from None


def read_source(source: Source, how: Instructions, choice: Choice) -> Root:
    """Read an archive, wherever it comes from.

    Raises:
        ImageError: see `open_archive`.
    """
    archive, keeper = _Archive(source, choice), Keeper(how.probe)
    known = KnownLayers(keeper.passed, how.cache)
    reading = archive.read(keeper, known)
    if source.can_repeat and (unknown := reading.unknown_layers()):
        # these layers have unusual names, which only the manifest tells
        archive, keeper = replace(archive, layers=unknown), Keeper(how.probe)
        known = KnownLayers(keeper.passed, how.cache)
        reading = archive.read(keeper, known)
    for place in reading.unknown_layers():
        raise ImageError("read", source.name, f"its layer {place} is not in it")
    origin, image = Origin(archive.read_again, keeper, known), reading.image
    if image is None:
        return laid([reading.outer], ImageConfig(), origin)
    layers = [reading.outer.layers[reading.identity(name)] for name in image.layers]
    return laid(layers, image.config, origin, digests_of(image.layers))


def read_export(stream: Stream, keeper: Keeper) -> Unpacker:
    """Read the files of a container from the stream that an engine exports.

    Raises:
        ImageError: it can't be read.
    """
    files = Unpacker(keeper, is_layer=False)
    for member in read_members(stream):
        files.add(member)
    return files


def laid(
    layers: Iterable[Layer],
    config: ImageConfig,
    origin: Origin | None = None,
    digests: tuple[str, ...] = (),
) -> Root:
    """Lay layers upon each other, the lowest first.

    Args:
        layers: the unpacked layers.
        config: the image's configuration.
        origin: the source of the layers, to read it again.
        digests: what names the bytes of each layer of the image.
    """
    root, problems = Folder(), list[TreeError]()
    for layer in layers:
        problems += layer.problems
        problems += lay_over(root, layer.root, layer.links)
    return Root(ArchiveTree(root, origin), config, tuple(problems), digests)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one reading of an archive found."""

    outer: _Outer
    """Its own members, and the layers among them."""
    files: Tree
    """Its own members as a tree."""
    image: Image | None
    """The image in it, or None if its members are the files of a root."""

    def identity(self, name: str) -> tuple[int, int]:
        """The identity of the file that a name leads to: Docker writes equal layers as links."""
        place = self.files.resolve(PurePosixPath("/", name))
        entry = self.files.entry(place) if place else None
        return entry.identity if entry else (0, 0)

    def unknown_layers(self) -> frozenset[str]:
        """The names of the image's layers that were not read as layers."""
        names = self.image.layers if self.image else ()
        return frozenset(name for name in names if self.identity(name) not in self.outer.layers)


@dataclass(frozen=True, slots=True)
class _Archive:
    """An archive, and which of several images in it is meant."""

    source: Source
    choice: Choice
    layers: frozenset[str] = frozenset()
    """Names of layers in it that `LAYER` does not match."""

    def read(self, keeper: Keeper, known: KnownLayers) -> _Reading:
        """Read it once. Raises ImageError: it can't be read, or makes no sense."""
        outer = self._unpack(keeper, known)
        files = laid([outer], ImageConfig()).tree
        read = partial(_document, files)
        image = find_image(read, self.source.name, outer.has_layers, self.choice)
        return _Reading(outer, files, image)

    def read_again(self, keeper: Keeper) -> None:
        """Read it once more. Raises ImageError: it can't be read, or not more than once."""
        if not self.source.can_repeat:
            raise ImageError("read", self.source.name, "it is a pipe; give the archive as a file")
        self._unpack(keeper, KnownLayers(keeper.passed))

    def _unpack(self, keeper: Keeper, known: KnownLayers) -> _Outer:
        with self.source.open() as stream:
            outer = _Outer(keeper, known, self.layers)
            for member in read_members(stream):
                outer.add(member)
            return outer


def _document(tree: Tree, name: str) -> bytes | None:
    """A manifest, an index or a configuration; None if there is none of that name."""
    try:
        return tree.read(PurePosixPath("/", name))
    except TreeError:
        return None


class _Outer(Unpacker):
    """Unpacks the members of an archive, and each layer among them by itself."""

    def __init__(self, keeper: Keeper, known: KnownLayers, names: frozenset[str]) -> None:
        super().__init__(keeper, is_layer=False)
        self.layers: dict[tuple[int, int], Layer] = {}
        """The layers, by the identity of the files that hold them."""
        self.has_layers = False
        """Whether something in it looks like a layer."""
        self._known = known
        self._names = {normal(name) for name in names}

    def _file(self, member: Member, path: str) -> File:
        is_named = path in self._names
        if member.type != FILE or not (is_named or DOCUMENT.match(path) or LAYER.match(path)):
            return super()._file(member, path)
        stream, entry = member.stream, new_entry(Kind.FILE)
        end = stream.position + member.stored
        head = stream.read(min(member.stored, TAR_BLOCK))
        is_layer = is_named or is_archive(head)
        self.has_layers |= is_layer
        if is_layer or not member.size:  # an empty file is an empty layer, if the manifest says so
            layer, number = Packed(stream, path, end, head), len(self.layers) + 1
            self.layers[entry.identity] = read_layer(layer, number, self._keeper, self._known)
            return File(entry, Kept(member.size))
        is_small = member.size <= MAX_JSON
        return File(entry, self._keeper.keep(member, path, head, is_whole=is_small))


class Counted(io.FileIO):
    """The file of an archive, or of a layer, that reports how far it was read."""

    def __init__(self, file: Path | int, progress: Progress) -> None:
        """Open a file.

        Args:
            file: its path; or its descriptor, which stays open.
            progress: called with the bytes that were read, and the size or None.
        """
        super().__init__(file, closefd=not isinstance(file, int))
        self._progress = progress
        self._passed = 0
        status = os.fstat(self.fileno())
        self.size = status.st_size if stat.S_ISREG(status.st_mode) else None
        """Its size in bytes, or None for a pipe."""

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes, and report how far that is."""
        size = super().readinto(buffer)
        passed = self._passed + size if self.size is None else self.tell()
        self._passed = max(self._passed, passed)
        self._progress(self._passed, self.size)
        return size
