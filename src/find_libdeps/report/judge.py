"""The verdict: what to install, what to copy, what is missing, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.debian.package import Package
from find_libdeps.elf.sonames import Soname, is_hashed, is_host_injected
from find_libdeps.needs.use import (
    Bundled,
    FromInterpreter,
    InTarget,
    NotOffered,
    Nowhere,
    Offered,
    Role,
    Shipped,
    Unnamed,
    Unpackaged,
    Use,
)
from find_libdeps.report.report import DPKG, Copy, PackageUse
from find_libdeps.report.unresolved import Cause, Unresolved


class Verdict(NamedTuple):
    """All needs, sorted by what to do about them."""

    packages: tuple[PackageUse, ...]
    copies: tuple[Copy, ...]
    unresolved: tuple[Unresolved, ...]
    met: tuple[Use, ...]


def judge(uses: Iterable[Use], is_essential: Callable[[Package], bool]) -> Verdict:
    """Sort needs into what to install, what to copy, and what stays open."""
    wanted: dict[Package, _Wanted] = defaultdict(_Wanted)
    copied: dict[tuple[PurePosixPath, ...], list[Use]] = defaultdict(list)
    opened: dict[tuple[Soname, Cause], list[Use]] = defaultdict(list)
    met: list[Use] = []
    for use in sorted(uses, key=_sort_key):
        soname = use.need.soname
        match use.origin:
            case Bundled() | FromInterpreter() | InTarget():
                met.append(use)
            case _ if is_host_injected(soname):
                opened[soname, Cause.HOST_INJECTED].append(use)
            case Shipped(packages=packages, others=others):
                for package in packages:
                    wanted[package].add(use, others, DPKG)
            case Offered(package=package, others=others, source=source):
                wanted[package].add(use, others, source)
            case Unpackaged(chain=chain):
                copied[chain].append(use)
            case Unnamed():
                opened[soname, Cause.NO_DATABASE].append(use)
            case NotOffered(elsewhere=elsewhere):
                cause = Cause.UNREACHABLE if elsewhere else Cause.NO_PROVIDER
                opened[soname, cause].append(use)
            case Nowhere() as nowhere:
                opened[soname, _cause(soname, nowhere)].append(use)
    return Verdict(
        packages=tuple(
            PackageUse(
                package,
                tuple(each.uses),
                is_essential(package),
                tuple(sorted(each.others - {package})),
                min(each.sources, key=lambda source: (source != DPKG, source)),
            )
            for package, each in sorted(wanted.items())
        ),
        copies=tuple(Copy(files, tuple(users)) for files, users in sorted(copied.items())),
        unresolved=tuple(
            Unresolved(soname, cause, tuple(users))
            for (soname, cause), users in sorted(opened.items(), key=lambda item: str(item[0]))
        ),
        met=tuple(met),
    )


def _cause(soname: Soname, nowhere: Nowhere) -> Cause:
    if nowhere.elsewhere:
        return Cause.UNREACHABLE
    if nowhere.sibling:
        return Cause.LEFT_OUT
    return Cause.BROKEN_WHEEL if is_hashed(soname) else Cause.MISSING


@dataclass(slots=True)
class _Wanted:
    """What makes one package needed."""

    uses: list[Use] = field(default_factory=list)
    others: set[Package] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)

    def add(self, use: Use, others: Iterable[Package], source: str) -> None:
        self.uses.append(use)
        self.others.update(others)
        self.sources.add(source)


def _sort_key(use: Use) -> tuple[str, bool, str, str]:
    need = use.need
    place = str(getattr(need.outcome, "path", ""))
    return need.soname, use.role is not Role.REQUIRED, str(need.requester), place
