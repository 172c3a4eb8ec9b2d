"""The files of an archive are those that tar, or a container engine, would unpack from it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from find_libdeps.roots.archive import open_archive
from find_libdeps.roots.instructions import Instructions
from layer_cases import BASE, BASE_LINES, LAYERS
from programs import need
from spelled import (
    IS_ROOT,
    OciLayout,
    docker_archive,
    listing,
    listing_of,
    pack,
    read_all,
    write,
)

"""Layers and what Docker makes of them: tests/test_image.py asks it."""


def files_in(path: Path) -> list[str]:
    """What an archive holds, of which everything can be unpacked."""
    contents = open_archive(path, Instructions(read_all))
    assert contents.problems == ()
    return listing(contents.tree)


def unpack(path: Path, directory: Path, *options: str) -> int:
    """Let tar unpack an archive; its exit status."""
    extract = ["tar", "-x", *options, "-f", str(path), "-C", str(directory)]
    return subprocess.run(extract, capture_output=True).returncode


@pytest.mark.parametrize("rule", LAYERS)
def test_layers(rule: str, tmp_path: Path) -> None:
    """Layers lie upon each other as in a container."""
    layers, expected = LAYERS[rule]
    assert files_in(write(tmp_path / "image.tar", docker_archive(*layers))) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a: 1", ".wh.x: y"], [".wh.x: y", "a: 1"]),
        (["a: 1", "a: 2"], ["a: 2"]),
        (["a: 1", "b => a", "a: 2"], ["a: 2", "b: 1"]),
        (["a -> b", "c => a", "b: 1"], ["a -> b", "b: 1", "c => a"]),
        (["a: 2", "a/", "a/b: 1"], ["a/", "a/b: 1"]),
        (["a/b/c: 1"], ["a/", "a/b/", "a/b/c: 1"]),
        (["d/", "l -> d", "l/x: 1", "l/", "l/y: 2"], ["d/", "d/x: 1", "l/", "l/y: 2"]),
        (["d/", "d/e -> .", "d/e/x: 1", "d/e/e/y: 2"], ["d/", "d/e -> .", "d/x: 1", "d/y: 2"]),
        (
            ["./", "p |", "q => p", "./r/", "./r/./s:", "/t:"],
            ["p |", "q => p", "r/", "r/s: ", "t: "],
        ),
    ],
)
def test_files_are_those_that_tar_unpacks(
    lines: list[str], expected: list[str], tmp_path: Path
) -> None:
    """An archive of files has no whiteouts; of several members of one name the last counts."""
    path = write(tmp_path / "files.tar", pack(*lines))
    (tmp_path / "root").mkdir()
    assert unpack(path, tmp_path / "root") == 0
    assert files_in(path) == listing_of(tmp_path / "root") == expected


def test_a_file_takes_the_place_of_a_directory(tmp_path: Path) -> None:
    """So it does in engines; tar has to be asked for it."""
    path = write(tmp_path / "files.tar", pack("a/", "a/b: 1", "c => a/b", "a: 2"))
    (tmp_path / "root").mkdir()
    assert unpack(path, tmp_path / "root", "--recursive-unlink") == 0
    assert files_in(path) == listing_of(tmp_path / "root") == ["a: 2", "c: 1"]


NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
LINES = st.one_of(
    NAMES.map("{}/".format),
    st.builds("{}: {}".format, NAMES, st.sampled_from("12")),
    st.builds("{} -> {}".format, NAMES, NAMES),
    st.builds("{} => {}".format, NAMES, NAMES),
)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(LINES, min_size=2, max_size=8))
def test_any_members_are_where_tar_puts_them(lines: list[str]) -> None:
    """Whatever members come in whatever order: where tar has no complaint, we have the same."""
    with tempfile.TemporaryDirectory() as name:
        path, root = write(Path(name, "files.tar"), pack(*lines)), Path(name, "root")
        root.mkdir()
        assume(unpack(path, root) == 0)
        assert files_in(path) == listing_of(root)


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """A directory with files of all sorts."""
    root = tmp_path / "everything"
    deep = root / ("d" * 90) / ("e" * 90) / ("f" * 90)
    deep.mkdir(parents=True)
    (deep / ("g" * 200)).write_text("deep")
    (deep / "link").symlink_to("t" * 300)
    os.link(deep / ("g" * 200), deep / ("h" * 200))
    (root / "empty").touch()
    (root / "block").write_bytes(os.urandom(512))
    (root / "large").write_bytes(os.urandom(300_001))
    (root / "absolute").symlink_to("/etc/passwd")
    os.mkfifo(root / "fifo")
    if IS_ROOT:
        os.mknod(root / "null", 0o20666, os.makedev(1, 3))
    for name in (b"caf\xc3\xa9", b"latin\xe9", b"new\nline", b"back\\slash", b" ", b"-"):
        Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_bytes(name)
    with (root / "sparse").open("wb") as file:
        for offset in range(0, 5_000_000, 200_000):
            file.seek(offset)
            file.write(b"x" * 4096)
        file.truncate(6_000_000)
    with (root / "hole").open("wb") as file:
        file.truncate(100_000)
    return root


@pytest.mark.parametrize(
    "options",
    [
        "--format=gnu",
        "--format=oldgnu --sparse",
        "--format=gnu --sparse",
        "--format=posix",
        "--format=posix --sparse --sparse-version=0.0",
        "--format=posix --sparse --sparse-version=0.1",
        "--format=posix --sparse --sparse-version=1.0",
        "--format=posix --xattrs --label=v",
        "--format=gnu --label=v --blocking-factor=1",
    ],
)
def test_all_that_tar_writes_is_read(options: str, everything: Path, tmp_path: Path) -> None:
    """Long names, holes, devices, names in other encodings, in each of tar's formats."""
    path = tmp_path / "everything.tar"
    subprocess.run(["tar", "-c", *options.split(), "-f", path, "-C", everything, "."], check=True)
    assert files_in(path) == listing_of(everything)


