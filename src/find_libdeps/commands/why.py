"""The command ``find-libdeps why``: options in, sentences out, an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from find_libdeps.commands.options import files, is_overruled
from find_libdeps.needs.by_name import Dlopen
from find_libdeps.process.progress import shown
from find_libdeps.scan.scan import scan_paths


def with_what_finds(command: click.Command, listing: click.Command) -> click.Command:
    """Give a command those options of the list that decide what is found."""
    own = {"paths", "form", "essential", "pin", "check", "strict", "verbose", "quiet", "version"}
    command.params += [each for each in listing.params if each.name not in {*own, "help"}]
    return command


@click.command("why", epilog="Example:  find-libdeps why libpq5 /venv")
@click.argument("name")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, shell_complete=files)
@click.option("-v", "--verbose", is_flag=True, help="Name every file that asks.")
@click.help_option("-h", "--help")
def why(
    name: str,
    paths: Sequence[str],
    verbose: bool,
    dlopen: str,
    no_dlopen: bool,
    no_plugins: bool,
    **where: Any,
) -> None:
    """Say why NAME is needed by the files in PATH.

    NAME is a soname (libpq.so.5), a package (libpq5), or a distribution (psycopg2): then the answer
    is what would leave the list with it.

    Exit status: 0 that was the answer; 1 nothing goes by that name; 2 the command could not do its
    work.
    """
    if not name:
        raise click.BadParameter("an empty name", param_hint="NAME")
    # the list does without
    from find_libdeps.output.answers import sentences
    from find_libdeps.report.why import Unknown, explain

    with shown() as progress:
        report = scan_paths(
            paths,
            dlopen=Dlopen.NONE if no_dlopen and not is_overruled() else Dlopen(dlopen),
            plugins=not no_plugins,
            progress=progress,
            **where,
        )
    for problem in report.problems:  # who could not be read may ask for it, too
        level = "error" if problem.is_error else "warning"
        click.echo(f"find-libdeps: {level}: {problem.error}", err=True)
    for answer in explain(report, name):
        is_unknown = isinstance(answer, Unknown)
        for line in sentences(answer, report, verbose=verbose):
            click.echo(f"find-libdeps: {line}" if is_unknown else line, err=is_unknown)
        if is_unknown:
            sys.exit(1)
