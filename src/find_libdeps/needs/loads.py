"""What Python source loads by name, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import TreeError
from find_libdeps.needs.use import Line


class Load(NamedTuple):
    """A place in Python source that loads a library, or a typelib, by one of several names."""

    place: Line
    sonames: tuple[Soname, ...]
    """In the order in which they are tried: ``libmagic.so.1``, or ``libmagic.so.*`` for a name that
    ``find_library`` completes; of GObject's repository ``Gtk-3.0.typelib``.
    """
    at_import: bool
    """Whether importing a package gets there; otherwise only its functions do."""
    is_met: bool = True
    """Whether one of them was found, and so is loaded."""
    ends: bool = False
    """Whether the import ends with an exception if none is found."""
    way: tuple[Line, ...] = ()
    """The import statements that lead there, the outermost first."""
    is_newest: bool = False
    """Whether it is a typelib in the newest version, since none is required."""


@dataclass(frozen=True, slots=True)
class UnknownLoad:
    """A place that loads a library whose name could not be found out."""

    place: Line
    reason: str
    module: str
    """The module whose import gets there."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An import that was not followed to its end, since that would have taken too much work."""

    module: str
    place: Line
    """Where it was given up; line 0 if it was not begun."""
    is_root: bool = True
    """Whether it decides what is listed; the others give hints only."""


@dataclass(frozen=True, slots=True)
class NewestTypelib:
    """A typelib that is taken for its version, since none is required."""

    place: Line
    name: Soname
    others: tuple[Soname, ...]
    """Those of other versions."""


class PythonLoads(NamedTuple):
    """What the packages of one environment load."""

    loads: tuple[Load, ...] = ()
    opened: frozenset[PurePosixPath] = frozenset()
    """The files of libraries that an import opens by their paths."""
    opened_on_demand: frozenset[PurePosixPath] = frozenset()
    """Those that only functions open."""
    unknown: tuple[UnknownLoad, ...] = ()
    unfinished: tuple[Unfinished, ...] = ()
    newest: tuple[NewestTypelib, ...] = ()
    problems: tuple[TreeError, ...] = ()
    """The errors of files that can't be read."""


NO_LOADS = PythonLoads()
"""Those of an environment whose packages load nothing."""
