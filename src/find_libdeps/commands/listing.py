"""The default command, ``find-libdeps PATH...``: options in, a list out, an exit status."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
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
    with_programs,
    with_reader,
    with_stages,
    without_plugins,
)
from find_libdeps.commands.verdict import FailOn, acceptances, looks_at_part, today, with_fail_on
from find_libdeps.elf.readers import Reader
from find_libdeps.errors import printable
from find_libdeps.output.formats import ALERTS, Format, render, render_alerts, render_page
from find_libdeps.output.paint import Paint, plain
from find_libdeps.process.progress import no_progress, shown

if TYPE_CHECKING:
    from find_libdeps.output.list_alerts import Difference
    from find_libdeps.output.words import Message
    from find_libdeps.report.findings import AnyCode, Finding
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
    "cyclonedx, html, dot, mermaid; sarif, junit, markdown, github.",
)
@with_also([form.value for form in Format])
@with_stages
@with_filters("Sonames that something else provides.")
@without_plugins
@with_programs
@click.option("--essential", is_flag=True, help="Also list what every Debian system has.")
@click.option("--pin", is_flag=True, help="name=version, as the builder has it.")
@click.option("--sizes", is_flag=True, help="Say how much installing the list adds.")
@click.option(
    "--check",
    metavar="FILE",
    shell_complete=files,
    help="Say where FILE differs, and print no list.",
)
@with_reader
@with_fail_on
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
    programs: bool,
    form: str,
    also: Sequence[Also],
    essential: bool,
    pin: bool,
    sizes: bool,
    check: str | None,
    reader: Reader,
    fail_on: FailOn,
    verbose: bool,
    quiet: bool,
) -> None:
    """find-libdeps /venv > pkgdeps.txt lists the Debian packages that /venv needs. PATH is a
    virtualenv, a directory, a wheel or a file. Exit status: 0 all is well; 1 something is
    unresolved or differs; 2 failure.
    """
    # imported here: --help needs none of it
    from find_libdeps.commands.compare import compared, is_change, read_list
    from find_libdeps.debian.apt_lists import date_of_lists
    from find_libdeps.output.acceptances import acceptance_messages, accepted_lines
    from find_libdeps.output.index_messages import index_messages
    from find_libdeps.output.messages import closing, explanations, messages, unpinned_messages
    from find_libdeps.output.words import Message
    from find_libdeps.report.list_findings import without_accepted
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
            programs=programs,
            sizes=sizes,
            files=Format.FILES in {chosen, *(Format(form) for form, _ in also)},
            reader=reader,
            progress=progress,
        )
    report, unpinned = _pinned(report, stages["root"], essential) if pin else (report, [])

    def differing(without: Collection[str] = ()) -> Difference | None:
        if committed is None:
            return None
        packages = report.to_install(essential=essential)
        return compared(str(check), committed, packages, versions=pin, without=without)

    difference = differing()
    others = [*unpinned, *(difference.changes if difference else ())]
    is_part = no_plugins or looks_at_part(filters)
    report = _with_acceptances(report, others, check=check is not None, pin=pin, is_part=is_part)
    gone = {each.key for each in report.accepted}
    if gone.intersection(each.key for each in others):
        difference = differing({each.name for each in report.accepted if is_change(each)})
        unpinned = [each for each in unpinned if each.key not in gone]
    left, strict = without_accepted(report), fail_on.is_strict
    lists = partial(date_of_lists, DirectoryTree(stages["root"]))
    collected = [*index_messages(left, today(), lists)]
    collected += messages(left, strict=strict, verbose=verbose)
    collected += unpinned_messages(unpinned, left)
    collected += acceptance_messages(report, verbose=verbose)
    differs = difference.diff if difference else ()
    is_explained = verbose and chosen is Format.LIST and _both_on_a_terminal()

    def rendered(form: str, paint: Paint = plain) -> str:
        if Format(form) not in (Format.HTML, *ALERTS):
            return render(report, Format(form), essential=essential, sizes=sizes, paint=paint)
        from find_libdeps.output.list_alerts import list_alerts

        told = {"essential": essential, "verbose": verbose, "quiet": quiet}
        alerts = list_alerts(report, collected, difference, **told)
        if Format(form) is Format.HTML:
            return render_page(report, alerts, essential=essential)
        return render_alerts(alerts, Format(form))

    write(also, rendered)
    # the explanations name each package, too
    if chosen in ALERTS or not (is_explained or committed is not None):
        click.echo(rendered(chosen.value, click.style), nl=False, color=colours())
    if differs:
        click.echo("\n".join(differs), err=True)
        collected.append(Message("error", f'"{printable(check)}" differs from what was found'))
    if verbose:
        for line in explanations(report, essential=essential):
            click.echo(line, err=True)
    for line in () if quiet else _size_lines(report, sizes=sizes):
        click.echo(line, err=True)
    _print(message for message in collected if message.level == "error" or not quiet)
    for line in () if quiet else accepted_lines(report.accepted):
        click.echo(f"find-libdeps: accepted: {line}", err=True)
    if sys.stderr.isatty() and not quiet:
        click.echo(f"find-libdeps: {closing(report, essential=essential)}", err=True)
    is_complete = report.is_complete(strict=strict) and not (differs or unpinned)
    sys.exit(0 if is_complete or fail_on is FailOn.NEVER else 1)


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


def _pinned(report: Report, root: str, essential: bool) -> tuple[Report, list[Finding]]:
    """The report with versions, and the packages that have none."""
    from find_libdeps.report.list_findings import unpinned
    from find_libdeps.scan.pin import with_versions  # few want versions

    pinned = with_versions(report, root, essential=essential)
    return pinned, unpinned(pinned, essential=essential)


def _with_acceptances(
    report: Report, others: Sequence[Finding], *, check: bool, pin: bool, is_part: bool
) -> Report:
    """The report with what pyproject.toml accepts of what this run looks for."""
    if not (accepted := acceptances()):
        return report
    from find_libdeps.output.rules import LIST_RULES
    from find_libdeps.report.accept import accept_in_report  # few projects accept anything
    from find_libdeps.report.findings import ListCode

    by_option: dict[AnyCode, bool] = {ListCode.LIST_DIFFERS: check, ListCode.NO_VERSION: pin}
    codes = {None, *(rule.code for rule in LIST_RULES if by_option.get(rule.code, True))}
    found = accept_in_report(report, [a for a in accepted if a.code in codes], today(), others)
    return replace(found, unmatched=()) if is_part else found


def _size_lines(report: Report, *, sizes: bool) -> Iterator[str]:
    """What the list adds, if that is asked for; what leaving out plugins saves."""
    if not (sizes or report.spared):
        return
    from find_libdeps.output.sizes import saved, size_lines  # few ask for that

    if sizes:
        first, *others = size_lines(report)
        yield f"find-libdeps: {first}"
        yield from others
    if report.spared:
        yield f"find-libdeps: {saved(report)}"


def _print(collected: Iterable[Message]) -> None:
    for message in collected:
        click.echo(f"find-libdeps: {message.level}: {message.headline}", err=True)
        for detail in message.details:
            click.echo(f"    {detail}", err=True)
