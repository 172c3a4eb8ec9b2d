"""Whether virtual environments will find their Python in the target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from os.path import normpath
from pathlib import PurePosixPath

from find_libdeps.needs.inventory import FileListing, Inventory, environments_of
from find_libdeps.needs.system import System
from find_libdeps.python.venv import Environment, python_versions
from find_libdeps.report.report import LostPython, PythonFault
from find_libdeps.roots.paths import MAX_LINKS, Kind
from find_libdeps.roots.tree import Tree

_VERSION = re.compile(r"python(\d\.\d+t?)\Z")
_USUAL = PurePosixPath("/usr")
"""Where the Pythons of Debian's packages are, and those of the images called ``python``."""


def lost_pythons(
    builder: System, target: System | None, listing: FileListing, inventory: Inventory
) -> Iterator[LostPython]:
    """The virtual environments whose Python the target lacks, or may lack.

    Args:
        builder: the root that they are in.
        target: the target's root, if its files can be looked at.
        listing: what was scanned.
        inventory: the same, to know what is copied along.
    """
    for prefix in environments_of(builder.tree, listing):
        environment = builder.environment(prefix)
        if environment is None:
            continue
        python = prefix / "bin" / "python"
        if environment.home is None and builder.tree.entry(python) is None:
            continue  # a wheel, scanned as if it were installed
        needed = _needed(builder.tree, environment)
        real = builder.tree.resolve(needed)
        if real and inventory.holds(real):
            continue
        versions = python_versions(builder.tree, prefix)
        fault = _fault(real, target.tree.resolve(needed) if target else None, target, versions)
        if fault:
            # without a target it does not matter; a file of nobody takes dpkg's database long
            packaged = bool(target and real and builder.owners(real))
            # what the builder's release has is a matter of one more package
            is_minor = packaged and target is not None and target.release == builder.release
            is_error = target is not None and not is_minor
            copies = _directories(needed, real) if real else ()
            yield LostPython(python, needed, fault, tuple(versions), copies, packaged, is_error)


def _needed(tree: Tree, environment: Environment) -> PurePosixPath:
    """The Python that an environment needs besides its own files.

    That is the first path outside on the way from its ``bin/python``; for a copied Python, the one
    that it was copied from, whose standard library it uses.
    """
    prefix = environment.prefix
    path = prefix / "bin" / "python"
    for _ in range(MAX_LINKS):
        entry = tree.entry(path)
        if entry is None or entry.kind is not Kind.LINK:
            break
        path = PurePosixPath(normpath(path.parent / entry.target))
        if prefix not in path.parents:
            return path
    if tree.resolve(path) and environment.home:
        return environment.home / "python3"
    return path


def _fault(
    real: PurePosixPath | None,
    there: PurePosixPath | None,
    target: System | None,
    versions: Iterable[str],
) -> PythonFault | None:
    """What is wrong with a Python that an environment needs, at a place in each stage."""
    if target is None:
        if real is None:
            return PythonFault.NOWHERE
        return None if _USUAL in real.parents else PythonFault.UNUSUAL
    if there is None:
        return PythonFault.NOT_IN_TARGET if real else PythonFault.NOWHERE
    found = _VERSION.search(there.name)
    known = list(versions)
    return PythonFault.OTHER_VERSION if found and known and found[1] not in known else None


def _directories(needed: PurePosixPath, real: PurePosixPath) -> tuple[PurePosixPath, ...]:
    """What to copy so that a Python is there: its prefix, with the links that lead there.

    uv keeps ``cpython-3.13.1-linux-x86_64-gnu``, and beside it a link without the last number.
    """
    prefixes = {path.parent.parent for path in (needed, real)}
    if any(prefix == _USUAL or _USUAL in prefix.parents for prefix in prefixes):
        return ()
    parents = {prefix.parent for prefix in prefixes}
    return tuple(sorted(parents if len(prefixes) == 2 and len(parents) == 1 else prefixes))
