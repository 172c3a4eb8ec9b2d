"""What ld.so(8) writes with ``LD_DEBUG=files,libs``: who asks for what, and what is found.

    file=libz.so.1 [0];  dynamically loaded by /venv/x.so [0]   or "needed by": by DT_NEEDED
    find library=libz.so.1 [0]; searching                       if the name has no slash
      trying file=/lib/x86_64-linux-gnu/libz.so.1               each file that is tried
    file=libz.so.1 [0];  generating link map                    the last of these is taken

Nothing is written of a name that is loaded already, nor that none was found: then the next ask
follows, or the end. Nothing is written either if the file that is found is loaded already under
another name, except at the end of a dlopen(3) ("opening file="). Each line begins with the number
of its process, and a process that was forked goes on writing into the file of the first one.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_EVENT = re.compile(
    rb"^ *(?P<process>\d+):\t"
    rb"(?:file=(?P<name>.*?) \[\d+\];  "
    rb"(?:(?P<kind>needed|dynamically loaded) by (?P<requester>.*) \[\d+\]"
    rb"|(?P<mapped>generating link map))"
    rb"|  trying file=(?P<tried>.*)"
    rb"|opening file=(?P<opened>.*) \[\d+\]; direct_opencount)",
    re.MULTILINE,
)


class LoaderAsk(NamedTuple):
    """A name that an object asks the loader for."""

    requester: str
    """The path by which it was loaded; of a program, what it was called by."""
    name: str
    is_dlopen: bool
    """Whether it is asked for by dlopen(3), and not by a DT_NEEDED entry."""


@dataclass(slots=True)
class _Search:
    """The search for one name, so far."""

    ask: LoaderAsk
    tried: str = ""
    """The file that was tried last."""


@dataclass(slots=True)
class LoaderLog:
    """What one process asked its loader for, and those that it forked."""

    asks: dict[LoaderAsk, str | None] = field(default_factory=dict)
    """The file that was found; None if there was none."""
    loaded: dict[str, str] = field(default_factory=dict)
    """The files that were loaded, by the names that they were asked for by."""
    _searches: dict[bytes, _Search] = field(default_factory=dict)
    """By the numbers of processes: one search at a time in each, since the loader has a lock."""

    def feed(self, lines: bytes) -> None:
        """Read what the loader wrote next: whole lines."""
        for event in _EVENT.finditer(lines):
            process = event["process"]
            if event["kind"]:
                self._end(process)
                name, by = os.fsdecode(event["name"]), os.fsdecode(event["requester"])
                ask = LoaderAsk(by, name, event["kind"] != b"needed")
                self._searches[process] = _Search(ask, name if "/" in name else "")
                continue
            search = self._searches.get(process)
            if search is None:
                continue
            if event["mapped"]:
                if os.fsdecode(event["name"]) == search.ask.name:
                    self._found(process, search.tried)
            elif event["tried"]:
                search.tried = os.fsdecode(event["tried"])
            elif _is_same_file(search.tried, os.fsdecode(event["opened"])):
                self._found(process, search.tried)

    def end(self) -> None:
        """Nothing follows."""
        for process in list(self._searches):
            self._end(process)

    def knows(self, name: str) -> str:
        """The file that goes by a name in the process, or its path; empty if none is known."""
        paths = self.loaded.values()
        ways = (self.loaded.get(name), *(p for p in paths if name in (p, Path(p).name)))
        return next(filter(None, ways), "")

    def _found(self, process: bytes, path: str) -> None:
        ask = self._searches.pop(process).ask
        self.asks[ask] = self.loaded[ask.name] = path

    def _end(self, process: bytes) -> None:
        """The search for a name has ended without a word."""
        search = self._searches.get(process)
        if search is None:
            return
        tried = search.tried
        if tried and any(_is_same_file(tried, each) for each in self.loaded.values()):
            self._found(process, tried)
            return
        del self._searches[process]
        self.asks.setdefault(search.ask, None)


def _is_same_file(one: str, other: str) -> bool:
    if not (one and other):
        return False
    try:
        return one == other or Path(one).samefile(other)
    except OSError:
        return False
