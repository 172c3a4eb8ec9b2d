"""``--format html`` of a list: the packages, what they weigh, who asks for them, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from find_libdeps.errors import printable
from find_libdeps.output.alerts import Alerts
from find_libdeps.output.findings_section import facts_of, findings_section, rules_section
from find_libdeps.output.markup import Html, element, escaped, joined
from find_libdeps.output.packages_section import LISTED, packages_section
from find_libdeps.output.page import Fact, counted, page, section, to_copy
from find_libdeps.output.sizes import size_of, told_by, why_at_most
from find_libdeps.output.weights import Weights
from find_libdeps.output.words import parent_of, plural
from find_libdeps.report.report import Report

MAX_PATHS = 3
"""With more paths, the heading only says how many there are."""
_APT = "apt-get install -y --no-install-recommends"


def list_page(report: Report, alerts: Alerts, *, essential: bool = False) -> str:
    """A report as a page. Equal reports give equal bytes.

    Args:
        report: what was found.
        alerts: the messages about it.
        essential: include what every Debian system has.
    """
    costs, added = report.costs(), report.added
    weights = Weights(costs, added) if costs and added else None
    title, heading = _headings(report)
    packages, findings = list(_packages(report, weights, essential)), [*findings_section(alerts)]
    is_wrong = any(alert.fails for alert in alerts.alerts)
    sections = [*findings, *packages] if is_wrong else [*packages, *findings]
    facts = _facts(report, weights, alerts, essential)
    return page(title, heading, facts, [*sections, *rules_section(alerts)])


def _headings(report: Report) -> tuple[str, Html]:
    """The title of the page, and its first heading."""
    names = list(map(str, report.paths))
    if len(names) > MAX_PATHS:
        text = f"What {len(names):,} paths need"
        return text, escaped(text)
    verb = "needs" if len(names) == 1 else "need"
    paths = joined([element("code", name) for name in names], ", ")
    return f"What {', '.join(map(printable, names))} {verb}", joined(["What ", paths, f" {verb}"])


def _facts(
    report: Report, weights: Weights | None, alerts: Alerts, essential: bool
) -> Iterator[Fact]:
    listed = len(report.to_install(essential=essential))
    yield Fact(f"{listed:,}", f"{plural(listed, 'package')} to install")
    if weights:
        whole = weights.added.whole
        unknown = f", {len(whole.unknown):,} of unknown size" if whole.unknown else ""
        packages = counted(len(whole.packages), "package")
        yield Fact(size_of(whole), f"added, by {packages}{unknown}")
    yield Fact(f"{report.objects:,}", f"{plural(report.objects, 'ELF file')} read")
    yield from facts_of(alerts)


def _packages(report: Report, weights: Weights | None, essential: bool) -> Iterator[Html]:
    packages = report.to_install(essential=essential)
    target = printable(report.release or "the target")
    parent = f" ({of})" if (of := parent_of(report.release)) else ""
    if not packages:
        yield section("To install", element("p", f"Nothing has to be installed in {target}."))
    else:
        command = f"{_APT} {' '.join(map(str, packages))}"
        yield section(
            "To install",
            element("p", f"In {target}{parent}; apt brings what these depend on.", class_="quiet"),
            *_paths(report),
            to_copy([command], "install", "the command that installs all packages"),
        )
    yield from packages_section(
        "Packages",
        [each for each in report.packages if essential or not each.essential],
        weights,
        what=LISTED,
        intro=_intro(weights),
    )
    yield from packages_section(
        "Not on the list",
        [*report.hints, *report.alternatives],
        None,
        what="packages that are not on the list",
        intro="Their libraries are loaded on demand, or another file is loaded in place of the one "
        "that asks. The bars tell how many files ask.",
    )


def _paths(report: Report) -> Iterator[Html]:
    """The paths that the heading has no room for."""
    if len(report.paths) > MAX_PATHS:
        paths = [element("li", element("code", str(path))) for path in report.paths]
        summary = element("summary", "the paths that were scanned")
        yield element("details", summary, element("ul", *paths))


def _intro(weights: Weights | None) -> str:
    if weights is None:
        return (
            "The bars tell how many files ask: nothing here knows how large the packages are. "
            "Choose who asks, or open a package to see why it is there."
        )
    whole = weights.added.whole
    most = f" It may be less: {why_at_most(whole)}." if whole.at_most else ""
    return (
        "A bar is what a package adds, with what it alone brings, by "
        f"{told_by(weights.costs)}.{most} Choose who asks, or open a package to see why it is "
        "there."
    )
