"""The options that commands share, with shell completion and defaults from pyproject.toml."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

import click
from click.core import ParameterSource

from find_libdeps.elf.readers import Reader
from find_libdeps.errors import FindLibdepsError, printable
from find_libdeps.needs.dlopen import Dlopen

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from find_libdeps.commands.config import Option
    from find_libdeps.process.progress import Tell

PROJECT_FILE = "pyproject.toml"
OF_MANY = "text", "json", "markdown"
"""What can be printed of many images: a line of JSON for each, or the summary alone."""
TYPED = ("also", "cache")
"""Options that it can't set: whose project it is must not say where anything is written."""
ACCEPTANCES = "find_libdeps.acceptances"
"""The key of `click.Context.meta` for what a project accepts."""


def commands_of(ctx: click.Context) -> dict[str, click.Command]:
    """All commands, by their names."""
    group = cast(click.Group, ctx.find_root().command)
    found = ((name, group.get_command(ctx, name)) for name in group.list_commands(ctx))
    return {name: command for name, command in found if command}


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete file names, which the shell knows; and commands for the first word."""
    from click.shell_completion import CompletionItem

    is_first = isinstance(param, click.Argument) and incomplete and not ctx.params.get("paths")
    every = cast(click.Group, ctx.find_root().command).list_commands(ctx) if is_first else ()
    commands = [name for name in every if name.startswith(incomplete)]
    return [CompletionItem(incomplete, type="file"), *map(CompletionItem, commands)]


def directories(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete names of directories, which the shell knows."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


def releases(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Complete the releases that have an embedded index."""
    from find_libdeps.debian.index import embedded_indexes

    return [name for name in map(str, embedded_indexes()) if name.startswith(incomplete)]


class Filters(TypedDict):
    """Which files and which names count."""

    ignore: Sequence[str]
    """Patterns of sonames that something else provides."""
    exclude: Sequence[str]
    """Patterns of files not to look at."""
    dlopen: Dlopen
    """Which of the libraries that Python source loads by name count."""


