"""What was not kept while an archive passed by is read again, and nobody who reads can tell."""

from __future__ import annotations

import errno
import gzip
import os
import tarfile
import time
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import BinaryIO

import pytest

from find_libdeps.elf.symbols import defines
from find_libdeps.errors import TreeError
from find_libdeps.needs.probe import probe
from find_libdeps.process.workers import forked_helpers
from find_libdeps.roots import archive_tree, keeper
from find_libdeps.roots.archive import open_archive
from find_libdeps.roots.archive_tree import ArchiveTree
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.script import first_line
from find_libdeps.roots.tree import Tree
from spelled import OciLayout, docker_archive, listing, pack, pack_files, write

LINE = "x" * 300
"""More than is kept of a file whose kind is looked at."""

UNREAD = "it was not kept at first, and its source can't be read again: "


def keep_nothing(path: str, size: int, stream: BinaryIO) -> None:
    """A guess that is always wrong."""


def passes(tree: Tree) -> int:
    """How often the archive was read."""
    assert isinstance(tree, ArchiveTree)
    return tree.passes


def told(tree: Tree, path: str) -> str:
    """Why a file can't be read."""
    with pytest.raises(TreeError) as caught:
        tree.read(PurePosixPath(path))
    return str(caught.value)


FILES = ["a: one", "d/b: two", "d/c => a", "d/e: three", "l -> d/e", "empty:"]
LISTED = ["a: one", "d/", "d/b: two", "d/c => a", "d/e: three", "empty: ", "l -> d/e"]
LOWER = pack("a: one", "d/b: old", "d/e: old")
UPPER = pack("d/b: two", "d/c => a", "d/e: three", "l -> d/e", "empty:")
OCI = OciLayout()
ARCHIVES = {
    "plain": pack(*FILES),
    "gz": gzip.compress(pack(*FILES)),
    "docker": docker_archive(LOWER, UPPER),
    "oci": OCI.archive(OCI.image([gzip.compress(LOWER), gzip.compress(UPPER)])),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_everything_can_be_read_though_nothing_was_kept(kind: str, tmp_path: Path) -> None:
    """A file of either layer, under either of its names; one more pass for each directory."""
    path = write(tmp_path / "x.tar", ARCHIVES[kind])
    tree = open_archive(path, Instructions(keep_nothing)).tree
    assert passes(tree) == 1
    assert listing(tree) == LISTED
    assert passes(tree) == 3


def test_a_right_guess_is_one_pass(tmp_path: Path) -> None:
    """All that says what a root is, and scripts by whatever name, is kept at once."""
    files = [
        "etc/os-release",
        "etc/ld.so.conf.d/a.conf",
        "var/lib/dpkg/info/a.list",
        "v/pyvenv.cfg",
    ]
    lines = [f"{name}: {LINE}" for name in [*files, "v/a.py", "usr/lib/os-release"]]
    scripts = [f"{name}: #!/bin/b" for name in ("bin/a.html", "lib/corepack/dist/corepack.js")]
    tree = open_archive(write(tmp_path / "x.tar", pack(*lines, *scripts)), Instructions(probe)).tree
    for line in lines:
        assert tree.read(PurePosixPath("/", line.partition(":")[0])) == LINE.encode()
    for script in scripts:
        assert first_line(tree, PurePosixPath("/", script.partition(":")[0])) == ["/bin/b"]
    assert passes(tree) == 1


def test_a_directory_is_read_at_once(tmp_path: Path) -> None:
    """Hundreds of lists behind a link cost one more pass, and not hundreds."""
    lists = [f"srv/dpkg/info/p{number}.list: {LINE}" for number in range(400)]
    archive = pack(f"srv/dpkg/status: {LINE}", *lists, "var/lib/dpkg -> ../../srv/dpkg")
    tree = open_archive(write(tmp_path / "x.tar", archive), Instructions(probe)).tree
    tree.read(PurePosixPath("/var/lib/dpkg/status"))
    found = dict(tree.contents(PurePosixPath("/var/lib/dpkg/info"), ".list"))
    assert set(found.values()) == {LINE.encode()}
    assert len(found) == 400
    assert passes(tree) == 3


def test_what_is_read_beside_a_file_has_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First come the files whose names end alike, then the smallest."""
    monkeypatch.setattr(archive_tree, "MAX_BESIDE", 600)
    names = ["d/a.list", "d/b.list", "d/c.list", "d/e.list", "d/small"]
    archive = pack(*(f"{name}: {LINE}" for name in names[:-1]), "d/small: x")
    tree = open_archive(write(tmp_path / "x.tar", archive), Instructions(keep_nothing)).tree
    after = {}
    for name in names:
        tree.read(PurePosixPath("/", name))
        after[name] = passes(tree)
    assert after == {"d/a.list": 2, "d/b.list": 2, "d/c.list": 2, "d/e.list": 3, "d/small": 3}


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_large_file_is_read_where_it_is_asked_for(
    is_stream: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is too large to be kept whole can be read at any place, and around it."""
    monkeypatch.setattr(archive_tree, "MAX_FILE_SIZE", 1000)
    monkeypatch.setattr(archive_tree, "WINDOW", 1000)
    content = os.urandom(10_000)
    archive = pack_files([("x", b"x" * 99), ("f", content), ("y", b"y" * 99)])
    packed = gzip.compress(archive) if is_stream else archive
    tree = open_archive(write(tmp_path / "x.tar", packed), Instructions(keep_nothing)).tree
    with tree.open(PurePosixPath("/f")) as stream:
        for offset, number in ((9_500, 2), (9_100, 2), (4_100, 3), (5_900, 3), (3_900, 4)):
            stream.seek(offset)
            assert stream.read(99) == content[offset : offset + 99]
            assert passes(tree) == number
        stream.seek(0)
        assert stream.read() == content


def test_sparse_files(tmp_path: Path) -> None:
    """Holes are there again, too."""
    info = tarfile.TarInfo("f")
    info.size = 512
    info.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.name": "f",
        "GNU.sparse.size": "5000",
        "GNU.sparse.map": "1000,200,4000,312",
    }
    stored = os.urandom(512)
    archive = info.tobuf(tarfile.PAX_FORMAT) + stored + bytes(1024)
    tree = open_archive(write(tmp_path / "x.tar", archive), Instructions(keep_nothing)).tree
    whole = bytes(1000) + stored[:200] + bytes(2800) + stored[200:] + bytes(688)
    assert tree.read(PurePosixPath("/f")) == whole


