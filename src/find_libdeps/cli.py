"""The command: options in, a rendered report out, an exit status. It decides nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from find_libdeps.errors import FindLibdepsError
from find_libdeps.render import Format, explanations, findings, render
from find_libdeps.scan import scan_paths

FAILED = 2
"""Exit status where the command could not do its work."""


@click.command(epilog="Example:  find-libdeps /venv > pkgdeps.txt")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
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
    default="/",
    show_default=True,
    help="The builder's root; each PATH is then a path inside it.",
)
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
@click.option("--strict", is_flag=True, help="Whatever is unresolved is an error.")
@click.option("-v", "--verbose", is_flag=True, help="Say why each package is on the list.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.version_option(package_name="find-libdeps")
@click.help_option("-h", "--help")
def main(
    paths: Sequence[str],
    form: str,
    root: str,
    essential: bool,
    ignore: Sequence[str],
    exclude: Sequence[str],
    library_path: str,
    strict: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """List the Debian packages that the ELF files in PATH need.

    PATH is a virtualenv, any other directory or a single ELF file. The names of the packages go
    to stdout, one a line, and all else to stderr.

    Exit status: 0 all is well; 1 something required is unresolved, the list is printed all the
    same; 2 the command could not do its work.
    """
    try:
        report = scan_paths(
            paths, root=root, library_path=library_path, ignore=ignore, exclude=exclude
        )
    except FindLibdepsError as error:
        click.echo(f"find-libdeps: {error}", err=True)
        sys.exit(FAILED)
    click.echo(render(report, Format(form), essential=essential), nl=False)
    if verbose:
        for line in explanations(report, essential=essential):
            click.echo(line, err=True)
    for finding in findings(report, strict=strict, verbose=verbose):
        if finding.level == "error" or not quiet:
            click.echo(f"find-libdeps: {finding.level}: {finding.headline}", err=True)
            for detail in finding.details:
                click.echo(f"    {detail}", err=True)
    sys.exit(0 if report.is_complete(strict=strict) else 1)
