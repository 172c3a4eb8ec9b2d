"""The notes about indexes that are older than what they are asked about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from find_libdeps.debian.release import Release, parse_release
from find_libdeps.errors import printable
from find_libdeps.output.words import Message
from find_libdeps.report.report import Report

OLD_AFTER = 60
"""Days after which too many packages of testing have other names."""
_OF_TESTING = re.compile(r"embedded (\w+:testing) (\d{4}-\d\d-\d\d)")


def index_messages(
    report: Report, today: date, listed: Callable[[Release], date | None]
) -> Iterator[Message]:
    """A note for an index of testing that has named a package, and is old. Other releases change
    too little.

    Args:
        report: what was found.
        today: the date of the report.
        listed: of when the builder's apt has lists of a release, if it has some.
    """
    found = (*report.packages, *report.hints, *report.alternatives)
    for source in sorted({package.source for package in found}):
        match = _OF_TESTING.fullmatch(source)
        if match and (age := _age(match[1], date.fromisoformat(match[2]), today, listed)):
            release = printable(match[1])
            make = f"find-libdeps index make {release} -o testing.index"
            yield Message(
                "note",
                f"the index of {release} is {age}: names may have changed",
                (f"for a new one pass --index testing.index after {make}",),
            )


def _age(release: str, made: date, today: date, listed: Callable[[Release], date | None]) -> str:
    """How old an index is, in words; empty if it is not old."""
    days, newer = (today - made).days, listed(parse_release(release))
    if newer and newer > made:
        return f"of {made}, and apt here has lists of {newer}"
    return f"{days} days old" if days > OLD_AFTER else ""
