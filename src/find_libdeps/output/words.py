"""The words that several kinds of output share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.debian.release import Release
from find_libdeps.debian.typelibs import Wanted
from find_libdeps.elf.outcome import ABSENT, Found, How, Missing
from find_libdeps.errors import printable
from find_libdeps.needs.use import OWN_CODE, Line, Role, Use, Way
from find_libdeps.python.venv import SITES
from find_libdeps.report.findings import AnyCode, ListCode, Spot

WIDTH = 96
"""Most characters in a line that tells a way, if its parts are not longer."""


def plural(count: int, word: str) -> str:
    """A word as it stands behind a number: ``file``, ``files``."""
    return word if count == 1 else f"{word}s"


class Message(NamedTuple):
    """Something that the user must know in addition to the list."""

    level: str
    """``error``, ``warning`` or ``note``."""
    headline: str
    details: tuple[str, ...] = ()
    code: AnyCode = ListCode.REMARK
    spots: tuple[Spot, ...] = ()
    """Where it shows, if it is about files."""


RULES = {
    How.PATH: "by its path",
    How.LOADED: "loaded already by that time",
    How.RPATH: "by an RPATH",
    How.LD_LIBRARY_PATH: "by LD_LIBRARY_PATH",
    How.RUNPATH: "by its requester's RUNPATH",
    How.LD_SO_CONF: "by ld.so.conf",
    How.DEFAULT: "in one of the loader's own directories",
    How.TYPELIB: "in a directory of GObject's repository",
    How.PROGRAM: "in a directory of $PATH",
}
"""The rules by which a library or a typelib is found, in words."""

_SYSTEMS = (How.LD_SO_CONF, How.DEFAULT, How.TYPELIB, How.PROGRAM)
"""The rules that lead to directories of the system, whoever asks."""


def parent_of(release: Release | None) -> str:
    """Whose packages a derivative has; empty if none is meant."""
    if release is None or not release.derivative:
        return ""
    return f"{printable(release.derivative)} has the packages of {printable(release)}"


def requester(use: Use) -> str:
    """The requester: a file, or a line of Python source."""
    line = "" if use.line is None else f":{use.line}"
    return f"{printable(use.need.requester)}{line}"


def requester_with_role(use: Use) -> str:
    """The requester, with its role in parentheses unless that is `Role.REQUIRED`."""
    kind = role_of(use)
    return f"{requester(use)} ({kind})" if kind else requester(use)


def role_of(use: Use) -> str:
    """What the requester is to the application; empty for `Role.REQUIRED`."""
    match use.role, use.at_import:
        case Role.REQUIRED, _:
            return ""
        case Role.PROGRAM, True:
            return "runs it when it is imported"
        case Role.PROGRAM, _:
            return "runs it"
        case Role.DLOPEN, _ if use.heard:
            return "the observed run asked for it"
        case Role.DLOPEN, is_required if use.line is None:  # an object, not a source
            return f"its .note.dlopen {'requires' if is_required else 'names'} it"
        case Role.DLOPEN, _ if use.is_reached:
            return "the application gets there"
        case Role.DLOPEN, True:
            return "loads it when it is imported"
        case Role.DLOPEN, False:
            return "loads it on demand"
        case Role.DLOPEN, None:
            return "loads it by its name"
        case Role.MAY_LOAD, _:
            return "may load it"
    return "plugin"


def alternatives(use: Use) -> Iterator[str]:
    """A line that tells which other names would do, if any would."""
    if use.alternatives:
        yield f"one of these would do, too: {', '.join(map(printable, use.alternatives))}"


def requesters(uses: Sequence[Use], verbose: bool) -> tuple[str, ...]:
    """Who asks, and which other names would do: without `verbose` only the first requester."""
    names = list(dict.fromkeys(map(requester, uses)))
    others = tuple(dict.fromkeys(line for use in uses for line in alternatives(use)))
    if verbose or len(names) == 1:
        return (*(f"needed by {name}" for name in names), *others)
    return (f"needed by {names[0]} and {len(names) - 1} more", *others)


def line_of_source(line: Line) -> str:
    """A line of a source file; the file alone if the line is 0."""
    return f"{printable(line.path)}:{line.number}" if line.number else printable(line.path)


def way_to(way: Way) -> Iterator[str]:
    """How an import gets to a line of source, in lines of bearable length.

    ``import pyrender -> pyrender/__init__.py:3 -> pyrender/viewer.py:20``: files are named from the
    directory on, where they are installed.
    """
    line = f"by import {printable(way.module)}" if way.module != OWN_CODE else "by own code"
    for each in way.lines:
        step = f"-> {installed_name(each.path)}:{each.number}"
        if len(line) + len(step) >= WIDTH:
            yield line
            line = f"   {step}"
        else:
            line = f"{line} {step}"
    yield line


def installed_name(path: PurePosixPath) -> str:
    """A path below the directory or the wheel that packages are in; the whole path elsewhere."""
    parts = path.parts
    tops = [at for at, part in enumerate(parts) if part in SITES or part.endswith(".whl")]
    start = tops[-1] + 1 if tops else 0
    return printable("/".join(parts[start:]) if start else path)


def distribution_of(use: Use) -> str:
    """The distribution that installed the requester."""
    return printable(use.distribution or "files that no distribution has recorded")


def to_do_by_hand(use: Use) -> str:
    """What is to be done with a file that no package has."""
    return "copy it" if use.wanted is not Wanted.LIBRARY else "copy it, and run ldconfig"


def found(use: Use) -> str:
    """The file that was found; empty if none was."""
    outcome = use.need.outcome
    return printable(outcome.path) if isinstance(outcome, Found) else ""


def spot_of(line: Line) -> Spot:
    """A line of a source file as the place of a finding."""
    return Spot(line.path, line.number)


def places(use: Use) -> Iterator[str]:
    """Where the loader looked, in its order; the system's directories come last, in one line."""
    outcome = use.need.outcome
    usual = []
    for place in outcome.places if isinstance(outcome, Missing) else ():
        if place.how in _SYSTEMS and place.cause == ABSENT:
            usual.append(printable(place.path))
        else:
            cause = "" if place.cause == ABSENT else f": {place.cause}"
            yield f"looked in {printable(place.path)} ({place.how.value}){cause}"
    if usual:
        yield f"looked in the system's {', '.join(dict.fromkeys(usual))}"
