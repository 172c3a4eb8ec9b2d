"""The results of the dynamic loader's searches, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePosixPath

from find_libdeps.elf.objects import ElfObject, Tag
from find_libdeps.elf.sonames import Soname


class How(Enum):
    """The rule by which a name was found or a place searched. The order is the loader's."""

    PATH = "path"
    """The name has a slash, and is used as a path."""
    LOADED = "loaded"
    """An object that goes by this name is already in the process; nothing is searched."""
    RPATH = "RPATH"
    LD_LIBRARY_PATH = "LD_LIBRARY_PATH"
    RUNPATH = "RUNPATH"
    LD_SO_CONF = "ld.so.conf"
    DEFAULT = "default"
    """A directory that is built into the loader."""
    TYPELIB = "typelib"
    """Not the loader's: a directory of GObject's repository, for a typelib."""
    PROGRAM = "$PATH"
    """Not the loader's: a directory in which programs are looked for."""


TOO_MANY_LINKS = "Too many levels of symbolic links"


@dataclass(frozen=True, slots=True)
class Unloadable:
    """A file that makes the loader give up, instead of searching further."""

    cause: str
    """In the loader's words, such as ``invalid ELF header``. After `TOO_MANY_LINKS` the loader
    skips only the rest of the list of directories.
    """
    is_elf: bool = field(default=False, compare=False)
    """Whether it starts like an ELF file, or can't be opened to see."""


MAX_PLACES = 100
"""Most places that are reported for a missing name: a search path may have thousands."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place where the name was not found."""

    path: PurePosixPath
    """The directory, or a file of that name in it that could not be used."""
    how: How
    cause: str


@dataclass(frozen=True, slots=True)
class Found:
    """The file that the loader would use."""

    path: PurePosixPath
    """As the loader builds it, links unresolved."""
    how: How
    elf: ElfObject = field(repr=False, compare=False)
    """Of a typelib, which is no object: one with the ABI that it is for, and nothing in it."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The loader would find no file."""

    places: tuple[Place, ...]
    """The places that it would search, in order; at most `MAX_PLACES`."""


@dataclass(frozen=True, slots=True)
class Need:
    """One name that one object asks for, and the result of the search."""

    requester: PurePosixPath
    soname: Soname
    outcome: Found | Missing
    tag: Tag = Tag.NEEDED


ABSENT = "no such file"
RELATIVE = "relative to the working directory, which nobody knows"


@dataclass(frozen=True, slots=True, eq=False)
class LinkMap:
    """An object in a process (glibc's ``struct link_map``)."""

    path: PurePosixPath
    """The path it was opened by; ``$ORIGIN`` is its directory."""
    elf: ElfObject
    loader: LinkMap | None = None
    """The object that first asked for it; None for the root of a `Loader.load`."""
    names: set[Soname] = field(default_factory=set)
    """Those that it was asked for by when it was loaded. It answers to them later, too."""
