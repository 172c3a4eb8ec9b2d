"""What is accepted: by whole findings, for a time, and never without a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath

import pytest

from find_libdeps import (
    Acceptance,
    Audit,
    Code,
    Finding,
    Level,
    ListCode,
    Package,
    Spot,
    accept_in_audit,
    accept_in_report,
)
from find_libdeps.output.messages import messages
from find_libdeps.report.list_findings import findings_of, without_accepted
from fixture_roots import root_of, scanned

TODAY = date(2027, 3, 31)
SPOTS = tuple(Spot(PurePosixPath(f"/venv/{name}")) for name in ("a/plugins/x.so", "b/_b.so"))
MISSING = Finding(
    Level.ERROR,
    Code.MISSING_LIBRARY,
    "libodbc.so.2",
    SPOTS,
    "cause",
    packages=(Package("libodbc2", "amd64"),),
)


def audited(*acceptances: Acceptance, finding: Finding = MISSING, path: str = "/") -> Audit:
    """An audit with one finding, and what is accepted in it."""
    return accept_in_audit(Audit(None, (PurePosixPath(path),), 1, (finding,)), acceptances, TODAY)


@pytest.mark.parametrize(
    ("acceptance", "is_accepted"),
    [
        (Acceptance("why", Code.MISSING_LIBRARY), True),
        (Acceptance("why", Code.MISSING_BY_NAME), False),
        (Acceptance("why", name="libodbc.so.*"), True),
        (Acceptance("why", name="libodbc"), False),
        (Acceptance("why", name="LIBODBC*"), False),
        (Acceptance("why", path="/venv/*"), True),
        (Acceptance("why", path="*.so"), True),
        (Acceptance("why", path="plugins/*"), False),
        (Acceptance("why", path="_b.so"), False),
        (Acceptance("why", Code.MISSING_LIBRARY, "lib*", "/venv/*"), True),
        (Acceptance("why", Code.MISSING_LIBRARY, "lib*", "/usr/*"), False),
        (Acceptance("why", name="lib*", until=TODAY), True),
        (Acceptance("why", name="lib*", until=date(2027, 3, 30)), False),
    ],
)
def test_all_that_is_named_has_to_match(acceptance: Acceptance, is_accepted: bool) -> None:
    """The code, the name, and each file that shows it, on that day."""
    audit = audited(acceptance)
    assert audit.is_clean() is is_accepted
    assert bool(audit.install) is not is_accepted
    assert audit.findings[0].accepted == ((acceptance,) if is_accepted else ())


def test_several_acceptances_cover_a_finding_together() -> None:
    """Each file has one; what is over covers none."""
    one, other = (Acceptance(path, path=path) for path in ("plugins/*", "b/*"))
    assert audited(one, other).findings[0].accepted == (one, other)
    assert audited(one, replace(other, until=date(2027, 1, 1))).findings[0].accepted == ()


def test_lapsed_acceptance_is_told_with_what_it_has_covered() -> None:
    """Only if it is the reason why the finding counts again."""
    one, other = (Acceptance(path, path=path) for path in ("plugins/*", "b/*"))
    over = replace(other, until=date(2027, 1, 1))
    assert audited(one, over).findings[0].lapsed == (over,)
    assert audited(over).findings[0].lapsed == ()
    assert audited(one, other, over).findings[0].lapsed == ()


def test_what_matches_nothing_is_told_if_all_was_looked_at() -> None:
    """A file of a finding is something; the day does not matter; notes need no acceptance."""
    used, over = (
        Acceptance("why", path="b/*"),
        Acceptance("why", name="lib*", until=date(2020, 1, 1)),
    )
    unused = Acceptance("why", name="libother*")
    assert audited(used, over, unused).unmatched == (unused,)
    assert audited(used, over, unused, path="/venv").unmatched == ()
    note = audited(used, finding=replace(MISSING, level=Level.NOTE))
    assert (note.unmatched, note.findings[0].accepted) == ((used,), ())


def test_finding_without_a_file_has_no_path() -> None:
    """A pattern of files does not match it, not even one of all files."""
    nowhere = replace(MISSING, spots=())
    assert not audited(Acceptance("why", path="*"), finding=nowhere).is_clean()
    assert audited(Acceptance("why", name="*"), finding=nowhere).is_clean()


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"reason": " ", "name": "x"}, "it has no reason"),
        ({"reason": "why"}, "it has neither a code nor a name nor a path"),
        ({"reason": "why", "until": TODAY}, "it has neither a code nor a name nor a path"),
    ],
)
def test_acceptance_has_a_reason_and_something_to_accept(
    arguments: dict[str, str], cause: str
) -> None:
    """Whoever accepts everything wants `--fail-on never`."""
    with pytest.raises(ValueError, match=cause):
        Acceptance(**arguments)  # type: ignore[arg-type]


ROOTS = (
    "all_for_another_architecture",
    "broken_extension_module",
    "broken_file",
    "files_that_cannot_be_copied",
    "foreign_file_in_a_venv",
    "host_injected",
    "links_out_of_the_venv",
    "missing_for_a_plugin",
    "missing_required",
    "no_package_database",
    "python_out_of_reach",
    "source_asks_ldconfig",
    "source_with_unknown_names",
    "unpackaged_is_copied",
)
"""Roots with what can be wrong with a list."""


@pytest.mark.parametrize("name", ROOTS)
def test_list_in_which_all_is_accepted_has_nothing_to_tell(name: str, tmp_path: Path) -> None:
    """The verdict follows from the findings, as the messages do; each can be accepted by itself."""
    report = scanned(root_of(f"scan/{name}", tmp_path))
    found = findings_of(report)
    for strict in (False, True):
        told = messages(report, strict=strict)
        assert report.is_complete(strict=strict) is not any(m.level == "error" for m in told)
    accepting = [Acceptance("why", each.code, each.name) for each in found]
    accepted = accept_in_report(report, accepting, TODAY)
    assert accepted.is_complete(strict=True)
    assert {each.key for each in accepted.accepted} == {each.key for each in found}
    assert {m.level for m in messages(without_accepted(accepted), strict=True)} <= {"note"}
    assert accepted.to_install() == report.to_install()
    for each in found:
        others = [a for a in accepting if (a.code, a.name) != (each.code, each.name)]
        assert not accept_in_report(report, others, TODAY).is_complete(strict=True)


def test_what_is_wrong_beside_a_report_is_accepted_with_it(tmp_path: Path) -> None:
    """Differences from a committed list, and packages without versions."""
    report = scanned(root_of("scan/missing_required", tmp_path))
    differs = Finding(Level.ERROR, ListCode.LIST_DIFFERS, "libfoo1", (), "cause")
    acceptance = Acceptance("why", ListCode.LIST_DIFFERS, "libfoo*")
    accepted = accept_in_report(report, [acceptance], TODAY, [differs]).accepted
    assert [(each.name, each.accepted) for each in accepted] == [("libfoo1", (acceptance,))]
