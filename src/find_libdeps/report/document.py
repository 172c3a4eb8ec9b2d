"""Reports and audits as JSON documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from find_libdeps.debian.typelibs import Wanted
from find_libdeps.elf.outcome import Found, Missing
from find_libdeps.needs.use import Line, Link, Nowhere, OtherRelease, Use, Way
from find_libdeps.python.standard_library import is_module

if TYPE_CHECKING:
    from find_libdeps.debian.installing import Added
    from find_libdeps.debian.release import Release
    from find_libdeps.report.findings import Acceptance, Audit, Finding
    from find_libdeps.report.report import PackageUse, Report

SCHEMA_VERSION = 1
"""The version of a report's JSON, raised when its consumers would have to change."""
AUDIT_VERSION = 1
"""The version of an audit's JSON, raised when its consumers would have to change."""
_OF_AUDITS = ("solution", "packages", "looked_in")
"""The keys of findings that those of a list do not have."""
TOOL = "find-libdeps"
"""The name of this program."""


def tool_version() -> str:
    """The version of this program: ``0.1.0``."""
    from importlib.metadata import version  # most runs print the plain list

    return version(TOOL)


def report_document(report: Report, *, essential: bool) -> dict[str, object]:
    """The whole report; report.schema.json describes it."""
    return {
        "version": SCHEMA_VERSION,
        "tool": f"{TOOL} {tool_version()}",
        "paths": [str(path) for path in report.paths],
        **_release(report.release),
        "objects": report.objects,
        "install": [str(package) for package in report.to_install(essential=essential)],
        "sizes": _sizes(report),
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
                **_other_release(unresolved.other_release),
                **_link(unresolved.link),
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
        "unknown_loads": [
            {
                **_line(load.place),
                "reason": load.reason,
                **_way(load.way),
                "warning": load.is_serious,
            }
            for load in report.unknown_loads
        ],
        "newest_typelibs": [
            {**_line(each.place), "name": each.name, "others": list(each.others)}
            for each in report.newest
        ],
        "unfinished": [
            {"module": each.module, "at_import": each.is_root, **_line(each.place)}
            for each in report.unfinished
        ],
        "passed_over": [
            {**_line(each.place), "reason": each.reason, "at_import": each.is_root}
            for each in report.passed_over
        ],
    } | _seldom(report)


def audit_document(audit: Audit, *, strict: bool) -> dict[str, object]:
    """The whole audit; the README describes its keys."""
    return {
        "version": AUDIT_VERSION,
        "tool": f"{TOOL} {tool_version()}",
        **_release(audit.release),
        "paths": [str(path) for path in audit.paths],
        "objects": audit.objects,
        "clean": audit.is_clean(strict=strict),
        "install": [str(package) for package in audit.install],
        "findings": [_finding(finding) for finding in audit.findings],
        **_acceptances("unmatched", audit.unmatched),
    }


def _release(release: Release | None) -> dict[str, object]:
    if release is None:
        return {"release": None, "derivative": None}
    return {"release": str(release), "derivative": release.derivative or None}


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "level": finding.level.value,
        "code": finding.code.value,
        "name": finding.name,
        "spots": [
            {"path": str(spot.path), **({"line": spot.line} if spot.line else {})}
            for spot in finding.spots
        ],
        "cause": finding.cause,
        "solution": finding.solution,
        "packages": [str(package) for package in finding.packages],
        "looked_in": [
            {"path": str(place.path), "how": place.how.value, "cause": place.cause}
            for place in finding.places
        ],
        **_acceptances("accepted", finding.accepted),
        **_acceptances("lapsed", finding.lapsed),
    }


def _acceptances(key: str, acceptances: Iterable[Acceptance]) -> dict[str, object]:
    """A key with acceptances; nothing if there are none."""
    found = [
        {
            "reason": each.reason,
            "until": each.until.isoformat() if each.until else None,
            **({"code": each.code.value} if each.code else {}),
            **({"name": each.name} if each.name else {}),
            **({"path": each.path} if each.path else {}),
        }
        for each in acceptances
    ]
    return {key: found} if found else {}


