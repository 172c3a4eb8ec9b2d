"""What all tests share: a tree spelled as a dict, and the rule for skips."""

from __future__ import annotations

import io
import os
from collections.abc import Generator, Mapping
from pathlib import PurePosixPath
from typing import BinaryIO

import pytest

import engine
from find_libdeps.tree import Entry, Kind, Tree

NO_SKIP = bool(os.environ.get("FIND_LIBDEPS_NO_SKIP"))
"""Set where everything that the tests need is there: a skip is a failure then."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, object, None]:
    """Turn skips into failures where they are not allowed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if NO_SKIP and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, but here nothing may be: {report.longrepr[2]}"


@pytest.fixture(scope="session")
def images() -> None:
    """The base images; skips where nothing can be built."""
    if reason := engine.unavailable():
        pytest.skip(reason)
    engine.make_images()


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
