"""Modules: what is known of one, and where the import system would find it.

Source: Python's language reference, 5 "The import system"; PEP 420 for namespace packages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.values import Names
from find_libdeps.importing.world import World


class Module:
    """A module of the evaluated program."""

    __slots__ = ("frame", "is_model", "is_open", "name", "names", "path", "pending", "postpones")

    def __init__(self, name: str, path: str = "", *, is_open: bool = False) -> None:
        self.name = name
        self.path = path
        """Its file; empty if it has none."""
        self.is_open = is_open
        """Whether it may have names that nobody knows."""
        self.is_model = False
        """Whether its source is the evaluator's own, in place of a module that is not looked at."""
        self.pending = False
        """Whether its source is evaluated only when one of its names is used."""
        self.postpones = False
        """Whether its annotations are not evaluated (PEP 563)."""
        self.names: Names = {"__name__": name, "__doc__": None, "__builtins__": None}
        self.frame = Frame(Kind.MODULE, self, self.names)

    def __repr__(self) -> str:
        return f"<module {self.name}>"


class What(Enum):
    """What kind of file a module is in."""

    SOURCE = auto()
    PACKAGE = auto()
    EXTENSION = auto()
    COMPILED = auto()
    """Byte code without its source."""
    NAMESPACE = auto()


class Spec(NamedTuple):
    """Where a module is."""

    what: What
    path: str
    """Its file; of a namespace package, empty."""
    directories: tuple[str, ...] = ()
    """Of a package: where its modules are."""


_EXTENSION = re.compile(r"([^.]+)((?:\.cpython-3(\d+)t?-[^.]+|\.abi3)?\.so)\Z")


def find(world: World, name: str, directories: Sequence[str]) -> Spec | None:
    """Where a module is among some directories, by the last part of its name; None if nowhere.

    In each directory a package comes first, then an extension module, then source, then byte code.
    """
    portions = list[str]()
    for directory in directories:
        names = world.listing(directory)
        if name in names and world.kind(f"{directory}/{name}") == "directory":
            inside = f"{directory}/{name}"
            found = _file(world, inside, "__init__")
            if found is not None:
                is_source = found.what is What.SOURCE
                what = What.PACKAGE if is_source else found.what
                return Spec(what, found.path, (inside,))
            portions.append(inside)
        found = _file(world, directory, name)
        if found is not None:
            return found
    return Spec(What.NAMESPACE, "", tuple(portions)) if portions else None


def _file(world: World, directory: str, stem: str) -> Spec | None:
    names = world.listing(directory)
    prefix = f"{stem}."
    for name in names:
        if name.startswith(prefix) and name.endswith(".so"):
            match = _EXTENSION.match(name)
            if match and match[1] == stem and match[3] in (None, str(world.host.python[1])):
                return Spec(What.EXTENSION, f"{directory}/{name}")
    if f"{stem}.py" in names and world.kind(f"{directory}/{stem}.py") == "file":
        return Spec(What.SOURCE, f"{directory}/{stem}.py")
    if f"{stem}.pyc" in names:
        return Spec(What.COMPILED, f"{directory}/{stem}.pyc")
    return None
