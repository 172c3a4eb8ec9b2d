"""Needs that stay open, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from find_libdeps.elf.outcome import Found
from find_libdeps.elf.sonames import Soname
from find_libdeps.needs.use import Link, NotOffered, Nowhere, OtherRelease, Role, Use


class Cause(Enum):
    """Why a need stays open."""

    MISSING = "missing"
    UNREACHABLE = "bundled-but-unreachable"
    """It is among the scanned files, but not on this requester's search path: it loads only if
    something else has loaded that library before."""
    BROKEN_WHEEL = "broken-wheel"
    """auditwheel made the name, so only the wheel can have the library, and it does not."""
    LEFT_OUT = "left-out"
    """The wheel brings other libraries of its set (Qt's): a package's copy would not fit these."""
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
        """Whether the builder has it for all requesters, and only its package is unknown."""
        here = all(isinstance(use.need.outcome, Found) for use in self.uses)
        return here and self.cause is not Cause.HOST_INJECTED

    @property
    def copies(self) -> list[PurePosixPath]:
        """Scan files of that name that are not on the requesters' search paths."""
        origins = (use.origin for use in self.uses)
        return sorted(
            {p for o in origins if isinstance(o, Nowhere | NotOffered) for p in o.elsewhere}
        )

    @property
    def directories(self) -> list[PurePosixPath]:
        """The directories of these files, which LD_LIBRARY_PATH could name."""
        return sorted({copy.parent for copy in self.copies})

    @property
    def other_release(self) -> OtherRelease | None:
        """Another release than the target's that has it; None if no index tells of any."""
        origins = (use.origin for use in self.uses)
        known = (o.other_release for o in origins if isinstance(o, NotOffered))
        return next(filter(None, known), None)

    @property
    def link(self) -> Link | None:
        """The link that would do, since a package has the library by another name."""
        origins = (use.origin for use in self.uses)
        return next((o.link for o in origins if isinstance(o, NotOffered) and o.link), None)

    @property
    def required(self) -> bool:
        """Whether a required file asks for it, or what loads it by its name and needs it."""
        return any(use.role is Role.REQUIRED or use.is_needed for use in self.uses)

    @property
    def is_error(self) -> bool:
        """Whether the application can't work without it."""
        return self.required and self.cause not in (Cause.UNREACHABLE, Cause.HOST_INJECTED)
