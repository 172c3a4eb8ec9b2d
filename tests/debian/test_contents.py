"""From a Contents index to the packages of a soname, and the indexes that come with the package.

The files of `fixtures/contents` were written by hand, with what real ones have had in them. To see
what a change of the ranking does, run the tests with UPDATE_EXPECTED=1 and look at the difference.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archives import entries
from find_libdeps.debian.contents import (
    ALTERNATIVES,
    Provider,
    ambiguous,
    conventional_name,
    rank,
    read_contents,
)
from find_libdeps.debian.index import (
    Index,
    decode_index,
    embedded_index,
    embedded_indexes,
    file_name,
)
from find_libdeps.debian.release import Release, parse_release
from find_libdeps.debian.typelibs import Wanted
from find_libdeps.debian.write_index import encode_index
from find_libdeps.errors import DatabaseError, ReleaseError
from project import FIXTURES, PROJECT

CONTENTS_FIXTURES = FIXTURES / "contents"
INDEXES = PROJECT / "src" / "find_libdeps" / "debian" / "indexes"

TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
PRIORITIES = {
    "many-a": "extra",
    "many-b": "standard",
    "many-c": "optional",
    "libmerged1": "required",
    "zz-in-the-directory": "extra",
    "libopenblas0-serial": "required",
    "a-odd": "weird",
    "b-extra": "extra",
}
"""Of packages in the fixtures; the others are ``optional``."""

RELEASE = Release("debian", "13")
EMBEDDED = [Release("debian", version) for version in ("11", "12", "13", "testing")]
NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
"""Debian Policy 5.6.7."""


def fixture(architecture: str) -> bytes:
    """A Contents index."""
    return (CONTENTS_FIXTURES / f"{architecture}.txt").read_bytes()


def providers(data: bytes, architecture: str = "amd64") -> list[Provider]:
    """What is read in a Contents index that comes in one piece."""
    return list(read_contents([data], TRIPLETS[architecture]))


def ranking(data: bytes, architecture: str = "amd64") -> dict[str, tuple[str, ...]]:
    """The packages of each soname in a Contents index."""
    return rank(providers(data, architecture), PRIORITIES)


def text_of(data: bytes) -> str:
    """What stands in an index."""
    return zlib.decompressobj().decompress(data).decode("utf-8", "surrogateescape")


def embedded_entries(release: Release, architecture: str) -> dict[str, list[str]]:
    """All that the embedded index of a release has for an architecture, as it stands there."""
    return entries((INDEXES / file_name(release)).read_bytes(), architecture)


def compare(text: str, name: str) -> None:
    """Hold a text against an expected file."""
    expected = CONTENTS_FIXTURES / name
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(text)
    assert text == expected.read_text()


def packages_of(index: Index, soname: str, architecture: str = "amd64") -> tuple[str, ...]:
    """The names that an index offers for a soname."""
    offer = index.offers([soname], architecture).get(soname)
    return tuple(package.name for package in offer.packages) if offer else ()


def test_index_of_the_fixtures_is_the_expected_one() -> None:
    """Every quirk of a Contents file, from the first line of prose to the last."""
    ranked = {name: ranking(fixture(name), name) for name in TRIPLETS}
    data = encode_index(RELEASE, "2026-09-12", {"libc6", "dpkg"}, ranked)
    compare(text_of(data), "expected.txt")
    index = decode_index(data, "test")
    for architecture, sonames in ranked.items():
        for soname, packages in sonames.items():
            assert packages_of(index, soname, architecture) == packages


def test_cut_anywhere_contents_are_the_same() -> None:
    """A chunk may end at any byte of the file."""
    data = fixture("amd64")
    whole, triplet = providers(data), TRIPLETS["amd64"]
    for cut in range(len(data) + 1):
        assert list(read_contents([data[:cut], data[cut:]], triplet)) == whole, cut
    assert list(read_contents((data[i : i + 1] for i in range(len(data))), triplet)) == whole
    assert list(read_contents([], triplet)) == []


def test_contents_that_are_cut_off_are_refused() -> None:
    """Half a line would name half a package, which may be another: ``libfoo1`` of ``libfoo10``."""
    data = fixture("amd64")
    for cut in range(1, len(data)):
        if data[cut - 1 : cut] != b"\n":
            with pytest.raises(ReleaseError, match="it is cut off"):
                providers(data[:cut])


@given(st.lists(st.integers(0, 6000)))
def test_chunks_of_any_size_give_the_same(cuts: list[int]) -> None:
    """Neither small, empty nor large chunks change what is read."""
    data = fixture("amd64")
    ends = sorted(cuts)
    chunks = [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]
    assert list(read_contents(chunks, TRIPLETS["amd64"])) == providers(data)


@given(st.permutations(fixture("amd64").splitlines()))
def test_order_of_lines_does_not_matter(lines: list[bytes]) -> None:
    """Contents indices of several components come one after the other, in any order."""
    assert ranking(b"\n".join([*lines, b""])) == ranking(fixture("amd64"))


def test_equal_input_gives_equal_bytes() -> None:
    """Neither the order of sonames, of architectures nor of essential packages is seen."""
    ranked = {name: ranking(fixture(name), name) for name in TRIPLETS}
    turned = {
        name: {soname: ranked[name][soname] for soname in reversed(ranked[name])}
        for name in reversed(ranked)
    }
    first = encode_index(RELEASE, "2026-09-12", ["dpkg", "libc6", "tar"], ranked)
    assert encode_index(RELEASE, "2026-09-12", ["tar", "libc6", "dpkg"], turned) == first
    assert encode_index(RELEASE, "2026-09-13", ["dpkg", "libc6", "tar"], ranked) != first


def test_packages_that_share_a_soname_are_ambiguous() -> None:
    """The Priority of no other package is asked for."""
    assert ambiguous(providers(fixture("arm64"), "arm64")) == set()
    shared = ambiguous(providers(fixture("amd64")))
    assert {"many-a", "libopenblas0-serial", "tie-a", "libelogind0"} <= shared
    assert shared.isdisjoint({"zlib1g", "libmerged1", "many-dev", "genwqe-tools"})


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libz.so.1", "libz1"),
        ("libGL.so.1", "libgl1"),
        ("libQt5Core.so.5", "libqt5core5"),
        ("libstdc++.so.6", "libstdc++6"),
        ("libglib-2.0.so.0", "libglib-2.0-0"),
        ("libavcodec.so.59", "libavcodec59"),
        ("libicuuc.so.72", "libicuuc72"),
        ("libnss_files.so.2", "libnss-files2"),
        ("libbz2.so.1.0", "libbz2-1.0"),
        ("libpython3.11.so.1.0", "libpython3.11-1.0"),
        ("libgdk_pixbuf-2.0.so.0", "libgdk-pixbuf-2.0-0"),
        ("libdb-5.3.so", "libdb-5.3"),
        ("libfoo.so", "libfoo"),
        ("ld-linux-x86-64.so.2", "ld-linux-x86-64-2"),
    ],
)
def test_conventional_name_is_that_of_debian_policy(soname: str, package: str) -> None:
    """The soname's version follows, after a hyphen where the name ends in a digit."""
    assert conventional_name(soname) == package


