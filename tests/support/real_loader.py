"""What a real dynamic loader does with an object of a small root: its own story, read."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from glibc import LIBC, MACHINE, Glibc, LoaderOutOfReachError, as_root, inside, output

FORBIDDEN = "cannot change the root directory: "

ENTER = f"""
import os, sys
root, *words = sys.argv[1:]
end = words.index("--")
try:
    os.chroot(root)
    os.chdir("/")
except OSError as error:
    sys.exit("{FORBIDDEN}" + str(error))
command = words[end + 1:]
os.execve(command[0], command, dict(word.split("=", 1) for word in words[:end]))
"""
"""A program for Python: it alone changes the root, so that the loader of no other is traced."""

OPENS = "now it opens"
"""What a program of `opener.py` says on stderr before it calls dlopen(3)."""


def absolute(path: str) -> str:
    """A path as we spell it: seen from the root, and without needless slashes."""
    return str(PurePosixPath("/" + path.lstrip("/")))


class Need(NamedTuple):
    """One name that an object asks for, and what the loader makes of it."""

    requester: str
    name: str
    path: str | None
    """The path as the loader forms it, links unresolved; `None` if nothing can be loaded."""
    how: str | None
    """`path`, `loaded`, `RPATH`, `LD_LIBRARY_PATH`, `RUNPATH`, `ld.so.conf` or `default`.

    A built-in directory that no configuration lists is `default`, in ldconfig's cache or not.
    """

    def absolute(self) -> Need:
        """The same, with paths as we spell them."""
        return self._replace(
            requester=absolute(self.requester), path=self.path and absolute(self.path)
        )


@dataclass(frozen=True)
class Resolution:
    """All needs of an object and of what it loads, in the order in which the loader meets them."""

    needs: list[Need]
    error: str | None = None
    """What the loader says when it gives up at the last of the needs."""


@dataclass
class Loaded:
    """An object that the loader has mapped."""

    path: str
    names: set[str] = field(default_factory=set)
    tags: list[tuple[str, str]] = field(default_factory=list)
    """Its `NEEDED`, `FILTER` and `AUXILIARY` entries."""
    origin: str = ""


class Search(NamedTuple):
    """A name that was not loaded yet, as `LD_DEBUG` tells of it."""

    requester: str
    name: str
    path: str
    """The last path that was tried."""
    how: str
    is_new: bool
    """The file was mapped: it was there, was usable and was not mapped already."""


def ask_the_loader(
    root: Path, path: str, library_path: list[str], glibc: Glibc = MACHINE
) -> Resolution:
    """What the loader does with an object, asked as ldd(1) asks it.

    `ld.so --list` would give up at the first library that is missing; as a program's loader traces
    its loaded objects, it goes on.
    """
    asked = {"LD_TRACE_LOADED_OBJECTS": "1"}
    answer = _run(root, [glibc.loader, path], asked, library_path)
    error = _error(answer)
    searches = _searches(answer.stderr, error, glibc.built_in(root))
    process = _Process(root, path, glibc)
    return Resolution(process.needs_of(process.main, searches, gave_up=error is not None), error)


def ask_a_program(
    root: Path, path: str, opened: tuple[str, str], library_path: list[str], glibc: Glibc = MACHINE
) -> tuple[Resolution, Resolution | None]:
    """What the loader does when a program starts, and when it opens a library by dlopen(3).

    Args:
        root: the root.
        path: a program of `opener.py`.
        opened: the object that calls dlopen(3), and the name that it opens.
        library_path: LD_LIBRARY_PATH.
        glibc: whose loader is in the root.

    Returns:
        What happens at the start; and afterwards, the need of the caller first. None if the
        program does not start.
    """
    caller, name = opened
    who = "itself" if caller == path else "other"
    answer = _run(root, [glibc.loader, path, who, name], {}, library_path)
    start, opens, story = answer.stderr.partition(f"{OPENS}\n")
    error, built_in = _error(answer), glibc.built_in(root)
    process = _Process(root, path, glibc)
    searches = _searches(start, None if opens else error, built_in)
    needs = process.needs_of(process.main, searches, gave_up=not opens)
    if not opens:
        return Resolution(needs, error), None
    asks = process.called(caller)
    searches = _searches(story, error, built_in)
    added = process.needs_of(
        Loaded(asks.path, tags=[("NEEDED", name)], origin=asks.origin),
        searches,
        gave_up=error is not None,
    )
    listed = set(answer.stdout.splitlines()) - {"", "linux-vdso.so.1"}
    if error is None and process.paths - {path} != listed:  # the program itself has no name there
        raise AssertionError(f"its objects are not those of its story: {answer.stdout}")
    return Resolution(needs), Resolution(added, error)


def _run(
    root: Path, command: Sequence[str], environment: dict[str, str], library_path: list[str]
) -> subprocess.CompletedProcess[str]:
    environment = environment | {
        "LD_DEBUG": "libs,files",
        "LD_LIBRARY_PATH": ":".join(library_path),
    }
    words = [f"{name}={value}" for name, value in environment.items()]
    command = [*as_root(), sys.executable, "-ISc", ENTER, str(root), *words, "--", *command]
    try:
        answer = subprocess.run(command, capture_output=True, check=False, text=True, timeout=10)
    except subprocess.TimeoutExpired:  # as with filters that lead to each other
        raise AssertionError("it does not end") from None
    if answer.stderr.startswith(FORBIDDEN):
        raise LoaderOutOfReachError(answer.stderr.strip())
    return answer


def _error(answer: subprocess.CompletedProcess[str]) -> str | None:
    """What the loader says when it gives up, or the signal that ends it."""
    if answer.returncode < 0:
        return signal.strsignal(-answer.returncode)
    fatal = re.search(r"error while loading shared libraries: (.*)", answer.stderr)
    refused = re.search(r"^it can't be opened: (.*)", answer.stderr, re.MULTILINE)
    found = fatal or refused
    return re.sub(r": Error \d+$", "", found.group(1)) if found else None


def _searches(story: str, error: str | None, built_in: set[str]) -> list[Search]:
    """Every search in `LD_DEBUG=libs,files` (`_dl_map_object` and `open_path` print it)."""
    lines = [re.sub(r"^ *\d+:\t?", "", line).rstrip() for line in story.splitlines()]
    starts = [
        (number, match)
        for number, line in enumerate(lines)
        if (
            match := re.fullmatch(
                r"file=(.*) \[0\];  (?:needed|dynamically loaded) by (.*) \[0\]", line
            )
        )
    ]
    bounds = [*(number for number, _ in starts), len(lines)]
    searches = []
    for (start, match), end in zip(starts, bounds[1:], strict=True):
        name, requester = match.groups()
        told = lines[start + 1 : end]
        path = name
        how = "path"
        for line in told:
            if line.startswith(" search cache="):
                how = "ld.so.conf"
            elif place := re.match(r" search path=.*\t\t\(([^()]*?)(?: from file .*)?\)$", line):
                how = place.group(1).replace("system search path", "default")
            elif line.startswith("  trying file="):
                path = line.removeprefix("  trying file=")
        if how == "ld.so.conf" and path.rpartition("/")[0] in built_in:
            how = "default"
        is_new = f"file={name} [0];  generating link map" in told
        gave_up = end == len(lines) and error is not None
        searches.append(Search(requester, name, path, how, is_new and not gave_up))
    return searches


class _Process:
    """A process, as far as the loader's story has been read."""

    def __init__(self, root: Path, path: str, glibc: Glibc) -> None:
        self._root = root
        self._glibc = glibc
        self.main = self._read(path)
        self.main.names.discard(path)
        self._loaded = [self.main, self._read(glibc.loader)]

    @property
    def paths(self) -> set[str]:
        """The paths of its objects, as they are in the loader's list."""
        return {each.path for each in self._loaded}

    def called(self, path: str) -> Loaded:
        """Its object of that path."""
        return next(each for each in self._loaded if each.path == path)

    def needs_of(self, first: Loaded, searches: list[Search], *, gave_up: bool) -> list[Need]:
        """Searches, and between them the names that needed none (`_dl_map_object_deps`)."""
        pending = deque(searches)
        to_do = deque([first])
        needs = []
        while to_do:
            requester = to_do.popleft()
            filtees: list[Loaded] = []
            for tag, name in requester.tags:
                asked = self._expanded(name, requester.origin)
                names = [(requester.path, each) for each in (asked, name)]
                search = pending[0] if pending else None
                if search is not None and (search.requester, search.name) in names:
                    pending.popleft()
                    path = asked if search.how == "path" else search.path
                    found = self._mapped(search, path)
                    if found and search.is_new and LIBC not in found.names:
                        (to_do if tag == "NEEDED" else filtees).append(found)
                    if found:
                        needs.append(Need(requester.path, name, path, search.how))
                        found.names.add(search.name)
                    else:
                        needs.append(Need(requester.path, name, None, None))
                elif match := next((e for e in self._loaded if asked in e.names), None):
                    needs.append(Need(requester.path, name, match.path, "loaded"))
                elif gave_up and not pending:
                    return needs
                else:
                    raise AssertionError(
                        f"{requester.path} needs {asked}, and the loader goes on: {search}"
                    )
            to_do.extendleft(reversed(filtees))
        if pending:
            raise AssertionError(f"no object accounts for: {pending[0]}")
        return needs

    def _mapped(self, search: Search, path: str) -> Loaded | None:
        """The object that a search has led to, at a path."""
        if not search.is_new:
            return self._same_file(path)
        found = self._read(path)
        self._loaded.append(found)
        return found

    def _read(self, path: str) -> Loaded:
        """The dynamic table of an object, as `readelf` prints it."""
        text = output("readelf", "-dW", str(inside(self._root, path)))
        found = re.findall(r"\((NEEDED|FILTER|AUXILIARY|SONAME)\)[^\[]*\[(.*)\]", text)
        tags = [(tag, name) for tag, name in found if tag != "SONAME"]
        names = {name for tag, name in found if tag == "SONAME"} | {path}
        if path == self._glibc.loader:
            names.add(path.rpartition("/")[2])
        origin = path if path.startswith("/") else f"/{path}"
        return Loaded(path, names, tags, origin.rpartition("/")[0] or "/")

    def _expanded(self, name: str, origin: str) -> str:
        """A name with its tokens replaced, as it stands in what the loader tells."""
        words = self._glibc.words
        tokens = {
            "ORIGIN": origin,
            "LIB": f"lib/{words['TRIPLET']}",
            "PLATFORM": words["PLATFORM"],
        }
        for token, text in tokens.items():
            name = re.sub(rf"\$({token}\b|\{{{token}\}})", text, name)
        return name

    def _same_file(self, path: str) -> Loaded | None:
        """The object that is mapped already from the file at `path`."""
        file = inside(self._root, path)
        if not file.exists():
            return None
        return next((e for e in self._loaded if inside(self._root, e.path).samefile(file)), None)
