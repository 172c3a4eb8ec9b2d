"""Which symbol versions files need that their libraries do not define (glibc elf/dl-version.c)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import filterfalse
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.debian.index import FLOOR
from find_libdeps.debian.package import Package
from find_libdeps.debian.symbol_versions import has_version
from find_libdeps.elf.outcome import Found
from find_libdeps.needs.system import System
from find_libdeps.needs.target import Target
from find_libdeps.needs.use import InTarget, NotOffered, Offered, Role, Shipped, Use


@dataclass(frozen=True, slots=True)
class MissingVersion:
    """A symbol version that a library does not define, and who needs it."""

    version: str
    """``GLIBC_2.38``."""
    path: PurePosixPath | None
    """The library; None if it is not in the builder, nor in a target that can be looked at."""
    package: Package | None
    """The package that has it; None if none does."""
    uses: tuple[Use, ...]

    @property
    def is_error(self) -> bool:
        """Whether a required file needs it."""
        return any(use.role is Role.REQUIRED for use in self.uses)


class _Library(NamedTuple):
    """What meets a need, and which versions it defines."""

    path: PurePosixPath | None
    package: Package | None
    has: Callable[[str], bool]


def missing_versions(
    uses: Iterable[Use], system: System, target: Target | None = None
) -> Iterator[MissingVersion]:
    """The symbol versions that are needed, but not defined.

    Args:
        uses: the needs of objects, with the origins that hold in the target.
        system: the root that they are in.
        target: where they go; None if they stay.
    """
    found = defaultdict[tuple[str, PurePosixPath | None, Package | None], list[Use]](list)
    for use in uses:
        needed = needed_versions(use, system)
        if needed and (library := _library(use, system, target)):
            for version in filterfalse(library.has, needed):
                found[version, library.path, library.package].append(use)
    for (version, path, package), group in sorted(found.items(), key=lambda i: _sort_key(*i[0])):
        yield MissingVersion(version, path, package, tuple(group))


def needed_versions(use: Use, system: System) -> list[str]:
    """The symbol versions that a requester needs of the library that a need is for."""
    if use.role is Role.DLOPEN:  # a source
        return []
    requester = system.tree.resolve(use.need.requester)
    needed = system.versions(requester).needed if requester else ()
    return [each for soname, names in needed if soname == use.need.soname for each in names]


def _library(use: Use, system: System, target: Target | None) -> _Library | None:
    """What will meet a need; None if nothing is known of it."""
    match use.origin:
        case InTarget() if target and target.system:
            return _in_file(target.system, target.system.find(use.need.soname, use.abi))
        case Offered(package=package) if target:
            version = target.floor.get(package.architecture, {}).get(package.name)
            if version is None:
                return None
            of_release = Package(package.name, package.architecture, version)
            return _Library(None, of_release, lambda each: has_version(package.name, version, each))
        case NotOffered():
            return None
        case Shipped() if target and not target.is_builders:
            return None
    return _in_file(system, use.need.outcome)


def _in_file(system: System, outcome: object) -> _Library | None:
    path = system.tree.resolve(outcome.path) if isinstance(outcome, Found) else None
    defined = system.versions(path).defined if path else None
    if path is None or defined is None:  # a library without versions meets any need
        return None
    return _Library(path, next(iter(system.owners(path)), None), defined.__contains__)


def _sort_key(
    version: str, path: PurePosixPath | None, package: Package | None
) -> tuple[str, str, str, list[int], str]:
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    name = version.rpartition("_")[0]
    return str(path or ""), str(package or ""), name, numbers, version


def index_without_versions(uses: Iterable[Use], system: System, target: Target) -> str:
    """The source of an index that does not tell the C library's version, though that may matter.

    Indexes that older versions of find-libdeps made do not tell it. Empty if all is known.
    """
    sources = (
        use.origin.source
        for use in uses
        if isinstance(use.origin, Offered)
        and use.origin.package.name in FLOOR
        and use.origin.package.architecture not in target.floor
        and needed_versions(use, system)
    )
    return next(sources, "")
