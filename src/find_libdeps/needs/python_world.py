"""The host of an environment's Python, as the evaluator of importing asks for it.

Files are those of the tree. Which libraries are there is decided by who makes the world: those of
an image as it is, or those that the builder has and the packages of a release offer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import PurePosixPath

from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.objects import Abi, ElfObject
from find_libdeps.elf.outcome import Found
from find_libdeps.elf.sonames import Soname, any_version_of
from find_libdeps.elf.symbols import defines
from find_libdeps.errors import ElfError, TreeError
from find_libdeps.importing.world import Host
from find_libdeps.needs.provision import Libraries
from find_libdeps.needs.system import System
from find_libdeps.python.venv import SITES
from find_libdeps.roots.tree import MAX_FILE_SIZE, Kind, Tree

_KINDS = {Kind.FILE: "file", Kind.DIRECTORY: "directory"}
_VERSION = re.compile(r"python(3)\.(\d+)")
_MACHINES = {"arm": "armv7l", "i386": "i686", "powerpc64le": "ppc64le"}
"""What uname(2) says for the first part of a triplet, where that is another word."""
NEWEST_PYTHON = (3, 13)
"""The version of Python in an environment that does not tell its own: Debian 13's."""
_C_LIBRARY = (Soname("libc.so.6"), Soname("libm.so.6"))


class Files:
    """The files of a tree, as several worlds see them: each is read once."""

    def __init__(self, tree: Tree) -> None:
        """Show the files of a tree."""
        self._tree = tree
        self.kind = cache(self._kind)
        self.listing = cache(self._listing)
        self.content = cache(self._content)
        self.problems: dict[str, TreeError] = {}
        """The errors of files and directories that can't be read."""

    def resolved(self, path: str) -> PurePosixPath | None:
        """The place that an absolute path leads to; None if nothing is there."""
        if not path.startswith("/") or "\0" in path:
            return None
        try:
            return self._tree.resolve(PurePosixPath(path))
        except TreeError as error:
            self.problems[str(error.name)] = error
            return None

    def _kind(self, path: str) -> str | None:
        place = self.resolved(path)
        entry = self._tree.entry(place) if place else None
        return _KINDS.get(entry.kind) if entry else None

    def _listing(self, path: str) -> tuple[str, ...]:
        place = self.resolved(path) if self.kind(path) == "directory" else None
        try:
            return tuple(self._tree.names(place)) if place else ()
        except TreeError as error:
            self.problems[str(error.name)] = error
            return ()

    def _content(self, path: str) -> bytes | None:
        place = self.resolved(path) if self.kind(path) == "file" else None
        try:
            return self._tree.content(place, MAX_FILE_SIZE) if place else None
        except TreeError as error:
            self.problems[str(error.name)] = error
            return None


class PythonWorld:
    """The files and libraries that an environment's Python sees; see `World`."""

    def __init__(
        self,
        system: System,
        abi: Abi,
        host: Host,
        files: Files,
        libraries: Libraries,
    ) -> None:
        """Describe a world.

        Args:
            system: the root.
            abi: that of the environment's Python.
            host: what does not depend on files.
            files: the files of the root.
            libraries: the libraries and typelibs that are there.
        """
        self.host = host
        self.kind = files.kind
        self.listing = files.listing
        self.content = files.content
        self._files = files
        self._system = system
        self._abi = abi
        self._find = cache(libraries.find)
        self._typelib = libraries.typelib
        self._opened: set[str] = set()

    def opens(self, name: str) -> bool:
        """See `World`."""
        if "/" in name:
            place = self._files.resolved(name)
            elf = self._system.read(place) if place else None
            if isinstance(elf, ElfObject) and place:
                self._opened |= {place.name, elf.soname or place.name}
                return elf.abi == self._abi
            return False
        return bool(name) and (name in self._opened or self._find(Soname(name)) is not None)

    def finds(self, stem: str) -> str | None:
        """See `World`."""
        if not stem or "/" in stem or "\0" in stem:
            return None
        return self._find(any_version_of(f"lib{stem}"))

    def defines(self, name: str | None, symbol: str) -> bool | None:
        """See `World`."""
        if name is None and symbol.startswith(("Py", "_Py")):
            return True
        places = self._places(name)
        try:
            return any(self._defined(place, symbol) for place in places) if places else None
        except (ElfError, TreeError, OSError):
            return None

    def _places(self, name: str | None) -> list[PurePosixPath]:
        """The files of a library, or of the program itself; empty if one is not on this machine."""
        if name and "/" in name:
            return [PurePosixPath(name)]
        sonames = (Soname(name),) if name else _C_LIBRARY
        outcomes = [self._system.find(soname, self._abi) for soname in sonames]
        found = [outcome.path for outcome in outcomes if isinstance(outcome, Found)]
        return found if len(found) == len(outcomes) else []

    def _defined(self, path: PurePosixPath, symbol: str) -> bool:
        with self._system.tree.open(path) as stream:
            return defines(stream, symbol)

    def typelib(self, namespace: str, version: str, loaded: Sequence[str]) -> str | None:
        """See `World`."""
        return self._typelib(namespace, version, loaded)

    def imports(self, path: str) -> bool:
        """See `World`."""
        return True


def host_of(abi: Abi, prefix: PurePosixPath, sites: Sequence[PurePosixPath]) -> Host:
    """What is known of the host of an environment besides its files."""
    version = next(filter(None, (_VERSION.search(str(site)) for site in sites)), None)
    machine = architecture_of(abi).triplet.partition("-")[0]
    return Host(
        python=(int(version[1]), int(version[2])) if version else NEWEST_PYTHON,
        machine=_MACHINES.get(machine, machine),
        bits=abi.bits,
        prefix=str(prefix),
        search=tuple(map(str, sites)),
    )


def prefix_of(site: PurePosixPath) -> PurePosixPath:
    """The directory of the environment that a site is in: its ``sys.prefix``."""
    if site.name in SITES and site.parent.parent.name == "lib":
        return site.parent.parent.parent
    return site
