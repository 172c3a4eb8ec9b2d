"""A tree spelled as a dict."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import BinaryIO

from find_libdeps.roots.tree import Entry, Kind, Tree


class MemoryTree(Tree):
    """A tree spelled as a dict: bytes are a file, a string is a link's target, None a directory."""

    def __init__(self, files: Mapping[str, bytes | str | None]) -> None:
        super().__init__()
        self._files = dict(files)
        for path in files:
            for parent in PurePosixPath(path).parents:
                self._files.setdefault(str(parent), None)

    def _lstat(self, real: str) -> Entry | None:
        if real not in self._files:
            return None
        match self._files[real]:
            case bytes():
                return Entry(Kind.FILE, (1, list(self._files).index(real)))
            case str() as target:
                return Entry(Kind.LINK, target=target)
            case _:
                return Entry(Kind.DIRECTORY)

    def _names(self, real: str) -> list[tuple[str, Kind]]:
        names = [
            (path.name, entry.kind)
            for path in map(PurePosixPath, self._files)
            if str(path) != "/" and str(path.parent) == real and (entry := self._lstat(str(path)))
        ]
        if self._files.get(real, b"") is not None:
            raise NotADirectoryError(20, "Not a directory")
        return names

    def _open(self, real: str) -> BinaryIO:
        content = self._files[real]
        assert isinstance(content, bytes)
        return io.BytesIO(content)
