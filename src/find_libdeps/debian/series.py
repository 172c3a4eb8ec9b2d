"""The releases of Debian and Ubuntu, with their names, as Debian's distro-info-data has them."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from find_libdeps.package_data import package_data

DATA = "debian/series.txt"
"""One release a line: distribution, version, the directory in its archive, further names.
tests/tools/series.py writes it.
"""


class Series(NamedTuple):
    """One release of Debian or Ubuntu."""

    distribution: str
    version: str
    """``13``, ``24.04``; ``testing`` for what Debian releases next."""
    codename: str
    """Its directory in the archive: ``trixie``."""
    names: tuple[str, ...] = ()
    """Further names: ``sid`` has what the next release will have."""


def series_called(name: str, distribution: str = "") -> Series | None:
    """The release that goes by a number or a code name.

    Args:
        name: one of its names.
        distribution: whose release it is; any if empty.
    """
    for each in _known():
        is_called = name in (each.version, each.codename, *each.names)
        if is_called and distribution in ("", each.distribution):
            return each
    return None


@cache
def _known() -> tuple[Series, ...]:
    text = (package_data(DATA) or b"").decode()
    rows = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return tuple(Series(row[0], row[1], row[2], tuple(row[3:])) for row in rows)
