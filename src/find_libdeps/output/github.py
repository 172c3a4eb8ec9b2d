"""``--format github``: workflow commands, which GitHub Actions shows as annotations."""

from __future__ import annotations

from collections.abc import Iterator

from find_libdeps.errors import printable
from find_libdeps.output.alerts import Alert, Alerts
from find_libdeps.report.findings import Level

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def github(alerts: Alerts) -> str:
    """A line for each alert, and first one that counts them: GitHub shows ten of each level."""
    return "".join(f"{line}\n" for line in _lines(alerts))


def _lines(alerts: Alerts) -> Iterator[str]:
    told = "\n".join((alerts.summary, *alerts.paste))
    yield f"::notice title={_property(alerts.title)}::{_data(told)}"
    yield from (_line(alert, alerts) for alert in alerts.alerts)


def _line(alert: Alert, alerts: Alerts) -> str:
    properties = {"title": f"find-libdeps: {alert.code.value}"}
    if alert.spots:
        first = alert.spots[0]
        properties |= {"file": printable(first.path).lstrip("/"), "line": str(max(first.line, 1))}
    elif alerts.base:
        properties |= {"file": printable(alerts.base), "line": "1"}
    named = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    accepted = [f"accepted: {alert.justification}"] if alert.accepted else []
    spots = (f"in {each}" for each in alerts.shown_spots(alert))
    told = "\n".join((alert.text, *accepted, *alert.details, *spots))
    command = "notice" if alert.accepted else _COMMANDS[alert.level]
    return f"::{command} {named}::{_data(told)}"


def _data(text: str) -> str:
    """A message, as actions/toolkit escapes it (core, command.ts, escapeData)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property's value, likewise (escapeProperty)."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
