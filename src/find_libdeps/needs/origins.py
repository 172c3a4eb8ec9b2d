"""Where a need is met: whose the file is that the loader opens, or why there is none."""

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
    """Where the needs of one environment's objects are met, as far as the builder tells."""

    def __init__(
        self,
        system: System,
        inventory: Inventory,
        environment: Environment | None,
        *,
        thorough: bool,
    ) -> None:
        """Look at the files of a root.

        Args:
            system: the root.
            inventory: all that is scanned.
            environment: the virtualenv that the objects are in.
            thorough: files that no package ships are no surprise: do not ask whether the database
                is complete.
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
        """Whose the file is that the loader opens at a path."""

    def of(self, need: Need, abi: Abi) -> Origin:
        """Where a need of a requester with some ABI is met."""
        match need.outcome:
            case Found(path=path):
                return self.of_path(path)
            case Missing():
                names = self._inventory.names.get(need.soname, ())
                here = self._environment.prefix if self._environment else PurePosixPath("/")
                namesakes = tuple(p for p in names if here in p.parents and self._abi(p) == abi)
                own = any(share_package(path, need.requester) for path in namesakes)
                sibling = self._siblings.get(library_set(need.soname))
                return Nowhere(namesakes, sibling, own or self._is_interpreters(need.soname))

    def is_inside(self, place: PurePosixPath) -> bool:
        """Whether a place is in the environment, or among what is scanned."""
        mine = self._prefix is not None and str(place).startswith(self._prefix)
        return mine or self._inventory.holds(place)

    def _of_path(self, path: PurePosixPath) -> Origin:
        chain = self._system.tree.chain(path)
        if self.is_inside(chain[-1]):
            return Bundled()
        if self._is_interpreters(path.name, chain[-1]):
            return FromInterpreter()
        if self._system.database is None:
            return Unnamed()
        places = (*self._system.tree.links_above(path), *chain)
        owners = [self._system.owners(place, self._abi(path)) for place in places]
        if not owners[-1]:
            if chain[0] in self._inventory.links:
                return Bundled()
            if not self._thorough:
                self._system.database.must_know(chain[-1])
            return Unpackaged(chain)
        named = dict.fromkeys(group[0] for group in owners if group)
        if len(named) > 1 and self._is_found_without(path, chain[-1]):
            named = dict.fromkeys(owners[-1][:1])
        others = dict.fromkeys(p for group in owners for p in group if p not in named)
        return Shipped(tuple(named), tuple(others))

    def _is_found_without(self, path: PurePosixPath, file: PurePosixPath) -> bool:
        """Whether the loader comes to a file without the link at `path`, which another package has.

        So it does to ``libLLVM``, whose ``-dev`` package has a link in a directory of its own.
        """
        abi = self._abi(path)
        outcome = self._system.find(Soname(path.name), abi) if abi else None
        if not isinstance(outcome, Found) or outcome.path == path:
            return False
        return self._system.tree.chain(outcome.path) == (file,)

    def _is_interpreters(self, soname: str, library: PurePosixPath | None = None) -> bool:
        """Whether it is the library of an interpreter that came in no package.

        Without an environment nobody knows the interpreter; then the library itself tells.
        """
        base = self._environment.base if self._environment else library
        is_library = version_of_libpython(soname) is not None
        return is_library and base is not None and not self._system.owners(base)

    def _abi(self, path: PurePosixPath) -> Abi | None:
        elf = self._system.read(path)
        return elf.abi if isinstance(elf, ElfObject) else None
