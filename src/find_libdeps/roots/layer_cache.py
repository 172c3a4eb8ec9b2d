"""Keeps what is known of layers, so that each is read once, whatever images it is in."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from find_libdeps.errors import TreeError
from find_libdeps.process.user_cache import cache_directory
from find_libdeps.roots.keeper import MAX_KEPT, Passed
from find_libdeps.roots.layer_facts import FORMAT, FactsError, packed, unpacked
from find_libdeps.roots.layers import Layer

MAX_CACHE = 4 << 30
"""Bytes of a cache in a directory; what was not used for the longest time goes first."""
_UNFINISHED = "."
"""How the names of files begin that are being written, or that say that something is claimed."""
_ABANDONED = 3600
"""Seconds after which nobody needs such a file any more."""


class Cache(Protocol):
    """Holds bytes by name. What goes wrong with it never ends an audit: it is only slower."""

    def get(self, name: str) -> bytes | None:
        """What is kept under a name, or None."""

    def put(self, name: str, content: bytes) -> None:
        """Keep bytes under a name: all of them, or none. Equal names have equal bytes."""

    def claim(self, name: str) -> AbstractContextManager[object]:
        """Wait while somebody else finds out what is to be kept under a name, if that is known."""


class DirectoryCache:
    """A cache in a directory of this machine, which several processes may use at once."""

    def __init__(self, directory: Path, max_size: int = MAX_CACHE) -> None:
        """Nothing is made before something is to be kept.

        Args:
            directory: where the files are; nothing else may be there.
            max_size: most bytes of all files together.
        """
        self.problem: TreeError | None = None
        """The first thing that went wrong with writing."""
        self._directory = directory
        self._max_size = max_size

    def get(self, name: str) -> bytes | None:
        """See `Cache`."""
        place = self._directory / name
        try:
            content = place.read_bytes()
        except OSError:
            return None
        with suppress(OSError):
            os.utime(place)  # it was used
        return content

    def put(self, name: str, content: bytes) -> None:
        """See `Cache`."""
        try:
            self._directory.mkdir(0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                prefix=_UNFINISHED, dir=self._directory, delete=False
            ) as file:
                try:
                    file.write(content)
                    file.flush()
                    Path(file.name).replace(self._directory / name)
                except BaseException:
                    Path(file.name).unlink()
                    raise
            self._prune()
        except OSError as error:
            self.problem = self.problem or TreeError("write", self._directory, error.strerror)

    @contextmanager
    def claim(self, name: str) -> Iterator[None]:
        """See `Cache`; a process that ends gives up its claims (flock(2))."""
        with ExitStack() as stack:
            with suppress(OSError):  # `put` tells what is wrong
                self._directory.mkdir(0o700, parents=True, exist_ok=True)
                place = self._directory / f"{_UNFINISHED}{name}"
                fcntl.flock(stack.enter_context(place.open("w")), fcntl.LOCK_EX)
            yield

    def _prune(self) -> None:
        """Remove what was not used for the longest time, until the rest is small enough."""
        found = list[tuple[float, int, str]]()
        with os.scandir(self._directory) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process removes files, too
                    status = entry.stat(follow_symlinks=False)
                    if not entry.name.startswith(_UNFINISHED):
                        found.append((status.st_mtime, status.st_size, entry.path))
                    elif time.time() - status.st_mtime > _ABANDONED:
                        Path(entry.path).unlink()
        too_much = sum(size for _, size, _ in found) - self._max_size
        for _, size, path in sorted(found):
            if too_much <= 0:
                return
            with suppress(FileNotFoundError):
                Path(path).unlink()
            too_much -= size


def layer_cache() -> DirectoryCache | None:
    """The cache of this machine's user; None for one without a home."""
    directory = cache_directory()
    return DirectoryCache(directory / "layers") if directory else None


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
        except FactsError:
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


def _name(digest: str) -> str:
    return f"{FORMAT}-{digest.replace(':', '-')}"