# --- index files ---------------------------------------------------------------------------------

BLANK = b" \t\n\r\f\v"
SONAME = st.binary(max_size=8).map(lambda data: data.translate(None, BLANK + b"/"))
"""A part of a file's name, as Contents may have it: any bytes but blanks and slashes."""
SONAMES = st.builds(lambda a, b: a + b".so" + b, SONAME, SONAME).filter(
    lambda name: not name.endswith((b"*", b".typelib"))
)
PACKAGES = st.lists(st.from_regex(r"[a-z0-9][a-z0-9+.]{1,6}", fullmatch=True), min_size=1)
CONTENTS = st.dictionaries(SONAMES, PACKAGES, max_size=12)


def contents(libraries: Mapping[bytes, Sequence[str]], triplet: str) -> bytes:
    """A Contents index with these libraries and their packages."""
    return b"".join(
        b"usr/lib/%s/%s  %s\n" % (triplet.encode(), name, ",".join(packages).encode())
        for name, packages in libraries.items()
    )


@given(CONTENTS, CONTENTS)
def test_index_answers_as_it_was_ranked(
    amd64: dict[bytes, list[str]], arm64: dict[bytes, list[str]]
) -> None:
    """What was encoded is what is offered, for each soname and architecture, and no more."""
    ranked = {
        name: ranking(contents(libraries, TRIPLETS[name]), name)
        for name, libraries in (("amd64", amd64), ("arm64", arm64))
    }
    assert len(ranked["amd64"]) == len(amd64)
    index = decode_index(encode_index(RELEASE, "2026-09-12", ["tar"], ranked), "test")
    asked = {*ranked["amd64"], *ranked["arm64"], "libnone.so.1"}
    for architecture, expected in ranked.items():
        offers = index.offers(asked, architecture)
        assert {s: tuple(p.name for p in o.packages) for s, o in offers.items()} == expected
        assert {p.architecture for o in offers.values() for p in o.packages} <= {architecture}


