"""Makes the environments that `fixtures/asks` describes, and asks CPython what happens in them."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from project import FIXTURES, SUPPORT

ASKS = FIXTURES / "asks"
STAND_INS = ASKS / "stand_ins"
NOT_OF_THE_SITE = ("site.txt", "present.txt", "expected*.txt", "__pycache__")

COMMENT = "# nothing but a comment\n"

MODULE = """
struct definition {
    long references; void *type, *init; long index; void *copy;
    const char *name, *doc; long size; void *rest[5];
} definition = {1, 0, 0, 0, 0, "%(name)s", 0, -1};
void *PyModule_Create2(struct definition *, int);
void *PyInit_%(name)s(void) { return PyModule_Create2(&definition, 1013); }
"""
"""An extension module that has nothing in it, without Python's header files."""


class Site(NamedTuple):
    """The environment of one rule."""

    env: Path
    """The virtualenv."""
    packages: Path
    """Its ``site-packages``."""


def rules() -> list[str]:
    """The names of all rules."""
    return sorted(path.name for path in ASKS.glob("[0-9]*"))


def statement(rule: str) -> str:
    """The first line of the source, without a BOM: a comment that says what the rule is."""
    root = ASKS / rule / "rule"
    source = (root / "__init__.py") if root.is_dir() else root.with_suffix(".py")
    first = source.read_bytes().replace(b"\r", b"\n").split(b"\n")[0]
    return first.removeprefix(b"\xef\xbb\xbf").decode()


def make_site(rule: str, env: Path) -> Site:
    """Make a virtualenv with the packages of a rule.

    `site.txt` names what no source file can be, one a line:

    - ``stand_in NAME``: a package of `stand_ins`
    - ``library PATH``: an empty shared library in ``site-packages``
    - ``extension PATH NEEDED``: an empty extension module there, which needs a library
    - ``pad PATH SIZE``: bytes of comments that follow a source file
    - ``assign PATH COUNT``: assignments that follow it

    `{suffix}` is that of the Python's extension modules.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = env / "lib" / f"python{version}" / "site-packages"
    shutil.copytree(ASKS / rule, packages, ignore=shutil.ignore_patterns(*NOT_OF_THE_SITE))
    (env / "bin").mkdir()
    python = Path(sys.executable).resolve()
    (env / "bin" / "python").symlink_to(python)
    (env / "pyvenv.cfg").write_text(f"home = {python.parent}\n")
    for line in _lines(rule, "site.txt"):
        match line.replace("{suffix}", EXTENSION_SUFFIXES[0]).split():
            case ["stand_in", name]:
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(STAND_INS / name, packages / name, ignore=ignored)
            case ["library", path]:
                _write(packages / path, library(Path(path).name))
            case ["extension", path, needed]:
                _write(packages / path, library(Path(path).name, needed))
            case ["pad", path, size]:
                _append(packages / path, COMMENT * (int(size) // len(COMMENT)))
            case ["assign", path, count]:
                lines = (f"NAME_{number} = {number}\n" for number in range(int(count)))
                _append(packages / path, "".join(lines))
            case _:
                raise ValueError(line)
    return Site(env, packages)


def present(rule: str) -> list[str]:
    """The libraries that are there in the second world of a rule; empty if it has none."""
    return _lines(rule, "present.txt")


def extensions(rule: str, site: Site) -> dict[str, str]:
    """The paths of the extension modules of a rule, and the library that each needs."""
    lines = (line.replace("{suffix}", EXTENSION_SUFFIXES[0]) for line in _lines(rule, "site.txt"))
    words = (line.split() for line in lines)
    return {str(site.packages / line[1]): line[2] for line in words if line[0] == "extension"}


def make_libraries(names: list[str], directory: Path) -> None:
    """Make the directory that has all libraries of a world."""
    directory.mkdir()
    for name in names:
        is_library = ".so" in name
        (directory / name).write_bytes(library(name) if is_library else b"")


@cache
def library(name: str, needed: str | None = None) -> bytes:
    """An empty shared library of that name; or an extension module that needs another one."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "made"
        options = [f"-Wl,-soname,{name}"]
        source = ""
        if needed:
            (Path(directory) / needed).write_bytes(library(needed))
            options = ["-Wl,--no-as-needed", f"{directory}/{needed}"]
            source = MODULE % {"name": name.partition(".")[0]}
        command = ["cc", "-shared", "-fPIC", "-nostdlib", "-o", str(file)]
        command += ["-xc", "-", "-xnone", *options]
        subprocess.run(command, check=True, input=source.encode())
        return file.read_bytes()


class Judge:
    """CPython, which is asked what importing a rule asks for; see `asked`."""

    def __init__(self, link: Path) -> None:
        """Start it; `link` is a path that it may use."""
        link.symlink_to(link.parent)
        self._process = subprocess.Popen(
            [sys.executable, "-ISB", SUPPORT / "asked.py", link],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": "", "LD_LIBRARY_PATH": str(link)},
            text=True,
        )

    def asks(self, site: Site, libraries: Path) -> str:
        """What ``import rule`` asks for in that environment, with these libraries and no others."""
        assert self._process.stdin
        assert self._process.stdout
        print(site.packages, libraries, sep="\n", file=self._process.stdin, flush=True)
        return "".join(takewhile(str.strip, self._process.stdout))

    def dismiss(self) -> None:
        """End its process."""
        self._process.communicate()


def unjudged() -> str | None:
    """Why this machine can't judge; None if it can."""
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        return "what Python asks for is judged on Linux with glibc"
    return None


def _lines(rule: str, name: str) -> list[str]:
    path = ASKS / rule / name
    return path.read_text().splitlines() if path.exists() else []


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
