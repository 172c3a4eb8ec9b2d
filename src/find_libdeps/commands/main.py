"""The group of all commands; it reports whatever goes wrong in them in one sentence."""

from __future__ import annotations

from importlib import import_module

import click

from find_libdeps.errors import SCARCE, FindLibdepsError, printable

FAILED = 2
"""Exit status if the command could not do its work."""
LISTING = "PATH..."
"""The name of the default command, the list, inside the group. Users do not type it."""

_HOMES = {
    LISTING: ("find_libdeps.commands.listing", "listing"),
    "audit": ("find_libdeps.commands.audit", "audit"),
    "why": ("find_libdeps.commands.why", "why"),
    "observe": ("find_libdeps.commands.observe", "observe"),
    "fleet": ("find_libdeps.commands.fleet", "fleet"),
    "index": ("find_libdeps.commands.index", "index"),
}
"""The module of each command, and its name there. A module is imported when it is needed."""


class Commands(click.Group):
    """Chooses a command by the first word; if that names none, the list of packages is printed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, the list first."""
        return list(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in _HOMES:
            return None
        module, name = _HOMES[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert the name of the default command, if the first word names no command."""
        is_command = bool(args) and args[0] in _HOMES
        return super().parse_args(ctx, args if is_command else [LISTING, *args])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, and report an error in one sentence."""
        try:
            return super().invoke(ctx)
        except FindLibdepsError as error:
            click.echo(f"find-libdeps: {error}", err=True)
            ctx.exit(FAILED)
        except OSError as error:
            if error.errno in SCARCE:
                raise
            what = f'use "{printable(error.filename)}"' if error.filename else "write the output"
            click.echo(f"find-libdeps: cannot {what}: {error.strerror}", err=True)
            ctx.exit(FAILED)


@click.group(cls=Commands, add_help_option=False)
def main() -> None:
    """Find the Debian packages that a virtualenv needs."""
