"""The scanned objects of one environment, and what comes into a process with each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, partial
from pathlib import PurePosixPath

from find_libdeps.elf.architecture import abi_called, abi_name
from find_libdeps.elf.objects import Abi, ElfObject, is_executable
from find_libdeps.elf.outcome import LinkMap, Need
from find_libdeps.needs.inventory import Inventory
from find_libdeps.needs.origins import Origins
from find_libdeps.needs.system import System
from find_libdeps.needs.use import Bundled, Misfit, Role, Shipped, Unpackaged
from find_libdeps.python.extension import of_another_python
from find_libdeps.python.venv import Environment


@dataclass(frozen=True, slots=True)
class Scanned:
    """All that is scanned."""

    system: System
    """The root that it is in."""
    inventory: Inventory
    ignore: Sequence[str] = ()
    """Patterns of sonames that something else provides."""
    thorough: bool = False
    """Whether to follow libraries that packages ship, too, instead of trusting their Depends."""


@dataclass(frozen=True, slots=True)
class Start:
    """An object that something loads by its path, into a process of the environment."""

    link: LinkMap
    process: tuple[LinkMap, ...]
    """What is loaded before it; nothing before a program."""
    role: Role
    needs: tuple[Need, ...]
    """What it needs, and what it brings in that no package has."""
    brings: frozenset[PurePosixPath | None] = frozenset()
    """The files that come into the process with it, and that no package has; its own among them."""


class ScannedObjects:
    """The scanned objects of one environment, or of none."""

    def __init__(
        self,
        scanned: Scanned,
        environment: Environment | None = None,
        paths: Sequence[PurePosixPath] = (),
    ) -> None:
        """Look at some of the scanned objects.

        Args:
            scanned: all that is scanned.
            environment: the virtualenv that the objects are in.
            paths: the objects.
        """
        self.system = system = scanned.system
        self.environment = environment
        self.origins = Origins(system, scanned.inventory, environment, thorough=scanned.thorough)
        self.is_ignored = cache(partial(_matches, scanned.ignore))
        """Whether something else provides a soname."""
        self._inventory = scanned.inventory
        self._thorough = scanned.thorough
        self._is_followed = cache(self._follows)
        self.load = cache(self._load)
        """What something in some role brings into a process, an object at a path."""
        objects = {path: scanned.inventory.objects[path] for path in paths}
        self.modules = {path for path in paths if system.read.is_extension_module(path)}
        """The extension modules among the objects."""
        native, self.process = self._interpreter()
        """What is in the process of its Python when that starts, the program first."""
        abis = {objects[path].abi for path in self.modules or paths}
        if native is None and len(abis) == 1:
            native = abis.pop()
        self.abi = native or abi_called(system.architecture)
        """The ABI of its Python, or of the system's where nobody knows it."""
        self.objects, self.misfits = _sorted_out(objects, self.modules, native)
        """The objects that something may load, and what is to say of the others."""

    def load_modules(self) -> None:
        """Load the extension modules ahead of time: that takes longest, and needs no sources."""
        for path in self.objects:
            if path in self.modules:
                self.load(Role.REQUIRED, path)

    def _load(self, role: Role, path: PurePosixPath) -> Start:
        elf = self.objects[path]
        link, process = LinkMap(path, elf), () if is_executable(elf) else self.process
        needs, links = tuple[Need, ...](), tuple[LinkMap, ...]()
        if not self.is_way_out(path):
            needs, links = self.system.loader(elf.abi).load(link, process, self._is_followed)
        brings = {path, *(self.system.tree.resolve(each.path) for each in links)}
        return Start(link, process, role, needs, frozenset(brings))

    def is_way_out(self, path: PurePosixPath) -> bool:
        """Whether a scanned path is a link to what a package ships."""
        return path in self._inventory.links and isinstance(self.origins.of_path(path), Shipped)

    def place(self, path: PurePosixPath) -> PurePosixPath:
        """Where a requester is among what was scanned."""
        if path in self._inventory.links:
            return path
        return self.system.tree.resolve(path) or path

    def _interpreter(self) -> tuple[Abi | None, tuple[LinkMap, ...]]:
        """The ABI of the environment's Python, and what is in its process when it starts."""
        path = self.environment.interpreter if self.environment else None
        elf = self.system.read(path) if path else None
        if path is None or not isinstance(elf, ElfObject):
            return None, ()
        _, links = self.system.loader(elf.abi).load(LinkMap(path, elf))
        return elf.abi, links

    def _follows(self, path: PurePosixPath) -> bool:
        """Whether the needs of a library that was found count, too.

        Packages bring what their files need; everything else is followed further.
        """
        if self.is_ignored(path.name):
            return False
        return self._thorough or isinstance(self.origins.of_path(path), Bundled | Unpackaged)


def _matches(patterns: Sequence[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _sorted_out(
    objects: Mapping[PurePosixPath, ElfObject],
    modules: Collection[PurePosixPath],
    native: Abi | None,
) -> tuple[dict[PurePosixPath, ElfObject], list[Misfit]]:
    """The objects that something may load, and what is to say of the others."""
    reasons = {path: _misfit(elf, native) for path, elf in objects.items()}
    misfits = [Misfit(p, reason, is_error=p in modules) for p, reason in reasons.items() if reason]
    fitting = {path: elf for path, elf in objects.items() if not reasons[path]}
    strangers = of_another_python({p: elf for p, elf in fitting.items() if p in modules})
    for path, other in strangers.items():
        if other.is_missed:
            reason = f"it is for Python {other.python}, in a directory of {other.directory}"
            misfits.append(Misfit(path, reason, is_error=True, python=other.python))
    return {path: elf for path, elf in fitting.items() if path not in strangers}, misfits


def _misfit(elf: ElfObject, native: Abi | None) -> str | None:
    """Why an object can't be loaded beside the others, if so."""
    if elf.is_musl:
        return "linked against musl, which can't be loaded beside glibc"
    if native is not None and elf.abi != native:
        return f"it is for {abi_name(elf.abi)}, and Python is for {abi_name(native)}"
    return None
