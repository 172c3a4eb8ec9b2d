"""An audit in words."""

from __future__ import annotations

from collections.abc import Iterator

from find_libdeps.errors import printable
from find_libdeps.output.acceptances import accepted_lines, lapsed_lines, unmatched_lines
from find_libdeps.output.alerts import SPOTS, counted, levels
from find_libdeps.output.paint import Paint, plain
from find_libdeps.output.words import parent_of, plural
from find_libdeps.report.findings import Audit, Code, Finding, Level

_COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "cyan"}
_MENDED_BY_FILES = (Code.MISSING_LIBRARY, Code.MISSING_BY_NAME, Code.NO_LDCONFIG)
"""What is no longer wrong if some files of the builder are copied."""


def audit_text(
    audit: Audit,
    *,
    strict: bool = False,
    verbose: bool = False,
    quiet: bool = False,
    paint: Paint = plain,
) -> str:
    """The audit as text: each finding, how many there are, and what mends all that is missing.

    Args:
        audit: what was found.
        strict: warnings count like errors.
        verbose: show notes, too, and all that is known of each finding.
        quiet: show errors only, and nothing beside them.
        paint: gives words a colour.
    """
    told = levels(verbose=verbose, quiet=quiet, strict=strict)
    shown = [each for each in audit.findings if each.level in told and not each.accepted]
    lines = [line for finding in shown for line in _paragraph(finding, verbose, paint)]
    if verbose and not quiet:
        parent = parent_of(audit.release)
        notes = [*([parent] if parent else []), *unmatched_lines(audit.unmatched)]
        lines += [f"{paint('note', fg=_COLOURS[Level.NOTE])}: {note}" for note in notes]
    if not quiet:
        accepted = paint("accepted", fg="cyan")
        lines += [f"{accepted}: {line}" for line in accepted_lines(audit.findings)]
        lines += [summary(audit), *mending(audit, paint)]
    return "".join(f"{line}\n" for line in lines)


def summary(audit: Audit) -> str:
    """What was looked at, and how many findings of each level there are."""
    files = f"{audit.objects} {plural(audit.objects, 'ELF file')}"
    release = f", {printable(audit.release)}" if audit.release else ""
    counting = [finding.level for finding in audit.findings if not finding.accepted]
    return f"{files}{release}: {counted(counting, len(audit.findings) - len(counting))}"


def mending(audit: Audit, paint: Paint) -> Iterator[str]:
    """What installs or copies all that is missing."""
    packages = " ".join(map(str, audit.install))
    if audit.has_apt:
        if packages:
            yield paint(f"apt-install {packages}", fg="green")
    elif packages or any(
        f.code in _MENDED_BY_FILES and f.level is not Level.NOTE and not f.accepted
        for f in audit.findings
    ):
        yield f"it has no apt: copy the files{f' of {packages}' if packages else ''} from a builder"
        yield "    find-libdeps --format files PATH lists there what a virtualenv needs"


def _paragraph(finding: Finding, verbose: bool, paint: Paint) -> Iterator[str]:
    name, level = printable(finding.name), paint(finding.level.value, fg=_COLOURS[finding.level])
    yield f"{level}: {finding.code.value}: {name}: {printable(finding.cause)}"
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
    yield from (f"    {line}" for line in lapsed_lines(finding))
