"""What imports do in a root that lacks libraries: they end, or go on in another way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator

from find_libdeps.debian.typelibs import open_name
from find_libdeps.elf.sonames import Soname
from find_libdeps.importing.sources import NOT_PARSED, parse
from find_libdeps.needs.loads import Load, PythonLoads
from find_libdeps.needs.use import Line

_GUARDS = (ast.Try, ast.With)
"""Statements within which an exception may be expected."""


def loads_as_it_is(
    provided: PythonLoads,
    real: PythonLoads,
    missed: Collection[Load],
    content: Callable[[str], bytes | None],
    *,
    any_would_do: bool,
) -> PythonLoads:
    """What is loaded with all packages, and what becomes of it in the root as it is.

    A library that the root lacks ends the import, unless that goes on without it; if the import
    finds another one in its place, nothing is missing. An import that opens the program itself
    instead, by ``CDLL(None)``, has a library without functions: that counts as its end, too.

    Args:
        provided: what is loaded where all packages are.
        real: what is loaded in the root as it is.
        missed: the loads of `provided` that the root has under none of their names.
        content: the bytes of a source.
        any_would_do: whether it is unknown which of several names packages have.
    """
    unmet = [load for load in real.loads if not load.is_met]
    optional = {(load.place, s) for load in unmet if not load.ends for s in load.sonames}
    fatal = {(load.place, s): load.sonames for load in unmet if load.ends for s in load.sonames}
    ended = {load.way.module for load in unmet if load.ends and load.way}
    ended |= {each.module for each in real.unfinished}

    def is_blind(load: Load) -> bool:
        """Whether the import opens the program itself in its place, and expects no exception."""
        if load.opened is None or load.opened not in real.of_program:
            return False
        lines = (load.opened, *(load.way.lines if load.way else ()))
        return not any(_is_guarded(line, content(str(line.path)) or b"") for line in lines)

    def becomes(load: Load) -> Iterator[Load]:
        if load not in missed:
            yield load
        elif load.ends or is_blind(load):
            yield load._replace(is_met=False, ends=True)
        elif not optional.isdisjoint((load.place, name) for name in _names(load)):
            yield load._replace(is_met=False)
        elif load.way is None or load.way.module in ended:
            tried = fatal.get((load.place, load.sonames[0])) if any_would_do else None
            yield load._replace(sonames=tried or load.sonames, is_met=False, ends=True)

    return provided._replace(loads=tuple(each for load in provided.loads for each in becomes(load)))


def _names(load: Load) -> Iterator[Soname]:
    """The names that a load has where nothing is: there a typelib may be one in any version."""
    yield from load.sonames
    yield from map(open_name, load.sonames if load.is_newest else ())


def _is_guarded(line: Line, source: bytes) -> bool:
    """Whether a line is in a statement that may expect an exception."""
    try:
        nodes = [node for piece in parse(source) for node in ast.walk(piece.tree)]
    except NOT_PARSED:
        return False
    guards = (node for node in nodes if isinstance(node, _GUARDS))
    return any(node.lineno <= line.number <= (node.end_lineno or 0) for node in guards)
