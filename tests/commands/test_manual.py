"""The manual page says what the command does, and readers of such pages find nothing wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import click
import pytest

import manual
from find_libdeps.commands.main import LISTING, main
from find_libdeps.commands.options import commands_of
from programs import need


def words(page: str) -> str:
    """The page without its escapes."""
    return re.sub(r"\\f[BIR]", "", page).replace(r"\-", "-")


def test_page_is_that_of_the_readme() -> None:
    """`make man` would change nothing."""
    assert manual.PAGE.read_text() == manual.page()


def test_page_has_every_option_of_every_command() -> None:
    """Those of the list and of audits have entries, the others are named with their command."""
    page = words(manual.PAGE.read_text())
    entries = re.findall(r"^\.TP\n(.*)$", page, re.MULTILINE)
    listing = commands_of(click.Context(main))[LISTING]
    for option in listing.get_params(click.Context(listing)):
        if isinstance(option, click.Option):
            assert any(set(option.opts) <= set(re.split(r"[ ,]+", e)) for e in entries), option.opts
    pending = [(f"find-libdeps {name}", c) for name, c in commands_of(click.Context(main)).items()]
    while pending:
        name, command = pending.pop()
        if isinstance(command, click.Group):
            pending += [(f"{name} {each}", command.commands[each]) for each in command.commands]
        elif not name.endswith(LISTING):
            start = f".TP\n{name}" if name != "find-libdeps audit" else "Options of audit"
            end = r"^\.(TP|PP)$" if name != "find-libdeps audit" else r"^\.SH "
            (_, rest) = page.split(start)
            text = re.split(end, rest, maxsplit=1, flags=re.MULTILINE)[0]
            missing = [
                option.opts
                for option in command.params
                if isinstance(option, click.Option)
                and option.name != "help"
                and not set(option.opts) & set(re.split(r"[ ,\n]+", text))
            ]
            assert not missing, name


@pytest.mark.parametrize(
    "reader", [["man", "--warnings", "-E", "UTF-8", "-Tutf8", "-Z", "-l"], ["mandoc", "-Tlint"]]
)
def test_page_has_no_mistakes(reader: list[str]) -> None:
    """Readers of manual pages warn of nothing."""
    need(reader[0])
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"}
    done = subprocess.run(
        [*reader, manual.PAGE], capture_output=True, text=True, env=environment, check=False
    )
    told = done.stdout.splitlines() if reader[0] == "mandoc" else []
    complaints = [line for line in told if "missing date" not in line]  # no release, no date
    assert (complaints, done.stderr) == ([], "")


@pytest.mark.thorough
def test_page_is_in_the_wheel(tmp_path: Path) -> None:
    """It is installed where man(1) looks for it."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*pip, str(tmp_path), str(manual.PROJECT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith("/share/man/man1/find-libdeps.1")]
        assert archive.read(name) == manual.PAGE.read_bytes()
