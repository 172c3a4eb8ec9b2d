"""Archives that are damaged, that contradict themselves, or that were made to do harm."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import EXAMPLES
from find_libdeps.errors import ImageError
from find_libdeps.needs.probe import probe
from find_libdeps.roots import keeper, kept, layers
from find_libdeps.roots.archive import open_archive
from find_libdeps.roots.instructions import Instructions
from spelled import (
    OciLayout,
    docker_archive,
    docker_files,
    listing,
    members,
    pack,
    pack_files,
    read_all,
    write,
)


def problems_in(*lines: str) -> tuple[list[str], list[str]]:
    """What an archive of these members holds, and what is said of the rest."""
    with tempfile.TemporaryDirectory() as name:
        contents = open_archive(write(Path(name, "x.tar"), pack(*lines)), Instructions(read_all))
        return listing(contents.tree), [str(problem) for problem in contents.problems]


@pytest.mark.parametrize(
    ("lines", "held", "told"),
    [
        (
            ["a -> b", "b -> a", "a/x: 1", "c: 1"],
            ["a -> b", "b -> a", "c: 1"],
            ['cannot unpack "a/x": Too many levels of symbolic links'],
        ),
        (
            ["a => nothing", "b => b", "c => d/e", "f: 1"],
            ["f: 1"],
            [
                f'cannot unpack "{name}": No such file or directory, but a hard link to it'
                for name in ("nothing", "b", "d/e")
            ],
        ),
        (
            ["a/", "b => a"],
            ["a/"],
            ['cannot unpack "b": it is a hard link to a directory'],
        ),
        (
            ["a: 1", "a/b: 2", "p |", "p/x: 3"],
            ["a: 1", "p |"],
            [f'cannot unpack "{name}": Not a directory' for name in ("a/b", "p/x")],
        ),
        (
            [f"{'a' * 4097}: 1", f"l -> {'a' * 4097}", "\x1b[2J\n -> x"],
            ["\x1b[2J\n -> x"],
            [f'cannot unpack "{name}": File name too long' for name in ("a" * 4097, "l")],
        ),
        (
            ["l -> ../../..", "l/etc/passwd: 1", "m -> /.", "m/m/x: 2"],
            ["etc/", "etc/passwd: 1", "l -> ../../..", "m -> /.", "x: 2"],
            [],
        ),
        (["../a: 1", "/../../b => ../a", "./c/../../d: 2"], ["a: 1", "b => a", "d: 2"], []),
    ],
)
def test_members_that_can_be_nowhere(lines: list[str], held: list[str], told: list[str]) -> None:
    """They are told of, and everything else is read; nothing leaves the root."""
    assert problems_in(*lines) == (held, told)


@pytest.mark.thorough
def test_directories_have_a_greatest_depth() -> None:
    """A link makes a path longer than a name can be."""
    deep = "x/" * 1500
    _, told = problems_in(deep, f"l -> {deep}.", f"l/{deep}f: 1", "a: 1")
    assert told == [f'cannot unpack "l/{deep}f": File name too long']


def refusal(path: Path) -> str:
    """Why an archive is refused, by its only sentence, which names it."""
    with pytest.raises(ImageError) as caught:
        open_archive(path, Instructions(read_all))
    start = f'cannot read "{path}": '
    assert str(caught.value).startswith(start)
    return str(caught.value).removeprefix(start)


OCI = OciLayout()
AMD, ARM, WINDOWS = (
    OCI.image([pack(f"{machine}: 1")], platform={"os": system, "architecture": machine})
    for system, machine in (("linux", "amd64"), ("linux", "arm64"), ("windows", "amd64"))
)
ATTESTATION = OCI.image([b"{}"], platform={"os": "unknown", "architecture": "unknown"})
STATEMENT = OCI.blob(b"[]", mediaType="application/vnd.in-toto+json")
NO_PLATFORM = OCI.blob({"config": OCI.blob({"os": "unknown"}), "layers": [STATEMENT]})
ELSEWHERE = {"digest": f"sha256:{'0' * 64}", "size": 7, "platform": {"os": "linux"}}


@pytest.mark.parametrize(
    "index",
    [
        [AMD],
        [AMD, ATTESTATION],
        [AMD, NO_PLATFORM],
        [AMD, AMD, ELSEWHERE],
        [OCI.blob(OCI.index(ELSEWHERE, AMD, ATTESTATION))],
        [OCI.blob(OCI.index(OCI.blob(OCI.index(AMD))))],
    ],
)
def test_an_oci_index_leads_to_the_image_that_is_there(
    index: Sequence[object], tmp_path: Path
) -> None:
    """Past platforms that are elsewhere and what describes the image, as builders write it."""
    contents = open_archive(write(tmp_path / "x.tar", OCI.archive(*index)), Instructions(read_all))
    assert listing(contents.tree) == ["amd64: 1"]
    assert contents.config.environment == (("A", "1"), ("B", "x=y"))
    assert contents.config.architecture == "amd64"


LAYER = pack("a: 1")
FILES = docker_files(LAYER)
OTHER = docker_files(LAYER, LAYER, tag="other:2")
BOTH = FILES["manifest.json"][:-1] + b"," + OTHER["manifest.json"][1:]
WITHOUT = {name: {n: c for n, c in FILES.items() if n != name} for name in FILES}
CONFIGURATION, LAYER_NAME = list(FILES)[:2]


DIGESTS = sorted(str(descriptor["digest"]) for descriptor in (AMD, ARM))


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "it is no tar archive"),
        (b"#!/bin/sh\n" * 100, "it is no tar archive"),
        (gzip.compress(b"x" * 1000), "it is no tar archive"),
        (gzip.compress(pack_files([("a", os.urandom(5000))]))[:-100], "it is truncated"),
        (pack(f"{'x' * 200}: 1")[:1024], "it is truncated"),
        (pack_files(WITHOUT["manifest.json"].items()), "it holds layers, and no image"),
        (
            pack_files(WITHOUT[CONFIGURATION].items()),
            f"its configuration {CONFIGURATION} is not in it",
        ),
        (pack_files(WITHOUT[LAYER_NAME].items()), f"its layer {LAYER_NAME} is not in it"),
        (
            pack_files({**FILES, **OTHER, "manifest.json": BOTH}.items()),
            "it holds several images: other:2, test:1; save one of them alone",
        ),
        (pack_files({**FILES, "manifest.json": b"{"}.items()), "its manifest.json makes no sense"),
        (
            pack_files({**FILES, "manifest.json": b"[" * 99_999}.items()),
            "its manifest.json makes no sense",
        ),
        (
            pack_files({**FILES, CONFIGURATION: b"[]"}.items()),
            f"its configuration {CONFIGURATION} makes no sense",
        ),
        (
            OCI.archive(AMD, ARM),
            f"it holds several images: {', '.join(DIGESTS)}; save one of them alone",
        ),
        (OCI.archive(ELSEWHERE), "it holds layers, and no image"),
        (pack_files([("oci-layout", b"{}")]), "it holds layers, and no image"),
    ],
    ids=lambda value: value if isinstance(value, str) else "archive",
)
def test_what_is_no_image(content: bytes, cause: str, tmp_path: Path) -> None:
    """One sentence says what is wrong with an archive."""
    assert refusal(write(tmp_path / "x.tar", content)) == cause


def test_an_index_of_itself(tmp_path: Path) -> None:
    """Documents that lead to each other in a circle, or on and on, end."""
    oci = OciLayout()
    last: object = AMD
    for _ in range(200):
        last = oci.blob(oci.index(last))
    assert refusal(write(tmp_path / "x.tar", oci.archive(last))) == "its index.json makes no sense"


def test_another_systems_image(tmp_path: Path) -> None:
    """An image for Windows has no ELF files."""
    files = {**FILES, CONFIGURATION: FILES[CONFIGURATION].replace(b"linux", b"windows")}
    path = write(tmp_path / "x.tar", pack_files(files.items()))
    assert refusal(path) == "it is an image for windows"


def test_files_of_a_root_that_look_like_an_images(tmp_path: Path) -> None:
    """A web application has a manifest.json, too."""
    path = write(tmp_path / "x.tar", pack("manifest.json: {}", "index.json: 1", "x.json: ["))
    assert listing(open_archive(path, Instructions(read_all)).tree) == [
        "index.json: 1",
        "manifest.json: {}",
        "x.json: [",
    ]


def test_layers_by_other_names(tmp_path: Path) -> None:
    """Names are the builder's choice, and equal layers may be links to one."""
    names = ["one", "./two", "d/layer.tar"]
    manifest = json.dumps([{"Config": CONFIGURATION, "Layers": names}]).encode()
    path = tmp_path / "x.tar"
    files = [("one", LAYER), ("two", pack("b: 2", ".wh.a:")), (CONFIGURATION, FILES[CONFIGURATION])]
    path.write_bytes(pack_files([*files, ("manifest.json", manifest)]))
    with tarfile.open(path, "a") as archive:
        for info, _ in members(["d/layer.tar -> ../one"]):
            archive.addfile(info)
    assert listing(open_archive(path, Instructions(read_all)).tree) == ["a: 1", "b: 2"]


