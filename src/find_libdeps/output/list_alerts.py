"""The messages about a list, and its differences from a committed one, as alerts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from find_libdeps.errors import printable
from find_libdeps.output.acceptances import reasons
from find_libdeps.output.alerts import Alert, Alerts, counted, levels
from find_libdeps.output.messages import closing
from find_libdeps.output.rules import LIST_RULES
from find_libdeps.output.words import Message
from find_libdeps.report.findings import Finding, Level, ListCode, Spot
from find_libdeps.report.report import Report


class Difference(NamedTuple):
    """What a committed list has too much or too little."""

    path: str
    """The committed list."""
    diff: tuple[str, ...]
    """The lines of a unified diff; none if the lists agree."""
    changes: tuple[Finding, ...]
    """What these lines change, each with its line of the committed list."""


def list_alerts(
    report: Report,
    collected: Iterable[Message],
    difference: Difference | None,
    *,
    essential: bool = False,
    verbose: bool = False,
    quiet: bool = False,
) -> Alerts:
    """The alerts of a list: what stderr tells, with notes only if `verbose`.

    Args:
        report: what was found.
        collected: the messages about it.
        difference: from the committed list; None if there is no such list.
        essential: whether the list has what every Debian system has.
        verbose: tell notes, too.
        quiet: tell errors only.
    """
    told = levels(verbose=verbose, quiet=quiet, strict=False)
    alerts = list[Alert]()
    if difference:
        alerts += [_of_finding(each, fails=True) for each in difference.changes]
    alerts += [_alert(each) for each in collected]
    shown = sorted((a for a in alerts if a.level in told), key=lambda a: told.index(a.level))
    accepted = [] if quiet else [_of_finding(finding) for finding in report.accepted]
    counts = counted((alert.level for alert in shown), len(accepted))
    packages = tuple(str(package) for package in report.to_install(essential=essential))
    return Alerts(
        title=f"find-libdeps {' '.join(map(printable, report.paths))}",
        summary=f"{closing(report, essential=essential)}: {counts}",
        rules=LIST_RULES if difference else LIST_RULES[1:],
        alerts=(*shown, *accepted),
        paste=difference.diff if difference else packages,
        language="diff" if difference else "text",
        base=_in_repository(difference.path) if difference else "",
        verbose=verbose,
    )


def _alert(message: Message) -> Alert:
    level = Level(message.level)
    fails = level is Level.ERROR
    return Alert(level, message.code, message.headline, message.details, message.spots, fails)


def _of_finding(finding: Finding, *, fails: bool = False) -> Alert:
    text = printable(finding.cause)
    if finding.code is not ListCode.LIST_DIFFERS:  # whose sentences have the names
        text = f"{printable(finding.name)}: {text}"
    accepted = reasons(finding)
    return Alert(finding.level, finding.code, text, (), finding.spots, fails, accepted=accepted)


def changes_as_findings(changes: Iterable[tuple[str, int]], path: str) -> tuple[Finding, ...]:
    """The packages that a committed list has too many or too few.

    Args:
        changes: the changed lines of a diff, with lines of the committed list.
        path: the committed list.
    """
    found = []
    for line, number in changes:
        is_left = line[0] == "-"
        has = "is in the list, and not needed" if is_left else "is needed, and not in the list"
        name, spot = line[1:].partition("=")[0], Spot(PurePosixPath(_in_repository(path)), number)
        cause = f"{line[1:]} {has}"
        found.append(Finding(Level.ERROR, ListCode.LIST_DIFFERS, name, (spot,), cause))
    return tuple(found)


def _in_repository(path: str) -> str:
    """A path from the working directory on, where CI has the repository."""
    try:
        return str(Path(path).absolute().relative_to(Path.cwd()))
    except ValueError:
        return path
