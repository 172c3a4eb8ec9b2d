"""The messages about symbol versions that libraries of the target do not define."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from find_libdeps.errors import printable
from find_libdeps.needs.symbol_versions import MissingVersion
from find_libdeps.output.words import Message, requesters
from find_libdeps.report.causes import TOO_NEW
from find_libdeps.report.findings import Code, spots_of
from find_libdeps.report.report import Report


def version_messages(report: Report, level: str, *, verbose: bool = False) -> Iterator[Message]:
    """For each library, the newest version that it lacks, and who needs that.

    Args:
        report: what was found.
        level: of what is not certain to fail: ``warning``, or ``error`` with ``--strict``.
        verbose: name every file.
    """
    for library, group in groupby(report.missing_versions, lambda each: _library(each, report)):
        yield _message(library, list(group), level, verbose)
    if source := report.index_without_versions:
        make = f"find-libdeps index make {printable(report.release)} -o FILE"
        yield Message(
            level,
            f"cannot tell whether the C library of {printable(report.release)} is new enough: "
            f"{printable(source)} has no versions",
            (f"an older find-libdeps made that index; make it again ({make})",),
            Code.MISSING_VERSION,
        )


def _message(library: str, missing: Sequence[MissingVersion], level: str, verbose: bool) -> Message:
    *others, newest = missing
    more = (
        [f"nor does it define {', '.join(printable(o.version) for o in others)}"] if others else []
    )
    uses = [use for each in reversed(missing) for use in each.uses]
    return Message(
        "error" if any(each.is_error for each in missing) else level,
        f'cannot find "{printable(newest.version)}": {library} does not define it',
        (*requesters(uses, verbose), *more, TOO_NEW),
        Code.MISSING_VERSION,
        spots_of(uses),
    )


def _library(missing: MissingVersion, report: Report) -> str:
    package = missing.package
    named = f"{package.name} {package.version}" if package else ""
    if missing.path is None:
        return printable(f"{named} of {report.release}")
    return printable(f"{missing.path} of {named}" if named else missing.path)
