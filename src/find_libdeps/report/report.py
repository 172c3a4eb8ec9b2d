"""All that a scan found out, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.elf.outcome import Found
from find_libdeps.elf.sonames import Soname
from find_libdeps.needs.use import Misfit, NotOffered, Nowhere, Problem, Role, Use
from find_libdeps.python.distribution import Distribution

DPKG = "dpkg"
"""The source of names that the root's own package database gives."""


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
    problems: tuple[Problem, ...] = ()


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
    def copies(self) -> list[PurePosixPath]:
        """Scanned files of that name which the requesters' search paths do not reach."""
        origins = (use.origin for use in self.uses)
        return sorted(
            {p for o in origins if isinstance(o, Nowhere | NotOffered) for p in o.elsewhere}
        )

    @property
    def required(self) -> bool:
        """Whether a required file asks for it."""
        return any(use.role is Role.REQUIRED for use in self.uses)

    @property
    def is_error(self) -> bool:
        """Whether the application can't work without it."""
        return self.required and self.cause not in (Cause.UNREACHABLE, Cause.HOST_INJECTED)


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