def small_index() -> bytes:
    """A valid index."""
    ranked: dict[str, dict[str, tuple[str, ...]]] = {
        "amd64": {"libz.so.1": ("zlib1g",), "libm.so.2": ("liba2", "libb2")},
        "arm64": {"libz.so.1": ("zlib1g",)},
    }
    return encode_index(RELEASE, "2026-09-12", ["dpkg", "tar"], ranked)


def test_index_knows_what_it_is() -> None:
    """Release, date, architectures and essential packages come back, and the source names them."""
    index = decode_index(small_index(), "my.index")
    assert (index.release, index.date) == (RELEASE, "2026-09-12")
    assert (index.architectures, sorted(index.essential)) == (("amd64", "arm64"), ["dpkg", "tar"])
    assert index.source == "my.index debian:13 2026-09-12"
    assert index.offers(["libm.so.2"], "amd64")["libm.so.2"].source == index.source


@pytest.mark.parametrize(
    "soname",
    [
        "",
        "libz",
        "libz.so",
        "libz.so.1 ",
        "libz.so.1 zlib1g",
        "libm.so.2 liba2",
        "libz.so.1\n",
        "\nlibz.so.1",
        "[*]",
        "\t*",
        "\t*\nlibz.so.1",
        "Date:",
        "libz.so.1*",
        "LIBZ.SO.1",
        "ibz.so.1",
    ],
)
def test_what_is_no_soname_of_the_index_has_no_offer(soname: str) -> None:
    """Only a whole soname is found: no part of one, no line, no heading."""
    assert decode_index(small_index(), "test").offers([soname], "amd64") == {}


def test_unknown_architecture_has_no_offer() -> None:
    """An index answers for its own architectures only."""
    index = decode_index(small_index(), "test")
    for architecture in ("i386", "*", "", "amd64 arm64"):
        assert index.offers(["libz.so.1"], architecture) == {}
    assert index.offers(["libm.so.2"], "arm64") == {}


def test_name_with_any_version_has_the_newest() -> None:
    """``libfoo.so.*`` is what find_library("foo") would find, whichever block has it."""
    amd64 = {f"libv.so.{n}": (f"libv{n}",) for n in ("1", "9", "10", "2.1")}
    ranked = {
        "amd64": amd64 | {"libv.so.d": ("libvd",), "libvv.so.99": ("libvv99",)},
        "arm64": {"libv.so.1": ("libv1",), "libv.so.9": ("libv9",)},
    }
    index = decode_index(encode_index(RELEASE, "2026-09-12", [], ranked), "test")
    assert packages_of(index, "libv.so.*") == ("libv10",)
    assert packages_of(index, "libv.so.*", "arm64") == ("libv9",)
    assert packages_of(index, "libw.so.*") == ()


