"""Sizes and dependencies of packages, the second part of an index: apt judges what they lead to."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archives import Archive, closure, installs, native
from find_libdeps.debian.available import without_implied
from find_libdeps.debian.index import Index, decode_index
from find_libdeps.debian.installing import installation
from find_libdeps.debian.make_index import encoded, made_for
from find_libdeps.debian.private_apt import private_apt
from find_libdeps.debian.release import Release
from find_libdeps.debian.requirements import Requirement, Requirements, encode_requirements
from find_libdeps.debian.sources import read_lines
from find_libdeps.debian.write_index import encode_index
from find_libdeps.errors import ReleaseError
from programs import need

RELEASE = Release("debian", "13")
NAMES = [f"lib{letter}1" for letter in "abcdefgh"]
GRAPHS = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2))
)
"""Package to dependencies, each with one or two packages that meet it."""


def whole(graph: Mapping[str, list[list[str]]]) -> dict[str, list[tuple[str, ...]]]:
    """The graph with all packages, and without dependencies of a package on itself."""
    return {
        name: list(dict.fromkeys(tuple(c) for c in graph.get(name, ()) if name not in c))
        for name in NAMES
    }


# --- what is kept ---------------------------------------------------------------------------------


def sure_closure(graph: Mapping[str, list[tuple[str, ...]]], name: str) -> set[str]:
    """What a package brings, whatever else is installed."""
    reached, queue = set[str](), [name]
    while queue:
        sure = [names[0] for names in graph[queue.pop()] if len(names) == 1]
        queue += [each for each in sure if each not in reached]
        reached.update(sure)
    return reached - {name}


@given(GRAPHS, st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
def test_dependencies_that_are_left_out_come_all_the_same(
    graph: dict[str, list[list[str]]], listed: list[str]
) -> None:
    """Circles included; and the same alternatives are chosen."""
    before = whole(graph)
    after = without_implied(before)
    for name in NAMES:
        assert set(after[name]) <= set(before[name])
        assert sure_closure(after, name) == sure_closure(before, name)
    assert chosen(after, listed) == chosen(before, listed)


def chosen(graph: Mapping[str, list[tuple[str, ...]]], listed: list[str]) -> set[str]:
    """What installing some packages brings."""
    known = {name: Requirement(1, tuple(graph[name])) for name in graph}
    return set(installation(listed, known.get, has=lambda name: False).whole.packages)


def test_what_an_earlier_dependency_brings_is_left_out() -> None:
    """Else a library of Qt's would name all libraries that the others need."""
    graph: dict[str, list[tuple[str, ...]]]
    graph = {"gui": [("core",)], "core": [("c",)], "c": []}
    top = [("gui",), ("core",), ("c", "d")]
    assert without_implied(graph | {"top": top}) == graph | {"top": [("gui",)]}
    top = [("core",), ("a", "b"), ("gui",)]
    assert without_implied(graph | {"top": top}) == graph | {"top": top}


# --- round trip -----------------------------------------------------------------------------------

SIZES = st.integers(0, 1 << 40)
KNOWN = st.dictionaries(
    st.sampled_from(["amd64", "arm64", "armhf"]), st.tuples(GRAPHS, SIZES, SIZES), min_size=1
)


@given(KNOWN, st.sets(st.sampled_from([*NAMES, "libz1"])))
def test_what_was_encoded_is_told(
    made: dict[str, tuple[dict[str, list[list[str]]], int, int]], named: set[str]
) -> None:
    """Whatever the architectures share, and whichever names the first part has already."""
    known = {
        architecture: {
            name: Requirement((one, other)[number % 2], tuple(tuple(c) for c in graph[name]))
            for number, name in enumerate(graph)
        }
        for architecture, (graph, one, other) in made.items()
    }
    for packages in known.values():  # what is needed is known, too
        needed = {n for each in packages.values() for names in each.needs for n in names}
        packages.update({n: Requirement(1, ()) for n in needed - packages.keys()})
    data = encode_requirements(known, named)
    table = Requirements(data, "test", lambda: named)
    for architecture, packages in known.items():
        for name in [*NAMES, "libz1", "libnone1"]:
            found, expected = table.of(name, architecture), packages.get(name)
            assert (found is None) is (expected is None)
            if found and expected:
                assert found.needs == expected.needs
                assert abs(found.size - expected.size) <= max(1, 0.03 * expected.size)
    assert table.of(NAMES[0], "s390x") is None
    assert encode_requirements(dict(reversed(known.items())), sorted(named)) == data


def small_index() -> bytes:
    """An index of three packages, of which one depends on the other two."""
    known = {
        "libz1": Requirement(100, (("libm2",), ("libn1", "libz1"))),
        "libm2": Requirement(2000, ()),
        "libn1": Requirement(50, ()),
    }
    ranked = {"amd64": {"libz.so.1": ("libz1",), "libm.so.2": ("libm2",)}}
    links = {"amd64": {"libz.so": ("libz-dev", "libz-dev-compat")}}
    return encode_index(RELEASE, "2026-09-12", [], ranked, links, None, {"amd64": known})


def test_second_part_tells_of_packages() -> None:
    """Those that the first part names, and those that come with them; no development package."""
    index = decode_index(small_index(), "my.index")
    assert index.has_requirements
    assert index.requirement("libz1", "amd64") == Requirement(98, (("libm2",), ("libn1", "libz1")))
    assert index.requirement("libn1", "amd64") == Requirement(50, ())
    assert index.requirement("libz-dev", "amd64") is None
    assert index.requirement("libz1", "arm64") is None


