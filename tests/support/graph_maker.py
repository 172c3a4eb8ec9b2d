"""Random graphs of libraries, as `loader_graphs` asks about them. All chance is in the seed."""

from __future__ import annotations

import random

from glibc import Glibc
from loader_graphs import MAIN, Graph, Item
from opener import CALLER, caller, opener
from small_elf import (
    AARCH64,
    DF_1_NODEFLIB,
    DT_AUXILIARY,
    DT_FILTER,
    I386,
    X86_64,
    small_elf,
)

NAMES = tuple(f"lib{letter}.so" for letter in "abcdef")
OTHER_NAMES = ("liba.so.1", "libb.so.2", "liba-1.9.so", "liba.so.1.10", "plugin.so", "plugin.1")
"""Some that ldconfig treats otherwise: versions, and one that it doesn't look at."""
LEGACY = ("tls", "haswell", "x86_64", "avx512_1", "tls/x86_64", "haswell/x86_64", "avx512_1/tls")
"""Subdirectories that glibc searched before its release 2.37."""


def graph(seed: int, glibc: Glibc, *, opens: bool = False) -> Graph:
    """The graph of a seed; with `opens`, one whose program opens a library by dlopen(3)."""
    return _Maker(seed, glibc).graph(opens=opens)


class _Maker:
    """What the graphs of all seeds are made of, and the chance of one."""

    def __init__(self, seed: int, glibc: Glibc) -> None:
        self._chance = random.Random(seed)  # noqa: S311
        triplet, level = glibc.words["TRIPLET"], glibc.words["HWCAPS"] or "none"
        self._usr = usr = f"/usr/lib/{triplet}"
        self._other = AARCH64 if "x86" in glibc.loader else X86_64
        self._places = ["/app", "/app/lib", "/opt/a", "/opt/b", "/opt/conf", "/usr/lib", usr]
        self._subdirectories = [f"glibc-hwcaps/{level}", "glibc-hwcaps/none", *LEGACY]
        self._directories = ["/app/lib", "/opt/a", "/opt/b", "/opt/conf", usr, "/gone", ""]
        self._with_tokens = ["$ORIGIN", "$ORIGIN/lib", "/opt/$LIB", "${ORIGIN}/../opt/a"]
        if self._chance.random() < 0.3:  # a directory under two names
            self._directories += ["/opt/link", "/app/link"]
            self._with_tokens += ["$ORIGIN/link", "/opt/$PLATFORM"]
        # odd names and subdirectories make the rest rare, so that only some graphs have them
        self._has_other_names = self._chance.random() < 0.4
        self._has_subdirectories = self._chance.random() < 0.4
        self._names = (*NAMES[:3], *OTHER_NAMES) if self._has_other_names else NAMES

    def graph(self, *, opens: bool) -> Graph:
        chance = self._chance
        items = self._openers() if opens else {MAIN: self._main()}
        if "/opt/link" in self._directories:
            for path in ("/opt/link", "/app/link"):
                target = chance.choice(self._places)
                items[path] = Item(path, link=target, told=f"-> {target}")
        for _ in range(chance.randint(2, 14)):
            item = self._item()
            items.setdefault(item.path, item)
        if opens:  # most names are met, so that most programs start
            for name in chance.sample(self._names, len(self._names) - chance.randint(0, 2)):
                content, told = self._object(name, 0)
                path = f"{self._usr}/{name}"
                items.setdefault(path, Item(path, content, told=told))
        library_path = chance.choices(self._directories, k=chance.choice((0, 0, 0, 1, 2)))
        lines = chance.sample(["/opt/conf", "/opt/a", "/opt/b", "/opt/link", "/app/x86_64"], 2)
        lines = lines[: chance.choice((0, 1, 2))]
        return Graph(
            tuple(items.values()),
            tuple(library_path),
            tuple(lines) if lines or chance.random() < 0.3 else None,
            (chance.choice((MAIN, f"/app/{CALLER}")), self._opened(items)) if opens else None,
        )

    def _main(self) -> Item:
        content, told = self._object("main", self._chance.randint(1, 4))
        return Item(MAIN, content, told=told, is_fixed=True)

    def _openers(self) -> dict[str, Item]:
        """The program that starts and opens a library, and the library that does it for it."""
        chance = self._chance
        needs = tuple(self._need("main") for _ in range(chance.choice((0, 1, 1, 2))))
        items = {}
        for path, make in ((MAIN, lambda **w: opener(needs, **w)), (f"/app/{CALLER}", caller)):
            word = chance.choice(("rpath", "runpath"))
            words = {word: self._path() or ""}
            told = f"{words}" + (f" needs {needs}" if path == MAIN else "")
            items[path] = Item(path, make(**words), told=told, is_fixed=True)
        return items

    def _opened(self, items: dict[str, Item]) -> str:
        """What is opened: a path, mostly, or a name."""
        paths = [item.path for item in items.values() if ".so" in item.path]
        return self._chance.choice((*paths, self._need("main")))

    def _item(self) -> Item:
        chance = self._chance
        place, name = self._place(), chance.choice(self._names)
        path = f"{place}/{name}"
        kind = chance.random()
        if kind < 0.06:
            target = f"{self._place()}/{chance.choice(self._names)}"
            return Item(path, link=target, told=f"-> {target}")
        if kind < 0.08:
            return Item(path, b"\x7fELF" + bytes(200), told="zeros")
        if kind < 0.09:
            return Item(path, b"a text", told="a text")
        content, told = self._object(name, chance.choice((0, 0, 1, 1, 2, 3)))
        return Item(path, content, told=told)

    def _place(self) -> str:
        place = self._chance.choice(self._places)
        if self._has_subdirectories and self._chance.random() < 0.5:
            return f"{place}/{self._chance.choice(self._subdirectories)}"
        return place

    def _object(self, name: str, needs: int) -> tuple[bytes, str]:
        chance = self._chance
        own = chance.random() < (0.5 if self._has_other_names else 0.8)
        words: dict[str, object] = {
            "needs": [self._need(name) for _ in range(needs)],
            "soname": name if own else chance.choice((*self._names, "")),
            "rpath": self._path() if chance.random() < 0.5 else None,
            "runpath": self._path() if chance.random() < 0.4 else None,
        }
        if chance.random() < 0.05:
            words["flags"] = DF_1_NODEFLIB
        # no program has a filter: ld(1) makes none
        if name != "main" and chance.random() < 0.08:
            tag = chance.choice((DT_FILTER, DT_AUXILIARY))
            words["filters"] = [(tag, self._need(name))]
        odd = chance.random() if name != "main" else 1
        if odd < 0.05:
            words |= {"bits": 32, "machine": I386}
        elif odd < 0.08:
            words["machine"] = self._other
        elif odd < 0.1:
            words["order"] = ">"
        content = small_elf(**words)  # type: ignore[arg-type]
        if 0.1 < odd < 0.12:
            return content[:70], f"{words}, cut off"
        return content, str(words)

    def _need(self, name: str) -> str:
        chance = self._chance
        kind = chance.random()
        if kind < 0.04:
            return f"/opt/a/{chance.choice(self._names)}"
        if kind < 0.08:
            return f"$ORIGIN/{chance.choice(self._names)}"
        return chance.choice([each for each in self._names if each != name])

    def _path(self) -> str | None:
        count = self._chance.choice((0, 0, 0, 1, 1, 2, 3))
        directories = [*self._directories, *self._with_tokens]
        return ":".join(self._chance.choices(directories, k=count)) if count else None
