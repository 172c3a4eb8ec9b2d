"""Which package has a program: from Contents indices to the third part of an index, and back."""

from __future__ import annotations

import subprocess
import zlib
from pathlib import Path

import pytest

import programs
from find_libdeps.debian.index import Index, decode_index, embedded_index, embedded_indexes
from find_libdeps.debian.programs import (
    ALTERNATIVES,
    best_packages,
    read_programs,
    shared,
    with_alternatives,
)
from find_libdeps.debian.release import Release, read_release
from find_libdeps.debian.typelibs import Wanted
from find_libdeps.debian.write_index import encode_index
from find_libdeps.errors import ReleaseError
from find_libdeps.roots.directory import DirectoryTree

RELEASE = Release("debian", "12")
CONTENTS = b"""\
bin/ping                                    net/inetutils-ping,net/iputils-ping
./usr/bin/git                               vcs/git
usr/bin/git-shell                           vcs/git
usr/bin/go                                  devel/gccgo-go,devel/golang-go
usr/bin/pdfinfo                             text/poppler-utils
usr/bin/foo-config                          libdevel/libfoo-dev
usr/bin/foo-debug                           debug/foo-dbg
usr/bin/x86_64-linux-gnu-gcc                devel/gcc
usr/games/fortune                           games/fortune-mod
usr/sbin/lspci                              admin/pciutils
usr/share/doc/git                           doc/git-doc
usr/lib/git-core/git-add                    vcs/git
"""


def index_of(programs: dict[str, dict[str, str]]) -> Index:
    """An index with these programs of each architecture."""
    ranked: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in programs}
    return decode_index(encode_index(RELEASE, "2026-09-12", [], ranked, programs=programs), "test")


def packages_of(index: Index, *names: str, architecture: str = "amd64") -> dict[str, str]:
    """The package that an index offers for each program."""
    offers = index.programs(names, architecture)
    return {name: offer.packages[0].name for name, offer in offers.items()}


def test_programs_of_contents_are_those_on_the_path() -> None:
    """No games, no tools for building, and no other file of that name."""
    assert sorted(read_programs([CONTENTS])) == [
        ("git", "git"),
        ("git-shell", "git"),
        ("go", "gccgo-go"),
        ("go", "golang-go"),
        ("lspci", "pciutils"),
        ("pdfinfo", "poppler-utils"),
        ("ping", "inetutils-ping"),
        ("ping", "iputils-ping"),
    ]
    with pytest.raises(ReleaseError, match="cut off"):
        list(read_programs([CONTENTS[:-4]]))


def test_package_that_apt_prefers_has_the_program() -> None:
    """Priority decides, then the package's name."""
    found = list(read_programs([CONTENTS]))
    assert shared(found) == {"gccgo-go", "golang-go", "inetutils-ping", "iputils-ping"}
    assert best_packages(found, {})["go"] == "golang-go"
    assert best_packages(found, {"inetutils-ping": "standard"})["ping"] == "inetutils-ping"
    assert best_packages(found, {"iputils-ping": "important"})["ping"] == "iputils-ping"


def test_program_that_no_contents_index_lists_is_known_where_its_package_is() -> None:
    """Links of update-alternatives are in none."""
    best = with_alternatives({"git": "git"}, {"imagemagick"}.__contains__)
    assert (best["git"], best["convert"]) == ("git", "imagemagick")
    assert "java" not in best
    best = with_alternatives({"convert": "another"}, list(ALTERNATIVES.values()).__contains__)
    assert (best["java"], best["convert"]) == ("default-jre-headless", "another")


def test_index_answers_for_each_architecture() -> None:
    """Names that start as their packages do are the same when they come back."""
    both = {"git": "git", "git-shell": "git", "pdfinfo": "poppler-utils"}
    index = index_of({"amd64": {**both, "x": "only-here"}, "arm64": both})
    names = [*both, "x", "shell"]
    assert packages_of(index, *names) == {**both, "x": "only-here"}
    assert packages_of(index, *names, architecture="arm64") == both
    assert packages_of(index, *names, architecture="armhf") == {}
    assert index.knows("amd64", Wanted.PROGRAM)
    older = decode_index(encode_index(RELEASE, "2026-09-12", [], {"amd64": {}}), "test")
    assert not older.knows("amd64", Wanted.PROGRAM)
    assert packages_of(older, "git") == {}


def test_damaged_part_with_programs_is_a_sentence() -> None:
    """When it is asked for, since only then it is unpacked."""
    data = encode_index(RELEASE, "2026-09-12", [], {"amd64": {}}, programs={"amd64": {"a": "b"}})
    stream = zlib.decompressobj()
    stream.decompress(data)
    third = len(stream.unused_data)
    with pytest.raises(ReleaseError, match="its last part is cut off"):
        decode_index(data[:-1], "my.index")
    index = decode_index(data[:-third] + bytes(third), "my.index")
    with pytest.raises(ReleaseError, match="its part with programs is damaged"):
        index.programs(["a"], "amd64")


@pytest.mark.parametrize("release", embedded_indexes(), ids=str)
def test_embedded_indexes_have_programs(release: Release) -> None:
    """For each of their architectures."""
    known = {"git": "git", "pdfinfo": "poppler-utils", "tesseract": "tesseract-ocr"}
    known |= {"ffprobe": "ffmpeg", "convert": "imagemagick", "xdg-open": "xdg-utils"}
    index = embedded_index(release)
    assert index
    for architecture in index.architectures:
        assert packages_of(index, *known, "no-such", architecture=architecture) == known


def test_dpkg_has_the_programs_in_the_same_packages() -> None:
    """Those of this machine, where its release has an index: dpkg judges."""
    programs.need("dpkg-query")
    told = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Architecture}\n"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    release = read_release(DirectoryTree("/"))
    index = embedded_index(release) if release else None
    if index is None:
        pytest.skip("this machine's release has no index")
    having = dict[str, set[str]]()
    for line in filter(None, told):
        package, architecture = line.split()
        if architecture not in index.architectures or package.endswith("-dev"):
            continue
        listed = subprocess.run(
            ["dpkg-query", "-L", package], check=True, capture_output=True, text=True
        ).stdout.split("\n")
        for path in map(Path, listed):
            if str(path.parent) in ("/bin", "/sbin", "/usr/bin", "/usr/sbin"):
                having.setdefault(path.name, set()).add(package)
    architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
    known = packages_of(index, *having, architecture=architecture)
    usual = {name: packages for name, packages in having.items() if "-linux-gnu-" not in name}
    wrong = {n: (known.get(n), p) for n, p in usual.items() if known.get(n) not in p}
    assert len(usual) > 200
    assert len(wrong) < len(usual) / 50, wrong
