"""What the evaluated program asks of the host that it would run on, and who answers."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from find_libdeps.importing.values import Place, Unknown


class By(Enum):
    """The function by which a library, or a part of one, is asked for."""

    DLOPEN = "dlopen"
    """ctypes, which opens the file that it is told to."""
    FIND_LIBRARY = "find_library"
    """``ctypes.util.find_library``, which completes a bare name."""
    CFFI = "cffi"
    """The compiled half of cffi, which opens the file that it is told to."""
    EXTENSION = "extension"
    """The import of an extension module, by its path."""
    TYPELIB = "typelib"
    """PyGObject: a namespace of GObject's repository, and its version if one is required."""
    PROGRAM = "program"
    """``subprocess`` and others, which run a program, or look for one by ``shutil.which``."""
    MODULE = "module"
    """The import of a module of the standard library that a Python may lack."""


class Ask(NamedTuple):
    """Something that is asked of the loader."""

    by: By
    name: str | Unknown | None
    """The name or path as it is given; None for the program itself."""
    place: Place
    """The line that asks."""
    way: tuple[Place, ...]
    """The lines that lead there, the outermost first: import statements, and the line of a module's
    body that calls a function which asks.
    """
    answer: str | None
    """What was found, by the name that it really has; None if nothing was."""
    is_certain: bool
    """Whether the line runs for certain: it depends on no condition that is unknown."""


class Host(NamedTuple):
    """The host that the program would run on: Linux with glibc."""

    python: tuple[int, int]
    """The version of the environment's Python."""
    machine: str
    """Its architecture, as uname(2) names it: ``x86_64``."""
    bits: int
    """Of a pointer."""
    prefix: str
    """The directory of the environment, ``sys.prefix``."""
    search: tuple[str, ...]
    """The directories on ``sys.path`` besides those of the standard library."""


class World(Protocol):
    """The files and the libraries of a host."""

    @property
    def host(self) -> Host:
        """What does not depend on files."""

    def kind(self, path: str) -> str | None:
        """``file`` or ``directory``, links followed; None if nothing is there."""

    def listing(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory; empty if there is none."""

    def content(self, path: str) -> bytes | None:
        """The bytes of a file; None if it can't be read."""

    def opens(self, name: str) -> bool:
        """Whether dlopen(3) opens a library by that name or path."""

    def finds(self, stem: str) -> str | None:
        """What ``find_library`` finds: a name that `opens` opens, or None."""

    def defines(self, name: str | None, symbol: str) -> bool | None:
        """Whether a library (None: the program itself) has a symbol; None if unknown."""

    def typelib(self, namespace: str, version: str, loaded: Sequence[str]) -> str | None:
        """The name of the file by which GObject's repository knows a namespace, or None.

        Args:
            namespace: ``Gtk``.
            version: ``3.0``; any will do if it is empty.
            loaded: the names of those that are loaded already.
        """

    def imports(self, path: str) -> bool:
        """Whether an extension module can be loaded."""


class LikeAnother:
    """A world that answers what another one does; its children answer some questions themselves."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.host = world.host
        self.kind = world.kind
        self.listing = world.listing
        self.content = world.content
        self.defines = world.defines

    def opens(self, name: str) -> bool:
        """See `World`."""
        return self._world.opens(name)

    def finds(self, stem: str) -> str | None:
        """See `World`."""
        return self._world.finds(stem)

    def typelib(self, namespace: str, version: str, loaded: Sequence[str]) -> str | None:
        """See `World`."""
        return self._world.typelib(namespace, version, loaded)

    def imports(self, path: str) -> bool:
        """See `World`."""
        return self._world.imports(path)
