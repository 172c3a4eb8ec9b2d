"""Judgement without wording: what to install, what to copy, what is missing, and why."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import PurePosixPath
from typing import TypeAlias

from find_libdeps.distribution import Distribution
from find_libdeps.dpkg import Package
from find_libdeps.elf import Abi, Soname
from find_libdeps.errors import FindLibdepsError
from find_libdeps.loader import Found, Need
from find_libdeps.release import Release

DPKG = "dpkg"
"""The source of names that the root's own package database gives."""

SCHEMA_VERSION = 1
"""Raised when a consumer of the JSON would have to change."""

HOST_INJECTED = (
    "libcuda.so*",
    "libcudadebugger.so*",
    "libnvcuvid.so*",
    "libnvidia-*.so*",
    "libnvoptix.so*",
    "libGLX_nvidia.so*",
    "libEGL_nvidia.so*",
    "libGLESv1_CM_nvidia.so*",
    "libGLESv2_nvidia.so*",
    "libvdpau_nvidia.so*",
)
"""Parts of the host's graphics driver, which the NVIDIA container runtime mounts into a container:
they must fit the kernel, so no image can bring them."""

_SET = re.compile(r"libQt[56]")
_HASHED = re.compile(r"lib.+-[0-9a-f]{8}\.so(?:\.\d+)*\Z")
"""A library as auditwheel renames it when it copies it into a wheel."""


class Role(Enum):
    """What a file is to the application."""

    REQUIRED = "required"
    """An extension module or an executable, or reached from one."""
    PLUGIN = "plugin"
    """Any other object: something may load it, and may do without."""
    DLOPEN = "dlopen"
    """Python source that loads a library by its name."""


@dataclass(frozen=True, slots=True)
class Bundled:
    """Found among the scanned files."""


@dataclass(frozen=True, slots=True)
class FromInterpreter:
    """``libpython3.x.so``, which comes with the interpreter and not from a package."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """Found in files that packages ship."""

    packages: tuple[Package, ...]
    """The owners of the file and of the links on the way to it."""
    others: tuple[Package, ...] = ()
    """Packages that have the same path in their lists."""


@dataclass(frozen=True, slots=True)
class Unpackaged:
    """Found in a file that no package ships."""

    chain: tuple[PurePosixPath, ...]
    """The links on the way, and the file."""


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Found, but the root has no package database that could tell whose it is."""


@dataclass(frozen=True, slots=True)
class InTarget:
    """The target has it already."""


@dataclass(frozen=True, slots=True)
class Offered:
    """In packages of the target's release, as its indices say."""

    package: Package
    """The one to install."""
    others: tuple[Package, ...]
    """Others that have it, the next best first."""
    source: str
    """Who says so: ``apt``, or an index with its release and date."""


@dataclass(frozen=True, slots=True)
class NotOffered:
    """In no package of the target's release."""

    shipped: tuple[Package, ...] = ()
    """The builder's packages that have it."""
    elsewhere: tuple[PurePosixPath, ...] = ()
    """Scanned files of that name which the requester's search path does not reach."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Not found by the loader."""

    elsewhere: tuple[PurePosixPath, ...] = ()
    """Scanned files of that name which the requester's search path does not reach."""
    sibling: PurePosixPath | None = None
    """A scanned library of the same set, beside which no other copy of the set will do."""
    is_own: bool = False
    """Whether only the requester's own package, or its interpreter, can have it."""


Origin: TypeAlias = (
    Bundled
    | FromInterpreter
    | Shipped
    | Unpackaged
    | Unnamed
    | InTarget
    | Offered
    | NotOffered
    | Nowhere
)


@dataclass(frozen=True, slots=True)
class Use:
    """One need, whose it is, and where it is met."""

    need: Need
    abi: Abi
    """The ABI of the requester, and so of what it asks for."""
    role: Role
    origin: Origin
    line: int | None = None
    """The line of the source that asks."""
    at_import: bool | None = None
    """Whether importing its package loads it; None: it needs no Python to be asked for, or nothing
    depends on the answer.
    """
    distribution: Distribution | None = None
    """Which one brought the requester; None: no RECORD has it."""

    def brought_by(self, distribution: Distribution | None) -> Use:
        """The same of a file that a distribution has."""
        # dataclasses.replace would take three times as long, and there are thousands
        given = (self.need, self.abi, self.role, self.origin, self.line, self.at_import)
        return Use(*given, distribution)


@dataclass(frozen=True, slots=True)
class PackageUse:
    """A package that the scanned files need."""

    package: Package
    uses: tuple[Use, ...]
    essential: bool
    """Whether every system of the release has it anyway (Debian Policy 3.8)."""
    others: tuple[Package, ...] = ()
    """Packages that could have been named in its place."""
    source: str = DPKG
    """Where the name comes from: ``dpkg``, ``apt``, or an index with its release and date."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Files that no package ships; the target needs them copied."""

    files: tuple[PurePosixPath, ...]
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Files:
    """What has to be copied into a target that has no packages at all."""

    places: tuple[PurePosixPath, ...]
    """Files and links, each below directories that are no links."""
    absent: tuple[Use, ...] = ()
    """What they need, and the builder does not have."""
    problems: tuple[FindLibdepsError, ...] = ()


