"""Findings of an audit and messages about a list, as one kind of value for the formats of CI."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from find_libdeps.errors import printable
from find_libdeps.output.rules import Rule
from find_libdeps.output.words import plural
from find_libdeps.report.findings import AnyCode, Level, Spot

SPOTS = 3
"""How many spots of an alert are named where people read them, without ``-v``."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that is wrong. Its texts are `printable`, and not yet escaped for any format."""

    level: Level
    code: AnyCode
    text: str
    """What is wrong, with the name of what it is about."""
    details: tuple[str, ...] = ()
    """What to do about it, and what else is known."""
    spots: tuple[Spot, ...] = ()
    """Where it shows; empty if it is about no file."""
    fails: bool = False
    """Whether the exit status is 1 for it, unless that is never so."""
    paste: str = ""
    """The command that does what the first of `details` says; empty if that is none."""
    accepted: tuple[str, ...] = ()
    """Why it does not count, and until when; empty if it does."""

    @property
    def sentence(self) -> str:
        """All that is known, but for the spots."""
        return "; ".join((self.text, *self.details))

    @property
    def justification(self) -> str:
        """Why it does not count, in one line."""
        return "; ".join(self.accepted)


@dataclass(frozen=True, slots=True)
class Alerts:
    """All that is wrong, and what is told beside it."""

    title: str
    """The command and what it was run on: ``find-libdeps audit myapp:latest``."""
    summary: str
    """What was looked at, and how many alerts there are, in one line."""
    rules: tuple[Rule, ...]
    """What was looked for."""
    alerts: tuple[Alert, ...]
    """The worst first."""
    paste: tuple[str, ...] = ()
    """Lines that mend it, to be pasted, or a diff."""
    language: str = "sh"
    """What these lines are in: ``sh``, ``diff``, or ``text`` for names of packages."""
    base: str = ""
    """A file of the working directory, for alerts that have no spot; empty if there is none."""
    verbose: bool = False
    """Whether all spots are wanted, wherever people read them."""

    def shown_spots(self, alert: Alert) -> list[str]:
        """The spots of an alert, one a line, for people."""
        spots = alert.spots if self.verbose else alert.spots[:SPOTS]
        more = len(alert.spots) - len(spots)
        return [*map(printable, spots), *([f"and {more} more"] if more else [])]


def levels(*, verbose: bool, quiet: bool, strict: bool) -> tuple[Level, ...]:
    """Which alerts are told: errors and warnings, with `verbose` all, with `quiet` errors only."""
    if quiet:
        return (Level.ERROR, Level.WARNING) if strict else (Level.ERROR,)
    return tuple(Level) if verbose else (Level.ERROR, Level.WARNING)


def counted(found: Iterable[Level], accepted: int = 0) -> str:
    """How many there are of each level: ``1 error, 0 warnings``; notes only if there are some.

    Args:
        found: the levels of what counts.
        accepted: how many there are beside it that do not count.
    """
    every = list(found)
    counts = [(every.count(level), level) for level in Level]
    words = [
        f"{count} {plural(count, level.value)}"
        for count, level in counts
        if count or level is not Level.NOTE
    ]
    return ", ".join([*words, *([f"{accepted} accepted"] if accepted else [])])
