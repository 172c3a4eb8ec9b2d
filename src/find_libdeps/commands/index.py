"""The commands ``find-libdeps index``."""

from __future__ import annotations

from collections.abc import Sequence

import click


@click.group("index")
def index() -> None:
    """Indexes of releases: which packages have which libraries."""


@index.command("list")
def list_indexes() -> None:
    """List the indexes that come with this package."""
    # imported here: --help needs none of it
    from find_libdeps.debian.index import embedded_index, embedded_indexes

    for release in embedded_indexes():
        known = embedded_index(release)
        if known:
            click.echo(f"{release}\t{known.date}\t{' '.join(known.architectures)}")


@index.command("make")
@click.argument("release")
@click.option(
    "--arch", "architectures", metavar="NAME", multiple=True, help="Architecture; may be repeated."
)
@click.option(
    "--source", "sources", metavar="LINE", multiple=True, help="A line of sources.list(5)."
)
@click.option("--keyring", metavar="FILE", help="The keys of the archive.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    help="The file to write.",
)
def make(
    release: str,
    architectures: Sequence[str],
    sources: Sequence[str],
    keyring: str | None,
    output: str,
) -> None:
    """Make the index of RELEASE, such as debian:13, with the system's own apt.

    Its sources, proxies and keys count, and Ubuntu's and Raspberry Pi OS's archives are known; its
    state stays as it is.
    """
    # imported here: --help needs none of it
    from find_libdeps.debian.make_index import make_index
    from find_libdeps.debian.release import parse_release
    from find_libdeps.debian.write_index import write_index

    made = make_index(parse_release(release), architectures, sources, keyring, _note)
    if output == "-":
        click.echo(made, nl=False)
    else:
        write_index(output, made)


def _note(sentence: str) -> None:
    from find_libdeps.errors import printable

    click.echo(f"find-libdeps: note: {printable(sentence)}", err=True)
