"""Reads one layer out of a stream, unless what is in it is known already."""

from __future__ import annotations

import hashlib
import io
from typing import Any, NamedTuple, cast

from find_libdeps.roots.keeper import Keeper
from find_libdeps.roots.layer_cache import KnownLayers
from find_libdeps.roots.layers import Layer, Unpacker
from find_libdeps.roots.manifest import digest_of
from find_libdeps.roots.stream import BLOCK, Part, Stream
from find_libdeps.roots.tar import read_members


class Packed(NamedTuple):
    """A layer in a stream."""

    stream: Stream
    place: str
    """Its file in the archive or the directory, whose name may be its digest."""
    end: int | None = None
    """The position where it ends; None for the end of the stream."""
    head: bytes = b""
    """Its first bytes, read already."""


def read_layer(layer: Packed, number: int, keeper: Keeper, known: KnownLayers) -> Layer:
    """What a layer has. If nobody wants that, or if it is known, nothing is read.

    Args:
        layer: where its bytes are.
        number: its own in the source.
        keeper: keeps the parts of its files.
        known: has what is known of layers by their digests, and gets what is found out.

    Raises:
        ImageError: it can't be read.
    """
    if not keeper.wants(number):
        return Layer()
    digest = digest_of(layer.place)

    def read() -> tuple[Layer, str]:
        files = Unpacker(keeper.of_layer(number), is_layer=True)
        if known.has_use_for(digest):
            return files, _unpack_and_sum(files, layer)
        _unpack(files, layer)
        return files, ""

    return known.layer(number, digest, read)


def _unpack(files: Unpacker, layer: Packed) -> None:
    for member in read_members(layer.stream, layer.end, layer.head, is_layer=True):
        files.add(member)


def _unpack_and_sum(files: Unpacker, layer: Packed) -> str:
    """Unpack a layer, and return the digest of its bytes."""
    digest = hashlib.sha256()
    part = Part(layer.stream, layer.end, layer.head, digest)
    source = io.BufferedReader(cast(io.RawIOBase, part), BLOCK)
    stream = Stream(cast("io.BufferedReader[Any]", source), layer.stream.name)
    _unpack(files, Packed(stream, layer.place))
    while source.read(BLOCK):  # what follows the end of an archive counts, too
        pass
    return f"sha256:{digest.hexdigest()}"
