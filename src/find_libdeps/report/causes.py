"""A clause for each cause for which a need stays open; the list and the audit share them."""

from __future__ import annotations

from find_libdeps.debian.typelibs import Wanted, wanted_by
from find_libdeps.elf.sonames import Soname, library_set
from find_libdeps.needs.use import OtherRelease
from find_libdeps.report.report import Cause

LOADS_AFTER_ANOTHER = "it loads only if something else has loaded that copy before"
"""What messages add for a library that exists, but is not on its requester's search path."""


def has_it(other: OtherRelease, soname: Soname) -> str:
    """``libaio1 of debian:12 has it``: which package of another release has a library."""
    what = "it" if other.soname == soname else other.soname
    return f"{other.package.name} of {other.release} has {what}"


def clause(cause: Cause, soname: Soname, copy: str = "the copy beside it") -> str:
    """Why nothing on the list meets a need.

    Args:
        cause: the cause.
        soname: the name that is asked for.
        copy: what to call the library that the requester's search path does not reach.
    """
    is_typelib = wanted_by(soname) is Wanted.TYPELIB
    finder = "GObject's repository" if is_typelib else "the loader"
    match cause:
        case Cause.MISSING:
            return f"{finder} finds no file of that name"
        case Cause.NO_PROVIDER:
            return f"{finder} finds no file of that name, and no package has it"
        case Cause.NO_DATABASE:
            return "the root has no dpkg database (/var/lib/dpkg) that names its package"
        case Cause.UNREACHABLE:
            return f"{copy} is not on its requester's search path"
        case Cause.BROKEN_WHEEL:
            return "its wheel should have brought it, and no package has a library of that name"
        case Cause.LEFT_OUT:
            parts = f"{library_set(soname)}*.so"
            return f"its wheel brings other {parts}, beside which that of a package would not do"
        case Cause.HOST_INJECTED:
            return "the container runtime mounts it"
