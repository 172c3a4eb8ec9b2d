"""Caches: bytes by name, which outlive a run and are shared by several processes."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from find_libdeps.errors import CacheError
from find_libdeps.process.user_cache import cache_directory

MAX_CACHE = 4 << 30
"""Bytes of a cache in a directory; what was not used for the longest time goes first."""
_SHARE = 64
"""Which part of the bytes may be added before all files are looked at again."""
_UNFINISHED = "."
"""How the names of files begin that are being written, or that say that something is claimed."""
_ABANDONED = 3600
"""Seconds after which nobody needs such a file any more."""


class Cache(Protocol):
    """Holds bytes by name. What goes wrong with it never ends an audit: it is only slower."""

    @property
    def problem(self) -> CacheError | None:
        """The first thing that went wrong with it."""

    def get(self, name: str) -> bytes | None:
        """What is kept under a name, or None."""

    def has(self, name: str) -> bool:
        """Whether something is kept under a name."""

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
            max_size: most bytes of all files together, but for what one process adds before it
                looks again.
        """
        self.problem: CacheError | None = None
        """The first thing that went wrong with writing."""
        self._directory = directory
        self._max_size = max_size
        self._unseen = max_size
        """Bytes that were added since all files were looked at."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._directory)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process has one for a directory: it knows what it has added."""
        return _of_process, (self._directory, self._max_size)

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

    def has(self, name: str) -> bool:
        """See `Cache`."""
        return (self._directory / name).exists()

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
            self._unseen += len(content)
            if self._unseen > self._max_size // _SHARE:  # each time would take longer and longer
                self._unseen = 0
                self._prune()
        except OSError as error:
            self.problem = self.problem or CacheError("write", self._directory, error.strerror)

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


@cache
def _of_process(directory: Path, max_size: int) -> DirectoryCache:
    return DirectoryCache(directory, max_size)


def user_cache() -> DirectoryCache | None:
    """The cache of this machine's user; None for one without a home."""
    directory = cache_directory()
    return DirectoryCache(directory / "images") if directory else None
