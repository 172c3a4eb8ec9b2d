"""What a terminal would show of a command: its output, line by line, and how it ended."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from click import Context

from find_libdeps.commands.main import main
from find_libdeps.elf.readers import Reader
from find_libdeps.report.document import tool_version
from project import PROJECT
from runner import CliRunner

PROMPT = "$ find-libdeps "
NO_INDEX_IS_OLD = {"SOURCE_DATE_EPOCH": "0"}
"""The date by which they would be."""

EMBEDDED_SIZES = re.compile(
    r'^  "sizes": \{\n    "unit": "KiB",\n    "source": "embedded .*?^  \}',
    re.MULTILINE | re.DOTALL,
)
"""In JSON: new indexes have other sizes."""


def session(
    root: Path, arguments: str, reader: Reader = Reader.STRUCT, project: Path = PROJECT
) -> str:
    """What a terminal would show: a command, its output and how it ended.

    Another reader of ELF files than the everyday one is named to the command, but not shown.

    Args:
        root: the root of the case.
        arguments: the command.
        reader: what reads ELF files.
        project: the directory that the command starts in, for its pyproject.toml.
    """
    words = _with_root(shlex.split(arguments.replace("{root}", str(root))), root)
    if reader is not Reader.STRUCT:
        words += ["--reader", reader.value]
    here = Path.cwd()
    os.chdir(project)
    result = CliRunner(env=NO_INDEX_IS_OLD).invoke(main, words)
    os.chdir(here)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    errors = "".join(f"2> {line}\n" for line in result.stderr.splitlines())
    told = f"{result.stdout}{errors}".replace(str(root), "{root}")
    told = re.sub(r"(embedded \S+) [\d-]+", r"\1 DATE", told)
    told = re.sub(
        r"\d[\d.]* [kMG]B\b( \(\d+)?", lambda size: "SIZE (N" if size[1] else "SIZE", told
    )
    told = EMBEDDED_SIZES.sub(lambda sizes: re.sub(r": \d+", ": 0", sizes[0]), told)
    for before in ("find-libdeps ", '"name": "find-libdeps",\n *"version": "'):
        told = re.sub(f"({before}){re.escape(tool_version())}", r"\1VERSION", told)
    return f"{PROMPT}{arguments}\n{told}exit {result.exit_code}\n"


def _with_root(words: list[str], root: Path) -> list[str]:
    """The words of a command, and of a subcommand that they may start with."""
    if words[0] == "audit":
        return words
    command = words[:1] if words[0] in main.list_commands(Context(main)) else []
    return [*command, "--root", str(root), *words[len(command) :]]
