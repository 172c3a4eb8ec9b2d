"""Knows the layers that are in a cache, so that each is read once, whatever images it is in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from find_libdeps.roots.caches import Cache
from find_libdeps.roots.keeper import MAX_KEPT, Passed
from find_libdeps.roots.layer_facts import FORMAT, packed, unpacked
from find_libdeps.roots.layers import Layer
from find_libdeps.roots.sealed import SealError


class KnownLayers:
    """The layers of one source, as far as a cache has them."""

    def __init__(self, passed: Passed, cache: Cache | None = None) -> None:
        """Begin with a source.

        Args:
            passed: what has passed of the source; what is known counts, too.
            cache: has what is known; None if nothing is, and nothing is to be kept.
        """
        self._cache = cache
        self._passed = passed
        self._layers: dict[int, tuple[str, Layer]] = {}

    def layer(self, number: int, digest: str, read: Callable[[], tuple[Layer, str]]) -> Layer:
        """What is known of a layer, or else what there is to know. Of all who share a cache, one
        finds it out.

        Args:
            number: the layer's own in the source.
            digest: names its bytes; empty if nothing does.
            read: reads it; returns what it has, and the digest of its bytes if that was asked for
                by `has_use_for`.
        """
        if self._cache is None or not digest:
            return read()[0]
        known = self.load(number, digest)
        if known is not None:
            return known
        with self._cache.claim(_name(digest)):
            known = self.load(number, digest)
            if known is not None:
                return known
            layer, found = read()
            if found == digest:
                self.save(number, digest, layer)
            return layer

    def has_use_for(self, digest: str) -> bool:
        """Whether the layer with a digest is to be kept."""
        return self._cache is not None and bool(digest)

    def load(self, number: int, digest: str) -> Layer | None:
        """What is known of the layer with a digest, or None; `number` is its own in the source."""
        facts = self._cache.get(_name(digest)) if self._cache else None
        if facts is None:
            return None
        try:
            layer, size = unpacked(facts, number, MAX_KEPT - self._passed.total)
        except SealError:
            return None  # it is read, and what is wrong replaced
        self._passed.total += size
        self._layers[number] = digest, layer
        return layer

    def save(self, number: int, digest: str, layer: Layer) -> None:
        """Keep what is known of a layer whose bytes have this digest."""
        if self._cache:
            self._layers[number] = digest, layer
            self._cache.put(_name(digest), packed(layer))

    def save_again(self, numbers: Iterable[int]) -> None:
        """Keep more of some layers, since more of their files was needed."""
        for number in numbers:
            if number in self._layers:
                self.save(number, *self._layers[number])


def is_known(digest: str, cache: Cache | None) -> bool:
    """Whether a cache has something under the name of a layer; it may be damaged."""
    return cache is not None and cache.has(_name(digest))


def _name(digest: str) -> str:
    return f"{FORMAT}-{digest.replace(':', '-')}"
