"""``--format html`` of an audit: what would not load, why, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from find_libdeps.output.alerts import Alerts
from find_libdeps.output.findings_section import facts_of, findings_section, rules_section
from find_libdeps.output.markup import Html, element
from find_libdeps.output.page import page, section, to_copy


def audit_page(alerts: Alerts) -> str:
    """Alerts as a page. Equal ones give equal bytes."""
    sections = [*_mending(alerts), *findings_section(alerts), *rules_section(alerts)]
    title = element("code", alerts.title)
    return page(alerts.title, title, facts_of(alerts), sections)


def _mending(alerts: Alerts) -> Iterator[Html]:
    heading = "What mends it" if alerts.paste else "Result"
    yield section(
        heading,
        element("p", alerts.summary, class_="quiet"),
        *([to_copy(alerts.paste, "mend", "what mends it")] if alerts.paste else []),
    )
