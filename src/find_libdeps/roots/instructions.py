"""What a caller wants of a source, and what it lends for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from find_libdeps.process.progress import Progress, no_progress
from find_libdeps.roots.caches import Cache
from find_libdeps.roots.keeper import Probe

Identified: TypeAlias = Callable[[str], object]
"""Called with what names all bytes of an image's files, and its configuration."""


def not_asked(identity: str) -> None:
    """Do nothing with it."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """How an image or an archive is to be read."""

    probe: Probe
    """Reads the parts of each regular file that will probably be needed."""
    progress: Progress = no_progress
    """Called with the bytes that were read so far, and the total or None if that is unknown."""
    platform: str | None = None
    """Which image is meant if there are several (``linux/arm64``); any that will do if None."""
    cache: Cache | None = None
    """Keeps what is known of the layers of images; None if nothing is to be kept."""
    plain_http: bool = False
    """Whether a registry is asked without TLS, wherever it is: whoever is between reads the
    credentials, too.
    """
    identified: Identified = not_asked
    """Called for an image that something names, before its files are read; what it raises ends the
    reading.
    """
