"""What is kept of files takes little memory, and is what the files have."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import pytest

from find_libdeps.roots.archive import open_archive
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.kept import Kept, Shelf
from spelled import pack, pack_files, read_all, write

TEXT = b"import os\n" * 1000


def memory() -> int:
    """The bytes of this process that are in memory (proc(5))."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def squeezed(content: bytes) -> Kept:
    """A file that is kept whole."""
    kept = Kept(len(content), ((0, content),))
    kept.squeeze(Shelf())
    return kept


def test_text_is_kept_compressed() -> None:
    """It is the same at any place, and nothing at its end."""
    kept = squeezed(TEXT)
    assert (kept.parts, kept.is_whole, kept.is_dropped) == ((), True, False)
    assert len(kept.squeezed) < len(TEXT) // 50
    assert zlib.decompress(kept.squeezed) == TEXT
    for offset, size in ((0, 10), (9_995, 99), (10_000, 1)):
        assert kept.at(offset, size) == TEXT[offset : offset + size]


@pytest.mark.parametrize("content", [b"", b"short", os.urandom(9999)], ids=len)
def test_what_would_not_be_smaller_stays_as_it_is(content: bytes) -> None:
    """Most small files, and random bytes."""
    assert squeezed(content).parts == ((0, content),)


def test_parts_are_not_compressed() -> None:
    """Those of large files are read at many places."""
    kept = Kept(len(TEXT) + 1, ((0, TEXT),))
    kept.squeeze(Shelf())
    assert not kept.squeezed


@pytest.mark.parametrize(
    "wrong",
    [b"x", zlib.compress(TEXT[1:]), zlib.compress(TEXT * 9), zlib.compress(TEXT)[:-1]],
    ids=["no zlib", "shorter", "longer", "cut off"],
)
def test_what_a_cache_says_is_checked(wrong: bytes) -> None:
    """It takes no more memory than the file, and is an error if it is shorter."""
    with pytest.raises(OSError, match="damaged"):
        Kept(len(TEXT), squeezed=wrong).expanded()


def test_files_on_one_shelf_are_apart(tmp_path: Path) -> None:
    """Also those that are larger than one piece of it."""
    sizes = (300, 70_000, 3_000_000, 500, 900_000, 400_000, 10)
    files = [(f"f{n}", os.urandom(size // 2).hex().encode()) for n, size in enumerate(sizes)]
    path = write(tmp_path / "x.tar", pack_files(files))
    tree = open_archive(path, Instructions(read_all)).tree
    for name, content in files:
        assert tree.read(PurePosixPath("/", name)) == content


def read_ends(path: str, size: int, stream: BinaryIO) -> None:
    """Read what is held of a large file."""
    for place in (0, size - 1, 1):
        stream.seek(place)
        stream.read(1)


def test_what_a_large_file_took_is_given_back(tmp_path: Path) -> None:
    """While it passes in a stream, all of its first 96 MiB are held."""
    archive = pack_files([("f", bytes(100 << 20)), ("g", b"small")])
    path = write(tmp_path / "x.tar.gz", gzip.compress(archive, 1))
    small = write(tmp_path / "y.tar.gz", gzip.compress(pack("f: x"), 1))
    open_archive(small, Instructions(read_ends))
    del archive
    before, seen = memory(), list[int]()

    def look(path: str, size: int, stream: BinaryIO) -> None:
        read_ends(path, size, stream)
        seen.append(memory())

    open_archive(path, Instructions(look))
    assert seen[0] - before > 90 << 20
    assert seen[1] - before < 48 << 20
