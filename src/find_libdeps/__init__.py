"""The Debian and Ubuntu packages that the ELF files of a virtualenv need.

`scan_paths` does the work of the command, and a `Report` says what it found out.
"""

from find_libdeps.distribution import Distribution
from find_libdeps.dpkg import Package
from find_libdeps.elf import Abi, DlopenNote, ElfObject, Soname, Tag
from find_libdeps.errors import (
    DatabaseError,
    ElfError,
    FindLibdepsError,
    ReleaseError,
    TreeError,
)
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
    "Bundled",
    "Cause",
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
    "Found",
    "FromInterpreter",
    "How",
    "InTarget",
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
    "explain",
    "scan_paths",
]
