"""What the exit status is 1 for: ``--fail-on``, ``--strict``, and what a project accepts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from find_libdeps.commands.options import ACCEPTANCES, Filters
from find_libdeps.needs.dlopen import Dlopen

if TYPE_CHECKING:
    from find_libdeps.report.findings import Acceptance, Audit


class FailOn(Enum):
    """What ends with status 1."""

    ERROR = "error"
    WARNING = "warning"
    """Errors, too."""
    NEVER = "never"
    """Whatever is found, the status is 0. All else is as with `ERROR`."""

    @property
    def is_strict(self) -> bool:
        """Whether warnings count like errors."""
        return self is FailOn.WARNING


def with_fail_on(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--fail-on`` and ``--strict``, which it receives as its `fail_on`."""

    @wraps(command)
    def failing(fail_on: str, strict: bool, **rest: Any) -> None:
        command(fail_on=_chosen(FailOn(fail_on), strict), **rest)

    said = "The same as --fail-on warning."
    strictly = click.option("--strict", is_flag=True, hidden=True, help=said)
    return click.option(
        "--fail-on",
        metavar="LEVEL",
        type=click.Choice([each.value for each in FailOn]),
        default=FailOn.ERROR.value,
        help="For status 1: error (default), warning, never.",
    )(strictly(failing))


def _chosen(fail_on: FailOn, strict: bool) -> FailOn:
    """What counts: the command line beats pyproject.toml.

    Raises:
        click.UsageError: the two options contradict each other, and neither beats the other.
    """
    source = click.get_current_context().get_parameter_source
    given = source("fail_on"), source("strict")
    if not strict or (given[0] is ParameterSource.COMMANDLINE is not given[1]):
        return fail_on
    if given[0] is given[1] and not fail_on.is_strict:
        raise click.UsageError(f"--strict contradicts --fail-on {fail_on.value}.")
    return FailOn.WARNING


def accept(found: Audit, filters: Filters) -> Audit:
    """The audit with what pyproject.toml accepts."""
    if not (accepted := acceptances()):
        return found
    from find_libdeps.report.accept import accept_in_audit  # few projects accept anything
    from find_libdeps.report.findings import ListCode

    of_audits = [each for each in accepted if not isinstance(each.code, ListCode)]
    found = accept_in_audit(found, of_audits, today())
    return replace(found, unmatched=()) if looks_at_part(filters) else found


def acceptances() -> Sequence[Acceptance]:
    """What pyproject.toml accepts."""
    found: Sequence[Acceptance] = click.get_current_context().meta.get(ACCEPTANCES, ())
    return found


def looks_at_part(filters: Filters) -> bool:
    """Whether some files are not looked at, so that acceptances may be meant for these."""
    return bool(filters["exclude"]) or filters["dlopen"] is Dlopen.NONE


def today() -> date:
    """The date by which indexes are old, and acceptances at their end: that of SOURCE_DATE_EPOCH,
    where a build has to come out the same (reproducible-builds.org), otherwise today's.
    """
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = int(seconds) if seconds.isdecimal() and len(seconds) < 12 else time.time()
    return datetime.fromtimestamp(now, timezone.utc).date()
