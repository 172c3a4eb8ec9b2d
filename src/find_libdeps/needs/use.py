"""One need: who asks for what, and where it is met."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import TypeAlias

from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.debian.typelibs import Wanted, wanted_by
from find_libdeps.elf.objects import Abi
from find_libdeps.elf.outcome import Need
from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import FindLibdepsError
from find_libdeps.python.distribution import Distribution
from find_libdeps.python.extension import is_tagged


class Role(Enum):
    """What a file is to the application."""

    REQUIRED = "required"
    """An extension module or an executable, or reached from one."""
    PLUGIN = "plugin"
    """Any other object: the application may load it, and can do without it."""
    DLOPEN = "dlopen"
    """Python source, or an object with a dlopen note, that loads a library by its name."""
    PROGRAM = "program"
    """Python source that runs a program by its name."""
    MAY_LOAD = "may-load"
    """An object that calls dlopen(3), and whose data names a library."""


class Heard(Enum):
    """What an observed run tells of a need."""

    LOADED = "loaded"
    """It was found."""
    IN_VAIN = "in vain"
    """It was not, and the run went on."""
    UNTOLD = "untold"
    """It was asked for, and nobody told what came of it."""
    WITHOUT_LINE = "without line"
    """It was found, and which line of Python asks is not known."""


@dataclass(frozen=True, slots=True)
class Bundled:
    """Found among the scanned files."""


@dataclass(frozen=True, slots=True)
class FromInterpreter:
    """``libpython3.x.so``, which comes with the interpreter and not from a package."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """Found in files that packages ship."""

    packages: tuple[Package, ...]
    """The owners of the file and of the links on the way to it."""
    others: tuple[Package, ...] = ()
    """Other packages whose file lists have the same path."""


@dataclass(frozen=True, slots=True)
class Unpackaged:
    """Found in a file that no package ships."""

    chain: tuple[PurePosixPath, ...]
    """The links on the way, and the file."""


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Found, but the root has no package database that could name its package."""


@dataclass(frozen=True, slots=True)
class InTarget:
    """The target has it already."""


@dataclass(frozen=True, slots=True)
class Offered:
    """In packages of the target's release, by an index or by apt."""

    package: Package
    """The one to install."""
    others: tuple[Package, ...]
    """Others that have it, the next best first."""
    source: str
    """Where this is known from: ``apt``, or an index with its release and date."""


@dataclass(frozen=True, slots=True)
class OtherRelease:
    """A package of another release than the target's that has a library."""

    release: Release
    package: Package
    soname: Soname
    """The library: what is asked for, or what would do, too."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to make: a package has the library by another name than the one that is asked for."""

    path: PurePosixPath
    """Where the loader would look for the link."""
    leads_to: Soname
    """The name that the library has: ``libmagic.so.1`` for ``libmagic.so``."""
    package: Package
    """The package of the target's release that has it."""
    development: str | None = None
    """The development package that has the link; None if the indexes know of none."""


@dataclass(frozen=True, slots=True)
class NotOffered:
    """In no package of the target's release."""

    shipped: tuple[Package, ...] = ()
    """The builder's packages that have it."""
    elsewhere: tuple[PurePosixPath, ...] = ()
    """Scan files of that name which the requester's search path does not reach."""
    other_release: OtherRelease | None = None
    """The nearest release that has it, of those whose indexes come with find-libdeps."""
    link: Link | None = None
    """The link that would do, if a package has the library by another name."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Not found by the loader."""

    elsewhere: tuple[PurePosixPath, ...] = ()
    """Scan files of that name which the requester's search path does not reach."""
    sibling: PurePosixPath | None = None
    """A scanned library of the same set (Qt's): the parts of a set must come from one build."""
    is_own: bool = False
    """Whether only the requester's own package, or its interpreter, can have it."""


Origin: TypeAlias = (
    Bundled
    | FromInterpreter
    | Shipped
    | Unpackaged
    | Unnamed
    | InTarget
    | Offered
    | NotOffered
    | Nowhere
)


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """A line of a source file."""

    path: PurePosixPath
    number: int


OWN_CODE = ""
"""`Way.module` where the application's own code gets there, by a line of its own."""


@dataclass(frozen=True, slots=True)
class Way:
    """How importing a module, or own code, gets to a line of source."""

    module: str
    lines: tuple[Line, ...] = ()
    """The lines that lead there, the outermost first: import statements, and the line of a module's
    body that calls a function which gets there.
    """


@dataclass(frozen=True, slots=True)
class Use:
    """One need, the role of its requester, and where it is met."""

    need: Need
    abi: Abi
    """The ABI of the requester, and so of what it asks for."""
    role: Role
    origin: Origin
    line: int | None = None
    """The line of the Python source that asks; None if an object asks."""
    at_import: bool | None = None
    """Whether importing a package loads the library; None if it is not loaded by name."""
    distribution: Distribution | None = None
    """The one that installed the requester; None if no RECORD lists it."""
    way: Way | None = None
    """How an import gets to the line that asks; None if none does."""
    alternatives: tuple[Soname, ...] = ()
    """Other names that would do, too, in the order in which they are tried."""
    is_needed: bool = False
    """Whether what loads it by its name fails without it: an import that ends with an exception, or
    an object whose dlopen note says ``required``.
    """
    is_reached: bool = False
    """Whether the application's own code gets there, though importing a package does not."""

    heard: Heard | None = None
    """What an observed run tells of it, if reading does not know that this place asks."""

    @property
    def wanted(self) -> Wanted:
        """What is asked for. Only Python source asks for typelibs and programs; objects don't."""
        if self.role is Role.PROGRAM:
            return Wanted.PROGRAM
        return wanted_by(self.need.soname) if self.role is Role.DLOPEN else Wanted.LIBRARY

    def brought_by(self, distribution: Distribution | None) -> Use:
        """The same use, with the distribution that installed the requester."""
        # dataclasses.replace would take three times as long, and there are thousands of uses
        given = (self.need, self.abi, self.role, self.origin, self.line, self.at_import)
        rest = (self.way, self.alternatives, self.is_needed, self.is_reached, self.heard)
        return Use(*given, distribution, *rest)


@dataclass(frozen=True, slots=True)
class Misfit:
    """An object that the root's processes can't load."""

    path: PurePosixPath
    reason: str
    is_error: bool
    """Whether the application needs the file."""
    python: str | None = None
    """The version of Python that it is for, if that is the reason."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A file or directory that could not be read."""

    error: FindLibdepsError
    is_error: bool
    """Whether the application needs it: Python would load it, or look into it."""


def problem(error: FindLibdepsError, *, is_needed: bool = False) -> Problem:
    """Make a problem of an error. A file that is named like an extension module is always needed.

    Args:
        error: names the file or directory.
        is_needed: whether the application needs it, whatever its name.
    """
    return Problem(error, is_needed or is_tagged(PurePosixPath(str(error.name)).name))


def packages_of(origin: Origin) -> tuple[Package, ...]:
    """The packages that meet a need; empty if none do."""
    match origin:
        case Shipped(packages=packages):
            return packages
        case Offered(package=package):
            return (package,)
    return ()
