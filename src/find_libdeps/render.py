"""A report in words and in JSON. Nothing is judged here, and nothing printed."""

from __future__ import annotations

from enum import Enum
from pathlib import PurePosixPath

from find_libdeps.errors import TreeError
from find_libdeps.loader import Found, Missing
from find_libdeps.report import (
    SCHEMA_VERSION,
    Nowhere,
    PackageUse,
    Report,
    Use,
)
from find_libdeps.words import Paint, plain


class Format(Enum):
    """What the command can print."""

    LIST = "list"
    JSON = "json"
    TREE = "tree"
    DOCKERFILE = "dockerfile"
    FILES = "files"


def render(report: Report, form: Format, *, essential: bool = False, paint: Paint = plain) -> str:
    """The report as it goes to stdout; nothing where there is nothing to say.

    Raises:
        TreeError: the name of a file can't be written in that format.
    """
    match form:
        case Format.LIST:
            return "".join(f"{package}\n" for package in report.to_install(essential=essential))
        case Format.JSON:
            import json  # most runs want a list, and would wait for this and the others, too

            return json.dumps(_document(report, essential=essential), indent=2) + "\n"
        case Format.TREE:
            from find_libdeps.outline import outline

            lines = outline(report, essential=essential, paint=paint)
            return "".join(f"{line}\n" for line in lines)
        case Format.DOCKERFILE:
            from find_libdeps.dockerfile import instructions

            return "".join(f"{line}\n" for line in instructions(report, essential=essential))
        case Format.FILES:
            return "".join(f"{_member(place)}\n" for place in _places_to_copy(report))


def _places_to_copy(report: Report) -> tuple[PurePosixPath, ...]:
    if report.files is None:
        raise ValueError("the scan was not asked for files")
    return report.files.places


def _member(place: PurePosixPath) -> str:
    """A name for ``tar -C / -T``: without the slash of which tar would say that it removes it.

    Raises:
        TreeError: tar would take the name for another, for several or for an option.
    """
    name = str(place.relative_to("/"))
    if not name.isprintable() or "\\" in name or name.startswith("-"):
        raise TreeError("list", place, "tar -T would read that name as something else")
    return name


def _document(report: Report, *, essential: bool) -> dict[str, object]:
    return {
        "version": SCHEMA_VERSION,
        "paths": [str(path) for path in report.paths],
        "release": str(report.release) if report.release else None,
        "objects": report.objects,
        "install": [str(package) for package in report.to_install(essential=essential)],
        "packages": [_package(use) for use in report.packages],
        "hints": [_package(use) for use in report.hints],
        "copy": [
            {"files": [str(path) for path in copy.files], "needs": [_need(u) for u in copy.uses]}
            for copy in report.copies
        ],
        "unresolved": [
            {
                "soname": unresolved.soname,
                "cause": unresolved.cause.value,
                "error": unresolved.is_error,
                "needs": [_need(use) for use in unresolved.uses],
            }
            for unresolved in report.unresolved
        ],
        "misfits": [
            {"path": str(misfit.path), "reason": misfit.reason, "error": misfit.is_error}
            for misfit in report.misfits
        ],
        "find_library_fails": report.find_library_fails,
        "links": {str(link): str(end) for link, end in report.links},
        "problems": [str(problem.error) for problem in report.problems],
    }


def _package(use: PackageUse) -> dict[str, object]:
    return {
        "name": use.package.name,
        "architecture": use.package.architecture,
        "version": use.package.version or None,
        "source": use.source,
        "essential": use.essential,
        "others": [str(package) for package in use.others],
        "needs": [_need(each) for each in use.uses],
    }


def _need(use: Use) -> dict[str, object]:
    need: dict[str, object] = {
        "soname": use.need.soname,
        "requester": str(use.need.requester),
        "distribution": use.distribution.name if use.distribution else None,
        "role": use.role.value,
    }
    if use.line is not None:
        need["line"] = use.line
    if use.at_import is not None:
        need["at_import"] = use.at_import
    match use.need.outcome:
        case Found(path=path, how=how):
            need |= {"path": str(path), "how": how.value}
        case Missing(places=places):
            need["looked_in"] = [
                {"path": str(place.path), "how": place.how.value, "cause": place.cause}
                for place in places
            ]
    if isinstance(use.origin, Nowhere) and use.origin.elsewhere:
        need["elsewhere"] = [str(path) for path in use.origin.elsewhere]
    return need
