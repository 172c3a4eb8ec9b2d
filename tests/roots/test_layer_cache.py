"""What is known of layers is kept, and says the same as the layers themselves."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath
from select import select
from typing import BinaryIO

import pytest
from click.testing import CliRunner

from find_libdeps.commands.main import main
from find_libdeps.roots.archive_tree import ArchiveTree
from find_libdeps.roots.caches import DirectoryCache
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.opening import open_root
from layer_cases import LAYERS
from spelled import OciLayout, listing, pack, pack_files, read_all, write


def image(folder: Path, *layers: bytes) -> Path:
    """The archive of an image in the OCI layout."""
    layout = OciLayout()
    return write(folder / "image.tar", layout.archive(layout.image(layers)))


def without_layers(folder: Path, *layers: bytes) -> Path:
    """The same, but what is in the layers can't be read: their blobs are damaged behind the
    beginning, by which a layer is recognized.
    """
    layout = OciLayout()
    descriptor = layout.image(layers)
    for name, content in layout.files.items():
        if content in layers:
            layout.files[name] = content[:512].ljust(len(content), b"?")
    return write(folder / "unreadable.tar", layout.archive(descriptor))


def kept(cache: Path) -> list[Path]:
    """The files with what is known; those whose names begin with a dot are claims."""
    return [file for file in cache.glob("*") if not file.name.startswith(".")]


def keep_nothing(path: str, size: int, stream: BinaryIO) -> None:
    """A guess that is always wrong."""


@pytest.mark.parametrize("case", LAYERS)
def test_files_are_the_same(case: str, tmp_path: Path) -> None:
    """From the cache, without a byte of the layers, as from the layers."""
    layers, expected = LAYERS[case]
    cache = DirectoryCache(tmp_path / "cache")
    first = open_root(image(tmp_path, *layers), Instructions(read_all, cache=cache))
    known = open_root(without_layers(tmp_path, *layers), Instructions(read_all, cache=cache))
    assert listing(first.tree) == listing(known.tree) == expected
    assert first.problems == known.problems


BASE = pack_files([("base", b"b" * 3000), ("etc/x", b"x" * 3000)])
UPPER = gzip.compress(pack("upper: u", "l => base", ".wh.gone:"))


def test_equal_layers_of_other_images_are_known(tmp_path: Path) -> None:
    """Only what is new of the second image is read."""
    cache = DirectoryCache(tmp_path / "cache")
    open_root(image(tmp_path, BASE, UPPER), Instructions(read_all, cache=cache))
    before = {file.name for file in kept(tmp_path / "cache")}
    open_root(image(tmp_path, BASE, pack("other: o")), Instructions(read_all, cache=cache))
    assert len(before) == 2
    assert len({file.name for file in kept(tmp_path / "cache")} - before) == 1


def test_more_is_kept_when_more_was_needed(tmp_path: Path) -> None:
    """The second time, nothing is read twice."""
    cache = DirectoryCache(tmp_path / "cache")
    path = image(tmp_path, BASE, UPPER)
    passes = []
    for _ in range(2):
        tree = open_root(path, Instructions(keep_nothing, cache=cache)).tree
        assert isinstance(tree, ArchiveTree)
        assert tree.read(PurePosixPath("/base")) == b"b" * 3000
        assert tree.read(PurePosixPath("/upper")) == b"u"
        passes.append(tree.passes)
    assert passes == [2, 1]


def test_damaged_facts_are_replaced(tmp_path: Path) -> None:
    """Each byte of them with another value, and each shorter length: the same files."""
    cache = DirectoryCache(tmp_path / "cache")
    path = image(tmp_path, BASE)
    expected = listing(open_root(path, Instructions(read_all, cache=cache)).tree)
    (facts,) = kept(tmp_path / "cache")
    whole = facts.read_bytes()
    damaged = [whole[:n] + bytes((whole[n] ^ 4,)) + whole[n + 1 :] for n in range(len(whole))]
    for content in (*damaged, *(whole[:n] for n in range(0, len(whole), 7)), whole + b"?"):
        facts.write_bytes(content)
        assert listing(open_root(path, Instructions(read_all, cache=cache)).tree) == expected
        assert facts.read_bytes() == whole


def test_a_name_that_lies_is_not_believed(tmp_path: Path) -> None:
    """Nothing is kept of a layer that does not have the digest that its name says."""
    layout = OciLayout()
    descriptor = layout.image([BASE])
    other = pack("instead: of it")
    layout.files = {n: other if c == BASE else c for n, c in layout.files.items()}
    liar = write(tmp_path / "liar.tar", layout.archive(descriptor))
    cache = DirectoryCache(tmp_path / "cache")
    assert listing(open_root(liar, Instructions(read_all, cache=cache)).tree) == ["instead: of it"]
    assert kept(tmp_path / "cache") == []


def test_the_least_used_goes_first(tmp_path: Path) -> None:
    """What was read a moment ago stays."""
    cache = DirectoryCache(tmp_path, max_size=25)
    for second, name in enumerate("ab"):
        cache.put(name, name.encode() * 10)
        os.utime(tmp_path / name, (second, second))
    assert cache.get("a") == b"a" * 10
    cache.put("c", b"c" * 10)
    assert [cache.get(name) for name in "abc"] == [b"a" * 10, None, b"c" * 10]


WRITER = """
import sys
import time
from pathlib import Path
from find_libdeps.roots.caches import DirectoryCache
cache = DirectoryCache(Path(sys.argv[1]), max_size=300_000)
for number in range(200):
    name = str(number % 7)
    cache.put(name, name.encode() * 100_000)
    content = cache.get(name)
    assert content in (None, name.encode() * 100_000)
