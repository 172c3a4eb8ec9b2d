"""The command that is meant when none is named: options in, a list out, an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext

import click

from find_libdeps.commands.compare import difference, read_list
from find_libdeps.commands.options import (
    commands_of,
    configured,
    directories,
    files,
    is_overruled,
    releases,
)
from find_libdeps.errors import printable
from find_libdeps.needs.by_name import Dlopen
from find_libdeps.output.formats import Format, render
from find_libdeps.output.messages import Message, explanations, messages
from find_libdeps.process.progress import no_progress, shown
from find_libdeps.scan.scan import scan_paths

LISTING = "PATH..."
"""What stands where the name of a command would: no path can be mistaken for it."""


class ListingContext(click.Context):
    """The context of a command that has no name of its own in what the user types."""

    @property
    def command_path(self) -> str:
        """What the user types before the options."""
        return self.parent.command_path if self.parent else "find-libdeps"


class Listing(click.Command):
    """The command that is meant when none is named."""

    context_class = ListingContext

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Name the commands that have a name."""
        others = [f"find-libdeps {name} --help" for name in commands_of(ctx) if name != LISTING]
        formatter.write_paragraph()
        formatter.write_text(f"Other commands:  {', '.join(others)}")


@click.command(LISTING, cls=Listing)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, shell_complete=files)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice([f.value for f in Format]),
    default=Format.LIST.value,
    show_default=True,
    help="What to print.",
)
@click.option(
    "--root",
    metavar="DIR",
    shell_complete=directories,
    default="/",
    help="The builder's root; each PATH is a path inside it.",
)
@click.option(
    "--target",
    metavar="IMAGE|DIR|ARCHIVE",
    shell_complete=files,
    help="Where it goes: what is there is left out.",
)
@click.option(
    "--release",
    metavar="NAME",
    shell_complete=releases,
    help="The target's release, such as debian:13.",
)
@click.option("--index", metavar="FILE", shell_complete=files, help="An index of that release.")
@click.option("--essential", is_flag=True, help="Also list what every Debian system has.")
@click.option(
    "--ignore", metavar="GLOB", multiple=True, help="Sonames that something else provides."
)
@click.option("--exclude", metavar="GLOB", multiple=True, help="Files not to look at.")
@click.option(
    "--library-path",
    metavar="DIRS",
    default="",
    help="What LD_LIBRARY_PATH will be in the target.",
)
@click.option(
    "--dlopen",
    type=click.Choice([Dlopen.AT_IMPORT.value, Dlopen.ALL.value]),
    default=Dlopen.AT_IMPORT.value,
    help="What Python loads by name: at import, or all.",
)
@click.option("--no-dlopen", is_flag=True, help="None of these.")
@click.option("--pin", is_flag=True, help="name=version, as the builder has it.")
@click.option(
    "--check",
    metavar="FILE",
    shell_complete=files,
    help="Print no list, but where FILE differs from it.",
)
@click.option("--no-plugins", is_flag=True, help="Leave out what only plugin files need.")
@click.option("--strict", is_flag=True, help="Whatever is unresolved is an error.")
@click.option("-v", "--verbose", is_flag=True, help="Say why each package is on the list.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@configured
@click.version_option(package_name="find-libdeps")
@click.help_option("-h", "--help")
def listing(
    paths: Sequence[str],
    form: str,
    root: str,
    target: str | None,
    release: str | None,
    index: str | None,
    essential: bool,
    ignore: Sequence[str],
    exclude: Sequence[str],
    library_path: str,
    dlopen: str,
    no_dlopen: bool,
    pin: bool,
    check: str | None,
    no_plugins: bool,
    strict: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """List the Debian packages that the ELF files in PATH need.

    Example:  find-libdeps /venv > pkgdeps.txt

    PATH is a virtualenv, any other directory, a wheel or a single ELF file. The names go to stdout,
    one a line, and all else to stderr.

    Exit status: 0 all is well; 1 something required is unresolved, the list is printed all the
    same, or it differs; 2 the command could not do its work.
    """
    committed = None if check is None else read_list(check)
    with nullcontext(no_progress) if quiet else shown() as progress:
        report = scan_paths(
            paths,
            root=root,
            target=target,
            release=release,
            index=index,
            library_path=library_path,
            ignore=ignore,
            exclude=exclude,
            dlopen=Dlopen.NONE if no_dlopen and not is_overruled() else Dlopen(dlopen),
            plugins=not no_plugins,
            files=form == Format.FILES.value,
            progress=progress,
        )
    told = messages(report, strict=strict, verbose=verbose)
    is_complete = report.is_complete(strict=strict)
    if pin:
        from find_libdeps.output.messages import unpinned
        from find_libdeps.scan.pin import with_versions

        report = with_versions(report, root, essential=essential)
        told += (open_ := unpinned(report, essential=essential))
        is_complete &= not open_
    if committed is None:
        text = render(report, Format(form), essential=essential, paint=click.style)
        click.echo(text, nl=False, color=False if os.environ.get("NO_COLOR") else None)
    else:
        packages = report.to_install(essential=essential)
        if differs := difference(committed, packages, versions=pin):
            click.echo("\n".join(differs), err=True)
            told.append(Message("error", f'"{printable(check)}" differs from what was found'))
            is_complete = False
    if verbose:
        for line in explanations(report, essential=essential):
            click.echo(line, err=True)
    _tell(message for message in told if message.level == "error" or not quiet)
    sys.exit(0 if is_complete else 1)


def _tell(told: Iterable[Message]) -> None:
    for message in told:
        click.echo(f"find-libdeps: {message.level}: {message.headline}", err=True)
        for detail in message.details:
            click.echo(f"    {detail}", err=True)
