"""Audits many images, each layer of which is read once."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from find_libdeps.audit.audit import audit_root
from find_libdeps.errors import FindLibdepsError
from find_libdeps.report.findings import Audit

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
    audit = partial(_audited, options=options)
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


def _audited(name: str, options: dict[str, Any]) -> ImageAudit:
    try:
        return ImageAudit(name, audit_root(name, **options))
    except FindLibdepsError as error:
        return ImageAudit(name, None, error)
    finally:
        gc.collect()  # a process that audits many images keeps what it knew of none
