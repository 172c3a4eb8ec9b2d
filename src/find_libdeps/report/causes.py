"""A clause for each cause for which a need stays open; the list and the audit share them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from find_libdeps.debian.typelibs import Wanted, wanted_by
from find_libdeps.elf.sonames import Soname, library_set
from find_libdeps.errors import quoted
from find_libdeps.needs.use import Link
from find_libdeps.python.cuda_wheels import cuda_wheels
from find_libdeps.report.unresolved import Cause, Unresolved

LOADS_AFTER_ANOTHER = "it loads only if something else has loaded that copy before"
"""What messages add for a library that exists, but is not on its requester's search path."""


def library_path(directories: Iterable[PurePosixPath]) -> str:
    """What makes the loader find the libraries in some directories."""
    joined = quoted(":".join(map(str, directories)))
    return f"ENV LD_LIBRARY_PATH={joined} makes it certain (--library-path tells find-libdeps)"


def wheels_that_have_it(soname: Soname) -> str:
    """The advice for a library of CUDA; empty for any other."""
    wheels = " or ".join(cuda_wheels(soname))
    return f"install the wheel {wheels} in the virtualenv" if wheels else ""


TOO_NEW = "it was built for a newer system: build it on this release, or start from a newer one"
"""What to do about a file that needs a symbol version that its library does not define."""


def who_has_it(unresolved: Unresolved, release: str = "") -> str:
    """Who has a library that no package for targets has.

    Args:
        unresolved: the need; its cause is that it has no provider.
        release: the target's release, if it is to be named.
    """
    link, other, soname = unresolved.link, unresolved.other_release, unresolved.soname
    of_release = f" of {release}" if release else ""
    clauses = [f"no package{of_release} has it"]
    if link and link.development:
        clauses = [f"only {link.development}{of_release} has that link"]
    if other:  # ``libaio1 of debian:12 has it``
        what = "it" if other.soname == soname else other.soname
        clauses.append(f"{other.package.name} of {other.release} has {what}")
    if link:
        completes = f"{link.path.name}." in link.leads_to
        rule = ", and the loader completes no name" if completes else ""
        clauses.append(f"{link.package} has {link.leads_to}{rule}")
    return "; ".join(clauses)


def link_to_make(link: Link) -> str:
    """What to do about it: a link beside the library, or the package that brings one."""
    link_alone = f"install {link.package} and run ln -s {quoted(link.leads_to)} {quoted(link.path)}"
    if not link.development:
        return link_alone
    return f"{link_alone}, or install {link.development} with all that it is for building"


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
        case Cause.MISSING | Cause.NO_PROVIDER:
            return f"{finder} finds no file of that name"
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
