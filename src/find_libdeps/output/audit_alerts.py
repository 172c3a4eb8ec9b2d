"""The findings of an audit as alerts."""

from __future__ import annotations

from find_libdeps.errors import printable
from find_libdeps.output.acceptances import lapsed_lines, reasons
from find_libdeps.output.alerts import Alert, Alerts, levels
from find_libdeps.output.audit_text import mending, summary
from find_libdeps.output.paint import plain
from find_libdeps.output.rules import AUDIT_RULES
from find_libdeps.report.findings import Audit, Finding, Level


def audit_alerts(
    audit: Audit, target: str, *, strict: bool = False, verbose: bool = False, quiet: bool = False
) -> Alerts:
    """The alerts of an audit: those that it tells as text, with the same options.

    Args:
        audit: what was found.
        target: the name of what was audited.
        strict: warnings count like errors.
        verbose: tell notes, too, and all that is known of each finding.
        quiet: tell errors only.
    """
    told = levels(verbose=verbose, quiet=quiet, strict=strict)
    failing = (Level.ERROR, Level.WARNING) if strict else (Level.ERROR,)
    return Alerts(
        title=f"find-libdeps audit {printable(target)}",
        summary=summary(audit),
        rules=AUDIT_RULES,
        alerts=tuple(
            _alert(finding, audit, fails=finding.level in failing, verbose=verbose)
            for finding in audit.findings
            if finding.level in told and not (quiet and finding.accepted)
        ),
        paste=tuple(mending(audit, plain)),
        verbose=verbose,
    )


def _alert(finding: Finding, audit: Audit, *, fails: bool, verbose: bool) -> Alert:
    details = [printable(finding.solution)] if finding.solution else []
    if len(finding.packages) > 1:
        details.append(f"others have it, too: {' '.join(map(str, finding.packages[1:]))}")
    for place in finding.places if verbose else ():
        cause = printable(place.cause)
        details.append(f"looked in {printable(place.path)} ({place.how.value}): {cause}")
    text = f"{printable(finding.name)}: {printable(finding.cause)}"
    details += lapsed_lines(finding)
    accepted = reasons(finding)
    fails &= not accepted
    install = f"install {finding.packages[0]}" if finding.packages and audit.has_apt else ""
    paste = f"apt-{install}" if install and finding.solution == install else ""
    return Alert(
        finding.level,
        finding.code,
        text,
        tuple(details),
        finding.spots,
        fails,
        paste=paste,
        accepted=accepted,
    )
