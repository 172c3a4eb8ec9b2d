"""The scanned objects of one environment, and what the loader loads with each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache, partial
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.elf.architecture import abi_called, abi_name
from find_libdeps.elf.objects import Abi, ElfObject, abi_of, is_executable
from find_libdeps.elf.outcome import LinkMap, Need
from find_libdeps.needs.inventory import Inventory
from find_libdeps.needs.origins import Origins
from find_libdeps.needs.system import System
from find_libdeps.needs.use import Bundled, Misfit, Role, Shipped, Unpackaged
from find_libdeps.python.extension import mismatched_modules
from find_libdeps.python.venv import Environment

_AMD64 = abi_of(64, True, "EM_X86_64", 0)


class Scan(NamedTuple):
    """All that is scanned in one root, and how."""

    system: System
    """The root."""
    inventory: Inventory
    ignore: Sequence[str] = ()
    """Patterns of sonames that something else provides."""
    thorough: bool = False
    """Whether to follow libraries that packages ship, too, instead of trusting their Depends."""


class EntryObject(NamedTuple):
    """An object that is loaded by its path into a process of the environment."""

    link: LinkMap
    process: tuple[LinkMap, ...]
    """What the process has loaded before; empty if the object is a program."""
    role: Role
    needs: tuple[Need, ...]
    """Its needs, and those of the libraries in `files`."""
    files: frozenset[PurePosixPath | None] = frozenset()
    """Its own file, and the libraries that it brings into the process, except for those that
    packages ship (unless `Scan.thorough`)."""


class ScannedObjects:
    """The scanned objects of one environment, or of none."""

    def __init__(
        self,
        scan: Scan,
        environment: Environment | None = None,
        paths: Sequence[PurePosixPath] = (),
    ) -> None:
        """Take some of the scanned objects.

        Args:
            scan: all that is scanned.
            environment: the virtualenv that the objects are in; None if they are in none.
            paths: where the objects are.
        """
        self.system = system = scan.system
        self.environment = environment
        self.origins = Origins(system, scan.inventory, environment, thorough=scan.thorough)
        self.is_ignored = cache(partial(_matches, scan.ignore))
        """Whether a soname matches a pattern of `Scan.ignore`."""
        self._inventory = scan.inventory
        self._thorough = scan.thorough
        self._is_followed = cache(self._follows)
        self.reported_path = cache(self._reported_path)
        """The path by which a requester is reported: links resolved, if they stay in the scan."""
        self.load = cache(self._load)
        """Load the object at a path, in a role; returns its `EntryObject`."""
        objects = {path: scan.inventory.objects[path] for path in paths}
        self.modules = {path for path in paths if system.read.is_extension_module(path)}
        """The extension modules among the objects."""
        native, self.process = self._interpreter()
        """What a process of the environment's Python has loaded at its start, the program first."""
        abis = {objects[path].abi for path in self.modules or paths}
        if native is None and len(abis) == 1:
            native = abis.pop()
        self.abi = native or abi_called(system.architecture)
        """The ABI of the environment's Python, or of the system if that is unknown."""
        self.by_path, self.misfits = _split_misfits(objects, self.modules, native)
        """The objects that can be loaded together, and the others."""

    @property
    def abi_of_names(self) -> Abi:
        """The ABI of what Python loads by name; amd64's if nothing tells one.

        An image's configuration names its architecture, and a directory may have nothing that does:
        what is missing is told of both.
        """
        return self.abi or _AMD64

    def load_modules(self) -> None:
        """Load the extension modules early: it takes longest, and need not wait for the sources."""
        for path in self.by_path:
            if path in self.modules:
                self.load(Role.REQUIRED, path)

    def _load(self, role: Role, path: PurePosixPath) -> EntryObject:
        elf = self.by_path[path]
        link, process = LinkMap(path, elf), () if is_executable(elf) else self.process
        needs, links = tuple[Need, ...](), tuple[LinkMap, ...]()
        if not self.is_link_into_package(path):
            needs, links = self.system.loader(elf.abi).load(link, process, self._is_followed)
        files = {path, *(self.system.tree.resolve(each.path) for each in links)}
        return EntryObject(link, process, role, needs, frozenset(files))

    def is_link_into_package(self, path: PurePosixPath) -> bool:
        """Whether a scanned path is a link to a file that a package ships."""
        return path in self._inventory.links and isinstance(self.origins.of_path(path), Shipped)

    def _reported_path(self, path: PurePosixPath) -> PurePosixPath:
        if path in self._inventory.links:
            return path
        return self.system.tree.resolve(path) or path

    def _interpreter(self) -> tuple[Abi | None, tuple[LinkMap, ...]]:
        """The ABI of the environment's Python, and what its process has loaded at its start."""
        path = self.environment.interpreter if self.environment else None
        elf = self.system.read(path) if path else None
        if path is None or not isinstance(elf, ElfObject):
            return None, ()
        _, links = self.system.loader(elf.abi).load(LinkMap(path, elf))
        return elf.abi, links

    def _follows(self, path: PurePosixPath) -> bool:
        """Whether the needs of the library at `path` count, too.

        Packages have Depends for what their files need; all other libraries are followed.
        """
        if self.is_ignored(path.name):
            return False
        return self._thorough or isinstance(self.origins.of_path(path), Bundled | Unpackaged)


def _matches(patterns: Sequence[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _split_misfits(
    objects: Mapping[PurePosixPath, ElfObject],
    modules: Collection[PurePosixPath],
    native: Abi | None,
) -> tuple[dict[PurePosixPath, ElfObject], list[Misfit]]:
    """Split objects into those that can be loaded together, and misfits."""
    reasons = {path: _why_misfit(elf, native) for path, elf in objects.items()}
    misfits = [Misfit(p, reason, is_error=p in modules) for p, reason in reasons.items() if reason]
    fitting = {path: elf for path, elf in objects.items() if not reasons[path]}
    others = mismatched_modules({p: elf for p, elf in fitting.items() if p in modules})
    for path, other in others.items():
        if other.is_missed:
            reason = f"it is for Python {other.python}, in a directory of {other.directory}"
            misfits.append(Misfit(path, reason, is_error=True, python=other.python))
    return {path: elf for path, elf in fitting.items() if path not in others}, misfits


def _why_misfit(elf: ElfObject, native: Abi | None) -> str | None:
    """Why an object can't be loaded together with the others; None if it can."""
    if elf.is_musl:
        return "linked against musl, which can't be loaded beside glibc"
    if native is not None and elf.abi != native:
        return f"it is for {abi_name(elf.abi)}, and Python is for {abi_name(native)}"
    return None
