"""The Debian and Ubuntu packages that the ELF files of a virtualenv need.

`scan_paths` does the work of the command, and a `Report` says what it found out; `audit_root` and
an `Audit` tell what would not load in an image.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from find_libdeps.audit import audit_root
    from find_libdeps.distribution import Distribution
    from find_libdeps.dpkg import Package
    from find_libdeps.elf import Abi, DlopenNote, ElfObject, Soname, Tag
    from find_libdeps.errors import (
        DatabaseError,
        ElfError,
        FindLibdepsError,
        ImageError,
        ReleaseError,
        TreeError,
    )
    from find_libdeps.finding import Audit, Code, Finding, Level, Spot
    from find_libdeps.loader import Found, How, Missing, Need, Place
    from find_libdeps.release import Release
    from find_libdeps.report import (
        Bundled,
        Cause,
        Copy,
        Files,
        FromInterpreter,
        InTarget,
        Misfit,
        NotOffered,
        Nowhere,
        Offered,
        PackageUse,
        Report,
        Role,
        Shipped,
        Unnamed,
        Unpackaged,
        Unresolved,
        Use,
    )
    from find_libdeps.scan import Dlopen, scan_paths
    from find_libdeps.why import (
        Fate,
        Request,
        Unknown,
        WhyDistribution,
        WhyLibrary,
        WhyPackage,
        explain,
    )

__all__ = [
    "Abi",
    "Audit",
    "Bundled",
    "Cause",
    "Code",
    "Copy",
    "DatabaseError",
    "Distribution",
    "Dlopen",
    "DlopenNote",
    "ElfError",
    "ElfObject",
    "Fate",
    "Files",
    "FindLibdepsError",
    "Finding",
    "Found",
    "FromInterpreter",
    "How",
    "ImageError",
    "InTarget",
    "Level",
    "Misfit",
    "Missing",
    "Need",
    "NotOffered",
    "Nowhere",
    "Offered",
    "Package",
    "PackageUse",
    "Place",
    "Release",
    "ReleaseError",
    "Report",
    "Request",
    "Role",
    "Shipped",
    "Soname",
    "Spot",
    "Tag",
    "TreeError",
    "Unknown",
    "Unnamed",
    "Unpackaged",
    "Unresolved",
    "Use",
    "WhyDistribution",
    "WhyLibrary",
    "WhyPackage",
    "audit_root",
    "explain",
    "scan_paths",
]

_MODULES = (
    *("errors", "elf", "loader", "dpkg", "distribution", "release", "report", "scan", "why"),
    *("finding", "audit"),
)


def __getattr__(name: str) -> object:
    """A public name, from the module that defines it. The command is to be here before them all,
    for the signals that it may get meanwhile.
    """
    if name in __all__:
        for module in (import_module(f"find_libdeps.{each}") for each in _MODULES):
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module 'find_libdeps' has no attribute {name!r}")
