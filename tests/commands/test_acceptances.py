"""`[[tool.find-libdeps.accept]]` and `--fail-on`: what the exit status is 1 for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import Result

from find_libdeps import Acceptance, Code, ListCode
from find_libdeps.commands.acceptances import acceptances_of
from find_libdeps.commands.config import Table, find_table
from find_libdeps.commands.main import main
from fixture_roots import root_of
from runner import CliRunner


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root in which only a plugin lacks its library: one warning."""
    return root_of("scan/missing_for_a_plugin", tmp_path_factory.mktemp("plugin"))


@pytest.fixture(scope="module")
def required(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root in which a module lacks its library: an error."""
    return root_of("scan/missing_required", tmp_path_factory.mktemp("required"))


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that commands start in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table_of(project: Path, text: str) -> Table:
    """The table of a pyproject.toml."""
    (project / "pyproject.toml").write_text(text)
    table = find_table([project / "pyproject.toml"])
    assert table
    return table


def test_entries_are_read_in_order(project: Path) -> None:
    """Each key, and a date of TOML or a string of one."""
    text = """
    [[tool.find-libdeps.accept]]
    code = "list-differs"
    name = "libpq5"
    path = "*.txt"
    reason = "why"
    until = 2027-03-31
    [[tool.find-libdeps.accept]]
    name = "lib*"
    reason = "because"
    until = "2027-04-01"
    """
    assert acceptances_of(table_of(project, text)) == (
        Acceptance("why", ListCode.LIST_DIFFERS, "libpq5", "*.txt", date(2027, 3, 31)),
        Acceptance("because", name="lib*", until=date(2027, 4, 1)),
    )


def test_each_code_that_may_count_is_one(project: Path) -> None:
    """Those of the rules, without that of remarks."""
    for code in (*Code, *ListCode):
        text = f'[[tool.find-libdeps.accept]]\ncode = "{code.value}"\nreason = "why"\n'
        if code is not ListCode.REMARK:
            (found,) = acceptances_of(table_of(project, text))
            assert found.code is code


ENTRY = 'name = "x"\nreason = "why"\n'
MISTAKES = [
    ('name = "x"', 'entry 1 of "accept": it has no reason'),
    ('name = "x"\nreason = " "', "it has no reason"),
    ('name = "x"\nreason = ""', 'its "reason" must be a string with something in it'),
    ('reason = "why"', "it has neither a code nor a name nor a path"),
    ("name = 1", 'its "name" must be a string with something in it'),
    ('name = ""\nreason = "why"', 'its "name" must be a string with something in it'),
    (f'{ENTRY}untill = "x"', 'it has a key "untill", which is none of code, name, path, reason'),
    (f'{ENTRY}code = "missing-libary"', 'there is no code "missing-libary", did you mean'),
    (f'{ENTRY}code = "remark"', 'there is no code "remark"'),
    (f'{ENTRY}until = "tomorrow"', 'its "until" must be a date, such as 2027-03-31'),
    (f'{ENTRY}until = "20270331"', 'its "until" must be a date'),
    (f'{ENTRY}until = "2027-02-30"', "day is out of range for month"),
    (f"{ENTRY}until = 2027-03-31T00:00:00Z", 'its "until" must be a date'),
    (f"{ENTRY}until = 2027", 'its "until" must be a date'),
    (f'{ENTRY}[[tool.find-libdeps.accept]]\nname = "y"', 'entry 2 of "accept": it has no reason'),
]


@pytest.mark.parametrize("command", [(), ("audit",), ("why", "x")])
@pytest.mark.parametrize(("entry", "cause"), MISTAKES)
def test_mistake_is_one_sentence_and_status_2(
    project: Path, plugin: Path, command: tuple[str, ...], entry: str, cause: str
) -> None:
    """Whichever command reads it."""
    (project / "pyproject.toml").write_text(f"[[tool.find-libdeps.accept]]\n{entry}\n")
    result = CliRunner().invoke(main, [*command, str(plugin)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f'find-libdeps: cannot use "{project}/pyproject.toml": [tool')
    assert cause in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_accept_is_a_list_of_tables(project: Path, plugin: Path) -> None:
    """A table, or a list of something else, is a mistake; so is a wrong key beside it."""
    for text in ("accept = 1", 'accept = ["x"]', '[tool.find-libdeps.accept]\nname = "x"'):
        (project / "pyproject.toml").write_text(f"[tool.find-libdeps]\n{text}\n")
        result = CliRunner().invoke(main, ["audit", str(plugin)])
        assert result.exit_code == 2
        assert '"accept" must be a list of tables, [[tool.find-libdeps.accept]]' in result.stderr
    (project / "pyproject.toml").write_text("[tool.find-libdeps]\nacept = []\n")
    result = CliRunner().invoke(main, ["audit", str(plugin)])
    assert 'there is no option "acept", did you mean "accept"?' in result.stderr


def accepting(project: Path, root: Path, until: str, epoch: str, *words: str) -> Result:
    """What a list says that accepts all libraries until a day, on a day."""
    entry = f'name = "lib*"\nreason = "known"\nuntil = {until}'
    (project / "pyproject.toml").write_text(f"[[tool.find-libdeps.accept]]\n{entry}\n")
    runner = CliRunner(env={"SOURCE_DATE_EPOCH": epoch})
    return runner.invoke(main, ["--root", str(root), *words, "/venv"])


def test_day_is_that_of_source_date_epoch(project: Path, required: Path) -> None:
    """The last second of `until` counts, by UTC, and the next one no longer."""
    last = accepting(project, required, "2027-03-31", "1806537599")
    assert last.exit_code == 0
    assert "accepted: missing-library: " in last.stderr
    over = accepting(project, required, "2027-03-31", "1806537600")
    assert over.exit_code == 1
    assert "it was accepted until 2027-03-31, by pyproject.toml: known" in over.stderr


def test_differences_of_a_list_are_accepted(project: Path, plugin: Path) -> None:
    """By their packages: the diff has only what is not."""
    (project / "pkgdeps.txt").write_text("libold0\nvim=2:9.1\n")
    entry = 'code = "list-differs"\nname = "vim"\npath = "pkgdeps.txt"\nreason = "for the support"'
    (project / "pyproject.toml").write_text(f"[[tool.find-libdeps.accept]]\n{entry}\n")
    check = ["--root", str(plugin), "--check", "pkgdeps.txt", "/venv"]
    result = CliRunner().invoke(main, check)
    assert result.exit_code == 1
    assert "\n-libold0\n" in result.stderr
    assert "-vim" not in result.stderr
    assert "find-libdeps: accepted: list-differs: vim: for the support\n" in result.stderr
    (project / "pkgdeps.txt").write_text("vim=2:9.1\n")
    result = CliRunner().invoke(main, check)
    assert result.exit_code == 0
    assert "differs from" not in result.stderr
    listed = CliRunner().invoke(main, ["--root", str(plugin), "/venv"])
    assert "nothing matches" not in listed.stderr  # a list that is compared with none


@pytest.mark.parametrize("command", ["list", "audit"])
@pytest.mark.parametrize(
    ("words", "statuses"),
    [
        ((), (1, 0)),
        (("--fail-on", "error"), (1, 0)),
        (("--fail-on", "warning"), (1, 1)),
        (("--strict",), (1, 1)),
        (("--strict", "--fail-on", "warning"), (1, 1)),
        (("--fail-on", "never"), (0, 0)),
    ],
)
def test_fail_on_says_what_the_status_is_1_for(
    plugin: Path, required: Path, command: str, words: tuple[str, ...], statuses: tuple[int, int]
) -> None:
    """Of an error and of a warning."""
    for root, status in zip((required, plugin), statuses, strict=True):
        place = ["audit", str(root)] if command == "audit" else ["--root", str(root), "/venv"]
        assert CliRunner().invoke(main, [*place, *words]).exit_code == status


def test_fail_on_warning_is_strict_to_the_byte(plugin: Path) -> None:
    """One is the short form of the other."""
    for place in (["audit", str(plugin)], ["--root", str(plugin), "/venv"]):
        for more in ([], ["-v"], ["-q"], ["-f", "json"], ["-f", "junit"]):
            one, other = (
                CliRunner().invoke(main, [*place, *more, *words])
                for words in (["--strict"], ["--fail-on", "warning"])
            )
            assert (one.output, one.exit_code) == (other.output, other.exit_code)


def test_failure_stays_a_failure(plugin: Path) -> None:
    """Never is for what was found: status 2 is for work that could not be done."""
    result = CliRunner().invoke(main, ["--fail-on", "never", "--root", str(plugin), "/nowhere"])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("table", "words", "status"),
    [
        ("strict = true", (), 1),
        ('fail-on = "warning"', (), 1),
        ("strict = true", ("--fail-on", "error"), 0),
        ('fail-on = "never"', ("--strict",), 1),
        ('fail-on = "never"\nstrict = true', (), 2),
        ('fail-on = "never"\nstrict = true', ("--fail-on", "error"), 0),
        ("", ("--strict", "--fail-on", "never"), 2),
    ],
)
def test_command_line_beats_the_table(
    project: Path, plugin: Path, table: str, words: tuple[str, ...], status: int
) -> None:
    """Two that contradict each other on one of them are a mistake."""
    (project / "pyproject.toml").write_text(f"[tool.find-libdeps]\n{table}\n")
    result = CliRunner().invoke(main, ["--root", str(plugin), "/venv", *words])
    assert result.exit_code == status
    assert (status == 2) == ("--strict contradicts --fail-on never." in result.stderr)
