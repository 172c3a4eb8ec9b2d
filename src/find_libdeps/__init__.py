"""The Debian and Ubuntu packages that the ELF files of a virtualenv need.

`scan_paths` does the work of the command, and a `Report` says what it found out.
"""

from find_libdeps.dpkg import Package
from find_libdeps.elf import Abi, ElfObject, Soname, Tag
from find_libdeps.errors import DatabaseError, ElfError, FindLibdepsError, TreeError
from find_libdeps.loader import Found, How, Missing, Need, Place
from find_libdeps.report import (
    Bundled,
    Cause,
    Copy,
    FromInterpreter,
    Misfit,
    Nowhere,
    PackageUse,
    Report,
    Role,
    Shipped,
    Unpackaged,
    Unresolved,
    Use,
)
from find_libdeps.scan import scan_paths

__all__ = [
    "Abi",
    "Bundled",
    "Cause",
    "Copy",
    "DatabaseError",
    "ElfError",
    "ElfObject",
    "FindLibdepsError",
    "Found",
    "FromInterpreter",
    "How",
    "Misfit",
    "Missing",
    "Need",
    "Nowhere",
    "Package",
    "PackageUse",
    "Place",
    "Report",
    "Role",
    "Shipped",
    "Soname",
    "Tag",
    "TreeError",
    "Unpackaged",
    "Unresolved",
    "Use",
    "scan_paths",
]