def _seldom(report: Report) -> dict[str, object]:
    """The keys that most reports don't have."""
    found: dict[str, object] = {
        "only_observed": [str(use.package) for use in report.only_observed],
        "own_code": [str(path) for path in report.own_code],
        "index_without_versions": report.index_without_versions,
        "programs": [_package(use) for use in report.programs],
        "programs_without_package": [_need(use) for use in report.programs_without_package],
        "alternatives": [_package(use) for use in report.alternatives],
        "may_load": [
            {
                "soname": each.soname,
                "wheels": each.wheels,
                "needs": [_need(use) for use in each.uses],
            }
            for each in report.may_load
        ],
        "unsearched": {str(path): size for path, size in report.unsearched},
        "pythons": [
            {
                "path": str(each.python),
                "needed": str(each.needed),
                "fault": each.fault.value,
                "error": each.is_error,
                "copy": [str(path) for path in each.copies],
            }
            for each in report.pythons
        ],
        "missing_versions": [
            {
                "version": each.version,
                "path": str(each.path) if each.path else None,
                "package": each.package.name if each.package else None,
                "package_version": each.package.version if each.package else None,
                "error": each.is_error,
                "needs": [_need(use) for use in each.uses],
            }
            for each in report.missing_versions
        ],
        "accepted": [_accepted(finding) for finding in report.accepted],
        "lapsed": [_accepted(finding) for finding in report.lapsed],
        **_acceptances("unmatched", report.unmatched),
    }
    return {key: value for key, value in found.items() if value}


def _sizes(report: Report) -> dict[str, object] | None:
    """What installing the list adds; None if that is not known."""
    costs, added = report.costs(), report.added
    if costs is None or added is None:
        return None
    at_most = list(added.whole.at_most)
    return {
        "unit": "KiB",
        "source": costs.source or None,
        "target": not costs.is_assumed,
        "total": added.whole.size,
        "packages": {name: added.sizes.get(name) for name in added.whole.packages},
        "own": {name: _added(own) for name, own in added.own.items()},
        "shared": _added(added.shared),
        "unknown": list(added.unknown),
        **({"at_most": at_most} if at_most else {}),
    }


def _added(added: Added) -> dict[str, object]:
    return {"total": added.size, "packages": list(added.packages)}


def _accepted(finding: Finding) -> dict[str, object]:
    """A finding that is, or was, accepted; what else is known of it has a key of its own."""
    document = _finding(finding)
    return {key: document[key] for key in document if key not in _OF_AUDITS}


def _other_release(other: OtherRelease | None) -> dict[str, object]:
    if other is None:
        return {}
    names = {"package": other.package.name, "soname": other.soname}
    return {"other_release": {"release": str(other.release), **names}}


def _link(link: Link | None) -> dict[str, object]:
    if link is None:
        return {}
    packages = {"package": str(link.package), "development_package": link.development}
    return {"link": {"path": str(link.path), "leads_to": link.leads_to, **packages}}


def _line(line: Line) -> dict[str, object]:
    return {"path": str(line.path), **({"line": line.number} if line.number else {})}


def _way(way: Way) -> dict[str, object]:
    return {"module": way.module, "way": [_line(line) for line in way.lines]}


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
    if use.wanted is not Wanted.LIBRARY:
        need["kind"] = use.wanted.value
    if is_module(use.need.soname):
        need["kind"] = "module"
    if use.line is not None:
        need["line"] = use.line
    if use.heard is not None:
        need["observed"] = use.heard.value
    if use.at_import is not None:
        need["at_import"] = use.at_import
    if use.is_reached:
        need["reached"] = True
    if use.way is not None:
        need |= _way(use.way)
    if use.alternatives:
        need["alternatives"] = list(use.alternatives)
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
