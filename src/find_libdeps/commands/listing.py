"""The default command, ``find-libdeps PATH...``: options in, a list out, an exit status."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import date, datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from find_libdeps.commands.also import Also, with_also, write
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
from find_libdeps.output.formats import ALERTS, Format, render, render_alerts
from find_libdeps.output.paint import Paint, plain
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
    metavar="NAME",
    default=Format.LIST.value,
    help="list (default), json, tree, dockerfile, files, "
    "cyclonedx; sarif, junit, markdown, github.",
)
@with_also([form.value for form in Format])
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
    also: Sequence[Also],
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

    Exit status: 0 all is well; 1 something is unresolved, or differs; 2 failure.
    """
    # imported here: --help needs none of it
    from find_libdeps.commands.compare import difference, lines_to_change, read_list
    from find_libdeps.debian.apt_lists import date_of_lists
    from find_libdeps.output.index_messages import index_messages
    from find_libdeps.output.messages import closing, explanations, messages
    from find_libdeps.output.words import Message
    from find_libdeps.roots.directory import DirectoryTree
    from find_libdeps.scan.scan import scan_paths

    chosen = _chosen(form, check)
    committed = None if check is None else read_list(check)
    with nullcontext(no_progress) if quiet else shown() as progress:
        report = scan_paths(
            or_virtualenv(paths, stages["root"], quiet=quiet),
            **stages,
            **filters,
            plugins=not no_plugins,
            files=Format.FILES in {chosen, *(Format(form) for form, _ in also)},
            reader=reader,
            progress=progress,
        )
    lists = partial(date_of_lists, DirectoryTree(stages["root"]))
    collected = [*index_messages(report, _today(), lists)]
    collected += messages(report, strict=strict, verbose=verbose)
    is_complete = report.is_complete(strict=strict)
    if pin:
        report, errors = _pinned(report, stages["root"], essential)
        collected += errors
        is_complete &= not errors
    is_explained = verbose and chosen is Format.LIST and _both_on_a_terminal()
    differs = list[str]()
    if committed is not None:
        differs = difference(committed, report.to_install(essential=essential), versions=pin)

    def rendered(form: str, paint: Paint = plain) -> str:
        if Format(form) not in ALERTS:
            return render(report, Format(form), essential=essential, paint=paint)
        from find_libdeps.output.list_alerts import Difference, list_alerts

        changes = lines_to_change(differs, committed or {})
        alerts = list_alerts(
            report,
            collected,
            Difference(check, tuple(differs), tuple(changes)) if check is not None else None,
            essential=essential,
            verbose=verbose,
            quiet=quiet,
        )
        return render_alerts(alerts, Format(form))

    write(also, rendered)
    # the explanations name each package, too
    if chosen in ALERTS or not (is_explained or committed is not None):
        click.echo(rendered(chosen.value, click.style), nl=False, color=colours())
    if differs:
        click.echo("\n".join(differs), err=True)
        collected.append(Message("error", f'"{printable(check)}" differs from what was found'))
        is_complete = False
    if verbose:
        for line in explanations(report, essential=essential):
            click.echo(line, err=True)
    _print(message for message in collected if message.level == "error" or not quiet)
    if sys.stderr.isatty() and not quiet:
        click.echo(f"find-libdeps: {closing(report, essential=essential)}", err=True)
    sys.exit(0 if is_complete else 1)


def _chosen(form: str, check: str | None) -> Format:
    """The format to print.

    Raises:
        click.UsageError: the command line has one that can't tell a difference.
    """
    chosen = Format(form)
    if check is None or chosen is Format.LIST or chosen in ALERTS:
        return chosen
    source = click.get_current_context().get_parameter_source("form")
    if source is ParameterSource.COMMANDLINE:
        fitting = ", ".join(each.value for each in ALERTS[:-1])
        message = f"--check compares lists, and --format {form} tells no difference: "
        raise click.UsageError(f"{message}{fitting} and {ALERTS[-1].value} do.")
    return Format.LIST  # that of pyproject.toml is for other runs


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
