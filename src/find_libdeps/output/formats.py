"""Renders a report, or alerts, in each format. Nothing is judged here, and nothing is printed."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from find_libdeps.errors import TreeError
from find_libdeps.output.paint import Paint, plain

if TYPE_CHECKING:
    from find_libdeps.output.alerts import Alerts
    from find_libdeps.report.report import Report


class Format(Enum):
    """What the command can print."""

    LIST = "list"
    JSON = "json"
    TREE = "tree"
    DOCKERFILE = "dockerfile"
    FILES = "files"
    CYCLONEDX = "cyclonedx"
    HTML = "html"
    DOT = "dot"
    MERMAID = "mermaid"
    SARIF = "sarif"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    GITHUB = "github"


ALERTS = (Format.SARIF, Format.JUNIT, Format.MARKDOWN, Format.GITHUB)
"""What has alerts in place of a list: the formats of CI, which audits have, too."""


def render_alerts(alerts: Alerts, form: Format) -> str:
    """Alerts as text for stdout.

    Raises:
        ValueError: it is no format for alerts.
    """
    match form:  # each is imported here, since a run prints one
        case Format.SARIF:
            from find_libdeps.output.sarif import sarif

            return sarif(alerts)
        case Format.JUNIT:
            from find_libdeps.output.junit import junit

            return junit(alerts)
        case Format.MARKDOWN:
            from find_libdeps.output.markdown import markdown

            return markdown(alerts)
        case Format.GITHUB:
            from find_libdeps.output.github import github

            return github(alerts)
        case Format.HTML:
            from find_libdeps.output.audit_page import audit_page

            return audit_page(alerts)
        case _:
            raise ValueError(f"{form.value} has no alerts")


def render_page(report: Report, alerts: Alerts, *, essential: bool = False) -> str:
    """A report, with the alerts about it, as a page of HTML.

    Raises:
        ReleaseError: the index that tells sizes is damaged.
    """
    from find_libdeps.output.list_page import list_page

    return list_page(report, alerts, essential=essential)


def render(
    report: Report,
    form: Format,
    *,
    essential: bool = False,
    sizes: bool = False,
    paint: Paint = plain,
) -> str:
    """The report as text for stdout; empty if there is nothing to list.

    Args:
        report: what was found.
        form: the format.
        essential: include what every Debian system has.
        sizes: say in a tree what installing each package adds; other formats need not be asked.
        paint: colours a text.

    Raises:
        TreeError: the name of a file can't be written in that format.
        ValueError: the format is one for alerts.
    """
    match form:
        case Format.LIST:
            return _text(map(str, report.to_install(essential=essential)))
        case Format.JSON:
            return report.to_json(essential=essential)
        case Format.TREE:  # imported here, like the module below: most runs print the plain list
            from find_libdeps.output.outline import outline

            return _text(outline(report, essential=essential, paint=paint, sizes=sizes))
        case Format.DOCKERFILE:
            from find_libdeps.output.dockerfile import instructions

            return _text(instructions(report, essential=essential))
        case Format.FILES:
            return _text(map(_member, _places_to_copy(report)))
        case Format.CYCLONEDX:
            from find_libdeps.output.cyclonedx import cyclonedx

            return cyclonedx(report, essential=essential)
        case Format.DOT:
            from find_libdeps.output.dot import dot

            return _text(dot(report, essential=essential))
        case Format.MERMAID:
            from find_libdeps.output.mermaid import mermaid

            return _text(mermaid(report, essential=essential))
        case _:
            raise ValueError(f"{form.value} is for alerts")


def _places_to_copy(report: Report) -> tuple[PurePosixPath, ...]:
    if report.files is None:
        raise ValueError("the scan was not asked for files")
    return report.files.places


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _member(place: PurePosixPath) -> str:
    """A name for ``tar -C / -T``, without its first slash: tar would warn that it removes that.

    Raises:
        TreeError: tar would read the name as another one, as several, or as an option.
    """
    name = str(place.relative_to("/"))
    if not name.isprintable() or "\\" in name or name.lstrip().startswith("-"):
        raise TreeError("list", place, "tar -T would read that name as something else")
    return name
