"""The command ``find-libdeps why``: options in, sentences out, an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from find_libdeps.commands.options import (
    Filters,
    Stages,
    configured,
    files,
    or_virtualenv,
    with_filters,
    with_programs,
    with_reader,
    with_stages,
    without_plugins,
)
from find_libdeps.elf.readers import Reader
from find_libdeps.process.progress import shown


@click.command("why", epilog="Example:  find-libdeps why libpq5 /venv")
@click.argument("name")
@click.argument("paths", metavar="PATH...", nargs=-1, shell_complete=files)
@with_stages
@with_filters("Sonames that something else provides.")
@without_plugins
@with_programs
@with_reader
@click.option("-v", "--verbose", is_flag=True, help="Name every file that asks.")
@configured
@click.help_option("-h", "--help")
def why(
    name: str,
    paths: Sequence[str],
    stages: Stages,
    filters: Filters,
    no_plugins: bool,
    programs: bool,
    reader: Reader,
    verbose: bool,
) -> None:
    """Say why NAME is needed by the files in PATH.

    NAME is a soname (libpq.so.5), a package (libpq5), or a distribution (psycopg2): then the answer
    is what would leave the list with it.

    Exit status: 0 that was the answer; 1 nothing goes by that name; 2 the command could not do its
    work.
    """
    if not name:
        raise click.BadParameter("an empty name", param_hint="NAME")
    # imported here: --help needs none of it
    from find_libdeps.output.answers import sentences
    from find_libdeps.report.why import Unknown, explain
    from find_libdeps.scan.scan import scan_paths

    with shown() as progress:
        report = scan_paths(
            or_virtualenv(paths, stages["root"]),
            **stages,
            **filters,
            plugins=not no_plugins,
            programs=programs,
            reader=reader,
            progress=progress,
        )
    for problem in report.problems:  # a file that could not be read may ask for it, too
        level = "error" if problem.is_error else "warning"
        click.echo(f"find-libdeps: {level}: {problem.error}", err=True)
    for answer in explain(report, name):
        is_unknown = isinstance(answer, Unknown)
        for line in sentences(answer, report, verbose=verbose):
            click.echo(f"find-libdeps: {line}" if is_unknown else line, err=is_unknown)
        if is_unknown:
            sys.exit(1)
