"""The default command, ``find-libdeps PATH...``: options in, a list out, an exit status."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

import click

from find_libdeps.commands.options import (
    Filters,
    Stages,
    colours,
    commands_of,
    configured,
    files,
    or_virtualenv,
    with_filters,
    with_reader,
    with_stages,
    without_plugins,
)
from find_libdeps.elf.readers import Reader
from find_libdeps.errors import printable
from find_libdeps.output.formats import Format, render
from find_libdeps.process.progress import no_progress, shown

if TYPE_CHECKING:
    from find_libdeps.output.words import Message
    from find_libdeps.report.report import Report


class ListContext(click.Context):
    """The context of the default command, whose name the user does not type."""

    @property
    def command_path(self) -> str:
        """What the user types before the options."""
        return self.parent.command_path if self.parent else "find-libdeps"


class ListCommand(click.Command):
    """The default command, which runs if the user names none."""

    context_class = ListContext

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the other commands, each with what it does."""
        every = commands_of(ctx)
        with formatter.section("Other commands, such as find-libdeps audit --help"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(100))
                    for name, command in every.items()
                    if name != ctx.info_name
                ]
            )


@click.command(cls=ListCommand)
@click.argument("paths", metavar="PATH...", nargs=-1, shell_complete=files)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice([f.value for f in Format]),
    default=Format.LIST.value,
    show_default=True,
    help="What to print.",
)
@with_stages
@with_filters("Sonames that something else provides.")
@without_plugins
@click.option("--essential", is_flag=True, help="Also list what every Debian system has.")
@click.option("--pin", is_flag=True, help="name=version, as the builder has it.")
@click.option(
    "--check",
    metavar="FILE",
    shell_complete=files,
    help="Say where FILE differs, and print no list.",
)
@with_reader
@click.option("--strict", is_flag=True, help="Whatever is unresolved is an error.")
@click.option("-v", "--verbose", is_flag=True, help="Say why each package is on the list.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@configured
@click.version_option(package_name="find-libdeps")
@click.help_option("-h", "--help")
def listing(
    paths: Sequence[str],
    stages: Stages,
    filters: Filters,
    no_plugins: bool,
    form: str,
    essential: bool,
    pin: bool,
    check: str | None,
    reader: Reader,
    strict: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """List the Debian packages that the ELF files in PATH need. Names go to stdout; PATH is a
    virtualenv, a directory, a wheel or an ELF file.

    Example:  find-libdeps /venv > pkgdeps.txt

    Exit status: 0 all is well; 1 something required is unresolved, the list is printed all the
    same, or it differs; 2 the command could not do its work.
    """
    # imported here: --help needs none of it
    from find_libdeps.commands.compare import difference, read_list
    from find_libdeps.output.index_messages import index_messages
    from find_libdeps.output.messages import closing, explanations, messages
    from find_libdeps.output.words import Message
    from find_libdeps.scan.scan import scan_paths

    committed = None if check is None else read_list(check)
    with nullcontext(no_progress) if quiet else shown() as progress:
        report = scan_paths(
            or_virtualenv(paths, stages["root"], quiet=quiet),
            **stages,
            **filters,
            plugins=not no_plugins,
            files=form == Format.FILES.value,
            reader=reader,
            progress=progress,
        )
    collected = [*index_messages(report, _today())]
    collected += messages(report, strict=strict, verbose=verbose)
    is_complete = report.is_complete(strict=strict)
    if pin:
        report, errors = _pinned(report, stages["root"], essential)
        collected += errors
        is_complete &= not errors
    is_explained = verbose and form == Format.LIST.value and _both_on_a_terminal()
    if committed is not None:
        if differs := difference(committed, report.to_install(essential=essential), versions=pin):
            click.echo("\n".join(differs), err=True)
            collected.append(Message("error", f'"{printable(check)}" differs from what was found'))
            is_complete = False
    elif not is_explained:  # the explanations name each package, too
        text = render(report, Format(form), essential=essential, paint=click.style)
        click.echo(text, nl=False, color=colours())
    if verbose:
        for line in explanations(report, essential=essential):
            click.echo(line, err=True)
    _print(message for message in collected if message.level == "error" or not quiet)
    if sys.stderr.isatty() and not quiet:
        click.echo(f"find-libdeps: {closing(report, essential=essential)}", err=True)
    sys.exit(0 if is_complete else 1)


def _both_on_a_terminal() -> bool:
    return sys.stdout.isatty() and sys.stderr.isatty()


def _pinned(report: Report, root: str, essential: bool) -> tuple[Report, list[Message]]:
    """The report with versions, and errors for the packages that have none."""
    from find_libdeps.output.messages import unpinned
    from find_libdeps.scan.pin import with_versions  # few want versions

    pinned = with_versions(report, root, essential=essential)
    return pinned, unpinned(pinned, essential=essential)


def _print(collected: Iterable[Message]) -> None:
    for message in collected:
        click.echo(f"find-libdeps: {message.level}: {message.headline}", err=True)
        for detail in message.details:
            click.echo(f"    {detail}", err=True)


def _today() -> date:
    """The date by which indexes are old: that of SOURCE_DATE_EPOCH, where a build has to come out
    the same (reproducible-builds.org), otherwise today's.
    """
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = int(seconds) if seconds.isdecimal() and len(seconds) < 12 else time.time()
    return datetime.fromtimestamp(now, timezone.utc).date()
