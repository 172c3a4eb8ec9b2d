"""Where a need is met: which package ships the file that the loader opens, or why none is found."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath

from find_libdeps.elf.objects import Abi, ElfObject
from find_libdeps.elf.outcome import Found, Missing, Need
from find_libdeps.elf.sonames import Soname, library_set
from find_libdeps.needs.inventory import Inventory
from find_libdeps.needs.system import System
from find_libdeps.needs.use import (
    Bundled,
    FromInterpreter,
    Nowhere,
    Origin,
    Shipped,
    Unnamed,
    Unpackaged,
)
from find_libdeps.python.extension import version_of_libpython
from find_libdeps.python.venv import Environment, share_package


class Origins:
    """Finds out where the needs of one environment's objects are met, within one root."""

    def __init__(
        self,
        system: System,
        inventory: Inventory,
        environment: Environment | None,
        *,
        thorough: bool,
    ) -> None:
        """Prepare to answer for the objects of one environment.

        Args:
            system: the root that they are in.
            inventory: all scanned objects, not only those of the environment.
            environment: the virtualenv that the objects are in; None if they are in none.
            thorough: for files that no package ships, do not check that the package database is
                complete.
        """
        self._system = system
        self._inventory = inventory
        self._environment = environment
        self._thorough = thorough
        self._prefix = f"{environment.prefix}/".replace("//", "/") if environment else None
        self._siblings = {
            library_set(name): paths[0] for name, paths in sorted(inventory.names.items())
        } | {None: None}
        self.of_path = cache(self._of_path)
        """The origin of the file that the loader opens at a path."""

    def of(self, need: Need, abi: Abi) -> Origin:
        """The origin that meets a need, if the requester has the ABI `abi`."""
        match need.outcome:
            case Found(path=path):
                return self.of_path(path)
            case Missing():
                names = self._inventory.names.get(need.soname, ())
                here = self._environment.prefix if self._environment else PurePosixPath("/")
                namesakes = tuple(p for p in names if here in p.parents and self._abi(p) == abi)
                own = any(share_package(path, need.requester) for path in namesakes)
                sibling = self._siblings.get(library_set(need.soname))
                return Nowhere(namesakes, sibling, own or self._comes_with_interpreter(need.soname))

    def is_inside(self, place: PurePosixPath) -> bool:
        """Whether a place is in the environment, or below a path to scan."""
        mine = self._prefix is not None and str(place).startswith(self._prefix)
        return mine or self._inventory.holds(place)

    def _of_path(self, path: PurePosixPath) -> Origin:
        chain = self._system.tree.chain(path)
        if self.is_inside(chain[-1]):
            return Bundled()
        if self._comes_with_interpreter(path.name, chain[-1]):
            return FromInterpreter()
        if self._system.database is None:
            return Unnamed()
        places = (*self._system.tree.links_above(path), *chain)
        owners = [self._system.owners(place, self._abi(path)) for place in places]
        if not owners[-1]:
            if chain[0] in self._inventory.links:
                return Bundled()
            if not self._thorough:
                self._system.database.check_has_no_owner(chain[-1])
            return Unpackaged(chain)
        named = dict.fromkeys(group[0] for group in owners if group)
        if len(named) > 1 and self._is_found_without_link(path, chain[-1]):
            named = dict.fromkeys(owners[-1][:1])
        others = dict.fromkeys(p for group in owners for p in group if p not in named)
        return Shipped(tuple(named), tuple(others))

    def _is_found_without_link(self, path: PurePosixPath, file: PurePosixPath) -> bool:
        """Whether the loader's default search leads to `file` by another path than the link `path`.

        If so, the package that owns the link is not needed. Example: ``libLLVM``, to which its
        ``-dev`` package has a link in a directory of its own.
        """
        abi = self._abi(path)
        outcome = self._system.find(Soname(path.name), abi) if abi else None
        if not isinstance(outcome, Found) or outcome.path == path:
            return False
        return self._system.tree.chain(outcome.path) == (file,)

    def _comes_with_interpreter(self, soname: str, library: PurePosixPath | None = None) -> bool:
        """Whether `soname` is the libpython of an interpreter that no package ships.

        Without an environment the interpreter is unknown; then `library` must have no owner.
        """
        base = self._environment.base if self._environment else library
        is_library = version_of_libpython(soname) is not None
        return is_library and base is not None and not self._system.owners(base)

    def _abi(self, path: PurePosixPath) -> Abi | None:
        elf = self._system.read(path)
        return elf.abi if isinstance(elf, ElfObject) else None
