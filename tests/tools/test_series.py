"""The file of releases says what Debian's own programs say, which have the same tables."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import series
from find_libdeps.debian.release import Release
from programs import need


def distro_info(distribution: str, *arguments: str) -> str:
    """What distro-info(1) says."""
    program = f"{distribution}-distro-info"
    need(program)
    command = [program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def rows(date: str) -> list[list[str]]:
    """The words of the lines that would be written at a date."""
    need("debian-distro-info")
    lines = series.lines(series.DISTRO_INFO, date)
    return [line.split() for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("date", ["2021-08-13", "2021-08-14", "2025-08-08", "2025-08-09"])
def test_what_is_testing_at_a_date(date: str) -> None:
    """From the day of its release on, a release is testing no longer."""
    (testing,) = [row for row in rows(date) if row[1] == "testing"]
    codename = distro_info("debian", "--testing", "--date", date)
    number = distro_info("debian", "--series", codename, "--release")
    assert testing == ["debian", "testing", codename, number, "sid", "unstable"]


@pytest.mark.parametrize("date", ["2024-04-20", "2024-05-01", "2025-01-01"])
def test_newest_ubuntu_at_a_date(date: str) -> None:
    """The one that is being made is there, too, and none of which only the name is known."""
    *_, newest = rows(date)
    codename = distro_info("ubuntu", "--devel", "--date", date)
    number = distro_info("ubuntu", "--series", codename, "--release").split()[0]
    assert newest == ["ubuntu", number, codename]


def test_numbers_of_the_file_in_the_package() -> None:
    """They are those of the code names."""
    text = series.FILE.read_text()
    known = [line.split() for line in text.splitlines() if not line.startswith("#")]
    assert {row[0] for row in known} == {"debian", "ubuntu"}
    for distribution, version, codename, *names in known:
        number = distro_info(distribution, "--series", codename, "--release").split()[0]
        assert number in (version, *names)
        assert Release(distribution, version).codename == codename


def test_without_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their package is named, and the file stays as it is."""
    monkeypatch.setattr(series, "DISTRO_INFO", tmp_path / "distro-info")
    before = series.FILE.read_bytes()
    with pytest.raises(SystemExit, match="install the package distro-info-data"):
        series.main()
    assert series.FILE.read_bytes() == before
