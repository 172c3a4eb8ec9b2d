"""Reads an image from a registry, layer by layer as it arrives: nothing is written to disk."""

from __future__ import annotations

import io
import json
import platform as machine
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from find_libdeps.process.progress import Progress
from find_libdeps.roots.ahead import Ahead
from find_libdeps.roots.archive import Root, laid
from find_libdeps.roots.archive_tree import Origin
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.keeper import Keeper
from find_libdeps.roots.layer_cache import KnownLayers, is_known
from find_libdeps.roots.layers import Layer, Unpacker
from find_libdeps.roots.manifest import (
    Choice,
    ImageConfig,
    find_image,
    fits,
    identity_of,
    platform_of,
)
from find_libdeps.roots.registry_client import CHUNK, Blob, Registry, parse_reference
from find_libdeps.roots.stream import Stream, uncompressed
from find_libdeps.roots.tar import BLOCK, Member, read_members


@dataclass(frozen=True, slots=True)
class RemoteLayer:
    """A layer, as a manifest describes it."""

    number: int
    """Its own in the image, from 0 at the lowest."""
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class _Image:
    """An image in a registry; its layers are named by what they contain, so that they stay."""

    registry: Callable[[], Registry]
    config: ImageConfig
    layers: tuple[RemoteLayer, ...]

    @property
    def digests(self) -> tuple[str, ...]:
        """What names the bytes of each layer."""
        return tuple(layer.digest for layer in self.layers)


@dataclass(slots=True)
class _Arrival:
    """How much of the layers has arrived that are not known."""

    progress: Progress
    total: int
    """The bytes of all layers, without those that turn out to be known."""
    before: int = 0
    """The bytes of the layers that are complete."""

    def report(self, position: int) -> None:
        """Report how much of the next layer is here."""
        self.progress(self.before + position, self.total)


def open_from_registry(name: str, how: Instructions) -> Root:
    """Read an image of a registry. The credentials are those of Docker's client.

    Args:
        name: ``HOST/NAME[:TAG][@DIGEST]``.
        how: the instructions. Without a platform, the image for this machine is meant. What is
            known of a layer is not read, and counts neither as progress nor in its total.

    Raises:
        ImageError: there is no such image, the registry does not give it, or not what its digests
            say.
    """
    keeper = Keeper(how.probe)
    begin = partial(Registry, name, parse_reference(name), how.plain_http)
    known = KnownLayers(keeper.passed, how.cache)
    with closing(begin()) as registry:
        image = _Image(begin, *_find(registry, how.platform))
        how.identified(identity_of(image.digests, image.config))
        arrival = _Arrival(how.progress, sum(layer.size for layer in image.layers))
        layers = [_read_layer(registry, each, arrival, keeper, known) for each in image.layers]
    origin = Origin(partial(_read_again, image, how.progress), keeper, known)
    return laid(layers, image.config, origin, image.digests)


def unknown_layers(name: str, how: Instructions) -> tuple[RemoteLayer, ...]:
    """The layers of an image of a registry that are not known; none of them is read.

    Raises:
        ImageError: see `open_from_registry`.
    """
    with closing(Registry(name, parse_reference(name), how.plain_http)) as registry:
        _, layers = _find(registry, how.platform)
    return tuple(layer for layer in layers if not is_known(layer.digest, how.cache))


def learn_layer(name: str, layer: RemoteLayer, how: Instructions) -> None:
    """Read a layer of an image of a registry, if it is not known, so that it is known from now on.

    Raises:
        ImageError: see `open_from_registry`.
    """
    keeper, arrival = Keeper(how.probe), _Arrival(how.progress, layer.size)
    with closing(Registry(name, parse_reference(name), how.plain_http)) as registry:
        _read_layer(registry, layer, arrival, keeper, KnownLayers(keeper.passed, how.cache))


def _read_again(image: _Image, progress: Progress, keeper: Keeper) -> None:
    wanted = [layer for layer in image.layers if keeper.wants(layer.number)]
    arrival = _Arrival(progress, sum(layer.size for layer in wanted))
    with closing(image.registry()) as registry:
        for layer in wanted:
            _read_layer(registry, layer, arrival, keeper, KnownLayers(keeper.passed))


def _find(registry: Registry, platform: str | None) -> tuple[ImageConfig, tuple[RemoteLayer, ...]]:
    """The configuration and the layers of the image that is meant."""
    content = registry.manifest(registry.reference.version)
    digest = registry.reference.version
    try:
        document = json.loads(content)
        if "manifests" in document:
            digest = _chosen(registry, document["manifests"], platform)
            content = registry.manifest(digest)
            document = json.loads(content)
        config = str(document["config"]["digest"])
        layers = tuple(
            RemoteLayer(number, str(each["digest"]), int(each["size"]))
            for number, each in enumerate(document["layers"])
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise registry.refuse("its manifest makes no sense") from None
    documents = {
        "index.json": json.dumps({"manifests": [{"digest": "sha256:manifest"}]}).encode(),
        "blobs/sha256/manifest": content,
        f"blobs/{config.replace(':', '/')}": registry.config(config),
    }
    found = find_image(documents.get, registry.name, has_layers=True, choice=Choice(platform))
    if found is None:
        raise registry.refuse("its manifest makes no sense")
    return found.config, layers


def _chosen(registry: Registry, descriptors: Sequence[Any], platform: str | None) -> str:
    """The digest of the manifest for a platform.

    Raises:
        ImageError: there is none.
    """
    wanted = platform or f"linux/{machine.machine()}"
    there = dict[str, str]()
    for each in descriptors:
        about = each.get("platform") or {}
        if about.get("os") not in (None, "unknown"):
            parts = (about.get(key) for key in ("os", "architecture", "variant"))
            there.setdefault(platform_of(*parts), str(each["digest"]))
    for found, digest in there.items():
        if fits(found, wanted):
            return digest
    raise registry.refuse(f'it has no image for "{wanted}", but for {", ".join(sorted(there))}')


def _read_layer(
    registry: Registry, layer: RemoteLayer, arrival: _Arrival, keeper: Keeper, known: KnownLayers
) -> Layer:
    """A layer: what is known of it, or else its files, unpacked."""
    is_known = True

    def read() -> tuple[Layer, str]:
        nonlocal is_known
        is_known = False
        files = Unpacker(keeper.of_layer(layer.number), is_layer=True)
        blob = Blob(registry, layer.digest, layer.size)
        with Ahead(blob) as arriving:
            source: io.BufferedReader[Any] = io.BufferedReader(arriving, CHUNK)
            for member in _members(Stream(source, registry.name)):
                files.add(member)
                arrival.report(blob.position)
            while source.read(CHUNK):  # what follows an archive's end counts for the digest
                pass
        arrival.report(blob.position)
        arrival.before += blob.position
        return files, layer.digest

    found = known.layer(layer.number, layer.digest, read)
    if is_known:
        arrival.total -= layer.size
    return found


def _members(stream: Stream) -> Iterator[Member]:
    """The members of a layer, which is unpacked ahead of them."""
    head = stream.read(BLOCK)
    content = uncompressed(stream, None, head)
    if content is None:
        yield from read_members(stream, head=head, is_layer=True)
        return
    with Ahead(content) as unpacked:
        source: io.BufferedReader[Any] = io.BufferedReader(unpacked, CHUNK)
        yield from read_members(Stream(source, stream.name), is_layer=True)
