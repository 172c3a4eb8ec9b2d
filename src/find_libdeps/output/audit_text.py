"""An audit in words."""

from __future__ import annotations

from collections.abc import Iterator

from find_libdeps.errors import printable
from find_libdeps.report.findings import Audit, Finding, Level

SPOTS = 3
"""How many spots of a finding are named without ``-v``."""


def audit_text(audit: Audit, *, verbose: bool = False) -> str:
    """The audit as text: each finding, and one line that installs all that is missing."""
    return "".join(f"{line}\n" for line in _lines(audit, verbose))


def _lines(audit: Audit, verbose: bool) -> Iterator[str]:
    shown = [f for f in audit.findings if verbose or f.level is not Level.NOTE]
    for finding in shown:
        yield from _paragraph(finding, verbose)
    counts = [
        _plural(len([f for f in audit.findings if f.level is level]), level.value)
        for level in Level
        if level is not Level.NOTE or any(f.level is Level.NOTE for f in audit.findings)
    ]
    release = f", {printable(audit.release)}" if audit.release else ""
    yield f"{_plural(audit.objects, 'ELF file')}{release}: {', '.join(counts)}"
    if audit.install:
        yield f"apt-install {' '.join(map(str, audit.install))}"


def _paragraph(finding: Finding, verbose: bool) -> Iterator[str]:
    name = printable(finding.name)
    yield f"{finding.level.value}: {finding.code.value}: {name}: {printable(finding.cause)}"
    spots = finding.spots if verbose else finding.spots[:SPOTS]
    for spot in spots:
        yield f"    in {printable(spot)}"
    if len(finding.spots) > len(spots):
        yield f"    and in {len(finding.spots) - len(spots)} more"
    for place in finding.places if verbose else ():
        yield f"    looked in {printable(place.path)} ({place.how.value}): {printable(place.cause)}"
    if finding.solution:
        yield f"    {printable(finding.solution)}"
    if len(finding.packages) > 1:
        yield f"    others have it, too: {' '.join(map(str, finding.packages[1:]))}"


def _plural(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
