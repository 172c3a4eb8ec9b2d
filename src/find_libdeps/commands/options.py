"""What commands share: options that stand in pyproject.toml, and how a shell completes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from click.core import ParameterSource

from find_libdeps.commands.config import Option, find_table
from find_libdeps.debian.index import embedded_indexes

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def commands_of(ctx: click.Context) -> Mapping[str, click.Command]:
    """All commands, by their names."""
    return cast(click.Group, ctx.find_root().command).commands


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave it to the shell; the first word may be a command as well."""
    from click.shell_completion import CompletionItem

    is_first = isinstance(param, click.Argument) and incomplete and not ctx.params.get("paths")
    commands = [name for name in commands_of(ctx) if is_first and name.startswith(incomplete)]
    return [CompletionItem(incomplete, type="file"), *map(CompletionItem, commands)]


def directories(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave it to the shell, which names directories only."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


def releases(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Those that there is an index of."""
    return [name for name in map(str, embedded_indexes()) if name.startswith(incomplete)]


def _configure(ctx: click.Context, _: click.Parameter, is_unwanted: bool) -> None:
    """Let the options of the table in pyproject.toml be the command's defaults."""
    try:
        table = None if is_unwanted else find_table(Path.cwd())
    except FileNotFoundError:  # the working directory is gone
        return
    if table:
        every = [option for command in commands_of(ctx).values() for option in _settable(command)]
        ctx.default_map = table.settings(_settable(ctx.command), every)


def _settable(command: click.Command) -> list[Option]:
    """The options of a command that may stand in pyproject.toml."""
    return [
        Option(
            max(option.opts, key=len).removeprefix("--"),
            str(option.name),
            is_flag=option.is_flag,
            is_repeatable=option.multiple,
            choices=tuple(map(str, getattr(option.type, "choices", ()))),
            argument=option.metavar or "",
        )
        for option in command.params
        if isinstance(option, click.Option) and not option.is_eager
    ]


configured = click.option(
    "--no-config",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_configure,
    help="Leave pyproject.toml alone.",
)
"""A command that has this option reads the table."""


def is_overruled() -> bool:
    """Whether --no-dlopen stands in pyproject.toml, and --dlopen on the command line."""
    source = click.get_current_context().get_parameter_source
    return source("dlopen") is ParameterSource.COMMANDLINE is not source("no_dlopen")
