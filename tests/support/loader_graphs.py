"""Random graphs of libraries, and where our loader and the machine's differ about one.

A graph is a list of files for a small root; each can be left out, so that a difference can be made
smaller. All chance is in the seed.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import mini_root
from our_loader import absolute, resolve
from small_elf import AARCH64, DF_1_NODEFLIB, I386, X86_64, small_elf

MAIN = "/app/main"
NAMES = tuple(f"lib{letter}.so" for letter in "abcdef")


class UndecidedError(Exception):
    """What the machine's loader tells of a graph does not say what it did."""


@dataclass(frozen=True)
class Item:
    """A file of the root: an object, a link, or something that is no object."""

    path: str
    content: bytes = b""
    link: str = ""
    told: str = ""
    """How it was made, for people."""


@dataclass(frozen=True)
class Graph:
    """A root, and the LD_LIBRARY_PATH with which its main program is asked about."""

    items: tuple[Item, ...]
    library_path: tuple[str, ...] = ()
    configured: tuple[str, ...] = ()
    """The lines of its ld.so.conf; without any, it has none."""

    def smaller(self) -> Iterator[Graph]:
        """The graphs that lack one thing of it."""
        for number, item in enumerate(self.items):
            if item.path != MAIN:
                yield replace(self, items=(*self.items[:number], *self.items[number + 1 :]))
        for name in ("library_path", "configured"):
            every = getattr(self, name)
            for number in range(len(every)):
                yield replace(self, **{name: (*every[:number], *every[number + 1 :])})

    def __str__(self) -> str:
        lines = [f"{item.path}: {item.told}" for item in self.items]
        return "\n".join(
            [*lines, f"LD_LIBRARY_PATH={':'.join(self.library_path)}", *self.configured]
        )


def graph(seed: int) -> Graph:
    """The graph of a seed."""
    chance = random.Random(seed)  # noqa: S311
    triplet = mini_root.words()["TRIPLET"]
    hwcaps = f"glibc-hwcaps/{mini_root.words()['HWCAPS'] or 'none'}"
    places = [
        "/app",
        "/app/lib",
        "/opt/a",
        "/opt/b",
        "/opt/conf",
        "/usr/lib",
        f"/usr/lib/{triplet}",
    ]
    places += [f"/opt/b/{hwcaps}", f"/usr/lib/{triplet}/{hwcaps}", f"/opt/conf/{hwcaps}"]
    directories = [
        "/app/lib",
        "/opt/a",
        "/opt/b",
        "/opt/conf",
        "$ORIGIN",
        "$ORIGIN/lib",
        "/opt/$LIB",
    ]
    directories += ["${ORIGIN}/../opt/a", "", "/gone", f"/usr/lib/{triplet}"]

    def path() -> str | None:
        count = chance.choice((0, 0, 0, 1, 1, 2, 3))
        return ":".join(chance.choices(directories, k=count)) if count else None

    def an_object(name: str, needs: int) -> tuple[bytes, str]:
        own = chance.random() < 0.8
        words: dict[str, object] = {
            "needs": [_need(chance, name) for _ in range(needs)],
            "soname": name if own else chance.choice((*NAMES, "")),
            "rpath": path() if chance.random() < 0.5 else None,
            "runpath": path() if chance.random() < 0.4 else None,
        }
        if chance.random() < 0.05:
            words["flags"] = DF_1_NODEFLIB
        odd = chance.random()
        if name != "main" and odd < 0.05:
            words |= {"bits": 32, "machine": I386}
        elif name != "main" and odd < 0.08:
            words["machine"] = (
                AARCH64 if mini_root.words()["LOADER"].endswith("x86-64.so.2") else X86_64
            )
        elif name != "main" and odd < 0.1:
            words["order"] = ">"
        content = small_elf(**words)  # type: ignore[arg-type]
        if name != "main" and 0.1 < odd < 0.12:
            return content[:70], f"{words}, cut off"
        return content, str(words)

    content, told = an_object("main", chance.randint(1, 4))
    items = {MAIN: Item(MAIN, content, told=told)}
    for _ in range(chance.randint(2, 14)):
        name = chance.choice(NAMES)
        place = f"{chance.choice(places)}/{name}"
        kind = chance.random()
        if kind < 0.06:
            target = f"{chance.choice(places)}/{chance.choice(NAMES)}"
            items[place] = Item(place, link=target, told=f"-> {target}")
        elif kind < 0.08:
            items[place] = Item(place, b"\x7fELF" + bytes(200), told="zeros")
        elif kind < 0.09:
            items[place] = Item(place, b"a text", told="a text")
        else:
            content, told = an_object(name, chance.choice((0, 0, 1, 1, 2, 3)))
            items[place] = Item(place, content, told=told)
    library_path = chance.choices(directories, k=chance.choice((0, 0, 0, 1, 2)))
    configured = chance.sample(["/opt/conf", "/opt/a", "/opt/b", "/usr/local/lib"], 2)
    return Graph(
        tuple(items.values()),
        tuple(each for each in library_path if "$" not in each),
        tuple(configured[: chance.choice((0, 0, 1, 2))]),
    )


def _need(chance: random.Random, name: str) -> str:
    kind = chance.random()
    if kind < 0.04:
        return f"/opt/a/{chance.choice(NAMES)}"
    if kind < 0.08:
        return f"$ORIGIN/{chance.choice(NAMES)}"
    return chance.choice([each for each in NAMES if each != name])


def make(given: Graph, root: Path) -> None:
    """Make the root of a graph."""
    triplet = mini_root.words()["TRIPLET"]
    for name in ("lib", "lib64", f"lib/{triplet}"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
    for name in ("lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    shutil.copy(mini_root.interpreter(), f"{root}{mini_root.interpreter()}")
    for item in given.items:
        path = root / item.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if item.link:
            path.symlink_to(item.link)
        else:
            path.write_bytes(item.content)
            path.chmod(0o755)
    if given.configured:
        (root / "etc").mkdir()
        (root / "etc/ld.so.conf").write_text("".join(f"{line}\n" for line in given.configured))
        mini_root.configure(root)
        mini_root.configure(root)  # with the links that it has made the first time


def difference(given: Graph, folder: Path) -> str:
    """Where both loaders differ about a graph; empty if they agree.

    Args:
        given: the graph.
        folder: a directory in which the root is made, and removed again.

    Raises:
        UndecidedError: see there.
    """
    root = folder / f"root{os.getpid()}"
    try:
        root.mkdir()
        make(given, root)
        try:
            theirs = mini_root.ask_the_loader(root, MAIN, list(given.library_path))
        except AssertionError as problem:
            raise UndecidedError(str(problem)) from None
        ours = resolve(root, MAIN, given.library_path)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    # how does not count: of a directory that is in several lists, the loader names any
    ours = [need._replace(how=None) for need in ours]
    needs = [
        mini_root.Need(
            absolute(need.requester), need.name, need.path and absolute(need.path), how=None
        )
        for need in theirs.needs
    ]
    if theirs.error:  # the real loader goes no further, and we do
        ours = ours[: len(needs)]
    if ours == needs:
        return ""
    pairs: Sequence[tuple[object, object]] = list(zip(ours, needs, strict=False))
    first = next((pair for pair in pairs if pair[0] != pair[1]), (len(ours), len(needs)))
    return f"ours   {first[0]}\ntheirs {first[1]}\n{theirs.error or ''}"


def smallest(given: Graph, folder: Path) -> Graph:
    """A graph about which both still differ, and of which nothing can be left out."""
    for each in given.smaller():
        with suppress(UndecidedError):
            if difference(each, folder):
                return smallest(each, folder)
    return given
