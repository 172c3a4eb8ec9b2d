"""The Debian and Ubuntu packages that the ELF files of a virtualenv need.

`scan_paths` does the work of the command, and a `Report` says what it found out; `audit_root` and
an `Audit` tell what would not load in an image.
"""

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from find_libdeps.audit import audit_root

__all__ = [
    "Abi",
    "Audit",
    "Bundled",
    "Cause",
    "Code",
    "Copy",
    "DatabaseError",
    "Dlopen",
    "DlopenNote",
    "ElfError",
    "ElfObject",
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
    "Role",
    "Shipped",
    "Soname",
    "Spot",
    "Tag",
    "TreeError",
    "Unnamed",
    "Unpackaged",
    "Unresolved",
    "Use",
    "audit_root",
    "scan_paths",
]


def __getattr__(name: str) -> object:
    """Import the audit when it is asked for (PEP 562): scans would only wait for it."""
    if name == "audit_root":
        from find_libdeps.audit import audit_root

        return audit_root
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
