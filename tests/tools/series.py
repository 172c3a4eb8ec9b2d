"""Writes what the package knows of the releases of Debian and Ubuntu: part of `make index`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "src" / "find_libdeps" / "debian" / "series.txt"
DISTRO_INFO = Path("/usr/share/distro-info")
"""Where Debian's package distro-info-data has its tables."""
OLDEST = {"debian": 10.0, "ubuntu": 18.04}
"""Nobody builds for releases before these."""


def lines(tables: Path, today: str) -> Iterator[str]:
    """The lines of the file; see `find_libdeps.debian.series`.

    Args:
        tables: the directory with distro-info-data's tables.
        today: such as ``2026-11-30``: the tables have releases that are to come, too.
    """
    yield "# Made by tests/tools/series.py (make index) from Debian's package distro-info-data."
    for distribution, oldest in OLDEST.items():
        text = (tables / f"{distribution}.csv").read_text("utf-8")
        has_testing = distribution == "debian"
        for row in csv.DictReader(text.splitlines()):
            number = row["version"].removesuffix(" LTS")
            if not number or float(number) < oldest or row["created"] > today:
                continue
            if not has_testing or (row["release"] and row["release"] <= today):
                yield f"{distribution} {number} {row['series']}"
            else:
                yield f"{distribution} testing {row['series']} {number} sid unstable"
                break  # what comes after the next release is nowhere yet


def main() -> None:
    """Write the file."""
    if not DISTRO_INFO.is_dir():
        sys.exit(f"there is no {DISTRO_INFO}: install the package distro-info-data")
    today = datetime.now(timezone.utc).date().isoformat()
    FILE.write_text("".join(f"{line}\n" for line in lines(DISTRO_INFO, today)), "utf-8")


if __name__ == "__main__":
    main()
