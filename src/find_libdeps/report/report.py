"""All that a scan found out, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.errors import printable
from find_libdeps.needs.loads import NewestTypelib, PassedOver, Unfinished, UnknownLoad
from find_libdeps.needs.may_load import MayLoad
from find_libdeps.needs.symbol_versions import MissingVersion
from find_libdeps.needs.use import Misfit, Problem, Use
from find_libdeps.python.distribution import Distribution
from find_libdeps.report.unresolved import Unresolved

if TYPE_CHECKING:
    from collections.abc import Callable

    from find_libdeps.debian.installing import Costs, Installation
    from find_libdeps.report.findings import Acceptance, Finding

DPKG = "dpkg"
"""`PackageUse.source` of the names that come from the builder's own package database."""


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
    """Files that no package ships, so that they have to be copied into the target."""

    files: tuple[PurePosixPath, ...]
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Files:
    """What has to be copied into a target in which no packages are installed."""

    places: tuple[PurePosixPath, ...]
    """Files and links to copy; the directories in their paths are no links."""
    absent: tuple[Use, ...] = ()
    """Needs for which the builder has no file."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """An observed run whose needs count, too."""

    is_of_these: bool
    """Whether anything of it is about the scanned files."""
    is_complete: bool
    """Whether all that was told of it could be read."""


def _nothing() -> None:
    """Tells nothing."""


class PythonFault(Enum):
    """Why a virtual environment may not find its Python in the target."""

    NOWHERE = "nowhere"
    """Not even the builder has it."""
    UNUSUAL = "unusual"
    """The builder has it where few images have one, and the target is not known."""
    NOT_IN_TARGET = "not-in-target"
    OTHER_VERSION = "other-version"
    """The target has another version of Python there."""


@dataclass(frozen=True, slots=True)
class LostPython:
    """A virtual environment whose Python the target lacks, or may lack."""

    python: PurePosixPath
    """Its own ``bin/python``."""
    needed: PurePosixPath
    """What that leads to, outside of the environment."""
    fault: PythonFault
    versions: tuple[str, ...]
    """The versions of Python that the environment has packages for."""
    copies: tuple[PurePosixPath, ...]
    """Directories of the builder that have this Python; empty if it came with the image."""
    is_packaged: bool
    """Whether a package of the builder has it."""
    is_error: bool
    """Whether the target is known, and has no package with it in its release."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a scan found out. Everything in it is sorted: equal trees give equal reports."""

    paths: tuple[PurePosixPath, ...]
    """What was scanned, as places inside the root."""
    release: Release | None
    """The target's release, in which packages have these names; None if unknown."""
    objects: int
    """How many ELF files there are."""
    packages: tuple[PackageUse, ...] = ()
    """Everything needed, Debian's essential packages included."""
    hints: tuple[PackageUse, ...] = ()
    """Packages with libraries that Python source loads on demand only, not at import, or that
    compiled code may load.
    """
    may_load: tuple[MayLoad, ...] = ()
    """Libraries that compiled code may load, and of which no package is known."""
    unsearched: tuple[tuple[PurePosixPath, int], ...] = ()
    """Objects whose data was not searched to its end for names of libraries, and how many bytes of
    it were not.
    """
    programs: tuple[PackageUse, ...] = ()
    """Packages of programs that Python source runs, if the caller did not ask to list these."""
    programs_without_package: tuple[Use, ...] = ()
    """Programs that Python source runs, and that no package is known to have."""
    alternatives: tuple[PackageUse, ...] = ()
    """Packages with libraries of extension modules in whose place another file is loaded."""
    spared: tuple[PackageUse, ...] = ()
    """Packages that only plugins need, if the caller did not ask for these."""
    replaced: tuple[tuple[PurePosixPath, PurePosixPath], ...] = ()
    """These modules, and the files that are loaded in their places."""
    copies: tuple[Copy, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    met: tuple[Use, ...] = ()
    """Needs that the scanned files, the interpreter or the target meet."""
    distributions: tuple[Distribution, ...] = ()
    """The distributions that are installed where the scanned files are."""
    misfits: tuple[Misfit, ...] = ()
    """Objects for musl or another architecture than the environment's Python; extension modules for
    another Python than their directory.
    """
    links: tuple[tuple[PurePosixPath, PurePosixPath], ...] = ()
    """Links that Python would follow out of what was scanned, and where they lead: the target needs
    a copy of that, too.
    """
    problems: tuple[Problem, ...] = ()
    unknown_loads: tuple[UnknownLoad, ...] = ()
    """Where an import loads a library whose name could not be found out."""
    unfinished: tuple[Unfinished, ...] = ()
    """Imports that were not followed to their ends."""
    own_code: tuple[PurePosixPath, ...] = ()
    """Where the application's own code is; what that does not reach is in `hints`."""
    newest: tuple[NewestTypelib, ...] = ()
    """Typelibs that are taken for their version, since none is required."""
    passed_over: tuple[PassedOver, ...] = ()
    """Sources, and places in them, that were not evaluated."""
    pythons: tuple[LostPython, ...] = ()
    """Virtual environments that will not find their Python in the target, or may not."""
    missing_versions: tuple[MissingVersion, ...] = ()
    """Symbol versions, such as GLIBC_2.38, that libraries of the target do not define."""
    index_without_versions: str = ""
    """The index that does not tell the C library's version, if that may matter."""
    find_library_fails: bool = False
    """Whether ``ctypes.util.find_library`` is used, and can't work in the target."""
    files: Files | None = None
    """What to copy into a target without packages; None if the caller did not ask."""
    accepted: tuple[Finding, ...] = ()
    """What is wrong, and does not count since it is accepted."""
    lapsed: tuple[Finding, ...] = ()
    """What is wrong and was accepted, and counts since that has come to its end."""
    unmatched: tuple[Acceptance, ...] = ()
    """What was to be accepted, and was not found."""
    observed: ObservedRun | None = None
    """The observed run that the caller named; None if none was."""
    costs: Callable[[], Costs | None] = field(default=_nothing, compare=False, repr=False)
    """Tells what installing packages of the report takes; None if that is not known. It is found
    out when it is first asked for.
    """

    @property
    def only_observed(self) -> tuple[PackageUse, ...]:
        """What is listed because an observed run loaded it, and would not be by reading alone."""
        return tuple(
            each
            for each in self.packages
            if not each.essential and all(use.heard for use in each.uses)
        )

    @property
    def has_gaps(self) -> bool:
        """Whether it is not known of all Python sources what their imports load."""
        decisive = [each.is_root for each in self.unfinished]
        decisive += [each.is_root for each in self.passed_over]
        return bool(self.unknown_loads) or any(decisive)

    def to_install(self, *, essential: bool = False) -> tuple[Package, ...]:
        """The packages to install in the target.

        Args:
            essential: include what every Debian system has.
        """
        return tuple(use.package for use in self.packages if essential or not use.essential)

    @property
    def added(self) -> Installation | None:
        """What installing the list adds to the target; None if that is not known.

        Raises:
            ReleaseError: the index that tells is damaged.
        """
        costs = self.costs()
        return costs.of(self.to_install()) if costs else None

    def to_json(self, *, essential: bool = False) -> str:
        """The whole report, as ``--format json`` prints it; report.schema.json describes it.

        Args:
            essential: include what every Debian system has in the list to install.
        """
        import json  # most runs print the plain list

        from find_libdeps.report.document import report_document

        return json.dumps(report_document(self, essential=essential), indent=2) + "\n"

    def __repr__(self) -> str:
        """One line; `to_json` tells all."""
        paths, release = ", ".join(map(str, self.paths)), self.release or "an unknown release"
        counts = f"{len(self.to_install())} to install, {len(self.unresolved)} unresolved"
        return f"<Report of {printable(paths)} for {printable(release)}: {counts}>"

    def is_complete(self, *, strict: bool = False) -> bool:
        """Whether all that is required will load with the list, but for what is accepted.

        Args:
            strict: whether everything will load, with nothing left to copy.
        """
        from find_libdeps.report.list_findings import findings_of, without_accepted

        found = findings_of(without_accepted(self))
        return not (found if strict else any(finding.is_error for finding in found))
