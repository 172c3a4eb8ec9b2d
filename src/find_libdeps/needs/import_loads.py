"""What one import loads, what it ends without, and what it goes on without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple, TypeAlias

from find_libdeps.debian.typelibs import typelib_of
from find_libdeps.elf.sonames import Soname, any_version_of
from find_libdeps.importing.evaluator import Evaluation
from find_libdeps.importing.interest import is_of_interest
from find_libdeps.importing.packages import MIN_STEPS, Root, import_root
from find_libdeps.importing.values import Place
from find_libdeps.importing.world import Ask, By, LikeAnother, World
from find_libdeps.needs.loads import Load
from find_libdeps.needs.selection import soname_of
from find_libdeps.needs.use import Line, Way

MAX_TRIALS = 4
"""How often an import that ends is evaluated again, to tell which missing library is to blame."""


Blame: TypeAlias = "Callable[[Mapping[Place, Sequence[Ask]]], Sequence[Place]]"


class RootImport(NamedTuple):
    """The import of a module, evaluated."""

    name: str
    evaluation: Evaluation
    root: Root | None = None
    """How it can be evaluated again; None if it did not end with an exception."""


def loads_at_import(imported: RootImport, world: World) -> Iterator[Load]:
    """The libraries that an import loads, and those that it asks for in vain.

    Args:
        imported: the import.
        world: the host that it was evaluated on.
    """
    asks = imported.evaluation.asks
    yield from loads_of_asks(
        imported.name, asks, lambda places: _places_to_blame(imported, places, world)
    )


def loads_of_asks(module: str, asks: Sequence[Ask], blamed: Blame) -> Iterator[Load]:
    """The libraries that a module loads, and those that it asks for in vain.

    Args:
        module: the one that is imported, and gets to all of this.
        asks: what it asks for, in order.
        blamed: tells at which places one library more would have taken it further.
    """
    answers = set[str]()
    missing = list[Ask]()
    opened = {ask.name: line_of_ask(ask) for ask in reversed(asks) if opens_file(ask)}
    for ask in filter(is_of_interest, asks):
        soname = soname_of(ask)
        if soname is None:
            continue
        if ask.answer is None:
            missing.append(ask)
            continue
        if soname not in answers:
            is_newest = ask.by is By.TYPELIB and " " not in str(ask.name)
            way, end = way_of(module, ask), None if opens_file(ask) else opened.get(ask.answer)
            yield Load(line_of_ask(ask), (soname,), True, way=way, is_newest=is_newest, opened=end)
        missing.clear()
        answers |= {ask.answer, soname}
    yield from _missing_loads(module, missing, blamed)


def _missing_loads(module: str, missing: Sequence[Ask], blamed: Blame) -> Iterator[Load]:
    """What was not found since the last library that was."""
    places = defaultdict[Place, list[Ask]](list)
    for ask in missing:
        places[ask.place].append(ask)
    guilty = blamed(places)
    needed = [ask for place in guilty for ask in places[place]]
    groups = [(needed, True)] if needed else []
    groups += [(asks, False) for place, asks in places.items() if place not in guilty]
    for asks, ends in groups:
        way = way_of(module, asks[0])
        yield Load(line_of_ask(asks[0]), _names(asks), True, is_met=False, ends=ends, way=way)


def _names(asks: Iterable[Ask]) -> tuple[Soname, ...]:
    return tuple(dict.fromkeys(soname for ask in asks if (soname := soname_of(ask))))


def _places_to_blame(
    imported: RootImport, places: Mapping[Place, Sequence[Ask]], world: World
) -> list[Place]:
    """The places at which one library more would have taken the import further.

    An import may end for other reasons, for want of a module that is not installed: then it asks
    for the same libraries in vain, and does not need them. The last places are tried.
    """
    _, evaluation, root = imported
    if root is None or evaluation.given_up or evaluation.end == "imported":
        return []
    end = evaluation.end, evaluation.ended_at
    blamed = []
    for place in list(places)[-MAX_TRIALS:]:
        there = _WithLibraries(world, frozenset(_names(places[place])))
        again = import_root(there, root, evaluation.steps + MIN_STEPS)
        if (again.end, again.ended_at) != end or _asks_for_more(again, evaluation):
            blamed.append(place)
    return blamed


def _asks_for_more(later: Evaluation, earlier: Evaluation) -> bool:
    """Whether an import ends for want of a library that an earlier one did not get to.

    Many packages open all their libraries in one function: the import ends on the same line then.
    """
    lacked = [ask for ask in later.asks if ask.answer is None and is_of_interest(ask)]
    known = {(ask.by, ask.name) for ask in earlier.asks if isinstance(ask.name, str)}
    return bool(lacked) and (lacked[-1].by, lacked[-1].name) not in known


class _WithLibraries(LikeAnother):
    """A world in which some more libraries and typelibs are there."""

    def __init__(self, world: World, present: frozenset[Soname]) -> None:
        super().__init__(world)
        self._present = present

    def opens(self, name: str) -> bool:
        """See `World`."""
        return name in self._present or super().opens(name)

    def finds(self, stem: str) -> str | None:
        """See `World`."""
        name = any_version_of(f"lib{stem}")
        return name if name in self._present else super().finds(stem)

    def typelib(self, namespace: str, version: str, loaded: Sequence[str]) -> str | None:
        """See `World`."""
        name = typelib_of(namespace, version)
        if name in self._present:
            return name
        return super().typelib(namespace, version, loaded)


def opens_file(ask: Ask) -> bool:
    """Whether a library is opened, and not only looked for."""
    return ask.by in (By.DLOPEN, By.CFFI)


def line_of_ask(ask: Ask) -> Line:
    """The line that asks."""
    return Line(PurePosixPath(ask.place.path), ask.place.line)


def line_of(place: Place | None) -> Line | None:
    """The line at a place; None if it is in no source."""
    return Line(PurePosixPath(place.path), place.line) if place and place.path else None


def way_of(module: str, ask: Ask) -> Way:
    """How the import of a module gets to an ask."""
    return Way(module, tuple(filter(None, map(line_of, ask.way))))
