"""The command: options in, a rendered report out, an exit status. It decides nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext

import click

from find_libdeps.audit_command import audit
from find_libdeps.compare import difference, read_list
from find_libdeps.contents import embedded_index, embedded_indexes, write_index
from find_libdeps.errors import FindLibdepsError, printable
from find_libdeps.findings import Finding, explanations, findings
from find_libdeps.options import (
    commands_of,
    configured,
    directories,
    files,
    is_overruled,
    releases,
)
from find_libdeps.progress import no_progress, shown
from find_libdeps.release import parse_release
from find_libdeps.render import Format, render
from find_libdeps.scan import Dlopen, scan_paths
from find_libdeps.why_command import why, with_what_finds

FAILED = 2
"""Exit status where the command could not do its work."""
LISTING = "PATH..."
"""What stands where the name of a command would: no path can be mistaken for it."""


class Commands(click.Group):
    """Commands by their first word; without one of them, the list of packages is wanted."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give the words to a command, or to the list."""
        is_command = bool(args) and args[0] in self.commands
        return super().parse_args(ctx, args if is_command else [LISTING, *args])

    def invoke(self, ctx: click.Context) -> object:
        """Say in one sentence what went wrong."""
        try:
            return super().invoke(ctx)
        except FindLibdepsError as error:
            click.echo(f"find-libdeps: {error}", err=True)
            ctx.exit(FAILED)
        except MemoryError:
            click.echo("find-libdeps: cannot go on: out of memory", err=True)
            ctx.exit(FAILED)
        except OSError as error:
            what = f'use "{printable(error.filename)}"' if error.filename else "write the output"
            click.echo(f"find-libdeps: cannot {what}: {error.strerror}", err=True)
            ctx.exit(FAILED)


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


@click.group(cls=Commands, add_help_option=False)
def main() -> None:
    """Find the Debian packages that a virtualenv needs."""


@main.command(LISTING, cls=Listing)
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
    told = findings(report, strict=strict, verbose=verbose)
    is_complete = report.is_complete(strict=strict)
    if pin:
        from find_libdeps.pin import unpinned, with_versions

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
            told.append(Finding("error", f'"{printable(check)}" differs from what was found'))
            is_complete = False
    if verbose:
        for line in explanations(report, essential=essential):
            click.echo(line, err=True)
    _tell(finding for finding in told if finding.level == "error" or not quiet)
    sys.exit(0 if is_complete else 1)


def _tell(told: Iterable[Finding]) -> None:
    for finding in told:
        click.echo(f"find-libdeps: {finding.level}: {finding.headline}", err=True)
        for detail in finding.details:
            click.echo(f"    {detail}", err=True)


main.add_command(audit)
main.add_command(with_what_finds(why, listing))


@main.group("index")
def indexes() -> None:
    """Indexes of releases: which packages have which libraries."""


@indexes.command("list")
def list_indexes() -> None:
    """List the indexes that come with this package."""
    for release in embedded_indexes():
        index = embedded_index(release)
        if index:
            click.echo(f"{release}\t{index.date}\t{' '.join(index.architectures)}")


@indexes.command("make")
@click.argument("release")
@click.option(
    "--arch", "architectures", metavar="NAME", multiple=True, help="Architecture; may be repeated."
)
@click.option(
    "--source", "sources", metavar="LINE", multiple=True, help="A line of sources.list(5)."
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    help="The file to write.",
)
def make(release: str, architectures: Sequence[str], sources: Sequence[str], output: str) -> None:
    """Make the index of RELEASE, such as debian:13, with the system's own apt.

    Its sources, proxies and keys count; its state stays as it is.
    """
    from find_libdeps.apt import make_index

    made = make_index(parse_release(release), architectures, sources)
    if output == "-":
        click.echo(made, nl=False)
    else:
        write_index(output, made)