HEALTHY = {
    "docker": docker_archive(pack("usr/", "usr/a: 1", "b => usr/a", "l -> b"), pack(".wh.b:")),
    "oci": OCI.archive(AMD),
    "files": pack("usr/", "usr/a: 1", f"b/{'x' * 200}: 2", "l -> b", form=tarfile.PAX_FORMAT),
    "gz": gzip.compress(pack("usr/", "usr/a: 1", "b => usr/a")),
}


def survey(path: Path) -> None:
    """Read an archive and all that it holds: nothing but our own errors may come of it."""
    try:
        tree = open_archive(path, Instructions(probe)).tree
    except ImageError as error:
        told = str(error)
    else:
        listing(tree, is_whole=False)
        return
    assert told.startswith(f'cannot read "{path}": ')
    assert "\n" not in told


@pytest.mark.parametrize("kind", HEALTHY)
def test_truncated_archives(kind: str, tmp_path: Path) -> None:
    """Cut off at any place, an archive is refused or is what it was."""
    whole = HEALTHY[kind]
    for size in {*range(0, len(whole), 1021), *range(0, len(whole), 2048)}:
        survey(write(tmp_path / "x.tar", whole[:size]))


@given(
    st.sampled_from(list(HEALTHY)),
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 255)), min_size=1, max_size=4),
    st.booleans(),
)
def test_bytes_that_changed(kind: str, changes: list[tuple[int, int]], is_mended: bool) -> None:
    """Whatever bits are flipped, there is an answer; even where the checksums fit."""
    content = bytearray(HEALTHY[kind])
    for place, change in changes:
        content[place % len(content)] ^= change
        header = place % len(content) // 512 * 512
        if is_mended and kind != "gz":
            block = content[header : header + 512]
            total = sum(block) - sum(block[148:156]) + 256
            content[header + 148 : header + 156] = b"%06o\0 " % total
    with tempfile.TemporaryDirectory() as name:
        survey(write(Path(name, "x.tar"), bytes(content)))


