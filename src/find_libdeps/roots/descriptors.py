"""Directories below a root that are held open, so that no link can take their places.

A path is looked up by the kernel each time that it is used. If a directory in it is replaced by a
link meanwhile, the kernel follows that out of the root. So each directory is opened from the one
above it, no link is followed (open(2), O_NOFOLLOW), and files are opened from there.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from weakref import finalize

_OPEN = (
    getattr(os, "O_PATH", os.O_RDONLY)  # Linux: listing it need not be allowed
    | os.O_DIRECTORY
    | os.O_NOFOLLOW
    | os.O_CLOEXEC
)
MAX_OPEN = 16
"""Most directories that are held open, besides the root."""


class Directories:
    """The directories below a root, by their places; those used last are held open."""

    def __init__(self, root: str) -> None:
        """Hold the root open.

        Args:
            root: its path; links in it are followed.

        Raises:
            OSError: it can't be opened.
        """
        self._root = os.open(root, _OPEN & ~os.O_NOFOLLOW)
        self._open: OrderedDict[str, int] = OrderedDict()
        finalize(self, _close, self._root, self._open)

    def descriptor(self, place: str) -> int:
        """The descriptor of the directory at a place; it is closed later on.

        Raises:
            OSError: there is no such directory, or a link is on the way.
        """
        if place == "/":
            return self._root
        try:
            self._open.move_to_end(place)
            return self._open[place]
        except KeyError:
            found = self._open[place] = self._opened(place)
        while len(self._open) > MAX_OPEN:
            _, oldest = self._open.popitem(last=False)
            os.close(oldest)
        return found

    def _opened(self, place: str) -> int:
        head, _, name = place.rpartition("/")
        if head in self._open:
            return os.open(name, _OPEN, dir_fd=self._open[head])
        current = os.open(".", _OPEN, dir_fd=self._root)
        for name in place.split("/")[1:]:
            above = current
            try:
                current = os.open(name, _OPEN, dir_fd=above)
            finally:
                os.close(above)
        return current


def _close(root: int, others: OrderedDict[str, int]) -> None:
    for descriptor in (root, *others.values()):
        os.close(descriptor)
