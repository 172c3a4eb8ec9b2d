"""What was heard of a run, by the loaders of its processes and by its Pythons, put together."""

from __future__ import annotations

import os
import shutil
from ast import literal_eval
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from find_libdeps.needs.observation import Asked, Observation, Outcome, Via, asks_for_python
from find_libdeps.observe.loader_log import LoaderAsk, LoaderLog

MAX_ASKS = 1_000_000
"""Asks that are kept, of all processes together; what comes after them is not in the document."""
_RANKS = list(Outcome)
"""What counts if processes got different answers: that it was found in one of them."""


class _PythonAsk(NamedTuple):
    """What a listener heard."""

    via: Via
    name: str
    answer: str | None
    """What ``find_library`` returned."""
    path: str
    line: int


@dataclass
class Heard:
    """All that was heard so far."""

    processes: int = 0
    is_complete: bool = True
    _logs: defaultdict[int, LoaderLog] = field(default_factory=lambda: defaultdict(LoaderLog))
    """By the numbers of the processes in which programs began."""
    _asks: defaultdict[int, set[_PythonAsk]] = field(default_factory=lambda: defaultdict(set))
    _prefixes: set[str] = field(default_factory=set)
    _count: int = 0

    def of_loader(self, process: int, lines: bytes) -> None:
        """Take lines that the loader of a process wrote."""
        if self._count >= MAX_ASKS:
            self.is_complete = False
            return
        log = self._logs[process]
        before = len(log.asks)
        log.feed(lines)
        self._count += len(log.asks) - before

    def of_python(self, _: int, lines: bytes) -> None:
        """Take lines that a listener wrote."""
        for line in lines.decode("ascii", "replace").splitlines():
            try:
                self._take(literal_eval(line))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self.is_complete = False  # a program may have written there, or died meanwhile

    def _take(self, fact: object) -> None:
        match fact:
            case (int(), "start", str(prefix)):
                self._prefixes.add(os.path.realpath(prefix))
            case (int(image), str(via), str(name), None | str() as answer, str(path), int(line)):
                if self._count >= MAX_ASKS:
                    self.is_complete = False
                    return
                asks = self._asks[image]
                before = len(asks)
                asks.add(_PythonAsk(Via(via), name, answer, path, line))
                self._count += len(asks) - before
            case _:
                self.is_complete = False

    def observation(self) -> Observation:
        """What there is to say of the run, now that it has ended."""
        merged: dict[tuple[str, int, str, str], Asked] = {}
        for asked in self._all():
            key = asked.requester, asked.line or 0, asked.name, asked.via.value
            known = merged.get(key)
            if known is None or _is_better(asked, known):
                merged[key] = asked
        return Observation(
            tuple(merged[key] for key in sorted(merged)),
            tuple(sorted(self._prefixes)),
            self.processes,
            self.is_complete,
        )

    def _all(self) -> Iterator[Asked]:
        for log in self._logs.values():
            log.end()
        for image, asks in self._asks.items():
            yield from (_as_asked(ask, self._logs.get(image)) for ask in asks)
        for image, log in self._logs.items():
            explained = {ask.name for ask in self._asks.get(image, ())}
            for heard, found in log.asks.items():
                is_told = heard.name in explained and heard.is_dlopen
                if not (is_told and asks_for_python(heard.requester)):
                    yield _as_heard(heard, found)


def _as_asked(ask: _PythonAsk, log: LoaderLog | None) -> Asked:
    """What a line of Python asked for, with the answer that the loader gave."""
    path, outcome = ask.answer, Outcome.FOUND
    if ask.via is Via.FIND_LIBRARY:
        outcome = Outcome.FOUND if ask.answer else Outcome.NOT_FOUND
    elif log is None:
        outcome = Outcome.UNKNOWN
    else:
        if ask.via is Via.SQLITE and not log.knows(ask.name):  # it tries that next
            ask = ask._replace(name=f"{ask.name}.so")
        path = log.knows(ask.name) or None
        is_missed = any(each.name == ask.name and not found for each, found in log.asks.items())
        # a name of which the loader says nothing is loaded already
        outcome = Outcome.NOT_FOUND if is_missed and not path else Outcome.FOUND
    return Asked(_real(ask.path), ask.line, ask.name, ask.via, outcome, path)


def _as_heard(ask: LoaderAsk, found: str | None) -> Asked:
    """What an object asked for."""
    via = Via.DLOPEN if ask.is_dlopen else Via.NEEDED
    outcome = Outcome.NOT_FOUND if found is None else Outcome.FOUND
    return Asked(_real(_program(ask.requester)), None, ask.name, via, outcome, found)


def _is_better(one: Asked, other: Asked) -> bool:
    """Whether of two answers to one ask the first counts."""
    ranks = _RANKS.index(one.outcome), _RANKS.index(other.outcome)
    return ranks[0] < ranks[1] or (ranks[0] == ranks[1] and (one.path or "~") < (other.path or "~"))


@cache
def _program(name: str) -> str:
    """The path of a requester: the loader knows a program only by what it was called by."""
    return name if "/" in name else shutil.which(name) or name


@cache
def _real(path: str) -> str:
    return os.path.realpath(path) if "/" in path else path
