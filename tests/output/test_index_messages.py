"""The notes about old indexes: only of testing, only where that index has named a package."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from find_libdeps.debian.apt_lists import date_of_lists
from find_libdeps.debian.index import embedded_index
from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.output.index_messages import index_messages
from find_libdeps.report.report import PackageUse, Report
from memory_tree import MemoryTree
from small_elf import small_elf

TODAY = date(2026, 11, 30)


def told(*sources: str, listed: date | None = None) -> list[str]:
    """What is said of a report with packages from these sources, where apt has lists of a date."""
    uses = [
        PackageUse(Package(f"liba{n}", "amd64"), (), False, (), s) for n, s in enumerate(sources)
    ]
    report = Report((), Release("debian", "testing"), 1, packages=tuple(uses))
    return [
        f"{each.level}: {each.headline}" for each in index_messages(report, TODAY, lambda _: listed)
    ]


@pytest.mark.parametrize(
    "source",
    [
        "dpkg",
        "apt",
        "embedded debian:12 2020-01-01",
        "embedded debian:testing 2026-10-01",
        "embedded debian:testing 2027-01-01",
        "fetched debian:testing 2026-01-01",
        "my.index debian:testing 2020-01-01",
    ],
)
def test_no_word_of(source: str) -> None:
    """Stable releases keep their names; what is made or fetched is left to the user."""
    assert told(source) == []


def test_old_index_of_testing_is_a_note() -> None:
    """One, however many packages it has named; from the sixty-first day on."""
    source = "embedded debian:testing 2026-09-30"
    expected = "note: the index of debian:testing is 61 days old: names may have changed"
    assert told("dpkg", source, source) == [expected]
    assert told() == []


def test_newer_lists_of_apt_are_a_note() -> None:
    """Only of testing, and only where they are newer."""
    source, newer = "embedded debian:testing 2026-10-30", date(2026, 11, 2)
    assert told(source, listed=newer) == [
        "note: the index of debian:testing is of 2026-10-30, and apt here has lists of 2026-11-02:"
        " names may have changed"
    ]
    assert told(source, listed=date(2026, 10, 30)) == []
    assert told("embedded debian:12 2026-07-11", listed=newer) == []


def test_date_of_lists_is_that_of_the_release_itself() -> None:
    """The Release file in apt's usual place, signed or not; a pocket, or rubbish, says nothing."""
    lists = "/var/lib/apt/lists/deb.test_debian_dists"
    tree = MemoryTree(
        {
            f"{lists}_forky_InRelease": b"Origin: Debian\nDate: Fri, 30 Oct 2026 08:00:00 UTC\n",
            f"{lists}_testing_Release": b"Date: Mon, 02 Nov 2026 23:30:00 UTC\n",
            f"{lists}_forky-updates_InRelease": b"Date: Sat, 28 Nov 2026 08:00:00 UTC\n",
            "/var/lib/apt/lists/other_dists_forky_InRelease": b"Date: soon\n",
        }
    )
    assert date_of_lists(tree, Release("debian", "testing")) == date(2026, 11, 2)
    assert date_of_lists(tree, Release("debian", "13")) is None
    assert date_of_lists(MemoryTree({}), Release("debian", "testing")) is None


def test_command_tells_the_age_by_source_date_epoch(tmp_path: Path) -> None:
    """Where a build has to come out the same; and how to get a new index. Without it, by today."""
    index = embedded_index(Release("debian", "testing"))
    assert index is not None
    (tmp_path / "mod.abi3.so").write_bytes(small_elf(["libzephyr.so.4"]))
    made = datetime.fromisoformat(index.date).replace(tzinfo=timezone.utc).timestamp()
    command = [sys.executable, "-m", "find_libdeps", "--root", str(tmp_path)]
    command += ["--release", "debian:testing", "/mod.abi3.so"]

    def said(days: int) -> str:
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(int(made) + days * 86400)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert (done.stdout, done.returncode) == ("libzephyr4\n", 0), done.stderr
        return done.stderr

    assert said(60) == ""
    expected = "find-libdeps: note: the index of debian:testing is 61 days old: "
    assert said(61).startswith(expected)
    assert "find-libdeps index make debian:testing -o testing.index" in said(61)
    assert "old" in said(365 * 100)
