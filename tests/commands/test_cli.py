"""The command itself: its options, its statuses, and what the README says of them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from find_libdeps.commands.main import LISTING, main
from find_libdeps.commands.options import commands_of
from find_libdeps.output.formats import Format
from project import PROJECT

README = PROJECT / "README.md"
COMMANDS = commands_of(click.Context(main))


def options() -> dict[str, click.Option]:
    """The options, by their longest name."""
    listing = COMMANDS[LISTING]
    found = [p for p in listing.get_params(click.Context(listing)) if isinstance(p, click.Option)]
    return {max(option.opts, key=len): option for option in found}


def test_readme_has_every_option_with_its_argument() -> None:
    """The table of options is the command's own, no more and no less."""
    rows = re.findall(r"^\| `(-.*?)` \|", README.read_text(), re.MULTILINE)
    documented = {re.findall(r"--[a-z-]+", row)[0]: row for row in rows}
    assert set(documented) == set(options())
    for name, option in options().items():
        for spelling in option.opts:
            assert spelling in documented[name]
        takes = re.search(rf"{name} (\S+)", documented[name].replace("`", ""))
        assert bool(takes) is not (option.is_flag or name in ("--version", "--help")), name


def test_readme_has_every_format() -> None:
    """Each output format stands in the table of options."""
    formats = "\\|".join(form.value for form in Format)
    assert f"--format {formats}" in README.read_text()


def test_why_takes_every_option_that_decides_what_is_found() -> None:
    """Each option of the list is one of `why`, unless it is about printing or statuses."""
    why = COMMANDS["why"]
    taken = {o for p in why.params if isinstance(p, click.Option) for o in p.opts}
    ours = {"--format", "--essential", "--pin", "--check", "--strict", "--quiet", "--version"}
    assert set(options()) - taken == ours


def test_help_fits_on_a_screen() -> None:
    """Forty lines of eighty columns tell how to use it."""
    shown = CliRunner().invoke(main, ["--help"]).stdout.splitlines()
    assert len(shown) <= 40
    assert max(map(len, shown)) <= 80


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Missing argument 'PATH...'"),
        (["--format", "yaml", "/"], "'yaml' is not one of 'list', 'json', 'tree'"),
        (["/no/such/venv"], 'cannot scan "/no/such/venv": No such file or directory'),
        (["--root", "/no/root", "/venv"], 'cannot read the root "/no/root"'),
        (["--root", "/etc/passwd", "/venv"], "Not a directory"),
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


@pytest.mark.parametrize(("no_color", "is_coloured"), [(None, True), ("1", False)])
def test_tree_is_coloured_on_a_terminal(
    no_color: str | None, is_coloured: bool, tmp_path: Path
) -> None:
    """A terminal gets colours, unless NO_COLOR is set (no-color.org); a file never does."""
    program = tmp_path / "program"
    shutil.copy("/bin/true", program)
    command = ["--format", "tree", "--essential", str(program)]
    coloured = CliRunner(env={"NO_COLOR": no_color}).invoke(main, command, color=True).stdout
    assert ("\x1b[32mlibc6\x1b[0m" in coloured) is is_coloured
    assert click.unstyle(coloured) == CliRunner().invoke(main, command).stdout


def test_module_runs_as_the_command_does() -> None:
    """`python -m find_libdeps` is the same program."""
    done = subprocess.run(
        [sys.executable, "-m", "find_libdeps", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("find-libdeps, version ")