def test_a_document_that_is_too_large_to_be_one(tmp_path: Path) -> None:
    """A root may have a file named like a part of an image; it is read like any other."""
    content = b"[" + b" " * (5 << 20) + b"]"
    path = write(tmp_path / "x.tar", pack_files([("manifest.json", content), ("a", b"1")]))
    tree = open_archive(path, Instructions(keep_nothing)).tree
    assert passes(tree) == 1
    assert tree.read(PurePosixPath("/manifest.json")) == content


def test_a_pipe_passes_only_once(tmp_path: Path) -> None:
    """What was guessed can be read; for the rest, the message says what to do."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = pack(f"etc/os-release: {LINE}", f"opt/other: {LINE}")
    writer = Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    tree = open_archive(pipe, Instructions(probe)).tree
    writer.join()
    assert tree.read(PurePosixPath("/etc/os-release")) == LINE.encode()
    said = f'cannot read "/opt/other": {UNREAD}it is a pipe; give the archive as a file'
    assert [told(tree, "/opt/other"), told(tree, "/opt/other")] == [said, said]


def test_passes_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive can't make us read it for ever."""
    monkeypatch.setattr(archive_tree, "MAX_PASSES", 3)
    path = write(tmp_path / "x.tar", pack("a/f: 1", "b/f: 2", "c/f: 3"))
    tree = open_archive(path, Instructions(keep_nothing)).tree
    assert tree.read(PurePosixPath("/a/f")) + tree.read(PurePosixPath("/b/f")) == b"12"
    assert told(tree, "/c/f") == f'cannot read "/c/f": {UNREAD}that was done 2 times already'
    assert tree.read(PurePosixPath("/a/f")) == b"1"
    assert passes(tree) == 3


