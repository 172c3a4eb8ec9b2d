"""What Python source loads by name, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import TreeError
from find_libdeps.needs.use import Line, Way
from find_libdeps.python.survey import BYTE_CODE

if TYPE_CHECKING:
    from find_libdeps.importing.standard_modules import ModuleImport


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
    way: Way | None = None
    """How an import gets there; None if none does."""
    is_newest: bool = False
    """Whether it is a typelib in the newest version, since none is required."""
    opened: Line | None = None
    """Where an import opens what ``find_library`` has found; None if it opens nothing of that."""
    is_reached: bool = False
    """Whether the application's own code gets there; its `way` begins there, then."""


class ProgramRun(NamedTuple):
    """A place in Python source that runs a program by a constant name, or looks for one."""

    place: Line
    name: str
    """As it is given: a name, or a path."""
    way: Way
    """How an import, or own code, gets there."""
    is_reached: bool
    """Whether the application's own code gets there, not only the import of a package."""


@dataclass(frozen=True, slots=True)
class UnknownLoad:
    """A place that loads a library whose name could not be found out."""

    place: Line
    reason: str
    """What of the name is unknown."""
    way: Way
    """How an import gets there."""
    is_certain: bool = True
    """Whether that import gets there for certain."""
    is_of_system: bool = False
    """Whether only the system can have the library: the packages that ask bring none."""

    @property
    def is_serious(self) -> bool:
        """Whether the target certainly needs a library that is not on the list."""
        return self.is_certain and self.is_of_system


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An import that was not followed to its end, since that would have taken too much work."""

    module: str
    place: Line
    """Where it was given up; line 0 of its source if it was not begun."""
    is_root: bool = True
    """Whether it decides what is listed; the others give hints only."""
    is_own: bool = False
    """Whether it is of own code: what that loads on demand may be missing on the list."""


@dataclass(frozen=True, slots=True)
class NewestTypelib:
    """A typelib that is taken for its version, since none is required."""

    place: Line
    name: Soname
    others: tuple[Soname, ...]
    """Those of other versions."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A part of a source that was not evaluated, so that what it loads is unknown."""

    place: Line
    """Line 0 if the whole file is meant."""
    reason: str
    is_root: bool = True
    """Whether it decides what is listed; the others give hints only."""


class PythonLoads(NamedTuple):
    """What the packages of one environment load."""

    loads: tuple[Load, ...] = ()
    opened: frozenset[PurePosixPath] = frozenset()
    """The files of libraries that an import opens by their paths."""
    opened_on_demand: frozenset[PurePosixPath] = frozenset()
    """Those that only functions open."""
    of_program: frozenset[Line] = frozenset()
    """Where an import opens the program itself, as ``CDLL(None)`` does."""
    replaced: Mapping[PurePosixPath, PurePosixPath] = MappingProxyType({})
    """Extension modules that an import does not load, since it loads another file in their place:
    for each of them that other file.
    """
    unknown: tuple[UnknownLoad, ...] = ()
    unfinished: tuple[Unfinished, ...] = ()
    newest: tuple[NewestTypelib, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    programs: tuple[ProgramRun, ...] = ()
    """The programs that an import, or own code, runs."""
    problems: tuple[TreeError, ...] = ()
    """The errors of files that can't be read."""
    modules: tuple[ModuleImport, ...] = ()
    """The modules of the standard library that own code imports, and that a Python may lack."""
    own_code: tuple[PurePosixPath, ...] = ()
    """Where the application's own code is, which decides what is reached."""


NO_LOADS = PythonLoads()
"""Those of an environment whose packages load nothing."""


def passed_over(
    environments: Iterable[PythonLoads], byte_code: Iterable[PurePosixPath]
) -> tuple[PassedOver, ...]:
    """What was not evaluated in any environment, each place once: sources, and byte code."""
    found = {each.place: each for loads in environments for each in loads.passed_over}
    for path in byte_code:
        found.setdefault(Line(path, 0), PassedOver(Line(path, 0), BYTE_CODE))
    return tuple(found[place] for place in sorted(found))
