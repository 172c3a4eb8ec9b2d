"""The messages about what an observed run asked for."""

from __future__ import annotations

from collections.abc import Iterator

from find_libdeps.errors import printable
from find_libdeps.needs.use import Heard
from find_libdeps.output.words import Message, requester
from find_libdeps.report.report import PackageUse, Report

SHOWN = 3
"""How many packages are told one by one without ``-v``."""
_HINTS = {
    Heard.IN_VAIN: "the observed run asked for it in vain, and went on",
    Heard.UNTOLD: "whether the observed run has found it is not known",
    Heard.WITHOUT_LINE: "the observed run loaded it, by a Python that took no listener",
}
"""Why a package is a hint that only an observed run gives."""


def observed_messages(report: Report, level: str, *, verbose: bool = False) -> Iterator[Message]:
    """What an observed run adds to what reading finds, and whether it can be relied on.

    Args:
        report: what was found.
        level: of what the application may miss: ``warning``, or ``error`` with ``--strict``.
        verbose: name every library and every place, and say so if reading had missed nothing.
    """
    run, missed = report.observed, report.only_observed
    if run is None:
        return
    if not run.is_of_these:
        why = "nothing in the observed run is of what was scanned: was it in another environment?"
        yield Message("note", why)
    if not run.is_complete:
        why = "not all that the observed run told could be read: libraries may be missing"
        yield Message(level, why)
    if len(missed) > SHOWN and not verbose:
        names = ", ".join(str(each.package) for each in missed)
        why = "listed because the observed run loaded them: reading had missed that"
        yield Message("note", f"{len(missed)} packages are {why} (-v says where)", (names,))
    else:
        yield from map(_missed, missed)
    if verbose and run.is_of_these and not missed:
        yield Message("note", "the observed run loaded nothing that reading had missed")


def _missed(package: PackageUse) -> Message:
    lines = [f"{printable(use.need.soname)}, in {requester(use)}" for use in package.uses]
    why = "is listed because the observed run loaded it: reading had missed that"
    return Message("note", f"{package.package} {why}", tuple(dict.fromkeys(lines)))


def why_only_hint(package: PackageUse) -> str:
    """Why a package is a hint that only an observed run gives; empty if reading gives it, too."""
    heard = [use.heard for use in package.uses]
    if not all(heard):
        return ""
    return next(why for each, why in reversed(_HINTS.items()) if each in heard)
