"""Audits many images, each layer of which is read once."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from find_libdeps.audit.audit import audit_root
from find_libdeps.errors import FindLibdepsError
from find_libdeps.process.memory import give_back
from find_libdeps.process.progress import Furthest
from find_libdeps.report.findings import Audit
from find_libdeps.roots.caches import Cache

AHEAD = 64
"""How many images an executor is given before the first of them is done."""


@dataclass(frozen=True, slots=True)
class ImageAudit:
    """What became of one of many images."""

    name: str
    audit: Audit | None
    """None if it can't be audited."""
    error: FindLibdepsError | None = None
    """Why it can't; None if it can."""
    read: int = 0
    """Bytes of its source that were read, by the longest of its readings: of a registry, those of
    unknown layers."""
    cache_problem: FindLibdepsError | None = None
    """The first thing that went wrong with the cache in the process that has audited it."""


def audit_images(
    names: Iterable[str], *, executor: Executor | None = None, **options: Any
) -> Generator[ImageAudit, None, None]:
    """Audit many images, and go on where one of them can't be audited.

    With a cache that the processes share, what images have in common is read once.

    Args:
        names: what `audit_root` takes as its target.
        executor: runs the audits; they run here, one by one, if it is None. Its processes must have
            this package.
        options: those of `audit_root`, but for its progress.

    Yields:
        What became of each image, in the order of the names.
    """
    audit = partial(audit_image, options=options)
    if executor is None:
        yield from map(audit, names)
        return
    left, running = iter(names), deque[Future[ImageAudit]]()
    try:
        running.extend(executor.submit(audit, name) for name in islice(left, AHEAD))
        while running:
            done = running.popleft().result()
            running.extend(executor.submit(audit, name) for name in islice(left, 1))
            yield done
    finally:
        for future in running:
            future.cancel()


def audit_image(name: str, options: Mapping[str, Any]) -> ImageAudit:
    """Audit one of many images.

    Args:
        name: what `audit_root` takes as its target.
        options: those of `audit_root`, but for its progress.
    """
    found, wrong, progress = None, None, Furthest()
    try:
        found = audit_root(name, progress=progress, **options)
    except FindLibdepsError as error:
        wrong = error
    give_back()  # a process that audits many images keeps what it knew of none
    cache: Cache | None = options.get("cache")
    return ImageAudit(name, found, wrong, progress.passed, cache.problem if cache else None)