def test_what_is_kept_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over all passes."""
    monkeypatch.setattr(keeper, "MAX_KEPT", 500)
    path = write(tmp_path / "x.tar", pack(f"a/f: {LINE}", f"b/f: {LINE}"))
    tree = open_archive(path, Instructions(keep_nothing)).tree
    assert tree.read(PurePosixPath("/a/f")) == LINE.encode()
    said = f'cannot read "/b/f": {UNREAD}more than 0 GiB in it are worth keeping'
    assert told(tree, "/b/f") == said


def test_an_archive_that_is_another_meanwhile(tmp_path: Path) -> None:
    """No file is taken for another one; nor is there an archive that is gone."""
    path = write(tmp_path / "x.tar", pack("a: 1", "b: 2"))
    for change, cause in (
        (lambda: path.write_bytes(pack("b: 2", "a: 1")), "it has changed meanwhile"),
        (lambda: path.write_bytes(b"x" * 999), "it is no tar archive"),
        (path.unlink, "No such file or directory"),
    ):
        tree = open_archive(write(path, pack("a: 1", "b: 2")), Instructions(keep_nothing)).tree
        change()
        assert told(tree, "/a") == f'cannot read "/a": {UNREAD}{cause}'


def test_streams_tell_it_as_an_error_of_the_system(tmp_path: Path) -> None:
    """Who reads a stream expects no other errors."""
    path = write(tmp_path / "x.tar", pack("a: 1"))
    with open_archive(path, Instructions(keep_nothing)).tree.open(PurePosixPath("/a")) as stream:
        path.unlink()
        with pytest.raises(OSError, match="not kept at first") as caught:
            stream.read()
    assert caught.value.errno == errno.ENODATA


@pytest.mark.parametrize("name", ["libc.so.6", "libm.so.6"])
def test_symbols_of_the_c_library_need_no_second_reading(name: str, tmp_path: Path) -> None:
    """Sources ask for them, and its layer is the largest one."""
    place = next(iter(Path("/lib").glob(f"*-linux-gnu*/{name}")))
    archive = write(tmp_path / "x.tar", pack_files([(f"lib/{name}", place.read_bytes())]))
    tree = open_archive(archive, Instructions(probe)).tree
    for symbol in ("getentropy", "fmod", "strlen", "no_such_symbol", "cos", "eventfd"):
        with place.open("rb") as whole, tree.open(PurePosixPath(f"/lib/{name}")) as kept:
            assert defines(kept, symbol) == defines(whole, symbol)
    assert passes(tree) == 1


def test_tests_beside_packages_are_read_at_once(tmp_path: Path) -> None:
    """They are not kept, and if somebody wants them, one more pass has those of all directories."""
    site = "usr/lib/python3.13/site-packages"
    names = [f"{site}/p/tests/d{number}/x.py" for number in range(40)]
    archive = pack(f"{site}/p/x.py: {LINE}", *(f"{name}: {LINE}" for name in names))
    tree = open_archive(write(tmp_path / "x.tar", archive), Instructions(probe)).tree
    assert tree.read(PurePosixPath("/", site, "p/x.py")) == LINE.encode()
    assert passes(tree) == 1
    assert {tree.read(PurePosixPath("/", name)) for name in names} == {LINE.encode()}
    assert passes(tree) == 2


def test_what_is_read_above_a_directory_has_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a directory with more, nothing is read but what was asked for, and what is beside it."""
    monkeypatch.setattr(archive_tree, "MAX_BESIDE", 700)
    names = ["t/a/1.py", "t/b/1.py", "u/1.py", "u/2.py"]
    archive = pack(*(f"{name}: {LINE}" for name in names))
    tree = open_archive(write(tmp_path / "x.tar", archive), Instructions(keep_nothing)).tree
    after = {}
    for name in names:
        tree.read(PurePosixPath("/", name))
        after[name] = passes(tree)
    assert after == {"t/a/1.py": 2, "t/b/1.py": 2, "u/1.py": 3, "u/2.py": 3}


def test_forked_helpers_leave_reading_again_to_the_process(tmp_path: Path) -> None:
    """Each of them would read the archive for itself."""
    names = [PurePosixPath(f"/d{number}/f") for number in range(3)]
    lines = [f"d{number}/f: {number}" for number in range(3)]
    path = write(tmp_path / "x.tar", pack(*lines))
    tree = open_archive(path, Instructions(keep_nothing)).tree
    with forked_helpers(tree.read, names, can_fork=tree.can_be_shared) as results:
        time.sleep(0.2)  # the helpers take all
        assert results() == [b"0", b"1", b"2"]
    assert passes(tree) == 4
