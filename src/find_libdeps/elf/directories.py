"""Directories that the loader searches, and the subdirectories that it searches before them.

There are those for the levels of the CPU (ld.so(8), glibc-hwcaps), since glibc 2.33; and until 2.36
the older ones that are called after features of the CPU, and ``tls`` (elf/dl-hwcaps.c,
_dl_important_hwcaps).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple, TypeAlias

from find_libdeps.elf.architecture import Architecture

_HWCAPS = "glibc-hwcaps"
"""The subdirectory with a directory for each level of the CPU."""
_TLS = "tls"

GlibcRelease: TypeAlias = tuple[int, int]
"""A release of glibc, such as (2, 36)."""


def newest_release(versions: Iterable[str]) -> GlibcRelease | None:
    """The release of glibc that defines symbol versions such as ``GLIBC_2.36``; None if none."""
    found = (re.fullmatch(r"GLIBC_(\d+)\.(\d+)", version, re.ASCII) for version in versions)
    return max(((int(each[1]), int(each[2])) for each in found if each), default=None)


class Directory(NamedTuple):
    """A directory that exists."""

    place: PurePosixPath
    """Its path with links resolved, which is equal for two names of one directory."""
    names: Collection[str] | None
    """The names in it, or None if it may not be listed."""
    links: Collection[str] = frozenset()
    """Those that are symbolic links."""

    def may_have(self, name: str) -> bool:
        """Whether a name may be in it. ``.`` and ``..`` are not in `names`."""
        return self.names is None or name in self.names or not name.strip(".")


LookInto: TypeAlias = Callable[[PurePosixPath], "Directory | None"]
"""Returns the directory at a path, links followed; None if there is none."""


class Subdirectories:
    """The subdirectories that are searched before a directory itself."""

    def __init__(
        self, architecture: Architecture, release: Callable[[], GlibcRelease | None] = lambda: None
    ) -> None:
        """See `find_libdeps.elf.search_list.SearchPath`."""
        self._levels = tuple(f"{_HWCAPS}/{level}" for level in architecture.hwcaps)
        self._words = (_TLS, *architecture.features)
        self._combined = tuple(_combined(self._words))[:-1]
        self._release = release

    def of(self, directory: Directory) -> tuple[str, ...]:
        """Those that a directory may have, the best first."""
        levels = self.levels_in(directory)
        return (*levels, *self._combined) if self.older_in(directory) else levels

    def levels_in(self, directory: Directory) -> tuple[str, ...]:
        """Those for the levels of the CPU that a directory may have, the best first."""
        # few directories have any: only then the release is asked for
        return self._levels if directory.may_have(_HWCAPS) and self._is_of((2, 33)) else ()

    def older_in(self, directory: Directory) -> tuple[str, ...]:
        """The older ones that may be in a directory itself."""
        there = tuple(filter(directory.may_have, self._words))
        return there if there and not self._is_of((2, 37)) else ()

    def weight(self, path: PurePosixPath) -> tuple[int, int]:
        """Which of two directories ldconfig(8) takes to be the better one: that whose path ends in
        more of the older names, then in weightier ones (elf/ldconfig.c, path_hwcap; elf/cache.c,
        compare).
        """
        total = 0
        for part in reversed(path.parts):
            if part not in self._words:
                break
            total += 1 << (len(self._words) - self._words.index(part))
        return (total.bit_count(), total) if total and not self._is_of((2, 37)) else (0, 0)

    def _is_of(self, since: GlibcRelease) -> bool:
        """Whether glibc is of a release or newer; taken to be, if that is unknown."""
        release = self._release()
        return release is None or release >= since


def _combined(words: Sequence[str]) -> list[str]:
    """All words as a path, then ever fewer, and none at last; the first word counts most."""
    if not words:
        return [""]
    rest = _combined(words[1:])
    return [*(f"{words[0]}/{each}".rstrip("/") for each in rest), *rest]
