"""What is found wrong: a code, where it is, the cause, what to do, and whether it is accepted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import PurePosixPath

from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.elf.outcome import Place
from find_libdeps.errors import printable
from find_libdeps.needs.use import Use


class Code(Enum):
    """What is wrong. The values are stable: configurations and scripts name them."""

    MISSING_LIBRARY = "missing-library"
    """The loader finds no file for a name that an object asks for."""
    MISSING_BY_NAME = "missing-by-name"
    """Python source, or a dlopen note, names a library that is not there."""
    MISSING_VERSION = "missing-version"
    """The library that is found does not define a symbol version that its requester needs."""
    UNREACHABLE_LIBRARY = "unreachable-library"
    """The library is among the audited files, but not on its requester's search path."""
    WRONG_ARCHITECTURE = "wrong-architecture"
    """The object is for another machine."""
    MUSL_OBJECT = "musl-object"
    """The object is linked against musl, and the system's library is glibc."""
    MISSING_INTERPRETER = "missing-interpreter"
    """What should run a file is not there: a virtualenv's Python, the program that a script names,
    or an executable's dynamic loader."""
    WRONG_PYTHON = "wrong-python"
    """Made for another Python than the one that would load it."""
    NO_LDCONFIG = "no-ldconfig"
    """The root has no program that ``ctypes.util.find_library`` could run."""
    UNKNOWN_NAME = "unknown-name"
    """An import loads a library whose name could not be found out."""
    NOT_EVALUATED = "not-evaluated"
    """Python source of which it is not known what it loads: a part of it was not evaluated."""
    UNREADABLE = "unreadable"
    """A file is broken, or may not be read."""


class ListCode(Enum):
    """What can be wrong with a list, and never in an audit. The values are stable."""

    LIST_DIFFERS = "list-differs"
    """The committed list is not the one that was found."""
    NO_VERSION = "no-version"
    """A package has no version to pin."""
    NO_DATABASE = "no-database"
    """The builder has the library, and no package database that could name its package."""
    UNPACKAGED = "unpackaged"
    """A library of the builder that is in no package."""
    OUTSIDE_LINK = "outside-link"
    """A link leads out of what was scanned."""
    MISFIT = "misfit"
    """An object that the environment's Python can't load."""
    REMARK = "remark"
    """What else there is to know of the list: packages that were left out, or were chosen."""


AnyCode = Code | ListCode


class Level(Enum):
    """How bad a finding is."""

    ERROR = "error"
    """Something that the application needs does not work."""
    WARNING = "warning"
    """Something that the application can do without does not work."""
    NOTE = "note"
    """Worth knowing, but nothing is wrong."""


LEVELS = tuple(Level)
"""All levels, the worst first."""


@dataclass(frozen=True, order=True, slots=True)
class Spot:
    """A file, or a line of Python source, in which something is wrong."""

    path: PurePosixPath
    line: int = 0
    """0 if the whole file is meant."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else str(self.path)


def spots_of(uses: Iterable[Use]) -> tuple[Spot, ...]:
    """The requesters as places of findings."""
    return tuple(dict.fromkeys(Spot(use.need.requester, use.line or 0) for use in uses))


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What somebody knows to be wrong and accepts, for a reason, and mostly for a time.

    Raises:
        ValueError: it has no reason, or would accept whatever is found.
    """

    reason: str
    """Why it is accepted."""
    code: AnyCode | None = None
    """The kind of finding; None for any."""
    name: str = ""
    """A pattern (`fnmatch`) of the names of findings: a soname, a package, a module; empty for
    any."""
    path: str = ""
    """A pattern of the files that show it, or of the ends of their paths; empty for any."""
    until: date | None = None
    """The last day on which it is accepted; None if that has no end."""

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("it has no reason")
        if not (self.code or self.name or self.path):
            raise ValueError("it has neither a code nor a name nor a path")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with all the files that show it."""

    level: Level
    code: AnyCode
    name: str
    """What is missing or wrong: a soname, a version, an interpreter, a file."""
    spots: tuple[Spot, ...]
    """Where it shows, sorted."""
    cause: str
    """Why it is wrong, as a sentence without its full stop."""
    solution: str = ""
    """What to do about it, as a sentence without its full stop; empty if nothing is known."""
    packages: tuple[Package, ...] = ()
    """Packages that have what is missing, the best first."""
    places: tuple[Place, ...] = ()
    """Where the loader looked when the first of `spots` asked, in its order."""
    accepted: tuple[Acceptance, ...] = ()
    """What accepts it, for each of `spots`; empty if it counts."""
    lapsed: tuple[Acceptance, ...] = ()
    """What accepted it, before that came to its end."""

    @property
    def is_error(self) -> bool:
        """Whether something that the application needs does not work."""
        return self.level is Level.ERROR

    @property
    def key(self) -> tuple[AnyCode, str, tuple[Spot, ...]]:
        """What tells it from others."""
        return self.code, self.name, self.spots


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit. Everything in it is sorted: equal roots give equal audits."""

    release: Release | None
    """The release in which packages were looked up; None if unknown."""
    paths: tuple[PurePosixPath, ...]
    """What was looked at."""
    objects: int
    """How many ELF files were looked at."""
    findings: tuple[Finding, ...]
    """The worst first."""
    has_apt: bool = True
    """Whether the root has apt, so that packages can be installed in it."""
    unmatched: tuple[Acceptance, ...] = ()
    """What was to be accepted, and was not found."""
    layers: tuple[str, ...] = ()
    """What names the bytes of each layer of the image, the lowest first; empty if unknown."""

    @property
    def install(self) -> tuple[Package, ...]:
        """The packages for what is missing, except for what is only noted, or is accepted."""
        wanted = (f for f in self.findings if f.level is not Level.NOTE and not f.accepted)
        return tuple(sorted({finding.packages[0] for finding in wanted if finding.packages}))

    def to_json(self, *, strict: bool = False) -> str:
        """The whole audit, as ``audit --format json`` prints it; the README describes its keys.

        Args:
            strict: with warnings, it is not clean.
        """
        import json  # most runs print text

        from find_libdeps.report.document import audit_document

        return json.dumps(audit_document(self, strict=strict), indent=2) + "\n"

    def __repr__(self) -> str:
        """One line; `to_json` tells all."""
        paths, release = ", ".join(map(str, self.paths)), self.release or "an unknown release"
        levels = [finding.level for finding in self.findings if not finding.accepted]
        counted = [(levels.count(level), level.value) for level in LEVELS]
        counts = ", ".join(f"{n} {level}{'' if n == 1 else 's'}" for n, level in counted)
        return f"<Audit of {printable(paths)}, {printable(release)}: {counts}>"

    def is_clean(self, *, strict: bool = False) -> bool:
        """Whether nothing is wrong but what is accepted.

        Args:
            strict: warnings count, too.
        """
        bad = (Level.ERROR, Level.WARNING) if strict else (Level.ERROR,)
        return not any(each.level in bad and not each.accepted for each in self.findings)