def test_index_of_an_older_version_tells_nothing_of_packages() -> None:
    """Nor does it fail."""
    first, _ = parts(small_index())
    text = b"".join(
        line for line in first.splitlines(keepends=True) if not line.startswith(b"Packages")
    )
    index = decode_index(zlib.compress(text), "test")
    assert not index.has_requirements
    assert index.requirement("libz1", "amd64") is None


def parts(data: bytes) -> tuple[bytes, bytes]:
    """The first part of an index, unpacked, and the second as it is."""
    stream = zlib.decompressobj()
    return stream.decompress(data), stream.unused_data


def with_second(index: bytes, second: bytes) -> Index:
    """An index whose second part is another one."""
    first, own = parts(index)
    told = first.replace(b"Packages: %d" % len(own), b"Packages: %d" % len(second))
    return decode_index(zlib.compress(told) + second, "my.index")


def is_sound(index: Index) -> bool:
    """Whether it tells of packages; otherwise it says that it is damaged."""
    try:
        for name in ("libz1", "libm2", "libn1"):
            index.requirement(name, "amd64")
    except ReleaseError as error:
        told = str(error)
    else:
        return True
    cause = "its part with sizes and dependencies is damaged"
    assert told == f'cannot read the index "my.index debian:13 2026-09-12": {cause}'
    return False


def test_cut_second_part_is_an_error() -> None:
    """At once, since its size is known: not only when it is asked for."""
    data = small_index()
    _, second = parts(data)
    for missing in range(1, len(second) + 1):
        with pytest.raises(ReleaseError, match="its last part is cut off"):
            decode_index(data[:-missing], "my.index")


def test_second_part_with_a_wrong_bit_is_a_sentence() -> None:
    """When it is asked for, and the first part answers all the same."""
    _, second = parts(small_index())
    unread = 0
    for bit in range(len(second) * 8):
        damaged = bytearray(second)
        damaged[bit // 8] ^= 1 << bit % 8
        index = with_second(small_index(), bytes(damaged))
        assert [p.name for p in index.offers(["libz.so.1"], "amd64")["libz.so.1"].packages]
        unread += is_sound(index)
    assert unread < 8  # the last byte of a deflate stream is filled up


@given(st.integers(0, 120), st.integers(0, 20), st.text(max_size=20))
def test_any_text_in_the_second_part_is_an_answer_or_a_sentence(
    at: int, cut: int, new: str
) -> None:
    """A hostile index in a file that is sound."""
    _, second = parts(small_index())
    text = zlib.decompress(second).decode("utf-8", "surrogatepass")
    text = text[:at] + new + text[at + cut :]
    index = with_second(small_index(), zlib.compress(text.encode("utf-8", "surrogatepass")))
    is_sound(index)


# --- apt's own account ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archive() -> Iterator[Archive]:
    """A suite of packages with each kind of dependency."""
    need("apt-get", "dpkg-deb", "apt-ftparchive")
    with tempfile.TemporaryDirectory(prefix="archive-") as name:
        made = Archive(Path(name))
        made.top.chmod(0o755)

        def add(name: str, depends: str = "", more: str = "") -> None:
            fields = f"Depends: {depends}\n" if depends else ""
            path = f"usr/lib/{{T}}/{name[:-1]}.so.{name[-1]}" if name.startswith("lib") else ""
            size = f"Installed-Size: {100 + len(name)}\n"
            paths = [path] if path else ["usr/share/x"]
            made.add("suite/main", name, *paths, architecture=native(), more=fields + size + more)

        add("base", "libc6", "Essential: yes\n")
        add("libc6")
        add("libplain1", "libc6, libdata-x | libother1, common (>= 0.5)")
        add("libother1", "libc6 (>= 1)")
        add("common", "libc6 | awk, early:any")
        add("libvirtual1", "backend, libplain1 (= 1.0)", "Pre-Depends: early\n")
        add("early", more="Multi-Arch: allowed\n")
        add("backend-a", more="Provides: backend (= 1.0)\nPriority: extra\n")
        add("backend-b", "libother1", "Provides: backend\nPriority: optional\n")
        add("libchoice1", "backend-a, backend | none, libring1")
        add("libring1", "libring2")
        add("libring2", "libring1, libother1 | libplain1")
        made.publish("suite", origin="Debian")
        yield made


LIBRARIES = ["libplain1", "libother1", "libvirtual1", "libchoice1", "libring1", "libring2"]


@pytest.mark.thorough
def test_closure_is_what_apt_installs(archive: Archive) -> None:
    """Alternatives, virtual packages, choices that something else meets, circles, Pre-Depends."""
    made = made_for(RELEASE, native(), [archive.source("suite")])
    index = decode_index(encoded(RELEASE, {native(): made}), "test")
    with private_apt(native()) as private:
        private.update(list(read_lines([archive.source("suite")])))
        for name in LIBRARIES:
            expected = installs(private.apt, name) - index.essential
            assert closure(index, [name], native()) == expected, name
    every = {name for each in LIBRARIES for name in closure(index, [each], native())}
    sizes = {n: r.size for n in every if (r := index.requirement(n, native()))}
    assert all(abs(sizes[name] - 100 - len(name)) <= 3 for name in every)