class Cause(Enum):
    """Why a need stays open."""

    MISSING = "missing"
    UNREACHABLE = "bundled-but-unreachable"
    """It is among the scanned files, but this requester's search path does not lead there: it
    loads only if something else has loaded that library before."""
    BROKEN_WHEEL = "broken-wheel"
    """A name that auditwheel made: only the wheel itself can have the library, and it has not."""
    LEFT_OUT = "left-out"
    """A library of a set of which the wheel brings other parts. These fit each other only."""
    HOST_INJECTED = "host-injected"
    """The container runtime brings it."""
    NO_DATABASE = "no-database"
    """It was found, but the root has no package database that could name its package."""
    NO_PROVIDER = "no-provider"
    """No package of the target's release has it."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A need that no package on the list meets."""

    soname: Soname
    cause: Cause
    uses: tuple[Use, ...]

    @property
    def is_only_unowned(self) -> bool:
        """Whether the builder has it for all who ask, and merely no package is known for it."""
        here = all(isinstance(use.need.outcome, Found) for use in self.uses)
        return here and self.cause is not Cause.HOST_INJECTED

    @property
    def required(self) -> bool:
        """Whether a required file asks for it."""
        return any(use.role is Role.REQUIRED for use in self.uses)

    @property
    def is_error(self) -> bool:
        """Whether the application can't work without it."""
        return self.required and self.cause not in (Cause.UNREACHABLE, Cause.HOST_INJECTED)


@dataclass(frozen=True, slots=True)
class Misfit:
    """An object that the root's processes can't load."""

    path: PurePosixPath
    reason: str
    is_error: bool
    """Whether the application needs the file."""
    python: str | None = None
    """The version of Python that it is for, if that is why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A file or directory that could not be read."""

    error: FindLibdepsError
    is_error: bool
    """Whether the application needs it: Python would load it, or look into it."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a scan found out. Everything in it is sorted: equal trees give equal reports."""

    paths: tuple[PurePosixPath, ...]
    """What was scanned, as places inside the root."""
    release: Release | None
    """The target's release, to which the names belong; None: unknown."""
    objects: int
    """How many ELF files there are."""
    packages: tuple[PackageUse, ...] = ()
    """Everything needed, Debian's essential packages included."""
    hints: tuple[PackageUse, ...] = ()
    """Packages that some code would load a library of, which importing it does not run."""
    copies: tuple[Copy, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    met: tuple[Use, ...] = ()
    """Needs that the scanned files, the interpreter or the target meet themselves."""
    distributions: tuple[Distribution, ...] = ()
    """What is installed where the scanned files are."""
    misfits: tuple[Misfit, ...] = ()
    """Objects for musl or another architecture than the environment's Python; extension modules for
    another Python than their directory.
    """
    links: tuple[tuple[PurePosixPath, PurePosixPath], ...] = ()
    """Links by which Python would load something that is not among what was scanned, and where
    they lead: they lead there in the target only if that is copied, too.
    """
    problems: tuple[Problem, ...] = ()
    find_library_fails: bool = False
    """Whether the target has nothing by which ``ctypes.util.find_library`` finds what is listed."""
    files: Files | None = None
    """What a target without packages needs; None: nobody asked."""

    def to_install(self, *, essential: bool = False) -> tuple[Package, ...]:
        """The list for the target stage.

        Args:
            essential: also name what every Debian system has.
        """
        return tuple(use.package for use in self.packages if essential or not use.essential)

    def is_complete(self, *, strict: bool = False) -> bool:
        """Whether the list makes everything required load.

        Args:
            strict: everything else, too, and without anything to copy.
        """
        if strict:
            opened = (u for u in self.unresolved if u.cause is not Cause.HOST_INJECTED)
            return not any((*opened, *self.copies, *self.misfits, *self.links, *self.problems))
        errors = [unresolved.is_error for unresolved in self.unresolved]
        errors += [misfit.is_error for misfit in self.misfits]
        errors += [problem.is_error for problem in self.problems]
        return not (any(errors) or (self.files and self.files.absent))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of all needs."""

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
    for use in sorted(uses, key=_order):
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
    return Cause.BROKEN_WHEEL if _HASHED.match(soname) else Cause.MISSING


@dataclass(slots=True)
class _Wanted:
    """What leads to one package."""

    uses: list[Use] = field(default_factory=list)
    others: set[Package] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)

    def add(self, use: Use, others: Iterable[Package], source: str) -> None:
        self.uses.append(use)
        self.others.update(others)
        self.sources.add(source)


def packages_of(origin: Origin) -> tuple[Package, ...]:
    """The packages that a need leads to, if it leads to any."""
    match origin:
        case Shipped(packages=packages):
            return packages
        case Offered(package=package):
            return (package,)
    return ()


def library_set(soname: str) -> str | None:
    """What a library has to come from one source with: Qt's, whose parts use each other's private
    interfaces, and refuse those of another Qt (its symbol version ``Qt_6_PRIVATE_API``).
    """
    found = _SET.match(soname)
    return found[0] if found else None


@cache
def can_be_packaged(soname: Soname) -> bool:
    """Whether it makes sense to ask a distribution for a library of this name."""
    return not ("/" in soname or _HASHED.match(soname) or is_host_injected(soname))


@cache
def is_host_injected(soname: Soname) -> bool:
    """Whether the container runtime brings it."""
    return any(fnmatchcase(soname, pattern) for pattern in HOST_INJECTED)


def _order(use: Use) -> tuple[str, bool, str, str]:
    need = use.need
    place = str(getattr(need.outcome, "path", ""))
    return need.soname, use.role is not Role.REQUIRED, str(need.requester), place