@settings(max_examples=EXAMPLES // 2)
@given(st.binary(max_size=3000))
def test_any_bytes(content: bytes) -> None:
    """No file is too strange."""
    with tempfile.TemporaryDirectory() as name:
        survey(write(Path(name, "x.tar"), content))


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of files, which memory grows with, has a bound."""
    monkeypatch.setattr(layers, "MAX_MEMBERS", 3)
    assert refusal(write(tmp_path / "x.tar", pack("a:", "b:", "c:", "d:"))) == (
        "more than 3 members"
    )


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(1, 300)), min_size=1, max_size=9))
def test_what_has_passed(reads: list[tuple[int, int]]) -> None:
    """Of a stream the beginning is held, and what passed last; other bytes are never wrong."""
    content, gone = os.urandom(1000), False
    furthest = 0

    def read(path: str, size: int, stream: BinaryIO) -> None:
        nonlocal furthest, gone
        for offset, length in reads:
            stream.seek(offset)
            furthest = max(furthest, min(1000, offset + length))
            try:
                data = stream.read(length)
            except OSError:
                gone = True
                assert offset + length >= 200
                assert offset < furthest - 50
            else:
                assert data == content[offset : offset + length]

    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeper, "MAX_HEAD", 200)
        patch.setattr(keeper, "TAIL", 50)
        patch.setattr(kept, "UNIT", 1)
        path = write(Path(name, "x.tar.gz"), gzip.compress(pack_files([("f", content)])))
        tree = open_archive(path, Instructions(read)).tree
    for offset, length in () if gone else reads:
        with tree.open(PurePosixPath("/f")) as stream:
            stream.seek(offset)
            assert stream.read(length) == content[offset : offset + length]


GIGABYTE = 1 << 30


def sparse(name: str, head: bytes, size: int = GIGABYTE) -> bytes:
    """An archive of a file that begins with some bytes, and is a hole."""
    info = tarfile.TarInfo(f"{name}")
    info.size = 512
    info.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.name": name,
        "GNU.sparse.size": str(size),
        "GNU.sparse.map": "0,512",
    }
    content = head.ljust(512, b"\0")
    return info.tobuf(tarfile.PAX_FORMAT) + content


def elf_head(offset: int, dynamic: int) -> bytes:
    """An object whose dynamic table, of many entries, is at a place."""
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += b"\x03\0\x3e\0\x01\0\0\0" + bytes(8) + (64).to_bytes(8, "little") + bytes(12)
    header += b"\x40\0\x38\0\x02\0\0\0\0\0\0\0"
    load = b"\x01\0\0\0\x04\0\0\0" + bytes(24)
    load += GIGABYTE.to_bytes(8, "little") * 2 + bytes(8)
    table = b"\x02\0\0\0\x04\0\0\0" + offset.to_bytes(8, "little") * 3
    return header + load + table + dynamic.to_bytes(8, "little") * 2 + bytes(8)


LARGE = [
    sparse("a.so", elf_head(GIGABYTE - 4096, 4096)),
    sparse("b.so", elf_head(4096, GIGABYTE // 2)),
    sparse("var/lib/dpkg/status", b"Package: a\n", 1 << 60),
    *(sparse(f"var/lib/dpkg/info/{n}.list", b"/.\n") for n in range(20)),
    sparse("etc/ld.so.conf", b"/usr/lib\n"),
    sparse("bin/x", b"#!/bin/sh\n"),
    sparse("v/pyvenv.cfg", b"home = /usr/bin\n"),
    sparse("v/x.py", b"import ctypes\n"),
    sparse("manifest.json", b"[]"),
]

TOO_LARGE = (
    'find-libdeps: cannot read the package database "/var/lib/dpkg/status": more than 64 MiB\n'
)

AUDIT = """
import resource, sys
limit = {limit} << 20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
from find_libdeps.__main__ import run
run()
"""


def audit(path: Path) -> tuple[int, str]:
    """What the command says of an archive where memory is short: its status, and stderr."""
    code = AUDIT.format(limit=MEMORY)
    command = [sys.executable, "-c", code, "audit", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


MEMORY = 400
"""Megabytes of addresses; the command with its libraries takes half of them."""


@pytest.mark.parametrize("is_stream", [False, True])
def test_memory_does_not_grow_with_files(is_stream: bool, tmp_path: Path) -> None:
    """Files of a gigabyte, nothing but holes, are read in little memory, whatever they are."""
    content = b"".join(LARGE) + bytes(1024)
    path = write(tmp_path / "x.tar", gzip.compress(content) if is_stream else content)
    status, said = audit(path)
    assert (status, said) == (2, TOO_LARGE)


@pytest.mark.thorough
def test_a_compression_bomb(tmp_path: Path) -> None:
    """Half a gigabyte that was packed into half a megabyte passes by."""
    info = tarfile.TarInfo("lib.so")
    info.size = GIGABYTE // 2
    head = info.tobuf() + elf_head(info.size - 4096, 4096).ljust(512, b"\0")
    zeros = gzip.compress(bytes(1 << 24))
    packed = gzip.compress(head) + zeros * 31 + gzip.compress(bytes((1 << 24) + 512))
    status, said = audit(write(tmp_path / "x.tar", packed))
    assert (status, said) == (0, "")


def test_xz_that_wants_much_memory(tmp_path: Path) -> None:
    """Each preset of xz(1) is read; a header that asks for a gigabyte gets a sentence."""
    content = pack("f: file")
    most = lzma.compress(content, preset=9)
    assert listing(open_archive(write(tmp_path / "x.tar", most), Instructions(read_all)).tree) == [
        "f: file"
    ]
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    path = write(tmp_path / "x.tar", lzma.compress(content, filters=filters))
    with pytest.raises(ImageError, match="it is damaged: Memory usage limit exceeded"):
        open_archive(path, Instructions(read_all))
