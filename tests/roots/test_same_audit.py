"""The audit of a root is the same, be it a directory, an archive or an image's layers.

Roots are made of what an audit reads; then files and directories of them are moved elsewhere, with
links in their places: whatever a reader starts from, it is led to where nobody would look for it.
"""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from find_libdeps.audit.audit import audit_root
from find_libdeps.errors import FindLibdepsError
from find_libdeps.roots.caches import DirectoryCache
from spelled import OciLayout, docker_archive, write


@dataclass(frozen=True)
class HardLink:
    """One more name of a file."""

    target: str


Files: TypeAlias = dict[str, bytes | str | HardLink]
"""What is at each path: bytes are a file, a string is a link's target."""


LONG = b"#" * 300 + b"\n"
"""More than is kept of a file whose kind is looked at."""

SITE = "/venv/lib/python3.13/site-packages"
TRIPLET = "x86_64-linux-gnu"


def elf(*needs: str, soname: str = "", runpath: str = "") -> bytes:
    """A shared object for amd64 with a dynamic table, far from the beginning, and nothing else."""
    names = [*((1, need) for need in needs), (14, soname), (29, runpath)]
    strings, table = b"\0", b""
    for tag, name in names:
        if name:
            table += struct.pack("<QQ", tag, len(strings))
            strings += name.encode() + b"\0"
    at, size = 1024, len(table) + 48
    table += struct.pack("<6Q", 5, at + size, 10, len(strings), 0, 0)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    end = at + size + len(strings)
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, end, end, 4096)
    dynamic = struct.pack("<IIQQQQQQ", 2, 4, at, at, at, size, size, 8)
    return (header + load + dynamic).ljust(at, b"\0") + table + strings


def stanza(name: str) -> bytes:
    """A package's paragraph in dpkg's status file."""
    fields = f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
    return fields.encode() + b"Description: " + LONG + b"\n"


ALL: Files = {
    "/etc/ld.so.conf": LONG + b"include /etc/ld.so.conf.d/*.conf\ninclude /opt/more\n",
    "/etc/ld.so.conf.d/vendor.conf": LONG + b"/opt/vendor/lib\n",
    "/opt/more": LONG + b"/opt/other/lib\n",
    "/etc/os-release": LONG + b"ID=debian\nVERSION_ID=1\n",
    "/usr/lib/os-release": LONG + b"ID=debian\nVERSION_ID=2\n",
    "/var/lib/dpkg/status": stanza("libfoo1") + stanza("python3-minimal"),
    "/var/lib/dpkg/info/libfoo1.list": b"/.\n/usr/lib/%s/libfoo.so.1\n" % TRIPLET.encode() * 9,
    "/var/lib/dpkg/info/python3-minimal.list": b"/.\n/usr/bin/python3\n" + b"/usr/share/x\n" * 40,
    "/var/lib/dpkg/diversions": b"/usr/bin/x\n/usr/bin/x.real\n:\n" * 20,
    f"/usr/lib/{TRIPLET}/libfoo.so.1": elf("libbar.so.1", soname="libfoo.so.1"),
    "/opt/vendor/lib/libbar.so.1": elf("libpq.so.5", soname="libbar.so.1"),
    "/opt/other/lib/libown.so.1": elf("libmagic.so.1", soname="libown.so.1"),
    "/usr/local/bin/tool": elf("libown.so.1", "libnobody.so.1"),
    "/usr/local/bin/script": b"#!/nowhere/sh\n",
    "/usr/local/bin/script.js": b"#!/usr/bin/env nowhere\n" + LONG,
    "/usr/bin/python3": elf(),
    "/usr/bin/python3.12": elf("libz.so.1"),
    "/venv/pyvenv.cfg": b"home = /usr/bin\nversion = 3.13.5\n" + LONG,
    "/venv/bin/python": "/usr/bin/python3",
    "/venv/bin/run": b"#!/venv/bin/python\n" + LONG,
    f"{SITE}/p/__init__.py": b"from . import a\n" + LONG,
    f"{SITE}/p/a.py": LONG
    + b"import ctypes\nctypes.CDLL('libown.so.1')\nctypes.CDLL('libxcb.so.1')",
    f"{SITE}/p/_b.cpython-313-{TRIPLET}.so": elf("libfoo.so.1", "libc.so.7"),
    f"{SITE}/p/_c.cpython-313-{TRIPLET}.so": elf("libin.so", runpath="$ORIGIN/../p.libs"),
    f"{SITE}/p.libs/libin.so": elf("libown.so.1", soname="libin.so"),
    f"{SITE}/p-1.0.dist-info/METADATA": b"Name: p\nVersion: 1.0\n" + LONG,
    f"{SITE}/p-1.0.dist-info/RECORD": b"p/__init__.py,,\np/a.py,,\n" + LONG,
}
LOADER: Files = {"/lib64/ld-linux-x86-64.so.2": elf(soname="ld-linux-x86-64.so.2")}

