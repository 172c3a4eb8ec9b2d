"""The command ``find-libdeps observe``: runs a command, and writes what its processes asked for."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from find_libdeps.commands.options import files
from find_libdeps.errors import ObservationError, printable
from find_libdeps.process.signals import Stopped

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit statuses of a command that can't be run, as env(1) and shells have them."""


@click.command(
    "observe",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Example:  find-libdeps observe -o observed.json -- python -m pytest",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    shell_complete=files,
    help="The file to write.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, shell_complete=files)
@click.help_option("-h", "--help")
def observe(output: str, command: Sequence[str]) -> None:
    """Run COMMAND, and note which libraries it asks for.

    This is the only command that runs anything: yours, as you would run it, with your stdin, stdout
    and stderr. What it asks for is written into FILE, for find-libdeps --observed FILE PATH. Heard
    are all processes of COMMAND by the dynamic loader (LD_DEBUG), and Pythons from 3.8 on by a
    listener on PYTHONPATH.

    Exit status: that of COMMAND, and if a signal ends it, we end by the same; 126 it can't be run;
    127 it is not there; 2 nothing could be written, or wrong usage.
    """
    # imported here: --help needs none of it
    from find_libdeps.needs.observation import observation_json
    from find_libdeps.observe.run import run_observed
    from find_libdeps.report.document import TOOL, tool_version

    file = Path(output)
    _check_writable(file)
    try:
        run = run_observed(command)
    except OSError as error:
        where = printable(command[0])
        click.echo(f'find-libdeps: cannot run "{where}": {error.strerror}', err=True)
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        sys.exit(NOT_FOUND if missing else NOT_EXECUTABLE)
    try:
        file.write_text(observation_json(run.observation, f"{TOOL} {tool_version()}"))
    except OSError as error:
        raise ObservationError("write", file, error.strerror) from None
    if run.left:
        count = len(run.left)
        processes = (
            "a process that still runs" if count == 1 else f"{count} processes that still run"
        )
        numbers = " ".join(map(str, run.left))
        click.echo(f"find-libdeps: note: not heard to the end: {processes} ({numbers})", err=True)
        click.echo(f"    remove {printable(run.directory)} when it has ended", err=True)
    if not run.observation.is_complete:
        click.echo("find-libdeps: warning: something of what was told could not be read", err=True)
    if run.status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the core to look at is the command's
        raise Stopped(-run.status)
    sys.exit(run.status)


def _check_writable(file: Path) -> None:
    """Refuse a file that can't be written, before a long run and not after it.

    Raises:
        ObservationError: it can't be.
    """
    if file.is_dir():
        raise ObservationError("write", file, "it is a directory")
    there = file if file.exists() else file.parent
    if not there.exists():
        raise ObservationError("write", file, "its directory does not exist")
    if not os.access(there, os.W_OK):
        raise ObservationError("write", file, "Permission denied")