def test_a_namespace_without_a_version_has_the_newest() -> None:
    """Versions are numbers, and another namespace may start with the same letters."""
    amd64 = {f"Gale-{version}.typelib": (f"gir{version}",) for version in ("1.0", "9", "10.0")}
    amd64 |= {"GaleX-11.0.typelib": ("girx",), "Gale-beta.typelib": ("girb",)}
    index = decode_index(encode_index(RELEASE, "2026-09-12", [], {"amd64": amd64}), "test")
    versions = ["Gale-10.0.typelib", "Gale-9.typelib", "Gale-1.0.typelib"]
    assert index.versions("Gale-*.typelib", "amd64") == versions
    assert packages_of(index, "Gale-*.typelib") == ("gir10.0",)
    assert packages_of(index, "Gale-9.typelib") == ("gir9",)
    assert packages_of(index, "Gal-*.typelib") == packages_of(index, "Gale-2.typelib") == ()


def test_index_of_an_older_version_has_libraries_only() -> None:
    """It says so, because what it does not have may be in a package all the same."""
    text = zlib.decompress(small_index()).replace(b"Kinds: library typelib\n", b"")
    index = decode_index(zlib.compress(text), "test")
    assert packages_of(index, "libz.so.1") == ("zlib1g",)
    assert index.knows("amd64", Wanted.LIBRARY)
    assert not index.knows("amd64", Wanted.TYPELIB)
    assert decode_index(small_index(), "test").knows("arm64", Wanted.TYPELIB)


def test_index_of_the_first_format_is_read() -> None:
    """It has links in blocks of their own, and two kinds of blocks."""
    head = "Release: debian:13\nDate: 2026-09-12\nArchitectures: amd64 arm64\nEssential: tar\n"
    text = f"find-libdeps index 1\n{head}\t*\nliba.so.1 liba1\n\tamd64\nlibb.so.1 libb1 libb2\n"
    text += "\tarm64\n\t* links\nliba.so liba-dev liba-dev-x\n\tamd64 links\n\tarm64 links\n\t\n"
    index = decode_index(zlib.compress(text.encode()), "test")
    assert packages_of(index, "liba.so.1", "arm64") == ("liba1",)
    assert packages_of(index, "libb.so.1") == ("libb1", "libb2")
    assert packages_of(index, "libb.so.1", "arm64") == packages_of(index, "liba.so") == ()
    assert index.links("liba.so", "arm64") == ["liba-dev", "liba-dev-x"]
    assert index.links("liba.so.1", "amd64") == []


def test_cut_index_is_an_error() -> None:
    """However much of the file is missing at its end, that is said."""
    data = small_index()
    for length in range(len(data)):
        with pytest.raises(ReleaseError, match='"cut": damaged, or no index at all'):
            decode_index(data[:length], "cut")


def test_index_with_a_wrong_bit_is_an_error() -> None:
    """No bit may turn over unseen, but those that zlib never reads."""
    data = small_index()
    sound, unread = decode_index(data, "test"), 0
    for bit in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with suppress(ReleaseError):
            assert decode_index(bytes(damaged), "test") == sound
            unread += 1
    assert unread < 8  # the last byte of a deflate stream is filled up


@pytest.mark.parametrize("line", range(5))
def test_index_without_one_of_its_first_lines_is_an_error(line: int) -> None:
    """What is no index of this version is refused, and not taken for an empty one."""
    lines = text_of(small_index()).split("\n")
    del lines[line]
    with pytest.raises(ReleaseError, match='cannot read the index "test"'):
        decode_index(zlib.compress("\n".join(lines).encode()), "test")


def test_index_of_another_version_is_an_error() -> None:
    """A later format is not guessed at."""
    text = text_of(small_index()).replace("index 3", "index 4")
    with pytest.raises(ReleaseError, match="it is not a 'find-libdeps index 3'"):
        decode_index(zlib.compress(text.encode()), "test")


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_an_index_or_an_error(data: bytes, is_compressed: bool) -> None:
    """Nothing but a ReleaseError comes of a file that is no index."""
    with pytest.raises(ReleaseError):
        decode_index(zlib.compress(data) if is_compressed else data, "test")


