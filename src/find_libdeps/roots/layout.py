"""Reads images that lie in a directory: an unpacked ``docker save``, an OCI layout.

The manifests are those of archives (`find_libdeps.roots.manifest`), and so are the layers, each a
file of its own here. Links are followed inside the directory, and nothing is unpacked to disk.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from find_libdeps.errors import ImageError
from find_libdeps.process.progress import Progress
from find_libdeps.roots.archive import Counted, Root, laid
from find_libdeps.roots.archive_tree import Origin
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.keeper import Keeper
from find_libdeps.roots.layer_cache import KnownLayers
from find_libdeps.roots.layer_reading import Packed, read_layer
from find_libdeps.roots.layers import Layer
from find_libdeps.roots.manifest import ANY, LAYER, MAX_JSON, Choice, Image, digests_of, find_image
from find_libdeps.roots.stream import BLOCK, Stream

_DOCUMENTS = ("manifest.json", "index.json", "oci-layout")
"""The files of which a directory with an image has at least one."""


def open_layout(tree: DirectoryTree, how: Instructions, choice: Choice = ANY) -> Root | None:
    """Read the image in a directory; None if the directory is a root, or anything else.

    Args:
        tree: the directory.
        how: the instructions.
        choice: which of several images is meant.

    Raises:
        ImageError: the image can't be read; or there are several, or layers without one.
        TreeError: a file of the directory can't be read.
    """
    if not any(tree.has_file(PurePosixPath("/", name)) for name in _DOCUMENTS):
        return None
    image = find_image(partial(_document, tree), tree.root, _has_layers(tree), choice)
    if image is None:
        return None
    keeper = Keeper(how.probe)
    directory = _Directory(tree, _places(tree, image), how.progress)
    known = KnownLayers(keeper.passed, how.cache)
    layers = directory.read(keeper, known)
    ordered = [layers[directory.places[name]] for name in image.layers]
    origin = Origin(directory.read, keeper, known)
    return laid(ordered, image.config, origin, digests_of(image.layers))


def _document(tree: DirectoryTree, name: str) -> bytes | None:
    """A manifest, an index or a configuration; None if there is none of that name."""
    path = PurePosixPath("/", name)
    return tree.content(tree.regular(path), MAX_JSON) if tree.has_file(path) else None


def _has_layers(tree: DirectoryTree) -> bool:
    """Whether something in the directory has a layer's name."""
    names = tree.names(PurePosixPath("/"))
    blobs = PurePosixPath("/blobs/sha256")
    files = (*(f"/{n}" for n in names), *(f"/{n}/layer.tar" for n in names))
    candidates = (*files, *(f"{blobs}/{n}" for n in tree.names(blobs)))
    return any(LAYER.fullmatch(c) and tree.has_file(PurePosixPath(c)) for c in candidates)


def _places(tree: DirectoryTree, image: Image) -> Mapping[str, PurePosixPath]:
    """Where the layers of an image are, by their names: equal ones may be links to one file."""
    places = dict[str, PurePosixPath]()
    for name in image.layers:
        path = PurePosixPath("/", name)
        if not tree.has_file(path):
            raise ImageError("read", tree.root, f"its layer {name} is not in it")
        places[name] = tree.regular(path)
    return places


@dataclass(frozen=True, slots=True)
class _Directory:
    """The layers of an image in a directory."""

    tree: DirectoryTree
    places: Mapping[str, PurePosixPath]
    """The file of each layer, by its name."""
    progress: Progress

    def read(self, keeper: Keeper, known: KnownLayers | None = None) -> dict[PurePosixPath, Layer]:
        """Read each of the layers once. Raises ImageError: one can't be read."""
        return dict(self._layers(keeper, known or KnownLayers(keeper.passed)))

    def _layers(self, keeper: Keeper, known: KnownLayers) -> Iterator[tuple[PurePosixPath, Layer]]:
        files = dict.fromkeys(self.places.values())
        total = sum(map(self._size, files))
        before = 0
        for number, place in enumerate(files):
            with (
                self.tree.open_place(place) as file,
                Counted(file.fileno(), partial(self._report, before, total)) as counted,
            ):
                name = f"{self.tree.root}{place}"
                stream = Stream(io.BufferedReader(counted, BLOCK), name, counted.size)
                layer = read_layer(Packed(stream, str(place)), number, keeper, known)
                before += counted.size or 0
            yield place, layer

    def _size(self, place: PurePosixPath) -> int:
        with self.tree.open_place(place) as file:
            return file.seek(0, io.SEEK_END)

    def _report(self, before: int, total: int, passed: int, _: int | None) -> None:
        self.progress(before + passed, total)