@pytest.mark.parametrize("form", ["--format=v7", "--format=ustar"])
def test_old_formats_are_read(form: str, tmp_path: Path) -> None:
    """Formats without long names, the one with names in two parts."""
    root = tmp_path / "root"
    deep = root if form.endswith("v7") else root / ("d" * 80) / ("e" * 60)
    deep.mkdir(parents=True)
    (deep / "file").write_text("1")
    (deep / "link").symlink_to("file")
    (root / "also").write_text("2")
    os.link(root / "also", root / "hard")
    subprocess.run(["tar", "-c", form, "-f", tmp_path / "x.tar", "-C", root, "."], check=True)
    assert files_in(tmp_path / "x.tar") == listing_of(root)


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "gz in two parts": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "xz in two parts with padding": lambda data: (
        lzma.compress(data[:1000]) + bytes(8) + lzma.compress(data[1000:]) + bytes(4)
    ),
    "zst": lambda data: by_zstd(data),
    "zst behind skippable frames": lambda data: (
        bytes.fromhex("502a4d18 04000000 01020304 5f2a4d18 00000000") + by_zstd(data)
    ),
}


def by_zstd(data: bytes) -> bytes:
    """What the program makes of it."""
    return subprocess.run(["zstd", "-c"], input=data, capture_output=True, check=True).stdout


def test_program_for_zstd_is_here() -> None:
    """Without it nothing below would be tested."""
    need("zstd")


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_compressed_archives(compression: str, tmp_path: Path) -> None:
    """Files, an image, and the layers of one may be compressed."""
    if compression.startswith("zst"):
        need("zstd")
    compress = COMPRESSIONS[compression]
    oci = OciLayout()
    layered = oci.archive(oci.image([compress(BASE), compress(pack("f: new"))]))
    changed = [line.replace("f: file", "f: new") for line in BASE_LINES]
    for content, expected in (
        (compress(BASE), BASE_LINES),
        (compress(docker_archive(BASE, pack("f: new"))), changed),
        (layered, changed),
        (compress(layered), changed),
    ):
        assert files_in(write(tmp_path / "archive", content)) == expected
