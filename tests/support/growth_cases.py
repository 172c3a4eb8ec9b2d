"""Inputs of any size, to see how the work grows with it: one for each parser and each search."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from small_elf import small_elf

SITE = "venv/lib/python3.13/site-packages"
LOAD = 'import ctypes\nctypes.CDLL("libvlc.so.5")\n'


class Case(NamedTuple):
    """An input, and the command that reads it."""

    make: Callable[[Path, int], Sequence[str]]
    """Makes the input of some size below a directory; returns the command's arguments."""
    size: int
    """The smallest size whose work shows beside that of an empty virtualenv."""


def _root(folder: Path, files: dict[str, str | bytes]) -> list[str]:
    """Make a root with some files and a virtualenv; returns what scans that."""
    every: dict[str, str | bytes] = {
        "etc/os-release": "ID=debian\nVERSION_ID=13\n",
        "venv/pyvenv.cfg": "version = 3.13.1\n",
        f"{SITE}/kit/__init__.py": LOAD,
        **files,
    }
    for name, content in every.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    return ["--root", str(folder), "/venv"]


def _source(make: Callable[[int], str]) -> Callable[[Path, int], Sequence[str]]:
    return lambda folder, n: _root(folder, {f"{SITE}/kit/__init__.py": make(n)})


def _file(name: str, make: Callable[[int], str]) -> Callable[[Path, int], Sequence[str]]:
    return lambda folder, n: _root(folder, {name: make(n)})


def _searches(folder: Path, n: int) -> Sequence[str]:
    """A module that looks for n libraries in n directories."""
    elf = small_elf([f"lib{i}.so" for i in range(n)], runpath=":".join(f"/d{i}" for i in range(n)))
    return _root(folder, {f"{SITE}/kit/_kit.cpython-313-x86_64-linux-gnu.so": elf})


def _chain(folder: Path, n: int) -> Sequence[str]:
    """Libraries that need the next one, each with directories of its own for all that follow."""
    first = small_elf(["l0.so"], runpath="$ORIGIN")
    files = {f"{SITE}/kit/_kit.cpython-313-x86_64-linux-gnu.so": first}
    for i in range(n):
        directories = ["$ORIGIN", *(f"/d{i}/{j}" for j in range(10))]
        needs = [f"l{i + 1}.so", *(f"q{j}.so" for j in range(10))]
        files[f"{SITE}/kit/l{i}.so"] = small_elf(needs, rpath=":".join(directories))
    return _root(folder, {**files})


def _includes(folder: Path, n: int) -> Sequence[str]:
    files = {f"etc/ld.so.conf.d/{i}.conf": f"/x{i}\n" for i in range(n)}
    include = "include /etc/ld.so.conf.d/*.conf\n" * n
    elf = small_elf(["libq.so.1"])
    module = f"{SITE}/kit/_kit.cpython-313-x86_64-linux-gnu.so"
    return _root(folder, {**files, "etc/ld.so.conf": include, module: elf})


def _deep_archive(folder: Path, n: int) -> Sequence[str]:
    path = folder / "root.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(40):
            member = tarfile.TarInfo(f"{'d/' * n}{number}")
            archive.addfile(member, io.BytesIO())
    return ["audit", str(path)]


def _wide_archive(folder: Path, n: int) -> Sequence[str]:
    path = folder / "root.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(n):
            link = tarfile.TarInfo(f"d/{number}")
            link.type, link.linkname = tarfile.SYMTYPE, f"{number + 1}"
            archive.addfile(link)
    return ["audit", str(path)]


