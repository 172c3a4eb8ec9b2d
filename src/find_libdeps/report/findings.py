"""What an audit finds wrong: a code, where it is, the cause, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.elf.outcome import Place
from find_libdeps.errors import printable


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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with all the files that show it."""

    level: Level
    code: Code
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

    @property
    def install(self) -> tuple[Package, ...]:
        """The packages to install for what is missing, except for what is only noted."""
        wanted = (f.packages[0] for f in self.findings if f.packages and f.level is not Level.NOTE)
        return tuple(sorted(set(wanted)))

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
        levels = [finding.level for finding in self.findings]
        counted = [(levels.count(level), level.value) for level in LEVELS]
        counts = ", ".join(f"{n} {level}{'' if n == 1 else 's'}" for n, level in counted)
        return f"<Audit of {printable(paths)}, {printable(release)}: {counts}>"

    def is_clean(self, *, strict: bool = False) -> bool:
        """Whether nothing is wrong.

        Args:
            strict: warnings count, too.
        """
        bad = (Level.ERROR, Level.WARNING) if strict else (Level.ERROR,)
        return not any(finding.level in bad for finding in self.findings)
