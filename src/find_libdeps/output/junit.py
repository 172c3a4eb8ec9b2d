"""``--format junit``: JUnit's XML, which CI servers show as a test report."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from find_libdeps.output.alerts import Alert, Alerts
from find_libdeps.report.findings import Level


def junit(alerts: Alerts) -> str:
    """A test case for each alert, and one that passes for each rule that holds.

    What makes the exit status 1 is a failure, a warning that does not and whatever is accepted is a
    skipped test, and a note is a test that passes and says something.
    """
    broken = {alert.code for alert in alerts.alerts}
    passed = [rule for rule in alerts.rules if rule.code not in broken]
    failures = sum(alert.fails for alert in alerts.alerts)
    skipped = sum(_is_skipped(alert) for alert in alerts.alerts)
    counts = {
        "tests": str(len(alerts.alerts) + len(passed)),
        "failures": str(failures),
        "errors": "0",
    }
    suites = ET.Element("testsuites", {"name": alerts.title, **counts})
    suite = ET.SubElement(
        suites, "testsuite", {"name": alerts.title, **counts, "skipped": str(skipped)}
    )
    for alert in alerts.alerts:
        _add(suite, alert, alerts)
    for rule in passed:
        ET.SubElement(suite, "testcase", {"classname": rule.code.value, "name": "nothing found"})
    output = ET.SubElement(suite, "system-out")
    output.text = "\n".join((alerts.summary, *alerts.paste))
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _is_skipped(alert: Alert) -> bool:
    return bool(alert.accepted) or (alert.level is Level.WARNING and not alert.fails)


def _add(suite: ET.Element, alert: Alert, alerts: Alerts) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": alert.code.value, "name": alert.text})
    lines = [*alert.details, *(f"in {line}" for line in alerts.shown_spots(alert))]
    told = "\n".join((alert.text, *lines))
    if alert.fails:
        about = {"message": alert.sentence, "type": alert.level.value}
        ET.SubElement(case, "failure", about).text = told
    elif _is_skipped(alert):
        reason = f"accepted: {alert.justification}" if alert.accepted else alert.sentence
        ET.SubElement(case, "skipped", {"message": reason}).text = told
    else:
        ET.SubElement(case, "system-out").text = told
