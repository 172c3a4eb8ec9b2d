"""The command: options in, a rendered report out, an exit status. It decides nothing."""

from __future__ import annotations

import click

from find_libdeps.commands.audit import audit
from find_libdeps.commands.index import indexes
from find_libdeps.commands.listing import LISTING, listing
from find_libdeps.commands.why import why, with_what_finds
from find_libdeps.errors import FindLibdepsError, printable

FAILED = 2
"""Exit status where the command could not do its work."""


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


@click.group(cls=Commands, add_help_option=False)
def main() -> None:
    """Find the Debian packages that a virtualenv needs."""


main.add_command(listing)
main.add_command(audit)
main.add_command(with_what_finds(why, listing))
main.add_command(indexes)
