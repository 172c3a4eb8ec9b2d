"""Programs that Python source runs: which package has each, and which are there already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import ABSENT, Found, How, Missing, Need, Place
from find_libdeps.elf.sonames import Soname
from find_libdeps.needs.environment import ScannedEnvironment
from find_libdeps.needs.loads import ProgramRun
from find_libdeps.needs.scanned_objects import ScannedObjects
from find_libdeps.needs.system import System
from find_libdeps.needs.target import Target
from find_libdeps.needs.use import NotOffered, Nowhere, Offered, Role, Shipped, Unpackaged, Use
from find_libdeps.roots.tree import Tree

_PATH = tuple(
    map(
        PurePosixPath,
        ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"),
    )
)
"""``$PATH`` of images."""
_NAME = re.compile(r"\w[\w.+-]{0,100}", re.ASCII)
"""Names of programs; others are no more than texts."""
_OF_PYTHON = re.compile(r"(python|pip|pypy)[\d.]*")
"""What the environment has, or can do without."""


def uses_of_programs(environments: Iterable[ScannedEnvironment], target: Target) -> Iterator[Use]:
    """The programs that the sources of some environments run, each once for a place.

    Left out are those that the environment has, or the target, and Python itself.

    Args:
        environments: what is scanned.
        target: where it goes.
    """
    for environment in environments:
        scanned, runs = environment.objects, environment.loads.programs
        uses = dict[object, Use]()
        for run in runs:
            use = _use(run, scanned, target)
            if use:
                uses.setdefault((use.need.soname, run.place), use)
        open_names = {u.need.soname for u in uses.values() if isinstance(u.origin, Nowhere)}
        if not uses:
            continue
        architecture = architecture_of(scanned.abi_of_names).name
        offers = target.programs(open_names, architecture)
        for use in uses.values():
            if not isinstance(use.origin, Nowhere):
                yield use
            elif offer := offers.get(use.need.soname):
                best, *others = offer.packages
                yield replace(use, origin=Offered(best, tuple(others), offer.source))
            elif any(each.knows(architecture, use.wanted) for each in target.catalogues):
                yield replace(use, origin=NotOffered())
            else:
                yield use


def _use(run: ProgramRun, scanned: ScannedObjects, target: Target) -> Use | None:
    """The need for a program; None if nothing has to be done for it."""
    name = _bare(run.name)
    prefix = scanned.environment.prefix if scanned.environment else None
    tree = scanned.system.tree
    if name is None or _OF_PYTHON.fullmatch(name) or scanned.is_ignored(Soname(name)):
        return None
    if prefix and tree.resolve(prefix / "bin" / name):
        return None
    if target.system and _find(target.system.tree, name):
        return None
    found, abi = _find(tree, name), scanned.abi_of_names
    if found and scanned.origins.is_inside(tree.chain(found)[-1]):
        return None
    outcome: Found | Missing = Missing(tuple(Place(each, How.PROGRAM, ABSENT) for each in _PATH))
    origin: Shipped | Unpackaged | Nowhere = Nowhere()
    if found:
        outcome = Found(found, How.PROGRAM, ElfObject(abi, "ET_EXEC"))
        origin = _origin(scanned.system, found)
    if isinstance(origin, Shipped) and not target.is_builders:
        origin = Nowhere()
    return Use(
        Need(run.place.path, Soname(name), outcome),
        abi,
        Role.PROGRAM,
        origin,
        run.place.number,
        at_import=not run.is_reached,
        way=run.way,
        is_reached=run.is_reached,
    )


def _origin(system: System, path: PurePosixPath) -> Shipped | Unpackaged | Nowhere:
    """Which packages of a root have a program, with the links on the way to it."""
    chain = system.tree.chain(path)
    if system.database is None:
        return Nowhere()
    owners = [system.owners(place) for place in (*system.tree.links_above(path), *chain)]
    if not owners[-1]:
        return Unpackaged(chain)
    named = dict.fromkeys(group[0] for group in owners if group)
    return Shipped(tuple(named))


def _bare(name: str) -> str | None:
    """The name of a program that is looked for in ``$PATH``, or is in one of its directories."""
    path = PurePosixPath(name)
    is_looked_for = "/" not in name or path.parent in _PATH
    return path.name if is_looked_for and _NAME.fullmatch(path.name) else None


def _find(tree: Tree, name: str) -> PurePosixPath | None:
    """Where ``$PATH`` leads to a program; None if it is in none of the directories."""
    places = (directory / name for directory in _PATH)
    return next((place for place in places if tree.resolve(place)), None)
