"""What compiled code was heard asking for by dlopen(3), read from what ld.so wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from asks_heard import DYNAMIC, MAPPED, NEEDED, OPENERS

TRYING = re.compile(r" *(\d+):\t  trying file=(.*)\n?")
"""What ``LD_DEBUG=libs`` prints (glibc elf/dl-load.c open_path)."""


class Ask(NamedTuple):
    """An object of the environment asked for a library, once or several times."""

    name: str
    by: str
    """The object."""
    found: str
    """The file that was loaded; empty if none was found, or it was loaded before."""


class Heard(NamedTuple):
    """All that was heard of one package."""

    package: str
    version: str
    lines: str
    """Those that were run."""
    installed: tuple[str, ...]
    """The packages of Debian that were there in the end."""
    asks: tuple[Ask, ...]
    ends: tuple[str, ...]
    """How each statement ended where they were: empty, or the exception."""
    begun: int
    """How many statements there are."""


def read_asks(logs: Iterable[Path], below: str = "/venvs/") -> tuple[Ask, ...]:
    """What objects below a directory asked for, but for what Python source names."""
    asks: dict[tuple[str, str], Ask] = {}
    for log in sorted(logs):
        waiting: dict[int, Ask] = {}
        tried: dict[int, str] = {}
        with log.open(errors="surrogateescape") as lines:
            for line in lines:
                if said := TRYING.fullmatch(line):
                    tried[int(said[1])] = said[2]
                elif said := MAPPED.fullmatch(line):
                    ask = waiting.pop(int(said[1]), None)
                    if ask and ask.name == said[2]:
                        path = ask.name if "/" in ask.name else tried.get(int(said[1]), "")
                        asks[ask.name, ask.by] = ask._replace(found=path)
                elif said := NEEDED.fullmatch(line):
                    waiting.pop(int(said[1]), None)
                elif said := DYNAMIC.fullmatch(line):
                    ask = Ask(said[2], said[3], "")
                    waiting.pop(int(said[1]), None)
                    if ask.by.startswith(below) and not _asks_for_python(ask.by):
                        waiting[int(said[1])] = asks.setdefault((ask.name, ask.by), ask)
    return tuple(sorted(asks.values()))


def _asks_for_python(requester: str) -> bool:
    is_python = requester.endswith(("/bin/python", "/bin/python3"))
    return is_python or bool(OPENERS.search(requester))


def joined(*heard: Iterable[Ask]) -> tuple[Ask, ...]:
    """Those of several runs; what was found once was found."""
    asks = {ask[:2]: ask for ask in sorted(chain(*heard))}
    return tuple(sorted(asks.values()))


def load_heard(path: Path) -> dict[str, Heard]:
    """What is in a file of JSON lines; of several about a package the last ones."""
    if not path.exists():
        return {}
    with path.open() as lines:
        return {heard.package: heard for heard in map(_heard, lines)}


def _heard(line: str) -> Heard:
    package, version, lines, installed, asks, ends, begun = json.loads(line)
    asked = tuple(Ask(*ask) for ask in asks)
    return Heard(package, version, lines, tuple(installed), asked, tuple(ends), begun)
