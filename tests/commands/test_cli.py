"""The command itself: its options, its statuses, and what the README says of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import click
import pytest

from find_libdeps.commands.main import LISTING, main
from find_libdeps.commands.options import commands_of
from find_libdeps.output.formats import Format
from find_libdeps.process.progress import ERASE
from project import COMMAND, PROJECT
from runner import CliRunner

README = PROJECT / "README.md"
COMMANDS = commands_of(click.Context(main))


def options() -> dict[str, click.Option]:
    """The options, by their longest name."""
    listing = COMMANDS[LISTING]
    found = [p for p in listing.get_params(click.Context(listing)) if isinstance(p, click.Option)]
    return {max(option.opts, key=len): option for option in found}


def test_readme_has_every_option_with_its_argument() -> None:
    """The table of options is the command's own, no more and no less."""
    table = README.read_text().partition("The other commands:")[0]
    rows = re.findall(r"^\| `(-.*?)` \|", table, re.MULTILINE)
    documented = {re.findall(r"--[a-z-]+", row)[0]: row for row in rows}
    assert set(documented) == set(options())
    for name, option in options().items():
        for spelling in option.opts:
            assert spelling in documented[name]
        takes = re.search(rf"{name} (\S+)", documented[name].replace("`", ""))
        assert bool(takes) is not (option.is_flag or name in ("--version", "--help")), name


def test_readme_has_every_option_of_audit() -> None:
    """Those of its table, and those that it shares with the list; no more and no less."""
    text = README.read_text().partition("Options of `audit`")[2].partition("\n### ")[0]
    told, _, table = text.partition("| option | meaning |")
    rows = re.findall(r"^\| (`-.*?`) \|", table, re.MULTILINE)
    documented = re.findall(r"`(--[a-z-]+)`", told) + re.findall(r"(--[a-z-]+)", " ".join(rows))
    taken = {
        option.opts[-1]
        for option in COMMANDS["audit"].params
        if isinstance(option, click.Option) and option.name != "help"
    }
    assert sorted(documented) == sorted(taken)


def test_readme_has_every_format() -> None:
    """Each output format stands in the table of options."""
    formats = "\\|".join(form.value for form in Format)
    assert f"--format {formats}" in README.read_text()


def test_why_takes_every_option_that_decides_what_is_found() -> None:
    """Each option of the list is one of `why`, unless it is about printing or statuses."""
    why = COMMANDS["why"]
    taken = {o for p in why.params if isinstance(p, click.Option) for o in p.opts}
    ours = {
        "--format",
        "--also",
        "--essential",
        "--pin",
        "--sizes",
        "--check",
        "--strict",
        "--fail-on",
        "--quiet",
    }
    assert set(options()) - taken == ours | {"--version"}


def test_help_fits_on_a_screen() -> None:
    """Forty lines of eighty columns tell how to use it."""
    shown = CliRunner().invoke(main, ["--help"]).stdout.splitlines()
    assert len(shown) <= 40
    assert max(map(len, shown)) <= 80


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--format", "yaml", "/"], "'yaml' is not one of 'list', 'json', 'tree'"),
        (["/no/such/venv"], 'cannot scan "/no/such/venv": No such file or directory'),
        (["--root", "/no/root", "/venv"], 'cannot read the root "/no/root"'),
        (["--root", "/etc/passwd", "/venv"], "Not a directory"),
        (["--platform", "arm64", "/bin"], "--platform chooses an image of --target"),
        (["--platform", "arm64", "--target", "/", "/bin"], "it is a root and no image"),
        (["audit", "--platform", "arm64", "/"], "it is a root and no image"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(
    arguments: list[str], complaint: str
) -> None:
    """Wrong usage and missing paths end with status 2 and nothing on stdout."""
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert complaint in result.stderr


COLOURS = pytest.mark.parametrize(
    ("variables", "is_coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm"}, True),
    ],
)


@COLOURS
def test_tree_is_coloured_on_a_terminal(
    variables: dict[str, str], is_coloured: bool, tmp_path: Path
) -> None:
    """A terminal gets colours unless it has none, or NO_COLOR is set; a file never does."""
    program = tmp_path / "program"
    shutil.copy("/bin/true", program)
    command = ["--format", "tree", "--essential", str(program)]
    check_colours(command, "\x1b[32mlibc6\x1b[0m", variables, is_coloured)


