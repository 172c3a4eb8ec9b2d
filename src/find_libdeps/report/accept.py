"""Which findings are accepted, by whom nothing is read: acceptances and the day are handed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from find_libdeps.needs.inventory import is_excluded
from find_libdeps.report.findings import Acceptance, Audit, Finding, Level, Spot
from find_libdeps.report.list_findings import findings_of
from find_libdeps.report.report import Report

WHOLE_ROOT = (PurePosixPath("/"),)
"""The paths of an audit that has looked at all files."""


def accept_in_audit(audit: Audit, acceptances: Sequence[Acceptance], today: date) -> Audit:
    """The audit with what is accepted marked as such, so that it no longer counts.

    Args:
        audit: what was found.
        acceptances: what is accepted.
        today: the day by which acceptances have come to their end.
    """
    findings = _judged(audit.findings, acceptances, today)
    is_whole = audit.paths == WHOLE_ROOT
    unmatched = _unmatched(audit.findings, acceptances) if is_whole else ()
    return replace(audit, findings=findings, unmatched=unmatched)


def accept_in_report(
    report: Report, acceptances: Sequence[Acceptance], today: date, others: Iterable[Finding] = ()
) -> Report:
    """The report with what is accepted told in it, so that it no longer counts.

    Args:
        report: what was found.
        acceptances: what is accepted.
        today: the day by which acceptances have come to their end.
        others: what else is wrong with the list: differences from a committed one, packages
            without a version to pin.
    """
    every = [*findings_of(report), *others]
    findings = _judged(every, acceptances, today)
    return replace(
        report,
        accepted=tuple(finding for finding in findings if finding.accepted),
        lapsed=tuple(finding for finding in findings if finding.lapsed),
        unmatched=_unmatched(every, acceptances),
    )


def _judged(
    findings: Iterable[Finding], acceptances: Sequence[Acceptance], today: date
) -> tuple[Finding, ...]:
    valid = [each for each in acceptances if each.until is None or today <= each.until]
    first_valid = sorted(acceptances, key=lambda each: each not in valid)
    judged = []
    for finding in findings:
        accepted = _accepting(finding, valid)
        once = () if accepted else _accepting(finding, first_valid)
        lapsed = tuple(each for each in once if each not in valid)
        judged.append(replace(finding, accepted=accepted, lapsed=lapsed))
    return tuple(judged)


def _accepting(finding: Finding, acceptances: Iterable[Acceptance]) -> tuple[Acceptance, ...]:
    """What accepts all that shows a finding; empty if a file of it is left, and for notes."""
    fitting = [each for each in acceptances if _fits(each, finding)]
    if not fitting:
        return ()
    found = dict[Acceptance, None]()
    for spot in finding.spots or (None,):
        first = next((each for each in fitting if _is_there(each, spot)), None)
        if first is None:
            return ()
        found[first] = None
    return tuple(found)


def _unmatched(
    findings: Iterable[Finding], acceptances: Sequence[Acceptance]
) -> tuple[Acceptance, ...]:
    """The acceptances that match no finding, not even one file of it."""
    left = list(acceptances)
    for finding in findings:
        spots = finding.spots or (None,)
        left = [
            each
            for each in left
            if not (_fits(each, finding) and any(_is_there(each, spot) for spot in spots))
        ]
    return tuple(left)


def _fits(acceptance: Acceptance, finding: Finding) -> bool:
    return (
        finding.level is not Level.NOTE
        and acceptance.code in (None, finding.code)
        and fnmatchcase(finding.name, acceptance.name or "*")
    )


def _is_there(acceptance: Acceptance, spot: Spot | None) -> bool:
    """Whether a file is one that is meant: by its whole path, or by an end of that."""
    if not acceptance.path or spot is None:
        return not acceptance.path
    return fnmatchcase(str(spot.path), acceptance.path) or is_excluded(
        spot.path, (acceptance.path,)
    )