def with_filters(ignore_help: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of `Filters`, which it receives as its parameter `filters`.

    Args:
        ignore_help: the help of ``--ignore``.
    """
    options = (
        click.option("--ignore", metavar="GLOB", multiple=True, help=ignore_help),
        click.option("--exclude", metavar="GLOB", multiple=True, help="Files not to look at."),
        click.option(
            "--dlopen",
            type=click.Choice([Dlopen.AT_IMPORT.value, Dlopen.ALL.value]),
            default=Dlopen.AT_IMPORT.value,
            help="Count what Python loads at import, or all.",
        ),
        click.option("--no-dlopen", is_flag=True, hidden=True, help="None of these."),
    )

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def filtered(
            ignore: Sequence[str], exclude: Sequence[str], dlopen: str, no_dlopen: bool, **rest: Any
        ) -> None:
            chosen = Dlopen.NONE if no_dlopen and not _is_overridden() else Dlopen(dlopen)
            command(filters=Filters(ignore=ignore, exclude=exclude, dlopen=chosen), **rest)

        return _with_options(options, filtered)

    return decorate


def or_virtualenv(paths: Sequence[str], root: str, *, quiet: bool = False) -> Sequence[str]:
    """The paths to scan, or if there are none, the virtualenv that is active or here.

    Args:
        paths: what the command line has.
        root: the builder's root.
        quiet: say nothing.

    Raises:
        click.UsageError: there is no such virtualenv.
    """
    if paths:
        return paths
    active = os.environ.get("VIRTUAL_ENV", "")
    found = active or (".venv" if Path(".venv").is_dir() else "")
    if not found or root != "/":
        raise click.UsageError("Missing argument 'PATH...', such as a virtualenv.")
    if not quiet:
        what = f'"{printable(found)}"{" ($VIRTUAL_ENV)" if active else ""}'
        click.echo(f"find-libdeps: no PATH is given, so {what} is scanned", err=True)
    return [found]


class Stages(TypedDict):
    """Where the files are, and where they go."""

    root: str
    """The builder's root."""
    target: str | None
    """The target's root, an archive or an image."""
    platform: str | None
    """Which of several images is the target."""
    plain_http: bool
    """Whether the target's registry is asked without TLS."""
    release: str | None
    """The target's release."""
    index: str | None
    """A file with the index of that release."""
    fetch: Tell | None
    """Tells what is fetched; None if nothing may be."""
    library_path: str
    """What LD_LIBRARY_PATH will be in the target."""
    observed: str | None
    """A file with what an observed run asked for."""


with_index = click.option(
    "--index", metavar="FILE", shell_complete=files, help="An index of that release."
)
with_fetch = click.option(
    "--fetch",
    is_flag=True,
    callback=lambda _, __, is_on: _tell if is_on else None,
    help="Have apt fetch what is needed and not here.",
)
with_platform = click.option(
    "--platform", metavar="NAME", help="Which of several images: linux/arm64."
)
with_plain_http = click.option(
    "--plain-http", is_flag=True, hidden=True, help="Ask a registry without TLS; passwords, too."
)
with_packaged = click.option(
    "--all", "packaged", is_flag=True, help="Also look at what packages have shipped."
)
with_resume = click.option(
    "--resume", metavar="FILE", help="Go on with FILE, which has the lines so far."
)
with_cache = click.option(
    "--cache", metavar="DIR|URL", help="Where to keep what is known of images."
)
_STAGES = (
    click.option(
        "--root",
        metavar="DIR",
        shell_complete=directories,
        default="/",
        help="The builder's root, which each PATH is in.",
    ),
    click.option(
        "--target",
        metavar="IMAGE|DIR|ARCHIVE",
        shell_complete=files,
        help="Where it goes: what is there is left out.",
    ),
    with_platform,
    with_plain_http,
    click.option(
        "--release",
        metavar="NAME",
        shell_complete=releases,
        help="The target's release, such as debian:13.",
    ),
    with_index,
    with_fetch,
    click.option(
        "--library-path",
        metavar="DIRS",
        default="",
        help="What LD_LIBRARY_PATH will be in the target.",
    ),
    click.option(
        "--observed",
        metavar="FILE",
        shell_complete=files,
        help="Also what a run loaded; observe writes FILE.",
    ),
)


def _tell(sentence: str) -> None:
    """Tell what is fetched, unless only errors are wanted."""
    context = click.get_current_context(silent=True)
    if not (context and context.params.get("quiet")):
        click.echo(f"find-libdeps: {printable(sentence)}", err=True)


def tell_of_cache(problem: FindLibdepsError) -> None:
    """Say that a cache is of no use, so that everything takes longer."""
    click.echo(f"{problem}; without it all takes longer", err=True)


def with_stages(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `Stages`, which it receives as its parameter `stages`."""

    @wraps(command)
    def staged(
        root: str,
        target: str | None,
        platform: str | None,
        plain_http: bool,
        release: str | None,
        index: str | None,
        fetch: Tell | None,
        library_path: str,
        observed: str | None,
        **rest: Any,
    ) -> None:
        if platform is not None and target is None:
            raise click.UsageError("--platform chooses an image of --target, which is not given.")
        chosen = Stages(
            root=root,
            target=target,
            platform=platform,
            plain_http=plain_http,
            release=release,
            index=index,
            fetch=fetch,
            library_path=library_path,
            observed=observed,
        )
        command(stages=chosen, **rest)

    return _with_options(_STAGES, staged)


with_programs = click.option(
    "--programs", is_flag=True, help="Also list programs that Python source runs."
)
without_plugins = click.option(
    "--no-plugins", is_flag=True, help="Leave out what only plugin files need."
)
with_reader = click.option(
    "--reader",
    type=click.Choice([reader.value for reader in Reader]),
    default=Reader.STRUCT.value,
    callback=lambda _, __, name: Reader(name),
    hidden=True,  # for who doubts the reader
    help="What reads ELF files; both say the same.",
)


def colours() -> bool | None:
    """Whether to print colours; None if that depends on whether there is a terminal.

    NO_COLOR (no-color.org) says no, and so does a terminal that has none (``TERM=dumb``).
    """
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return False if is_plain else None


def _with_options(
    options: Sequence[Callable[[Callable[..., None]], Callable[..., None]]],
    command: Callable[..., None],
) -> Callable[..., None]:
    """Decorate a command with options, which its help shows in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def _configure(ctx: click.Context, _: click.Parameter, is_unwanted: bool) -> None:
    """Use the table in pyproject.toml as the defaults of the command's options."""
    found = [] if is_unwanted else _project_files()
    if not found:
        return
    from find_libdeps.commands.config import ACCEPT, find_table  # few runs have such a file

    if table := find_table(found):
        if ACCEPT in table.entries:
            from find_libdeps.commands.acceptances import acceptances_of

            ctx.meta[ACCEPTANCES] = acceptances_of(table)
        every = [option for command in commands_of(ctx).values() for option in _settable(command)]
        ctx.default_map = table.settings(_settable(ctx.command), every)


def _project_files() -> list[Path]:
    """Each ``pyproject.toml`` in the working directory and above it, the nearest first.

    Those that may not be looked at are among them: whoever opens one says so.
    """
    try:
        here = Path.cwd()
    except FileNotFoundError:  # the working directory is gone
        return []
    return [file for each in (here, *here.parents) if _is_there(file := each / PROJECT_FILE)]


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _settable(command: click.Command) -> list[Option]:
    """The options of a command that pyproject.toml can set."""
    from find_libdeps.commands.config import Option

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
        if isinstance(option, click.Option) and not option.is_eager and option.name not in TYPED
    ]


configured = click.option(
    "--no-config",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    hidden=True,
    callback=_configure,
    help="Leave pyproject.toml alone.",
)
"""Gives a command the option ``--no-config``; without that, the command reads pyproject.toml."""


def _is_overridden() -> bool:
    """Whether --dlopen on the command line overrides --no-dlopen in pyproject.toml."""
    source = click.get_current_context().get_parameter_source
    return source("dlopen") is ParameterSource.COMMANDLINE is not source("no_dlopen")
