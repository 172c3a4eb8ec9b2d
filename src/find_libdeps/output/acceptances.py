"""What is said of findings that somebody accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from find_libdeps.errors import printable
from find_libdeps.output.words import Message
from find_libdeps.report.findings import Acceptance, Finding, ListCode
from find_libdeps.report.report import Report

SOURCE = "pyproject.toml"
"""Where the command finds what is accepted."""


def reasons(finding: Finding) -> tuple[str, ...]:
    """Why a finding is accepted, and until when; empty if it is not."""
    return tuple(_reason(each) for each in finding.accepted)


def accepted_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """A line for each finding that is accepted."""
    for finding in findings:
        if finding.accepted:
            why = "; ".join(reasons(finding))
            yield f"{finding.code.value}: {printable(finding.name)}: {why}"


def lapsed_lines(finding: Finding) -> list[str]:
    """Which acceptances of a finding have come to their ends."""
    return [
        f"it was accepted until {each.until}, by {SOURCE}: {printable(each.reason)}"
        for each in finding.lapsed
    ]


def unmatched_lines(acceptances: Iterable[Acceptance]) -> Iterator[str]:
    """A line for each acceptance that nothing matches."""
    for each in acceptances:
        keys = {"code": each.code and each.code.value, "name": each.name, "path": each.path}
        named = ", ".join(f'{key} "{printable(value)}"' for key, value in keys.items() if value)
        yield f"nothing matches what {SOURCE} accepts: {named}"


def acceptance_messages(report: Report, *, verbose: bool = False) -> Iterator[Message]:
    """Notes about acceptances that no longer do anything.

    Those that may be meant for audits are told only if `verbose`: one table serves all commands.
    """
    for finding in report.lapsed:
        for line in lapsed_lines(finding):
            headline = f"{finding.code.value}: {printable(finding.name)}: {line}"
            yield Message("note", headline, spots=finding.spots)
    for_lists = (a for a in report.unmatched if verbose or isinstance(a.code, ListCode))
    yield from (Message("note", line) for line in unmatched_lines(for_lists))


def _reason(acceptance: Acceptance) -> str:
    until = f" (until {acceptance.until})" if acceptance.until else ""
    return f"{printable(acceptance.reason)}{until}"