@given(st.integers(0, 200), st.integers(0, 20), st.binary(max_size=20))
def test_any_text_in_an_index_is_an_answer_or_an_error(at: int, cut: int, new: bytes) -> None:
    """A hostile index, in a file that is sound: no name comes out that Debian would not have."""
    text = zlib.decompress(small_index())
    with suppress(ReleaseError, DatabaseError):
        index = decode_index(zlib.compress(text[:at] + new + text[at + cut :]), "test")
        for architecture in index.architectures:
            offers = index.offers(["libz.so.1", "libm.so.2", "libm.so.*"], architecture)
            names = [p.name for offer in offers.values() for p in offer.packages]
            assert all(NAME.fullmatch(name) for name in names)


@pytest.mark.parametrize(
    "name",
    [
        "--allow-unauthenticated",
        "-y",
        "libfoo;reboot",
        "$(reboot)",
        "libfoo=1",
        "libfoo:i386",
        "libfoo/sid",
        "./libfoo.deb",
        "библиотека",
        "libfoo\tbar",
        "libfoo\x1b[31m",
        "libfoo\u202e",
        "LibFoo",
        "a",
        "",
        "\udcff",
    ],
)
def test_name_that_debian_would_not_have_is_refused(name: str) -> None:
    """Such a name is an error that says where it came from, even behind sound ones."""
    for packages in ((name,), ("libfoo1", name)):
        data = encode_index(RELEASE, "2026-09-12", [], {"amd64": {"libfoo.so.1": packages}})
        index = decode_index(data, "my.index")
        with pytest.raises(DatabaseError) as caught:
            index.offers(["libfoo.so.1"], "amd64")
        assert str(caught.value).startswith('cannot use the package name "')
        assert "in my.index debian:13 2026-09-12, not the syntax of" in str(caught.value)
        assert str(caught.value).isprintable()


def test_newline_in_a_name_ends_the_line() -> None:
    """What stands behind it is no package any more."""
    ranked = {"amd64": {"libfoo.so.1": ("libfoo1\nreboot", "libfoo2")}}
    index = decode_index(encode_index(RELEASE, "2026-09-12", [], ranked), "test")
    assert packages_of(index, "libfoo.so.1") == ("libfoo1",)


# --- what comes with the package -----------------------------------------------------------------


def test_embedded_indexes_are_those_of_debian() -> None:
    """Four releases, found in the order of their versions, and small enough to come along: with
    three of Ubuntu of the same size all have less than 3 MB.
    """
    assert embedded_indexes() == EMBEDDED
    sizes = [path.stat().st_size for path in INDEXES.iterdir()]
    assert sum(sizes) / len(sizes) < 3_000_000 / 7
    assert embedded_index(Release("debian", "10")) is None
    assert embedded_index(Release("ubuntu", "24.04")) is None


