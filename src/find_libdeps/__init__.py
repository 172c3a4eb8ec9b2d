"""Find the Debian and Ubuntu packages that the ELF files of a virtualenv need.

`scan_paths` does the work of ``find-libdeps PATH`` and returns a `Report`; `audit_root` does the
work of ``find-libdeps audit`` and returns an `Audit`: what would not load in an image.
`audit_images` does it for many.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from find_libdeps.audit.audit import audit_root
    from find_libdeps.audit.many import ImageAudit, audit_images
    from find_libdeps.debian.installing import Added, Costs, Installation
    from find_libdeps.debian.package import Package
    from find_libdeps.debian.release import Release
    from find_libdeps.elf.objects import Abi, DlopenNote, ElfObject, Tag
    from find_libdeps.elf.outcome import Found, How, Missing, Need, Place
    from find_libdeps.elf.readers import Reader
    from find_libdeps.elf.sonames import Soname
    from find_libdeps.errors import (
        CacheError,
        DatabaseError,
        ElfError,
        FindLibdepsError,
        FleetError,
        ImageError,
        ReleaseError,
        TreeError,
    )
    from find_libdeps.needs.dlopen import Dlopen
    from find_libdeps.needs.symbol_versions import MissingVersion
    from find_libdeps.needs.use import (
        Bundled,
        FromInterpreter,
        InTarget,
        Link,
        Misfit,
        NotOffered,
        Nowhere,
        Offered,
        OtherRelease,
        Role,
        Shipped,
        Unnamed,
        Unpackaged,
        Use,
    )
    from find_libdeps.python.distribution import Distribution
    from find_libdeps.report.accept import accept_in_audit, accept_in_report
    from find_libdeps.report.findings import (
        Acceptance,
        Audit,
        Code,
        Finding,
        Level,
        ListCode,
        Spot,
    )
    from find_libdeps.report.report import (
        Copy,
        Files,
        LostPython,
        PackageUse,
        PythonFault,
        Report,
    )
    from find_libdeps.report.unresolved import Cause, Unresolved
    from find_libdeps.report.why import (
        Fate,
        Request,
        Unknown,
        WhyDistribution,
        WhyLibrary,
        WhyPackage,
        explain,
    )
    from find_libdeps.roots.caches import DirectoryCache
    from find_libdeps.roots.remote_cache import cache_at
    from find_libdeps.scan.scan import scan_paths

__all__ = [
    "Abi",
    "Acceptance",
    "Added",
    "Audit",
    "Bundled",
    "CacheError",
    "Cause",
    "Code",
    "Copy",
    "Costs",
    "DatabaseError",
    "DirectoryCache",
    "Distribution",
    "Dlopen",
    "DlopenNote",
    "ElfError",
    "ElfObject",
    "Fate",
    "Files",
    "FindLibdepsError",
    "Finding",
    "FleetError",
    "Found",
    "FromInterpreter",
    "How",
    "ImageAudit",
    "ImageError",
    "InTarget",
    "Installation",
    "Level",
    "Link",
    "ListCode",
    "LostPython",
    "Misfit",
    "Missing",
    "MissingVersion",
    "Need",
    "NotOffered",
    "Nowhere",
    "Offered",
    "OtherRelease",
    "Package",
    "PackageUse",
    "Place",
    "PythonFault",
    "Reader",
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
    "accept_in_audit",
    "accept_in_report",
    "audit_images",
    "audit_root",
    "cache_at",
    "explain",
    "scan_paths",
]

_HOMES = (
    *("errors", "elf.sonames", "elf.objects", "elf.outcome", "elf.readers", "debian.package"),
    *(
        "debian.release",
        "python.distribution",
        "needs.use",
        "needs.dlopen",
        "report.findings",
        "report.unresolved",
        "report.report",
        "needs.symbol_versions",
        "debian.installing",
    ),
    *("report.accept", "report.why", "scan.scan", "audit.audit"),
    *("audit.many", "roots.caches", "roots.remote_cache"),
)
"""The modules that define these names, in the order to try them: the cheapest to import first."""


def __getattr__(name: str) -> object:
    """Import a public name on first access, from the module that defines it.

    Importing the package imports nothing else, so the command can handle signals first.
    """
    if name in __all__:
        for module in (import_module(f"find_libdeps.{each}") for each in _HOMES):
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module 'find_libdeps' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, whether they have been imported or not."""
    return sorted({*globals(), *__all__})
