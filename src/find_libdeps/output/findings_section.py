"""The section of a page that has alerts: what is wrong, where, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from find_libdeps.output.alerts import SPOTS, Alert, Alerts
from find_libdeps.output.markup import Html, element
from find_libdeps.output.page import Box, Fact, counted, paragraphs, section, to_copy, tools
from find_libdeps.output.words import plural
from find_libdeps.report.findings import Level, ListCode

MAX_SPOTS = 200
"""How many places of a finding are named in a page, which has to stay small."""
_ACCEPTED = "accepted"
_SEARCHED = "looked in ", "and in "
"""How details begin that tell where a library was looked for."""
_ASKS = "needed by "
"""How those begin that tell who asks, which the places do, too."""
_KINDS = (*(level.value for level in Level), _ACCEPTED)


def facts_of(alerts: Alerts) -> Iterator[Fact]:
    """How many there are of each kind; errors also if there are none."""
    counts = Counter(map(_kind, alerts.alerts))
    for kind in _KINDS:
        if counts[kind] or kind == Level.ERROR.value:
            word = kind if kind == _ACCEPTED else plural(counts[kind], kind)
            yield Fact(f"{counts[kind]:,}", word)


def findings_section(alerts: Alerts) -> Iterator[Html]:
    """All alerts, the worst first; nothing if there are none."""
    if not alerts.alerts:
        return
    counts = Counter(map(_kind, alerts.alerts))
    boxes = [Box(kind, f"{kind} ({counts[kind]:,})") for kind in _KINDS if counts[kind]]
    cards = [_card(alert, number) for number, alert in enumerate(alerts.alerts, 1)]
    yield section(
        "Findings",
        tools("Search findings", "a library, a file, a package", "Kinds of findings", boxes),
        element("div", *cards, class_="findings"),
        what="findings",
    )


def rules_section(alerts: Alerts) -> Iterator[Html]:
    """What the kinds of the alerts mean; nothing if there are none."""
    present = {alert.code for alert in alerts.alerts}
    explained = [
        part
        for rule in alerts.rules
        if rule.code in present
        for part in (
            element("dt", element("code", rule.code.value), id=f"rule-{rule.code.value}"),
            element("dd", f"{rule.cause} {rule.solution}"),
        )
    ]
    if explained:
        heading = "What the kinds of findings mean"
        yield section(heading, element("dl", *explained, class_="rules"))


def _kind(alert: Alert) -> str:
    return _ACCEPTED if alert.accepted else alert.level.value


def _card(alert: Alert, number: int) -> Html:
    kind, code = _kind(alert), alert.code.value
    badges = [element("span", alert.level.value, class_=f"badge {alert.level.value}")]
    if alert.accepted:
        badges = [element("span", _ACCEPTED, class_=f"badge {_ACCEPTED}")]
    head = element(
        "header",
        *badges,
        element("h3", alert.text),
        element("a", code, href=f"#rule-{code}", class_="code"),
    )
    remedies = [each for each in alert.details if not each.startswith((*_SEARCHED, _ASKS))]
    searched = [each for each in alert.details if each.startswith(_SEARCHED)]
    beside, copied = remedies, []
    if alert.paste:
        beside, copied = remedies[1:], [alert.paste]
    elif alert.code is not ListCode.REMARK:  # which asks for nothing
        beside, copied = [], remedies
    about = f"what to do about {alert.text}"
    reasons = [f"accepted: {alert.justification}"] if alert.accepted else []
    return element(
        "article",
        head,
        *_spots(alert),
        *paragraphs((*reasons, *beside)),
        *([to_copy(copied, f"copy-{number}", about, "plain")] if copied else []),
        *([_folded("where it was looked for", searched)] if searched else []),
        class_=f"item card finding {kind}",
        data_kind=kind,
    )


def _folded(summary: str, texts: Iterable[str]) -> Html:
    """Lines that show when somebody asks for them."""
    points = [element("li", element("code", text)) for text in texts]
    return element("details", element("summary", summary), element("ul", *points))


def _spots(alert: Alert) -> Iterator[Html]:
    shown = list(map(str, alert.spots[:MAX_SPOTS]))
    more = len(alert.spots) - len(shown)
    if more:
        shown.append(f"and {more:,} more, which do not fit: --format json has them")
    if len(alert.spots) > SPOTS:
        yield _folded(f"in {counted(len(alert.spots), 'place')}", shown)
    else:
        yield from (element("p", "in ", element("code", s), class_="quiet") for s in shown)
