"""An audit as bytes, to be kept and read again: all that it has, whoever wrote them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from find_libdeps.debian.package import Package, checked
from find_libdeps.debian.release import Release
from find_libdeps.elf.outcome import How, Place
from find_libdeps.errors import DatabaseError
from find_libdeps.report.findings import Audit, Code, Finding, Level, Spot
from find_libdeps.roots.sealed import MALFORMED, SealError, seal, text, unseal

FORMAT = "audit-2"
"""The number grows when an audit has other parts, or is written in another way."""
MAX_AUDIT = 256 << 20
"""Most bytes of an audit that is read: some hundred thousand findings."""


def packed(audit: Audit) -> bytes:
    """Write an audit; nothing of it is accepted yet.

    Args:
        audit: as `audit_root` returns it.
    """
    release = audit.release
    document = {
        "release": [release.distribution, release.version, release.derivative] if release else None,
        "paths": list(map(str, audit.paths)),
        "objects": audit.objects,
        "findings": list(map(_of_finding, audit.findings)),
        "has_apt": audit.has_apt,
        "layers": audit.layers,
    }
    return seal(FORMAT, [json.dumps(document, separators=(",", ":")).encode()])


def unpacked(sealed: bytes) -> Audit:
    """Read an audit.

    Raises:
        SealError: the bytes are damaged, or no audit.
    """
    try:
        document = json.loads(unseal(FORMAT, sealed, MAX_AUDIT)[0])
        return Audit(
            release=Release(*map(text, document["release"])) if document["release"] else None,
            paths=tuple(map(_path, document["paths"])),
            objects=int(document["objects"]),
            findings=tuple(_finding(*fields) for fields in document["findings"]),
            has_apt=bool(document["has_apt"]),
            layers=tuple(map(text, document["layers"])),
        )
    except (*MALFORMED, DatabaseError):
        raise SealError from None


def _of_finding(finding: Finding) -> list[Any]:
    return [
        finding.level.value,
        finding.code.value,
        finding.name,
        [[str(spot.path), spot.line] for spot in finding.spots],
        finding.cause,
        finding.solution,
        [
            [each.name, each.architecture, each.version, each.source, each.foreign, each.pinned]
            for each in finding.packages
        ],
        [[str(place.path), place.how.value, place.cause] for place in finding.places],
    ]


def _finding(
    level: str,
    code: str,
    name: str,
    spots: Sequence[Any],
    cause: str,
    solution: str,
    packages: Sequence[Any],
    places: Sequence[Any],
) -> Finding:
    return Finding(
        Level(level),
        Code(code),
        text(name),
        tuple(Spot(_path(path), int(line)) for path, line in spots),
        text(cause),
        text(solution),
        tuple(_package(*fields) for fields in packages),
        tuple(Place(_path(path), How(how), text(why)) for path, how, why in places),
    )


def _package(
    name: str, architecture: str, version: str, source: str, foreign: bool, pinned: bool
) -> Package:
    """A package: its name may become a word of a command line, as one of dpkg's database may."""
    package = Package(
        text(name),
        text(architecture),
        text(version),
        bool(foreign),
        bool(pinned),
        text(source),
    )
    return checked(package, "a cache")


def _path(value: object) -> PurePosixPath:
    return PurePosixPath(text(value))
