"""Which indexes come along: what can't be made is said, and costs nothing that is there."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from find_libdeps.debian.index import embedded_index, embedded_indexes, file_name, read_index
from find_libdeps.debian.make_index import Extract
from find_libdeps.debian.release import Release
from find_libdeps.errors import ReleaseError
from find_libdeps.process.progress import Tell
from indexes import make, missing
from project import PROJECT

RELEASE = Release("debian", "12")


def made(directory: Path, names: Collection[str], date: str) -> list[str]:
    """What is said where an archive has some architectures only."""

    def making(release: Release, name: str, tell: Tell) -> Extract:
        if name not in names:
            raise ReleaseError("make an index of", release, "no connection")
        tell("a pocket is left out")
        ranked: dict[str, tuple[str, ...]] = {"libz.so.1": ("zlib1g",)}
        return Extract(ranked, {}, {}, frozenset({"tar"}), {}, {}, date)

    told = list[str]()
    make(RELEASE, ["amd64", "arm64", "armhf"], directory, making, told.append)
    return told


def state(directory: Path) -> tuple[str, tuple[str, ...]]:
    """The date of the index in a directory, and its architectures."""
    index = read_index(directory / file_name(RELEASE))
    return index.date, index.architectures


def test_architecture_that_fails_does_not_lose_the_others(tmp_path: Path) -> None:
    """Not those of the same archive; and none that is there already."""
    failed = 'debian:12 armhf: cannot make an index of "debian:12": no connection'
    told = made(tmp_path, ["amd64", "arm64"], "2026-01-01")
    assert told[:3] == [
        "debian:12 amd64: a pocket is left out",
        "debian:12 arm64: a pocket is left out",
        failed,
    ]
    assert re.fullmatch(r"debian:12: made for amd64 arm64, \d+ bytes", told[3])
    assert state(tmp_path) == ("2026-01-01", ("amd64", "arm64"))
    told = made(tmp_path, ["amd64"], "2026-02-02")
    assert told[-1] == "debian:12: the index stays as it is: a new one would lack arm64"
    assert state(tmp_path) == ("2026-01-01", ("amd64", "arm64"))
    made(tmp_path, ["amd64", "arm64", "armhf"], "2026-03-03")
    assert state(tmp_path) == ("2026-03-03", ("amd64", "arm64", "armhf"))
    assert [path.name for path in tmp_path.iterdir()] == ["debian-12.index"]


def test_archive_that_is_out_of_reach_leaves_no_file(tmp_path: Path) -> None:
    """Each architecture has its line."""
    assert len(made(tmp_path, [], "2026-01-01")) == 3
    assert list(tmp_path.iterdir()) == []


def test_missing_indexes_are_named(tmp_path: Path) -> None:
    """Releases, and architectures of one; and more than everyone should have to download."""
    made(tmp_path, ["amd64", "arm64"], "2026-01-01")
    wanted = [RELEASE, Release("ubuntu", "24.04")]
    assert missing(wanted, ["amd64", "armhf"], tmp_path) == [
        "debian:12: no index for armhf",
        "ubuntu:24.04: no index for amd64 armhf",
    ]
    assert missing([RELEASE], ["amd64", "arm64"], tmp_path) == []
    (tmp_path / "large.index").write_bytes(bytes(3_000_000))
    (told,) = missing([RELEASE], ["amd64"], tmp_path)
    assert re.fullmatch(r"all indexes have 3,000,\d\d\d bytes, not 3,000,000", told)


def test_readme_and_makefile_name_what_comes_along() -> None:
    """The sentence of the README is that of the indexes which are there."""
    there = {release: embedded_index(release) for release in embedded_indexes()}
    makefile = (PROJECT / "Makefile").read_text()
    listed = re.findall(r"^(?:RELEASES|ARCHITECTURES) := (.*)$", makefile, re.MULTILINE)
    releases, architectures = (line.split() for line in listed)
    assert {str(release) for release in there} <= set(releases)
    debian = [release for release in there if release.distribution == "debian"]
    versions = [release.version for release in debian]
    less = [
        f"{release.version}'s for {_series(index.architectures)} only"
        for release, index in there.items()
        if index and set(index.architectures) != set(architectures)
    ]
    sentence = f"Indexes of Debian {_series(versions)} come with find-libdeps, "
    sentence += f"for {_series(architectures)}" + (f" ({'; '.join(less)})." if less else ".")
    readme = " ".join((PROJECT / "README.md").read_text().split())
    assert sentence in readme


def _series(words: Collection[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


@pytest.mark.parametrize("name", ["make index", "make index-complete"])
def test_release_workflow_makes_the_indexes(name: str) -> None:
    """And fails if one is missing."""
    workflow = (PROJECT / ".github/workflows/release.yml").read_text()
    assert f"run: {name}\n" in workflow
