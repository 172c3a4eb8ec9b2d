"""The command ``find-libdeps audit``: options in, a rendered audit out, an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from find_libdeps.commands.also import Also, with_also, write
from find_libdeps.commands.options import (
    Filters,
    colours,
    configured,
    files,
    releases,
    tell_of_cache,
    with_cache,
    with_fetch,
    with_filters,
    with_index,
    with_packaged,
    with_plain_http,
    with_platform,
    with_reader,
    with_resume,
)
from find_libdeps.commands.verdict import FailOn, accept, with_fail_on
from find_libdeps.elf.readers import Reader
from find_libdeps.output.formats import ALERTS, Format, render_alerts
from find_libdeps.output.paint import Paint, plain
from find_libdeps.process.progress import Progress, Tell, no_progress, shown

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from find_libdeps.report.findings import Audit

FORMATS = "text", "json", "html", *(form.value for form in ALERTS)
"""What it can print."""


@click.command("audit")
@click.argument("target", required=False, shell_complete=files)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "-f",
    "--format",
    "form",
    metavar="NAME",
    type=click.Choice(FORMATS),
    default="text",
    help="text, json, html, sarif, junit, markdown, github.",
)
@with_also(FORMATS)
@click.option("--from", "names", metavar="FILE", help="Audit images: a TARGET a line; - is stdin.")
@click.option("--jobs", metavar="N", type=click.IntRange(1), default=1, help="How many at once.")
@with_resume
@with_packaged
@with_filters("Sonames that come in another way.")
@click.option(
    "--library-path",
    metavar="DIRS",
    help="LD_LIBRARY_PATH, if it is not the image's.",
)
@click.option(
    "--release",
    metavar="NAME",
    shell_complete=releases,
    help="Its release, if its os-release tells none.",
)
@with_index
@with_fetch
@with_platform
@with_plain_http
@with_cache
@click.option("--no-cache", is_flag=True, help="Read all, and keep nothing of it.")
@with_reader
@with_fail_on
@click.option("-v", "--verbose", is_flag=True, help="Say all that was found out.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@configured
@click.help_option("-h", "--help")
def audit(
    target: str | None,
    paths: Sequence[str],
    form: str,
    also: Sequence[Also],
    names: str | None,
    jobs: int,
    resume: str | None,
    packaged: bool,
    filters: Filters,
    library_path: str | None,
    release: str | None,
    index: str | None,
    fetch: Tell | None,
    platform: str | None,
    plain_http: bool,
    cache: str | None,
    no_cache: bool,
    reader: Reader,
    fail_on: FailOn,
    verbose: bool,
    quiet: bool,
) -> None:
    """Find what in TARGET would not load, without running anything of it.

    TARGET is an image of Docker or podman, or one in a registry: registry:HOST/NAME. It may also be
    a root directory (/ for this system), or an archive or a directory with an image: of docker
    save, docker export, or an OCI layout. Looked at are the files that no package has shipped, or
    those in PATH. With --from, each image is a line of JSON.

    Exit status: 0 nothing is wrong; 1 something is; 2 it could not do its work.
    """
    # imported here: other commands do not need it, and it would take a tenth of their time
    from find_libdeps.audit.many import audit_images
    from find_libdeps.commands.audit_many import Many, audit_many, read_names
    from find_libdeps.roots.remote_cache import chosen_cache

    kept = None if no_cache else chosen_cache(cache)
    options: dict[str, Any] = {
        "packaged": packaged,
        **filters,
        "library_path": library_path,
        "release": release,
        "index": index,
        "fetch": fetch,
        "platform": platform,
        "plain_http": plain_http,
        "reader": reader,
        "cache": kept,
    }
    mark, strict = partial(accept, filters=filters), fail_on.is_strict
    if names is not None:
        if target is not None:
            raise click.UsageError(f"--from names all images; {target!r} is one too many.")
        with _pool(jobs) as executor:
            audits = partial(audit_images, executor=executor, **options)
            many = Many(read_names(names), audits, resume, form, also, mark, strict, quiet)
            status = audit_many(many)
    elif target is None:
        raise click.UsageError("Missing argument 'TARGET', or --from FILE.")
    elif jobs > 1 or resume:
        raise click.UsageError("--jobs and --resume mean nothing without --from.")
    else:
        with nullcontext(no_progress) if quiet else shown() as progress:
            found = mark(_audited(target, paths, progress, options))
        render = partial(_rendered, found, target, strict=strict, verbose=verbose, quiet=quiet)
        write(also, render)
        click.echo(render(form, click.style), nl=False, color=colours())
        status = 0 if found.is_clean(strict=strict) else 1
        if kept and kept.problem and not quiet:
            tell_of_cache(kept.problem)
    sys.exit(0 if fail_on is FailOn.NEVER and status == 1 else status)


def _pool(jobs: int) -> AbstractContextManager[Executor | None]:
    """What runs several audits at once; None if one process is enough."""
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs) if jobs > 1 else nullcontext()


def _audited(
    target: str, paths: Sequence[str], progress: Progress, options: dict[str, Any]
) -> Audit:
    from find_libdeps.audit.audit import audit_root

    return audit_root(target, paths, progress=progress, **options)


def _rendered(
    found: Audit,
    target: str,
    form: str,
    paint: Paint = plain,
    *,
    strict: bool,
    verbose: bool,
    quiet: bool,
) -> str:
    """An audit as a format has it."""
    if form == "json":
        return found.to_json(strict=strict)
    if form == "text":
        from find_libdeps.output.audit_text import audit_text

        return audit_text(found, strict=strict, verbose=verbose, quiet=quiet, paint=paint)
    from find_libdeps.output.audit_alerts import audit_alerts

    alerts = audit_alerts(found, target, strict=strict, verbose=verbose, quiet=quiet)
    return render_alerts(alerts, Format(form))
