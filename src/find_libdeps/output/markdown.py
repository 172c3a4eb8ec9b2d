"""``--format markdown``: a table for a job's summary or a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from find_libdeps.output.alerts import Alert, Alerts
from find_libdeps.report.findings import Level

LIMIT = 900_000
"""Most bytes of the alerts: GitHub takes 1 MiB of summary from each step, and nothing of more."""
_MARKS = {Level.ERROR: "❌ error", Level.WARNING: "⚠️ warning", Level.NOTE: "💬 note"}
_SPECIAL = re.compile(r"@+|[\\`*_\[\]<>#|~&$]|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
"""What may be markup in Markdown, or in what GitHub adds to it: links, mentions, formulas."""


def markdown(alerts: Alerts) -> str:
    """The alerts as Markdown of GitHub, GitLab and others. Whatever is not ours is escaped."""
    return "".join(f"{line}\n" for line in _lines(alerts))


def _lines(alerts: Alerts) -> Iterator[str]:
    yield f"### {escaped(alerts.title)}"
    yield ""
    yield escaped(alerts.summary)
    if alerts.alerts:
        yield ""
        yield "| level | finding | what is wrong, and what to do | where |"
        yield "| --- | --- | --- | --- |"
        yield from _rows(alerts)
    if alerts.paste:
        yield ""
        yield f"{_fence(alerts.paste)}{alerts.language}"
        yield from alerts.paste
        yield _fence(alerts.paste)


def _rows(alerts: Alerts) -> Iterator[str]:
    left = LIMIT
    for number, alert in enumerate(alerts.alerts):
        row = _row(alert, alerts)
        left -= len(row.encode()) + 1
        if left < 0:
            more = len(alerts.alerts) - number
            yield f"| | | and {more} more, which do not fit: other formats tell them | |"
            return
        yield row


def _row(alert: Alert, alerts: Alerts) -> str:
    accepted = [f"accepted: {alert.justification}"] if alert.accepted else []
    mark = "✔️ accepted" if alert.accepted else _MARKS[alert.level]
    what = ". ".join(escaped(each) for each in (alert.text, *alert.details, *accepted))
    where = ", ".join(map(escaped, alerts.shown_spots(alert)))
    return f"| {mark} | `{alert.code.value}` | {what} | {where} |"


def _fence(lines: tuple[str, ...]) -> str:
    """A fence that no line of a block of code ends."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    return "`" * max(3, longest + 1)


def escaped(text: str) -> str:
    """Printable text as Markdown that shows exactly that, in a paragraph or in a cell of a table.

    Special characters are entities, which are text wherever they stand: a backslash before ``|``
    means one thing to one parser, and another to the next. But GitHub makes links of addresses and
    mentions after that, everywhere but in code.
    """
    return _SPECIAL.sub(
        lambda match: f"`{match[0]}`" if match[0][0] == "@" else f"&#{ord(match[0])};", text
    )
