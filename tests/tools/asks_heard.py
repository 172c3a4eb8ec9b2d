"""What was heard in containers: the raw facts, read from what the listener and ld.so wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

DYNAMIC = re.compile(r" *(\d+):\tfile=(.*) \[\d+\];  dynamically loaded by (.*) \[\d+\]\n?")
NEEDED = re.compile(r" *(\d+):\tfile=(.*) \[\d+\];  needed by (.*) \[\d+\]\n?")
MAPPED = re.compile(r" *(\d+):\tfile=(.*) \[\d+\];  generating link map\n?")
"""What ``LD_DEBUG=files`` prints (glibc elf/dl-load.c _dl_map_object, _dl_map_object_from_fd)."""

OPENERS = re.compile(r"/(_ctypes|_cffi_backend)\.[^/]*$")
"""Extension modules that open what Python source names: `asks_listener` hears that there."""


class Ask(NamedTuple):
    """A library was asked for, once or several times at the same line."""

    how: str
    """``dlopen``, ``find_library`` or ``cffi``; ``c``: by an object that the packages brought."""
    name: str
    line: str
    """The nearest line of source; for ``c`` the object that asks."""
    module: str
    """The first module whose import asked."""
    is_root: bool
    """Whether importing the root of a package asks, and not only that of a module in it."""
    loaded: bool
    """Whether it was found."""


class World(NamedTuple):
    """All that was heard with some packages installed."""

    installed: tuple[str, ...]
    asks: tuple[Ask, ...]
    failed: Mapping[str, str]
    """Modules that could not be imported, and how that ended."""
    imported: int
    """How many modules could."""
    extensions: int
    """How many files Python itself opened: extension modules."""
    needed: int
    """How many different names ELF files needed."""


class Facts(NamedTuple):
    """All about one package."""

    package: str
    version: str
    empty: World
    """With nothing but Python: what is asked for where no library is."""
    full: World
    """With all libraries that were asked for, as far as Debian has them."""


def read_world(folder: Path) -> World:
    """What the listener and ld.so wrote into a folder; `World.installed` is left empty."""
    asks: dict[tuple[str, str, str], Ask] = {}
    ends: dict[str, str] = {}
    modules: dict[int, tuple[str, bool]] = {}
    heard: set[tuple[int, str]] = set()
    for event in _events(folder / "log"):
        match event:
            case {"end": end, "module": module}:
                ends[module] = end
            case {"pid": pid, "module": module, "is_root": is_root}:
                modules[pid] = module, is_root
            case {"pid": pid, "how": how, "name": name, "line": line, "loaded": loaded}:
                heard.add((pid, name))
                if pid in modules:
                    _add(asks, Ask(how, name, line, *modules[pid], loaded))
    opened: set[str] = set()
    needed: set[str] = set()
    for path in sorted(folder.glob("loader.*")):
        _read_loader(path, modules, heard, asks, opened, needed)
    failed = {module: end for module, end in ends.items() if end != "imported"}
    return World(
        (),
        tuple(sorted(asks.values())),
        failed,
        len(ends) - len(failed),
        len(opened),
        len(needed),
    )


def _events(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():  # not where the container could not even start
        with path.open() as lines:
            yield from map(json.loads, lines)


def _read_loader(
    path: Path,
    modules: Mapping[int, tuple[str, bool]],
    heard: set[tuple[int, str]],
    asks: dict[tuple[str, str, str], Ask],
    opened: set[str],
    needed: set[str],
) -> None:
    """Add what ld.so says; of what C code asks only that of the packages' own objects."""
    waiting: dict[int, Ask] = {}
    with path.open(errors="surrogateescape") as lines:
        for line in lines:
            if (found := MAPPED.fullmatch(line)) and (ask := waiting.pop(int(found[1]), None)):
                _add(asks, ask._replace(loaded=ask.name == found[2]))
            elif found := NEEDED.fullmatch(line):
                needed.add(found[2])
            elif found := DYNAMIC.fullmatch(line):
                pid, name, caller = int(found[1]), found[2], found[3]
                if ask := waiting.pop(pid, None):
                    _add(asks, ask)
                if caller.endswith("/bin/python"):
                    opened.add(name)
                elif pid in modules and caller.startswith("/venvs/") and (pid, name) not in heard:
                    how = "cffi" if OPENERS.search(caller) else "c"
                    waiting[pid] = Ask(how, name, caller, *modules[pid], False)
    for ask in waiting.values():
        _add(asks, ask)


def _add(asks: dict[tuple[str, str, str], Ask], ask: Ask) -> None:
    """Join it with the same one of another import: roots count more, and so does success."""
    key = (ask.how, ask.name, ask.line)
    before = asks.setdefault(key, ask)
    first = before if before.is_root or not ask.is_root else ask
    asks[key] = first._replace(loaded=before.loaded or ask.loaded)


def load_facts(path: Path) -> dict[str, Facts]:
    """The facts in a file of JSON lines; of several about a package the last ones."""
    if not path.exists():
        return {}
    with path.open() as lines:
        return {facts.package: facts for facts in map(_facts, lines)}


def _facts(line: str) -> Facts:
    document = json.loads(line)
    return Facts(**document | {name: _world(document[name]) for name in ("empty", "full")})


def _world(document: dict[str, Any]) -> World:
    asks = tuple(Ask(**ask) for ask in document["asks"])
    return World(**document | {"installed": tuple(document["installed"]), "asks": asks})


def line_of(facts: Facts) -> str:
    """The facts as one line of JSON."""
    worlds = {
        name: world._asdict() | {"asks": [ask._asdict() for ask in world.asks]}
        for name, world in (("empty", facts.empty), ("full", facts.full))
    }
    return json.dumps(facts._asdict() | worlds) + "\n"
