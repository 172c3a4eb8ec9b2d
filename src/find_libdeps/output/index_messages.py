"""The notes about indexes that are older than what they are asked about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from find_libdeps.errors import printable
from find_libdeps.output.words import Message
from find_libdeps.report.report import Report

OLD_AFTER = 60
"""Days after which too many packages of testing have other names."""
_OF_TESTING = re.compile(r"embedded (\w+:testing) (\d{4}-\d\d-\d\d)")


def index_messages(report: Report, today: date) -> Iterator[Message]:
    """A note for an index of testing that has named a package, and is old. Other releases change
    too little.

    Args:
        report: what was found.
        today: the date of the report.
    """
    found = (*report.packages, *report.hints, *report.alternatives)
    for source in sorted({package.source for package in found}):
        match = _OF_TESTING.fullmatch(source)
        days = (today - date.fromisoformat(match[2])).days if match else 0
        if match and days > OLD_AFTER:
            release = printable(match[1])
            make = f"find-libdeps index make {release} -o testing.index"
            yield Message(
                "note",
                f"the index of {release} is {days} days old: names may have changed",
                (f"for a new one pass --index testing.index after {make}",),
            )