@COLOURS
def test_audit_is_coloured_on_a_terminal(
    variables: dict[str, str], is_coloured: bool, tmp_path: Path
) -> None:
    """The levels are, as in the tree."""
    shutil.copy("/bin/true", tmp_path / "program")
    check_colours(["audit", str(tmp_path)], "\x1b[31merror\x1b[0m: ", variables, is_coloured)


def check_colours(
    command: list[str], coloured: str, variables: dict[str, str], is_coloured: bool
) -> None:
    """Run a command on a terminal with some variables, and look for a word in its colour."""
    environment = {"NO_COLOR": None, "TERM": None, **variables}
    shown = CliRunner(env=environment).invoke(main, command, color=True).stdout
    assert (coloured in shown) is is_coloured
    assert is_coloured or "\x1b" not in shown
    assert click.unstyle(shown) == CliRunner().invoke(main, command).stdout


def kit(tmp_path: Path) -> Path:
    """A virtualenv, by its looks, with a program that needs libc."""
    (tmp_path / "kit/bin").mkdir(parents=True)
    shutil.copy("/bin/true", tmp_path / "kit/bin/program")
    return tmp_path / "kit"


def test_without_a_path_it_is_the_virtualenv_that_is_active_or_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for other tools of Python; which one it is is said."""
    here = kit(tmp_path)
    monkeypatch.chdir(tmp_path)
    listed = CliRunner().invoke(main, ["--essential", str(here)]).stdout
    assert "libc6" in listed

    def ran(*arguments: str, env: str | None = None) -> tuple[str, str, int]:
        done = CliRunner(env={"VIRTUAL_ENV": env}).invoke(main, arguments)
        return done.stdout, done.stderr.splitlines()[-1] if done.stderr else "", done.exit_code

    missing = "Error: Missing argument 'PATH...', such as a virtualenv."
    assert ran() == ("", missing, 2)
    said = f'find-libdeps: no PATH is given, so "{here}" ($VIRTUAL_ENV) is scanned'
    assert ran("--essential", env=str(here)) == (listed, said, 0)
    here.rename(tmp_path / ".venv")
    said = 'find-libdeps: no PATH is given, so ".venv" is scanned'
    assert ran("--essential") == (listed, said, 0)
    assert ran("--essential", "--quiet") == (listed, "", 0)
    assert ran("why", "libc.so.6")[1:] == (said, 0)
    assert ran("--root", str(tmp_path)) == ("", missing, 2)


def shown(*arguments: str) -> list[str]:
    """What a terminal shows of the command, line by line."""
    master, terminal = os.openpty()
    with subprocess.Popen([COMMAND, *arguments], stdout=terminal, stderr=terminal) as running:
        os.close(terminal)
        parts = list[bytes]()
        with suppress(OSError):  # EIO: the command has ended
            while part := os.read(master, 1000):
                parts.append(part)
        running.wait()
    os.close(master)
    lines = b"".join(parts).decode().split("\r\n")
    return [line.rpartition(ERASE)[2] for line in lines]  # on a slow machine, progress was shown


def test_a_terminal_gets_a_closing_line(tmp_path: Path) -> None:
    """So that nothing to install does not look like nothing done."""
    program = str(kit(tmp_path))
    assert shown(program) == ["find-libdeps: 1 ELF file, nothing to install", ""]
    closing = ["find-libdeps: 1 ELF file, 1 package to install", ""]
    assert shown(program, "--essential")[-3:] == ["libc6", *closing]
    assert shown(program, "--quiet") == [""]


def test_a_terminal_gets_the_list_once(tmp_path: Path) -> None:
    """With --verbose, the explanations have all the names."""
    lines = shown(str(kit(tmp_path)), "--essential", "--verbose")
    assert [line for line in lines if line.startswith("libc6")] == ["libc6"]


def test_module_runs_as_the_command_does() -> None:
    """`python -m find_libdeps` is the same program."""
    done = subprocess.run(
        [sys.executable, "-m", "find_libdeps", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("find-libdeps, version ")


def test_readme_has_every_option_of_fleet() -> None:
    """In the table of commands; no more and no less."""
    row = README.read_text().partition("\n| `find-libdeps fleet")[2].partition("\n")[0]
    documented = re.findall(r"(--[a-z-]+)", row)
    taken = {
        option.opts[-1]
        for option in COMMANDS["fleet"].params
        if isinstance(option, click.Option) and option.name != "help"
    }
    assert sorted(documented) == sorted(taken)