def _wheel(folder: Path, n: int) -> Sequence[str]:
    """A member whose program headers are said to be at its end."""
    elf = bytearray(small_elf(["libq.so.1"]))
    struct.pack_into("<Q", elf, 32, 1000 * n)
    with zipfile.ZipFile(folder / "kit-1-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("kit/_kit.so", bytes(elf) + bytes(1000 * n))
        wheel.writestr("kit-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        wheel.writestr("kit-1.dist-info/METADATA", "Name: kit\nVersion: 1\n")
        wheel.writestr("kit-1.dist-info/RECORD", "")
    return [*_root(folder, {})[:2], "/kit-1-py3-none-any.whl"]


def _status(field: str) -> Callable[[int], str]:
    head = "Package: kit\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
    return lambda n: head + field.replace("@", "n " * n).replace("_", " " * n) + "\n\n"


CASES = {
    "blanks in a field of dpkg's status": Case(
        _file("var/lib/dpkg/status", _status("Depends: libfoo, a_!")), 20_000
    ),
    "words in a field of dpkg's status": Case(
        _file("var/lib/dpkg/status", _status("Depends: @")), 20_000
    ),
    "packages in dpkg's status": Case(
        _file(
            "var/lib/dpkg/status",
            lambda n: "".join(
                f"Package: p{i}\nStatus: install ok installed\nArchitecture: amd64\n"
                f"Depends: p{i + 1}\nVersion: 1\n\n"
                for i in range(n)
            ),
        ),
        1_000,
    ),
    "diversions": Case(
        _file("var/lib/dpkg/diversions", lambda n: "/usr/lib/a\n/usr/lib/b\nkit\n" * n), 10_000
    ),
    "a word in os-release": Case(_file("etc/os-release", lambda n: f"ID={'a' * n}"), 100_000),
    "quotes in os-release": Case(_file("etc/os-release", lambda n: "ID=" + 'a" "' * n), 100_000),
    "includes in ld.so.conf": Case(_includes, 500),
    "directories in ld.so.conf": Case(
        _file("etc/ld.so.conf", lambda n: "".join(f"/d{i}\n" for i in range(n))), 5_000
    ),
    "libraries in directories": Case(_searches, 300),
    "a chain of libraries": Case(_chain, 50),
    "depth of an archive's members": Case(_deep_archive, 250),
    "links in an archive": Case(_wide_archive, 2_000),
    "headers at a wheel member's end": Case(_wheel, 2_000),
    "lines of a RECORD": Case(
        _file(
            f"{SITE}/kit-1.dist-info/RECORD",
            lambda n: "".join(f'"kit/{i}, {i}.py",,\n' for i in range(n)),
        ),
        10_000,
    ),
    "a tuple in itself": Case(
        _source(lambda n: LOAD + 'a = ("liba.so.1",)\n' + "a = (a, a)\n" * n + "CDLL(a)\n"),
        10,
    ),
    "functions that hand a name on": Case(
        _source(
            lambda n: (
                "import ctypes\ndef f0(name): return ctypes.CDLL(name)\n"
                + "".join(f"def f{i}(name): return f{i - 1}(name)\n" for i in range(1, n))
                + f'f{n - 1}("libvlc.so.5")\n'
            )
        ),
        200,
    ),
    "an elif chain": Case(
        _source(
            lambda n: (
                f"{LOAD}if x == 0: pass\n" + "".join(f"elif x == {i}: pass\n" for i in range(1, n))
            )
        ),
        500,
    ),
    "statements in a line": Case(
        _source(lambda n: LOAD.replace("\n", ";") + "x=[1,2,3];" * n), 3_000
    ),
    "operators in an expression": Case(_source(lambda n: f"{LOAD}x = {'1 + ' * n}1\n"), 1_000),
    "texts that are put together": Case(
        _source(lambda n: LOAD + "x = 'a'\n" + "x = x + 'abc'\n" * n), 2_000
    ),
    "brackets that are not closed": Case(_source(lambda n: LOAD + "(" * n), 10_000),
    "quotes that are not closed": Case(_source(lambda n: LOAD + "x = '" * n), 10_000),
    "classes that inherit from the one before": Case(
        _source(
            lambda n: (
                LOAD
                + "class C0: pass\n"
                + "".join(f"class C{i}(C{i - 1}): pass\n" for i in range(1, n))
            )
        ),
        200,
    ),
    "imports in a line": Case(_source(lambda n: f"{LOAD}import {'os, ' * n}os\n"), 5_000),
    "lines that are continued": Case(
        _source(lambda n: LOAD + "import " + "\\\n" * n + "os\n"), 5_000
    ),
    "modules that import the next one": Case(
        lambda folder, n: _root(
            folder, {f"{SITE}/kit/m{i}.py": f"{LOAD}from . import m{i + 1}\n" for i in range(n)}
        ),
        40,
    ),
    "packages that import one that loads": Case(
        lambda folder, n: _root(
            folder, {f"{SITE}/p{i}/__init__.py": "import kit\n" for i in range(n)}
        ),
        50,
    ),
}