MOVED = ("/srv/moved", "/etc/x.conf", "/opt/y.so.1", "/usr/share/z.py", "/data/w.inc")
"""Where files and directories go, under names that tell nothing of them, or the wrong thing."""


def parents(path: str) -> set[str]:
    """The directories that a path goes through."""
    return {str(parent) for parent in PurePosixPath(path).parents}


def places(files: Mapping[str, object]) -> list[str]:
    """All paths of a root, but for the root itself."""
    return sorted({*files}.union(*map(parents, files)) - {"/"})


def moved(files: Files, old: str, new: str, is_relative: bool) -> Files:
    """The same files, but for one that was moved, or a directory, and left a link."""
    found: Files = {}
    for path, node in files.items():
        is_there = path == old or path.startswith(f"{old}/")
        found[new + path[len(old) :] if is_there else path] = node
    target = os.path.relpath(new, PurePosixPath(old).parent) if is_relative else new
    return found | {old: target}


@dataclass(frozen=True)
class Move:
    """A path that is moved elsewhere, by its number among all, and the kind of the link to it."""

    number: int
    to: str
    is_relative: bool


@dataclass(frozen=True)
class Changes:
    """What makes one root differ from another one."""

    left_out: frozenset[str]
    moves: tuple[Move, ...]
    hard_links: tuple[int, ...]
    """Which of the files have one more name, by their numbers."""
    more: dict[str, str]
    """Links to nowhere, to themselves, to what is no library."""

    def files(self) -> Files:
        """The root."""
        files = LOADER | {path: node for path, node in ALL.items() if path not in self.left_out}
        for move in self.moves:
            paths = places(files)
            old = paths[move.number % len(paths)]
            above = parents(move.to)
            if old not in above and above.isdisjoint(files):
                files = moved(files, old, move.to, move.is_relative)
        regular = [path for path, node in files.items() if isinstance(node, bytes)]
        for number in self.hard_links:
            target = regular[number % len(regular)]
            files[f"{PurePosixPath(target).parent}/other{number}.so"] = HardLink(target)
        more = {path: to for path, to in self.more.items() if parents(path).isdisjoint(files)}
        return more | files


NUMBERS = st.integers(0, 99)
CHANGES = st.builds(
    Changes,
    st.frozensets(st.sampled_from(sorted(ALL)), max_size=12),
    st.lists(
        st.builds(Move, NUMBERS, st.sampled_from(MOVED), st.booleans()),
        max_size=5,
        unique_by=lambda move: move.to,
    ).map(tuple),
    st.sets(NUMBERS, max_size=2).map(tuple),
    st.dictionaries(
        st.sampled_from(("/opt/vendor/lib/libl.so", "/usr/bin/loop")),
        st.sampled_from(("nowhere", "/usr/bin/loop", "/etc", "/venv/pyvenv.cfg")),
    ),
)


def fill(directory: Path, files: Files) -> None:
    """Make the files below a directory of this machine."""
    for path, node in sorted(files.items(), key=lambda item: isinstance(item[1], HardLink)):
        place = directory / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        match node:
            case bytes():
                place.write_bytes(node)
            case str():
                place.symlink_to(node)
            case HardLink():
                place.hardlink_to(directory / node.target[1:])


def pack(files: Files, which: Iterable[str]) -> bytes:
    """An archive of some of the files; hard links come last."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in sorted(which, key=lambda path: isinstance(files[path], HardLink)):
            info, content = tarfile.TarInfo(path[1:]), b""
            match files[path]:
                case bytes() as content:
                    info.size = len(content)
                case str() as target:
                    info.type, info.linkname = tarfile.SYMTYPE, target
                case HardLink(target):
                    info.type, info.linkname = tarfile.LNKTYPE, target[1:]
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def told(root: Path, cache: DirectoryCache | None = None) -> str:
    """What an audit says."""
    try:
        return audit_root(root, cache=cache).to_json()
    except FindLibdepsError as error:
        return str(error)


@given(CHANGES, st.sets(NUMBERS))
def test_archives_are_audited_like_their_directories(changes: Changes, numbers: set[int]) -> None:
    """Plain, compressed, or in two layers, of which the upper one has links to the lower one; and
    when the layers are known.
    """
    files = changes.files()
    upper = {
        path
        for number, path in enumerate(files)
        if number in numbers or isinstance(files[path], HardLink)
    }
    plain = pack(files, files)
    layers = docker_archive(pack(files, files.keys() - upper), pack(files, upper))
    layout = OciLayout()
    packed = layout.image([pack(files, files.keys() - upper), gzip.compress(pack(files, upper), 1)])
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        fill(top / "root", files)
        expected = told(top / "root")
        assert told(write(top / "plain.tar", plain)) == expected
        assert told(write(top / "packed.tar.gz", gzip.compress(plain, 1))) == expected
        assert told(write(top / "layers.tar", layers)) == expected
        image, cache = write(top / "image.tar", layout.archive(packed)), DirectoryCache(top / "c")
        assert told(image, cache) == expected
        assert told(image, cache) == expected  # by what is known of its layers
