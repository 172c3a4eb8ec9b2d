"""Audits many images on a cluster of Dask: each unknown layer is a task, and so is each image.

What layers have goes into a cache that all workers share; from task to task goes only what is
small. A worker asks registries with the credentials that it has: no task carries any.
"""

from __future__ import annotations

import hashlib
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent import futures
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from itertools import count, islice
from typing import Any, TypeAlias
from uuid import uuid4

from find_libdeps.audit.many import ImageAudit, audit_image
from find_libdeps.errors import FindLibdepsError, FleetError, ImageError
from find_libdeps.needs.probe import probe
from find_libdeps.process.memory import give_back
from find_libdeps.process.progress import Furthest, no_progress
from find_libdeps.roots.caches import Cache
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.opening import kind_of
from find_libdeps.roots.registry import RemoteLayer, learn_layer, unknown_layers

IN_WORK = 1000
"""Most images that are begun and not told yet: one that takes long holds up no other."""


def audit_with_dask(
    names: Iterable[str], *, client: Any, cache: Cache, **options: Any
) -> Generator[ImageAudit, None, None]:
    """Audit many images on a cluster.

    Where a worker dies, its tasks are done again by others (Dask, "Resilience").

    Args:
        names: what `audit_root` takes as its target, as the workers see it.
        client: a ``distributed.Client``.
        cache: where all workers keep what is known of layers, and of images.
        options: those of `audit_root`, but for its progress.

    Yields:
        What became of each image, in the order of the names.

    Raises:
        FleetError: the scheduler has gone away.
    """
    fleet, left, waiting = _Fleet(client, cache, options), iter(names), deque[_Image]()
    try:
        while True:
            for name in islice(left, IN_WORK - len(waiting)):
                waiting.append(image := _Image(name))
                fleet.begin(image)
            if not waiting:
                return
            while (result := waiting[0].result) is None:
                fleet.go_on()
            waiting.popleft()
            yield result
    except (OSError, CancelledError, futures.CancelledError):
        raise fleet.gone() from None
    finally:
        fleet.end()


@dataclass(slots=True, eq=False)
class _Image:
    """An image that is in work."""

    name: str
    read: int = 0
    """Bytes of the layers that were learned for it."""
    result: ImageAudit | None = None


Then: TypeAlias = Callable[[Any], object]
"""What to do with a task's result; it gets None if the workers that tried the task died."""


class _Fleet:
    """The tasks of one run, and what follows when one of them ends."""

    def __init__(self, client: Any, cache: Cache, options: dict[str, Any]) -> None:
        self._client = client
        self._options = {**options, "cache": cache}
        platform, plain_http = options.get("platform"), bool(options.get("plain_http"))
        self._how = Instructions(probe, no_progress, platform, cache, plain_http)
        self._run = uuid4().hex
        self._number = count()
        self._ending: Any = import_module("distributed").as_completed([])
        self._then = dict[Any, Then]()
        self._learning = dict[str, Any]()
        """The task of each layer that is being learned, by digest."""

    def begin(self, image: _Image) -> None:
        """Begin with an image: which of its layers are unknown?"""
        key = f"layers-{self._run}-{next(self._number)}"
        self._submit(key, partial(self._learn, image), _unknown_layers, image.name, self._how)

    def go_on(self) -> None:
        """Wait until a task ends, and begin what follows from it.

        Raises:
            FleetError: the scheduler has gone away.
        """
        future = next(self._ending)
        match future.status:
            case "finished":
                self._then.pop(future)(future.result())
            case "error":
                self._check(future.exception())
                self._then.pop(future)(None)
            case "cancelled":
                raise self.gone()
            case _:  # it is done again: its result was lost with the worker that had it
                self._ending.add(future)

    def _check(self, error: BaseException) -> None:
        """Raises FleetError: a task failed for another reason than that its workers died."""
        if type(error).__name__ != "KilledWorker":
            address, cause = self._client.scheduler.address, f"a task failed: {error!r}"
            raise FleetError("go on with the scheduler", address, cause)

    def gone(self) -> FleetError:
        """The error of a scheduler that does not answer any more."""
        cause = "it has gone away; --resume goes on where it was"
        return FleetError("go on with the scheduler", self._client.scheduler.address, cause)

    def end(self) -> None:
        """Leave what is not done."""
        with suppress(OSError):  # the scheduler may be gone
            self._client.cancel([*self._then])

    def _learn(self, image: _Image, unknown: Sequence[RemoteLayer] | None) -> None:
        """Have each layer learned that no task learns yet; then comes the image."""
        for layer in unknown or ():
            if layer.digest not in self._learning:
                words = repr((layer.digest, self._how.cache, self._how.plain_http))
                key = f"layer-{hashlib.sha256(words.encode()).hexdigest()}"
                then = partial(self._note, image, layer.digest)
                task = _learn_layer, image.name, layer, self._how
                self._learning[layer.digest] = self._submit(key, then, *task)
        needed = [self._learning[layer.digest] for layer in unknown or ()]
        key = f"image-{self._run}-{next(self._number)}"
        self._submit(key, partial(self._finish, image), _audit, image.name, self._options, needed)

    def _note(self, image: _Image, digest: str, read: int | None) -> None:
        del self._learning[digest]
        image.read += read or 0

    def _finish(self, image: _Image, result: ImageAudit | None) -> None:
        if result is None:
            error = ImageError("audit", image.name, "each worker that tried it died")
            result = ImageAudit(image.name, None, error)
        image.result = replace(result, read=result.read + image.read)

    def _submit(self, key: str, then: Then, work: Callable[..., object], *args: object) -> Any:
        """Begin a task; its key says nothing of what it works on."""
        future = self._client.submit(work, *args, key=key)
        self._then[future] = then
        self._ending.add(future)
        return future


def _unknown_layers(name: str, how: Instructions) -> tuple[RemoteLayer, ...]:
    """The layers that are to be learned. What is wrong with an image is told by its audit."""
    kind, text = kind_of(name)
    if kind != "registry":
        return ()
    try:
        return unknown_layers(text, how)
    except FindLibdepsError:
        return ()


def _learn_layer(name: str, layer: RemoteLayer, how: Instructions) -> int:
    """Learn a layer, and return how many bytes were read for that."""
    progress = Furthest()
    with suppress(FindLibdepsError):  # see `_unknown_layers`
        _, text = kind_of(name)
        learn_layer(text, layer, replace(how, progress=progress))
    give_back()
    return progress.passed


def _audit(name: str, options: dict[str, Any], learned: Sequence[int]) -> ImageAudit:
    """Audit an image, whose layers are learned if that is possible.

    A thread of its own does it: of each task's thread Dask keeps profiles for an hour, and those of
    an evaluator, which calls itself deeply, take a megabyte a second.
    """
    with futures.ThreadPoolExecutor(1) as thread:
        return thread.submit(audit_image, name, options).result()
