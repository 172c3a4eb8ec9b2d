"""``--format cyclonedx``: CycloneDX 1.6, an SBOM of the system packages that the files ask for."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.errors import printable
from find_libdeps.needs.use import Use
from find_libdeps.output.words import found
from find_libdeps.python.distribution import Distribution
from find_libdeps.report.document import TOOL, tool_version
from find_libdeps.report.report import Copy, PackageUse, Report

_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_SUBJECT = "scanned"
"""The reference of what was scanned."""


def cyclonedx(report: Report, *, essential: bool = False) -> str:
    """The packages to install, and the files to copy, with the distributions that ask for them.

    Equal reports give equal bytes: there is no time in it, and its serial number is made of what
    it lists.

    Args:
        report: what was found.
        essential: include what every Debian system has.
    """
    listed = [use for use in report.packages if essential or not use.essential]
    wanted: dict[str, tuple[Use, ...]] = {
        _deb(each.package, report.release): each.uses for each in listed
    }
    wanted |= {_file(copy): copy.uses for copy in report.copies}
    asking = {u.distribution for uses in wanted.values() for u in uses if u.distribution}
    edges = defaultdict[str, set[str]](set)
    for ref, uses in wanted.items():
        for use in uses:
            edges[_pypi(use.distribution) if use.distribution else _SUBJECT].add(ref)
    pypi = {_pypi(each): each for each in sorted(asking)}
    systems = [_system(report.release)] if report.release else []
    edges[_SUBJECT] |= pypi.keys() | {each["bom-ref"] for each in systems}
    refs = [_SUBJECT, *(each["bom-ref"] for each in systems), *pypi, *wanted]
    document = {
        "version": 1,
        "metadata": {
            "tools": {
                "components": [{"type": "application", "name": TOOL, "version": tool_version()}]
            },
            "component": {
                "type": "application",
                "bom-ref": _SUBJECT,
                "name": " ".join(map(printable, report.paths)),
            },
        },
        "components": [
            *systems,
            *(_distribution(each, ref) for ref, each in pypi.items()),
            *(_package(each, report.release) for each in listed),
            *(_copy(copy) for copy in report.copies),
        ],
        "dependencies": [
            {"ref": ref, **({"dependsOn": sorted(edges[ref])} if edges[ref] else {})}
            for ref in refs
        ],
        # what packages depend on is left to apt, and other distributions have their own SBOM
        "compositions": [{"aggregate": "incomplete", "dependencies": refs}],
    }
    content = [value for key, value in document.items() if key != "metadata"]
    serial = uuid5(NAMESPACE_URL, json.dumps([*map(printable, report.paths), content]))
    head = {
        "$schema": _SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
    }
    return json.dumps(head | document, indent=2) + "\n"


def _system(release: Release) -> dict[str, str]:
    """What the packages are of: scanners look for this component to know whose advisories count."""
    name, version = release.distribution, release.version
    kind = "operating-system"
    return {"type": kind, "bom-ref": f"os:{name}-{version}", "name": name, "version": version}


def _distribution(distribution: Distribution, ref: str) -> dict[str, object]:
    return {
        "type": "library",
        "bom-ref": ref,
        "name": printable(distribution.name),
        "version": printable(distribution.version),
        "purl": ref,
    }


def _package(each: PackageUse, release: Release | None) -> dict[str, object]:
    package, ref = each.package, _deb(each.package, release)
    return {
        "type": "library",
        "bom-ref": ref,
        "name": package.name,
        **({"version": package.version} if package.version else {}),
        "purl": ref,
        "evidence": {"occurrences": list(_occurrences(each.uses))},
        "properties": [{"name": f"{TOOL}:source", "value": printable(each.source)}],
    }


def _copy(copy: Copy) -> dict[str, object]:
    return {
        "type": "file",
        "bom-ref": _file(copy),
        "name": printable(copy.files[0]),
        "evidence": {"occurrences": list(_occurrences(copy.uses))},
    }


def _occurrences(uses: Iterable[Use]) -> Iterator[dict[str, object]]:
    """Where each library is asked for: a file, or a line of Python source."""
    for use in uses:
        soname, place = printable(use.need.soname), found(use)
        where = f"is found at {place}" if place else "is not in the builder"
        yield {
            "location": printable(use.need.requester),
            **({"line": use.line} if use.line else {}),
            "symbol": soname,
            "additionalContext": f"{soname} {where}",
        }


def _deb(package: Package, release: Release | None) -> str:
    """The package URL of a package: ``pkg:deb/debian/libpq5@17.6?arch=amd64&distro=debian-13``.

    ``upstream`` is the source package, as Syft writes it and Grype reads it: advisories name that.
    """
    vendor, distro = "debian", ""
    if release:
        vendor, distro = release.distribution, f"&distro={release.distribution}-{release.version}"
    version = f"@{_part(package.version)}" if package.version else ""
    name = f"{_part(vendor)}/{_part(package.name)}"
    source, of_version = package.built_from
    told = f"{source}@{of_version}" if of_version != package.version else source
    upstream = f"&upstream={_part(told)}" if told != package.name else ""
    return f"pkg:deb/{name}{version}?arch={package.architecture}{distro}{upstream}"


def _pypi(distribution: Distribution) -> str:
    """The package URL of a distribution, whose name is in the form of PEP 503."""
    name = re.sub(r"[-_.]+", "-", distribution.name).lower()
    version = f"@{_part(distribution.version)}" if distribution.version else ""
    return f"pkg:pypi/{_part(name)}{version}"


def _file(copy: Copy) -> str:
    return f"file:{quote(printable(copy.files[0]))}"


def _part(text: str) -> str:
    """A part of a package URL: all is escaped but ``.-_~`` and the colon."""
    return quote(printable(text), safe=":")
