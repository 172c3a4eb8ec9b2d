"""Graphs of libraries, and where our loader and a real one differ about one.

A graph is a list of files for a small root; each can be left out, so that a difference can be made
smaller.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from glibc import Glibc
from our_loader import opened, resolve
from real_loader import Need, Resolution, ask_a_program, ask_the_loader

MAIN = "/app/main"


class UndecidedError(Exception):
    """What the real loader tells of a graph does not say what it did."""


@dataclass(frozen=True)
class Item:
    """A file of the root: an object, a link, or something that is no object."""

    path: str
    content: bytes = b""
    link: str = ""
    told: str = ""
    """How it was made, for people."""
    is_fixed: bool = False
    """Whether the graph can't be without it."""


@dataclass(frozen=True)
class Graph:
    """A root, and what is asked about its main program."""

    items: tuple[Item, ...]
    library_path: tuple[str, ...] = ()
    """LD_LIBRARY_PATH."""
    configured: tuple[str, ...] | None = None
    """The lines of its ld.so.conf; None if it has none, and no cache."""
    opens: tuple[str, str] | None = None
    """The object that calls dlopen(3) once the program has started, and what it opens."""

    def smaller(self) -> Iterator[Graph]:
        """The graphs that lack one thing of it."""
        for number, item in enumerate(self.items):
            if not item.is_fixed:
                yield replace(self, items=(*self.items[:number], *self.items[number + 1 :]))
        for number in range(len(self.library_path)):
            left = (*self.library_path[:number], *self.library_path[number + 1 :])
            yield replace(self, library_path=left)
        lines = self.configured or ()
        for number in range(len(lines)):
            yield replace(self, configured=(*lines[:number], *lines[number + 1 :]))
        if self.configured == ():
            yield replace(self, configured=None)

    def __str__(self) -> str:
        lines = [f"{item.path}: {item.told}" for item in self.items]
        lines += [f"LD_LIBRARY_PATH={':'.join(self.library_path)}", f"ld.so.conf={self.configured}"]
        return "\n".join([*lines, f"dlopen: {self.opens}"])


def make(given: Graph, root: Path, glibc: Glibc) -> None:
    """Make the root of a graph.

    Raises:
        UndecidedError: ldconfig may take a library or another one.
    """
    glibc.put_into(root)
    for item in given.items:
        path = root / item.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if item.link:
            path.symlink_to(item.link)
        else:
            path.write_bytes(item.content)
            path.chmod(0o755)
    if given.configured is not None:
        (root / "etc").mkdir()
        (root / "etc/ld.so.conf").write_text("".join(f"{line}\n" for line in given.configured))
        for _ in range(2):  # with the links that it has made the first time
            if "have same soname but different type" in glibc.configure(root):
                raise UndecidedError("it depends on the order of the names in a directory")


def difference(given: Graph, folder: Path, glibc: Glibc) -> str:
    """Where both loaders differ about a graph; empty if they agree.

    Args:
        given: the graph.
        folder: a directory in which the root is made, and removed again.
        glibc: the real loader's.

    Raises:
        UndecidedError: see there.
    """
    root = folder / f"root{os.getpid()}"
    try:
        root.mkdir()
        make(given, root, glibc)
        try:
            steps = list(_asked(given, root, glibc))
        except AssertionError as problem:
            raise UndecidedError(str(problem)) from None
        for ours, theirs in steps:
            if told := _differs(ours, theirs):
                return told
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return ""


def _asked(given: Graph, root: Path, glibc: Glibc) -> Iterator[tuple[list[Need], Resolution]]:
    """What both make of each step: the start, and then dlopen(3)."""
    library_path = list(given.library_path)
    if given.opens is None:
        theirs = ask_the_loader(root, MAIN, library_path, glibc)
        yield resolve(root, MAIN, library_path, glibc=glibc), theirs
        return
    start, afterwards = ask_a_program(root, MAIN, given.opens, library_path, glibc)
    yield resolve(root, MAIN, library_path, glibc=glibc), start
    if afterwards is not None:
        yield opened(root, MAIN, given.opens, library_path, glibc=glibc), afterwards


def _differs(ours: Sequence[Need], theirs: Resolution) -> str:
    if theirs.error == "Segmentation fault":  # as with filters that lead to each other
        raise UndecidedError(theirs.error)
    # how does not count: of a directory that is in several lists, the loader names any
    ours = [need._replace(how=None) for need in ours]
    needs = [need.absolute()._replace(how=None) for need in theirs.needs]
    if theirs.error:  # the real loader goes no further, and we do
        ours = ours[: len(needs)]
    first = next((pair for pair in zip_longest(ours, needs) if pair[0] != pair[1]), None)
    return f"ours   {first[0]}\ntheirs {first[1]}\n{theirs.error or ''}" if first else ""


def smallest(given: Graph, folder: Path, glibc: Glibc) -> Graph:
    """A graph about which both still differ, and of which nothing can be left out."""
    for each in given.smaller():
        with suppress(UndecidedError):
            if difference(each, folder, glibc):
                return smallest(each, folder, glibc)
    return given
