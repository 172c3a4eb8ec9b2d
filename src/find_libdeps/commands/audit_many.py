"""``audit --from FILE``: a line of JSON for each of many images, and a summary of all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import click

from find_libdeps.audit.many import ImageAudit
from find_libdeps.commands.also import Also, write
from find_libdeps.commands.options import OF_MANY, tell_of_cache
from find_libdeps.errors import ListError
from find_libdeps.output.summary import Summary, summary_markdown, summary_text
from find_libdeps.process.progress import ERASE
from find_libdeps.report.document import audit_document
from find_libdeps.report.findings import Audit


class Many(NamedTuple):
    """Which images are audited, and how."""

    names: Sequence[str]
    audits: Callable[[Sequence[str]], Generator[ImageAudit, None, None]]
    """Audits some of them."""
    resumed: str | None
    """The file with the lines of an earlier run, to which others are added."""
    form: str
    """What to print."""
    also: Sequence[Also]
    """Where else the summary goes."""
    accept: Callable[[Audit], Audit]
    """Marks what pyproject.toml accepts."""
    is_strict: bool
    """Whether warnings count like errors."""
    is_quiet: bool
    """Whether nothing is said but errors."""


def read_names(file: str) -> list[str]:
    """The names of images in a file, one a line; ``#`` begins a comment, and ``-`` is stdin.

    Raises:
        ListError: it can't be read, or names nothing.
    """
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ListError("read", file, getattr(error, "strerror", None) or "it is no text") from None
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    names = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not names:
        raise ListError("read", file, "it names no image")
    return names


def audit_many(many: Many) -> int:
    """Audit images, print what becomes of each as soon as it is known, and then a summary.

    Returns:
        The exit status.

    Raises:
        click.UsageError: what is to be printed is of one image only.
        ListError: the lines of an earlier run can't be used.
    """
    if many.form not in OF_MANY:
        cause = f"--format {many.form} is of one image; with --from: json, markdown."
        raise click.UsageError(cause)
    if any(each.form != "markdown" for each in many.also):
        raise click.UsageError("--also with --from writes the summary only: markdown=FILE.")
    summary, problem = Summary(), None
    with ExitStack() as stack:
        earlier, lines = stack.enter_context(_lines_of(many))
        for line in earlier.values():
            summary.add(line)
        left = [name for name in many.names if name not in earlier]
        beside = lines is not None and lines.isatty()  # the lines themselves show it
        is_bare = many.is_quiet or beside or not sys.stderr.isatty()
        shown = stack.enter_context(nullcontext(_Shown()) if is_bare else _bar(len(left)))
        # closed first, at an interruption too: no process begins another image
        for result in stack.enter_context(closing(many.audits(left))):
            line = _line(result, many)
            summary.add(line)
            if lines:
                print(json.dumps(line), file=lines, flush=True)
            if "error" in line:
                shown.tell(line["error"])
            problem = problem or result.cache_problem
            shown.step(result.read)
    write(many.also, lambda _: summary_markdown(summary))
    if problem and not many.is_quiet:
        tell_of_cache(problem)
    if many.form == "markdown":
        click.echo(summary_markdown(summary), nl=False)
    elif not many.is_quiet:
        click.echo(summary_text(summary), nl=False, err=True)
    return 2 if summary.failed else 1 if summary.unclean else 0


def _line(result: ImageAudit, many: Many) -> dict[str, Any]:
    if result.audit is None:
        return {"image": result.name, "error": str(result.error)}
    document = audit_document(many.accept(result.audit), strict=many.is_strict)
    return {"image": result.name, "layers": list(result.audit.layers), "audit": document}


@contextmanager
def _lines_of(many: Many) -> Iterator[tuple[dict[str, Any], TextIO | None]]:
    """The lines of an earlier run, by image, and where further ones go."""
    if many.resumed is None:
        yield {}, sys.stdout if many.form != "markdown" else None
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(many.resumed).open("a+", encoding="utf-8"))
            file.seek(0)
            text = file.read()
            whole = text[: text.rfind("\n") + 1]  # the last line may be half of one
            file.truncate(len(whole.encode()))
        except (OSError, ValueError) as error:
            cause = getattr(error, "strerror", None) or "it is no text"
            raise ListError("use", many.resumed, cause) from None
        yield dict(_earlier(whole.splitlines(), many.resumed)), file


def _earlier(lines: Iterable[str], file: str) -> Iterator[tuple[str, Any]]:
    """The images that an earlier run has audited; those that it could not are tried again."""
    for number, text in enumerate(lines, 1):
        try:
            line = json.loads(text)
            name, is_done = line["image"], "audit" in line
        except (ValueError, LookupError, TypeError):
            cause = f"line {number} is not one of audit --from"
            raise ListError("go on after", file, cause) from None
        if is_done:
            yield name, line


class _Shown:
    """How far the images are, for who waits; nothing is shown of that."""

    def step(self, read: int) -> None:
        """Count an image, for which some bytes were read."""

    def tell(self, sentence: str) -> None:
        """Say what is wrong with an image."""
        click.echo(f"find-libdeps: {sentence}", err=True)


class _Bar(_Shown):
    """A line on a terminal."""

    def __init__(self, images: int) -> None:
        self._read = 0
        self.bar = click.progressbar(
            length=images,
            label="images",
            file=sys.stderr,
            show_pos=True,
            item_show_func=lambda read: f"{(read or 0) / 1e6:,.0f} MB read",
        )

    def step(self, read: int) -> None:
        """See `_Shown`."""
        self._read += read
        self.bar.update(1, self._read)

    def tell(self, sentence: str) -> None:
        """See `_Shown`."""
        click.echo(ERASE, nl=False, err=True)
        super().tell(sentence)


@contextmanager
def _bar(images: int) -> Iterator[_Shown]:
    shown = _Bar(images)
    with shown.bar:
        yield shown
