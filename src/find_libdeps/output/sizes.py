"""What installing packages adds, in words."""

from __future__ import annotations

from collections.abc import Iterator

from find_libdeps.debian.installing import Added, Costs, Installation
from find_libdeps.errors import printable
from find_libdeps.output.words import plural
from find_libdeps.report.report import Report

UNKNOWN = (
    "how much the list adds is not known: neither apt's lists nor an index of the release tell it "
    "(apt-get update gets such lists)"
)


def amount(size: int) -> str:
    """A size for people, in powers of 1000, as apt has it: ``4.0 MB``.

    Args:
        size: in KiB.
    """
    value, unit = size * 1.024, "kB"
    for larger in ("MB", "GB"):
        if round(value) >= 1000:
            value, unit = value / 1000, larger
    has_tenths = unit != "kB" and round(value, 1) < 10
    return f"{value:.1f} {unit}" if has_tenths else f"{value:.0f} {unit}"


def size_of(added: Added) -> str:
    """How much packages take: ``4.0 MB``, or ``up to 4.0 MB``."""
    return f"{'up to ' if added.at_most else ''}{amount(added.size)}"


def in_short(added: Added) -> str:
    """A size, and how many packages have it: ``4.0 MB (10 packages)``."""
    count, unknown = number_of(len(added.packages)), len(added.unknown)
    if unknown and unknown == len(added.packages):
        return f"{count} of unknown size"
    return f"{size_of(added)} ({count}{f', of {unknown} the size is unknown' if unknown else ''})"


def number_of(count: int) -> str:
    """``1 package``, ``10 packages``."""
    return f"{count} {plural(count, 'package')}"


def with_what_it_brings(name: str, added: Installation) -> str:
    """What a package of the list adds: ``4.0 MB with 9 more``; empty if that is not known."""
    own = added.own.get(name)
    if own is None or name in added.unknown:
        return ""
    more = f" with {len(own.packages) - 1} more" if len(own.packages) > 1 else ""
    return f"{size_of(own)}{more}"


def size_lines(report: Report) -> Iterator[str]:
    """What installing the list adds: all of it, then package by package, the largest first."""
    costs, added = report.costs(), report.added
    if costs is None or added is None:
        yield UNKNOWN
        return
    whole = added.whole
    if not whole.packages:
        yield "the list adds nothing"
        return
    yield f"the list adds {in_short(whole)}, by {told_by(costs)}"
    known = {name: own for name, own in added.own.items() if name not in added.unknown}
    width = 13 if whole.at_most else 7
    for name, own in sorted(known.items(), key=lambda each: (-each[1].size, each[0])):
        more = len(own.packages) - 1
        brings = f", with {more} that it brings" if more else ""
        yield f"    {size_of(own):>{width}}  {name}{brings}"
    if added.shared.packages:
        brought = number_of(len(added.shared.packages))
        yield f"    {size_of(added.shared):>{width}}  {brought} that several of these bring"
    if added.unknown:
        yield f"    {'unknown':>{width}}  {', '.join(added.unknown)}"
    if whole.at_most:
        advice = "; pass --fetch to measure them" if costs.can_fetch else ""
        yield f"    up to: {why_at_most(whole)}{advice}"


def why_at_most(added: Added) -> str:
    """Why packages may take less than is told."""
    return (
        "the target's dpkg leaves out documentation or other files, of unknown size for "
        f"{number_of(len(added.at_most))}"
    )


def told_by(costs: Costs) -> str:
    """What says so, and what the target is taken for if it is not known."""
    target = (
        " for a target with what is essential and apt, documentation included"
        if costs.is_assumed
        else ""
    )
    return f"{printable(costs.source)}{target}"


def saved(report: Report) -> str:
    """What is saved by leaving out what only plugins need; empty if nothing is left out."""
    if not report.spared:
        return ""
    costs = report.costs()
    listed, spared = report.to_install(), tuple(use.package for use in report.spared)
    told = f"--no-plugins leaves out {number_of(len(spared))}"
    if costs is None:
        return told
    less = costs.saved(sorted((*listed, *spared)), listed)
    return f"{told}, which saves {in_short(less)}"