assert cache.problem is None
"""


def test_what_a_killed_process_leaves_goes_after_an_hour(tmp_path: Path) -> None:
    """Not what another one may be writing now."""
    for age, name in ((0, ".new"), (4000, ".old")):
        os.utime(write(tmp_path / name, b"half"), (time.time() - age,) * 2)
    DirectoryCache(tmp_path).put("x", b"x")
    assert sorted(file.name for file in tmp_path.iterdir()) == [".new", "x"]


READER = """
import sys, time
from pathlib import Path
from find_libdeps.roots.keeper import Passed
from find_libdeps.roots.caches import DirectoryCache
from find_libdeps.roots.layer_cache import KnownLayers
from find_libdeps.roots.layers import Layer
known = KnownLayers(Passed(), DirectoryCache(Path(sys.argv[1])))
def read():
    print("read", flush=True)
    sys.stdin.readline()
    return Layer(), "sha256:x"
known.layer(0, "sha256:x", read)
"""


def test_one_of_several_processes_reads_a_layer(tmp_path: Path) -> None:
    """The others wait; if it is killed, the next one reads."""
    words = [sys.executable, "-c", READER, str(tmp_path)]
    pipe = subprocess.PIPE
    readers = [subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    outputs = [reader.stdout for reader in readers if reader.stdout]
    (first,), _, _ = select(outputs, [], [])
    assert first.readline() == "read\n"
    killed = readers.pop(outputs.index(first))
    killed.kill()
    killed.communicate()
    for reader in readers:
        assert reader.stdin
        reader.stdin.write("go on\n")
        reader.stdin.flush()
    assert sorted(reader.communicate()[0] for reader in readers) == ["", "read\n"]
    assert len(kept(tmp_path)) == 1


def test_several_processes_use_one_cache(tmp_path: Path) -> None:
    """Each finds all of what was kept, or nothing; and nothing is left half written."""
    words = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen(words) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert {len(file.read_bytes()) for file in tmp_path.iterdir()} == {100_000}


@pytest.mark.parametrize("words", [["--no-cache"], ["--no-cache", "--format", "json"]])
def test_nothing_is_kept_if_nothing_is_to_be(words: list[str], tmp_path: Path) -> None:
    """With --no-cache."""
    path = image(tmp_path, pack("etc/os-release: ID=debian", "x: #!/bin/sh"))
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    result = CliRunner().invoke(main, ["audit", str(path), *words], env=environment)
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    """The report is the same; the sentence is on stderr."""
    path = image(tmp_path, pack("etc/os-release: ID=debian", "x: #!/bin/sh"))
    write(tmp_path / "file", b"")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "file")}
    runs = [
        CliRunner().invoke(main, ["audit", str(path), *words], env=environment)
        for words in ([], ["--no-cache"])
    ]
    assert [run.stdout for run in runs] == [runs[0].stdout] * 2
    assert [run.exit_code for run in runs] == [0, 0]
    assert runs[0].stderr == (
        f'cannot write "{tmp_path}/file/find-libdeps/images": Not a directory; '
        "without it all takes longer\n"
    )
