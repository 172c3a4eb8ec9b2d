"""``--format sarif``: SARIF 2.1.0, which code scanning takes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import quote

from find_libdeps.errors import printable
from find_libdeps.output.alerts import Alert, Alerts
from find_libdeps.output.rules import Rule
from find_libdeps.report.document import TOOL, tool_version
from find_libdeps.report.findings import Spot

SPOTS = 1000
"""How many locations GitHub takes of one result; it refuses a whole file with more."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT, _SOURCES = "ROOT", "%SRCROOT%"
"""What paths start from: the root that was examined, and the repository."""


def sarif(alerts: Alerts) -> str:
    """The alerts as a SARIF log with one run. Equal alerts give equal bytes: it has no time."""
    ids = [rule.code for rule in alerts.rules]
    seen = Counter[str]()
    results = []
    is_any_accepted = any(alert.accepted for alert in alerts.alerts)
    for alert in alerts.alerts:
        print_ = _fingerprint(alert)
        seen[print_] += 1
        results.append(
            {
                "ruleId": alert.code.value,
                "ruleIndex": ids.index(alert.code),
                "level": alert.level.value,
                "message": {"text": _text(_sentence(alert))},
                **_locations(alert.spots, alerts.base),
                "partialFingerprints": {"primaryLocationLineHash": f"{print_}:{seen[print_]}"},
                **({"suppressions": _suppressions(alert)} if is_any_accepted else {}),
            }
        )
    root = {"description": {"text": "The root directory of what was examined."}}
    run = {
        "tool": {
            "driver": {
                "name": TOOL,
                "version": tool_version(),
                "rules": [_rule(rule) for rule in alerts.rules],
            }
        },
        "originalUriBaseIds": {_ROOT: root},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"title": alerts.title, "summary": alerts.summary},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, object]:
    title = rule.code.value.replace("-", " ").replace("python", "Python")
    return {
        "id": rule.code.value,
        "shortDescription": {"text": f"{title[0].upper()}{title[1:]}."},
        "fullDescription": {"text": rule.cause},
        "help": {
            "text": f"{rule.cause} {rule.solution}",
            "markdown": f"{rule.cause}\n\n**Solution:** {rule.solution}",
        },
        "defaultConfiguration": {"level": rule.level.value},
    }


def _sentence(alert: Alert) -> str:
    more = len(alert.spots) - SPOTS
    return f"{alert.sentence}{f'; and in {more} more files' if more > 0 else ''}."


def _suppressions(alert: Alert) -> list[dict[str, str]]:
    """Why an alert does not count. If one has them, all must (SARIF 2.1.0, 3.27.23): none is []."""
    return [
        {"kind": "external", "status": "accepted", "justification": _text(reason)}
        for reason in alert.accepted
    ]


def _locations(spots: Sequence[Spot], base: str) -> dict[str, object]:
    """The first spot, by which code scanning sorts, and the others."""
    first, *others = spots or [Spot(PurePosixPath(base or "/"), 1)]
    found: dict[str, object] = {"locations": [_location(first)]}
    if others:
        found["relatedLocations"] = [_location(spot) for spot in others[: SPOTS - 1]]
    return found


def _location(spot: Spot) -> dict[str, object]:
    """A place in the root, or in the repository if its path is relative.

    A region has to be there for code scanning: a whole file is its first line.
    """
    path = str(spot.path)
    base = _ROOT if path.startswith("/") else _SOURCES
    uri = quote(printable(path).lstrip("/")) or "./"
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": base},
            "region": {"startLine": max(spot.line, 1)},
        }
    }


def _fingerprint(alert: Alert) -> str:
    """What stays the same from run to run, so that code scanning knows the alert again."""
    first = printable(alert.spots[0].path) if alert.spots else ""
    told = "\n".join((alert.code.value, alert.text, first))
    return sha256(told.encode()).hexdigest()[:16]


def _text(text: str) -> str:
    """Plain text in which nothing is a link (SARIF 2.1.0, 3.11.6, embedded links)."""
    if "](" not in text:
        return text
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
