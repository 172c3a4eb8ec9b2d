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

from find_libdeps.process.progress import Progress, no_progress
from find_libdeps.roots.ahead import Ahead
from find_libdeps.roots.archive import Root, laid
from find_libdeps.roots.archive_tree import Origin
from find_libdeps.roots.keeper import Keeper, Probe
from find_libdeps.roots.layer_cache import Cache, KnownLayers
from find_libdeps.roots.layers import Layer, Unpacker
from find_libdeps.roots.manifest import Choice, ImageConfig, find_image, fits, platform_of
from find_libdeps.roots.registry_client import CHUNK, Blob, Registry, parse_reference
from find_libdeps.roots.stream import Stream, uncompressed
from find_libdeps.roots.tar import BLOCK, Member, read_members


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer, as a manifest describes it."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class _Image:
    """An image in a registry; its layers are named by what they contain, so that they stay."""

    registry: Callable[[], Registry]
    config: ImageConfig
    layers: tuple[_Layer, ...]
    progress: Progress

    @property
    def sizes(self) -> list[int]:
        """The bytes of each layer."""
        return [layer.size for layer in self.layers]


def open_from_registry(
    name: str,
    probe: Probe,
    progress: Progress = no_progress,
    platform: str | None = None,
    cache: Cache | None = None,
    plain_http: bool = False,
) -> Root:
    """Read an image of a registry. The credentials are those of Docker's client.

    Args:
        name: ``HOST/NAME[:TAG][@DIGEST]``.
        probe: reads the parts of each regular file that will probably be needed.
        progress: called with the bytes of all layers that have arrived, and their total.
        platform: which of several images is meant; the one for this machine if None.
        cache: keeps what is known of layers; those that it knows are not read.
        plain_http: whether it is asked without TLS, wherever it is: whoever is between reads the
            credentials, too.

    Raises:
        ImageError: there is no such image, the registry does not give it, or not what its digests
            say.
    """
    keeper, begin = Keeper(probe), partial(Registry, name, parse_reference(name), plain_http)
    known = KnownLayers(keeper.passed, cache)
    with closing(begin()) as registry:
        image = _Image(begin, *_find(registry, platform), progress)
        layers = [_read_layer(registry, image, n, keeper, known) for n in range(len(image.layers))]
    origin = Origin(partial(_read_again, image), keeper, known)
    return laid(layers, image.config, origin, tuple(layer.digest for layer in image.layers))


def _read_again(image: _Image, keeper: Keeper) -> None:
    with closing(image.registry()) as registry:
        for number in filter(keeper.wants, range(len(image.layers))):
            _read_layer(registry, image, number, keeper, KnownLayers(keeper.passed))


def _find(registry: Registry, platform: str | None) -> tuple[ImageConfig, tuple[_Layer, ...]]:
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
        layers = tuple(_Layer(str(e["digest"]), int(e["size"])) for e in document["layers"])
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
    registry: Registry,
    image: _Image,
    number: int,
    keeper: Keeper,
    known: KnownLayers,
) -> Layer:
    """A layer: what is known of it, or else its files, unpacked."""
    digest = image.layers[number].digest

    def read() -> tuple[Layer, str]:
        files, sizes = Unpacker(keeper.of_layer(number), is_layer=True), image.sizes
        blob, before = Blob(registry, digest, sizes[number]), sum(sizes[:number])
        with Ahead(blob) as arriving:
            source: io.BufferedReader[Any] = io.BufferedReader(arriving, CHUNK)
            for member in _members(Stream(source, registry.name)):
                files.add(member)
                image.progress(before + blob.position, sum(sizes))
            while source.read(CHUNK):  # what follows an archive's end counts for the digest
                pass
        image.progress(before + blob.position, sum(sizes))
        return files, digest

    return known.layer(number, digest, read)


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