@pytest.mark.parametrize("release", EMBEDDED, ids=str)
def test_embedded_index_is_complete(release: Release) -> None:
    """It has its architectures, a date, and what every system of the release has."""
    index = embedded_index(release)
    assert index is not None
    assert index.release == release
    assert index.architectures in (("amd64", "arm64"), ("amd64", "arm64", "armhf"))
    assert re.fullmatch(r"20[2-9]\d-[01]\d-[0-3]\d", index.date)
    assert index.source == f"embedded {release} {index.date}"
    assert {"libc6", "dpkg", "base-files", "tar", "libacl1"} <= index.essential
    assert index.essential.isdisjoint({"libgl1", "python3", "libssl3", "apt"})
    for architecture in index.architectures:
        assert len(embedded_entries(release, architecture)) > 14_500
        assert index.offers(["libnone.so.1"], architecture) == {}
    assert index.offers(["libz.so.1"], "s390x") == {}


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
@pytest.mark.parametrize("release", EMBEDDED, ids=str)
def test_embedded_index_names_the_packages_people_install(
    release: Release, architecture: str
) -> None:
    """The libraries that are missing most often, and those that t64 renamed."""
    t64 = "t64" if release.version in ("13", "testing") else ""
    index = embedded_index(release)
    assert index is not None
    expected = {
        "libGL.so.1": "libgl1",
        "libz.so.1": "zlib1g",
        "libpq.so.5": "libpq5",
        "libsystemd.so.0": "libsystemd0",
        "libgomp.so.1": "libgomp1",
        "libasound.so.2": f"libasound2{t64}",
        "libglib-2.0.so.0": f"libglib2.0-0{t64}",
        "libxml2.so.2": "libxml2" if release.version != "testing" else "",
    }
    found = {soname: packages_of(index, soname, architecture)[:1] for soname in expected}
    assert found == {soname: (name,) if name else () for soname, name in expected.items()}
    blas, *others = packages_of(index, "libblas.so.3", architecture)
    assert blas == "libblas3"
    assert "libopenblas0-pthread" in others


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
@pytest.mark.parametrize("release", EMBEDDED, ids=str)
def test_embedded_index_has_nothing_that_no_target_wants(
    release: Release, architecture: str
) -> None:
    """No other architecture's libraries, nothing to build or debug with, each package once."""
    for soname, packages in embedded_entries(release, architecture).items():
        assert len(set(packages)) == len(packages), soname
        for package in packages:
            assert NAME.fullmatch(package), soname
            assert not package.endswith(("-dev", "-dbg", "-dbgsym", "-cross")), soname
            assert not re.match(r"lib(x?32|n32|64)[a-z]", package), soname
            assert not (".so." in soname and re.search(r"-dev\b|-dbg\b", package)), soname


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
@pytest.mark.parametrize("release", EMBEDDED, ids=str)
def test_conventional_or_preferred_package_leads(release: Release, architecture: str) -> None:
    """Of several packages, the one that Debian Policy 8.1 would call so, or that is preferred."""
    several = {s: p for s, p in embedded_entries(release, architecture).items() if len(p) > 1}
    assert len(several) > 40
    for soname, packages in several.items():
        wanted = ALTERNATIVES.get(soname, conventional_name(soname))
        if wanted in (bare := [package.removesuffix("t64") for package in packages]):
            assert bare[0] == wanted, soname


@pytest.mark.parametrize("version", ["12", "13"])
def test_choice_between_packages_is_the_expected_one(version: str) -> None:
    """Every library of a release that several packages have, and which of them is named."""
    found = embedded_entries(Release("debian", version), "amd64")
    several = {
        soname: packages
        for soname, packages in sorted(found.items())
        if len(packages) > 1 and re.fullmatch(r"lib.*\.so\.\d+", soname)
    }
    text = "".join(f"{soname} => {packages[0]}\n" for soname, packages in several.items())
    compare(text, f"debian-{version}.txt")
    index = embedded_index(Release("debian", version))
    assert index is not None
    for soname, packages in several.items():
        assert packages_of(index, soname) == tuple(packages)


def test_index_is_read_without_python_debian() -> None:
    """Asking for a package costs no import of what only dpkg's database needs."""
    program = (
        "import sys\n"
        "from find_libdeps.debian.index import embedded_index, embedded_indexes\n"
        "for index in map(embedded_index, embedded_indexes()):\n"
        "    print(*index.offers(['libz.so.1'], 'amd64')['libz.so.1'].packages)\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'debian', 'click'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "zlib1g\n" * len(EMBEDDED) + "[]\n", done.stderr


def test_file_of_an_index_is_named_after_its_release() -> None:
    """The name leads back to the release."""
    assert file_name(parse_release("debian:trixie")) == "debian-13.index"
    assert file_name(parse_release("ubuntu:24.04")) == "ubuntu-24.04.index"
