"""The command ``find-libdeps fleet``: many images, audited by a cluster of Dask."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from typing import Any

import click

from find_libdeps.commands.also import Also, with_also
from find_libdeps.commands.options import (
    OF_MANY,
    Filters,
    configured,
    releases,
    with_cache,
    with_filters,
    with_packaged,
    with_plain_http,
    with_platform,
    with_resume,
)
from find_libdeps.commands.verdict import FailOn, accept, with_fail_on
from find_libdeps.errors import FleetError, printable

PATIENCE = 30
"""Seconds until a scheduler has answered, or its first worker is there."""


@click.command("fleet")
@click.option("--from", "names", metavar="FILE", required=True, help="A TARGET a line; - is stdin.")
@click.option("--scheduler", metavar="URL", help="That of a cluster: tcp://HOST:8786.")
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    help="Without one: how many processes of this machine.",
)
@with_cache
@with_resume
@click.option(
    "-f",
    "--format",
    "form",
    metavar="NAME",
    type=click.Choice(OF_MANY),
    default="text",
    help="text, json, markdown.",
)
@with_also(("markdown",))
@with_packaged
@with_filters("Sonames that come in another way.")
@click.option(
    "--library-path", metavar="DIRS", help="LD_LIBRARY_PATH, if it is not the images' own."
)
@click.option(
    "--release", metavar="NAME", shell_complete=releases, help="For those that tell none."
)
@with_platform
@with_plain_http
@with_fail_on
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@configured
@click.help_option("-h", "--help")
def fleet(
    names: str,
    scheduler: str | None,
    jobs: int,
    cache: str | None,
    resume: str | None,
    form: str,
    also: Sequence[Also],
    packaged: bool,
    filters: Filters,
    library_path: str | None,
    release: str | None,
    platform: str | None,
    plain_http: bool,
    fail_on: FailOn,
    quiet: bool,
) -> None:
    """Audit many images on a cluster of Dask.

    It takes pip install 'find-libdeps[fleet]', here and on the workers. Each image is a line of
    JSON, as with find-libdeps audit --from. Each layer that is not known is read once, by one of
    the workers; what it has goes into the cache that all of them share. They ask registries with
    the credentials that they have.

    Without --scheduler, the workers are processes of this machine.

    Exit status: 0 nothing is wrong; 1 something is; 2 it could not do its work.
    """
    # imported here: --help needs none of it
    from find_libdeps.audit.fleet import audit_with_dask
    from find_libdeps.commands.audit_many import Many, audit_many, read_names
    from find_libdeps.roots.remote_cache import chosen_cache

    if scheduler and not cache:
        raise click.UsageError("--scheduler takes --cache: where all of its workers find it.")
    kept = chosen_cache(cache)
    if kept is None:
        raise click.UsageError("there is no home directory for a cache; name one with --cache.")
    options: dict[str, Any] = {
        "packaged": packaged,
        **filters,
        "library_path": library_path,
        "release": release,
        "platform": platform,
        "plain_http": plain_http,
    }
    images = read_names(names)
    gc.enable()  # its client makes circles as long as it runs
    with _client(scheduler, jobs) as client:
        audits = partial(audit_with_dask, client=client, cache=kept, **options)
        mark, strict = partial(accept, filters=filters), fail_on.is_strict
        status = audit_many(Many(images, audits, resume, form, also, mark, strict, quiet))
    sys.exit(0 if fail_on is FailOn.NEVER and status == 1 else status)


@contextmanager
def _client(scheduler: str | None, jobs: int) -> Iterator[Any]:
    """A client of a scheduler, or else of one on this machine.

    Raises:
        FleetError: there is none, or it can't be used.
    """
    from find_libdeps.report.document import tool_version

    name = scheduler or "on this machine"
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        cause = "it takes Dask: pip install 'find-libdeps[fleet]'"
        raise FleetError("use the scheduler", name, cause) from None
    for logger in filter(_is_of_dask, logging.root.manager.loggerDict):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # what is wrong is told by us
    with ExitStack() as stack:
        address: Any = scheduler
        try:
            if scheduler is None:
                address = stack.enter_context(_local(distributed, jobs))
            client = stack.enter_context(distributed.Client(address, timeout=PATIENCE))
            client.wait_for_workers(1, timeout=PATIENCE)
            _check(name, tool_version(), client.run(tool_version, on_error="return"))
        except (OSError, ValueError, RuntimeError, ImportError, TimeoutError) as error:
            lines = str(error).strip().splitlines()
            raise FleetError("use the scheduler", name, lines[0] if lines else error) from None
        yield client


def _local(distributed: Any, jobs: int) -> Any:
    """A cluster of processes of this machine, which nobody else can reach. Ctrl-C is for this
    process, which ends the others: they ignore it, as programs do that begin so (signal(7)).
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return distributed.LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def _is_of_dask(logger: str) -> bool:
    return logger.partition(".")[0] == "distributed"


def _check(name: str, own: str, versions: dict[str, object]) -> None:
    """Raises FleetError: a worker has another find-libdeps, or none."""
    for worker, version in versions.items():
        if isinstance(version, Exception):
            cause = f"its worker {worker} has no find-libdeps: {printable(version)}"
            raise FleetError("use the scheduler", name, cause)
        if version != own:
            cause = f"its worker {worker} has find-libdeps {version}, and this is {own}"
            raise FleetError("use the scheduler", name, cause)
