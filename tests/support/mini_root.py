"""Small root directories made from `fixtures/loader`, and what the real loader does in them.

Each folder of `fixtures/loader` is one rule of glibc's dynamic loader: a recipe (`build`) and the
resolution that follows from the rule (`expected.json`). Here a recipe is run, and the machine's own
`ld.so` is asked, inside that root, what it opens for whom and where it found it.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import programs
from project import FIXTURES

RULES = FIXTURES / "loader"

INTERPRETERS = {
    "x86_64": "/lib64/ld-linux-x86-64.so.2",
    "aarch64": "/lib/ld-linux-aarch64.so.1",
}
"""Where the psABI of a machine puts the dynamic loader."""

LIBC = "libc.so.6"

FORBIDDEN = "cannot change the root directory: "

ENTER = f"""
import os, sys
root, loader, path, *environment = sys.argv[1:]
try:
    os.chroot(root)
    os.chdir("/")
except OSError as error:
    sys.exit("{FORBIDDEN}" + str(error))
os.execve(loader, [loader, path], dict(word.split("=", 1) for word in environment))
"""
"""A program for Python: it alone changes the root, so that the loader of no other is traced."""


class LoaderOutOfReachError(Exception):
    """This machine has no compiler, no glibc, or does not let us change the root directory."""


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


@dataclass(frozen=True)
class Resolution:
    """All needs of an object and of what it loads, in the order in which the loader meets them."""

    needs: list[Need]
    error: str | None = None
    """What the loader says when it gives up at the last of the needs."""


@dataclass(frozen=True)
class Expectation:
    """The `expected.json` of a rule, for this machine."""

    object: str
    library_path: list[str]
    resolution: Resolution
    missing_feature: str | None = None
    """Why this machine cannot show the rule, if it cannot."""


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


def rules() -> list[Path]:
    """The folders of `fixtures/loader`, one a rule."""
    return sorted(path.parent for path in RULES.glob("*/expected.json"))


@cache
def interpreter() -> str:
    """The path of this machine's dynamic loader."""
    path = INTERPRETERS.get(platform.machine())
    if path is None or not Path(path).exists():
        raise LoaderOutOfReachError(f"no glibc loader is known for {platform.machine()}")
    return path


@cache
def words() -> dict[str, str]:
    """What recipes find in their environment and `expected.json` has in braces."""
    if reason := programs.missing("cc", "readelf"):
        raise LoaderOutOfReachError(reason)
    triplet = _output("cc", "-print-multiarch").strip()
    diagnostics = _output(interpreter(), "--list-diagnostics")
    said = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', diagnostics, re.MULTILINE))
    subdirectories = said.get("dl_hwcaps_subdirs", "").split(":")
    active = int(said.get("dl_hwcaps_subdirs_active", "0"), 16)
    usable = [name for bit, name in enumerate(reversed(subdirectories)) if active >> bit & 1]
    return {
        "TRIPLET": triplet,
        "LOADER": interpreter(),
        "PLATFORM": said.get("dl_platform", ""),
        "HWCAPS": usable[-1] if usable and usable[-1] else "",
    }


def expectation(rule: Path) -> Expectation:
    """What `expected.json` of this folder says."""
    text = (rule / "expected.json").read_text(encoding="utf-8")
    absent = [word for word, value in words().items() if not value and f"{{{word}}}" in text]
    for word, value in words().items():
        text = text.replace(f"{{{word}}}", value)
    case = json.loads(text)
    machines = case.get("machines", [platform.machine()])
    reason = None
    if absent:
        reason = f"the loader of this machine has no {absent[0]}"
    elif platform.machine() not in machines:
        reason = f"a rule of {', '.join(machines)}"
    needs = [Need(*need) for need in case["needs"]]
    return Expectation(
        case["object"], case["library_path"], Resolution(needs, case.get("error")), reason
    )


def build(rule: Path, root: Path) -> None:
    """Fills `root` with a merged /usr, the machine's loader and libc, and what the recipe makes."""
    triplet = words()["TRIPLET"]
    for name in ("lib", "lib64", f"lib/{triplet}"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
    for name in ("lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    shutil.copy(interpreter(), f"{root}{interpreter()}")
    shutil.copy(f"/lib/{triplet}/{LIBC}", root / "lib" / triplet)

    workshop = root.with_name(f"{root.name}.build")
    shutil.copytree(rule, workshop / rule.name)
    shutil.copy(RULES / "so", workshop)
    environment = {
        **words(),
        "PATH": os.environ["PATH"],
        "CC": "cc",
        "FIXTURES": str(FIXTURES),
        "ROOT": str(root),
    }
    try:
        _output("sh", "build", cwd=workshop / rule.name, env=environment)
    finally:
        shutil.rmtree(workshop)
    if (root / "etc/ld.so.conf").exists():
        configure(root)


def configure(root: Path) -> None:
    """Run ldconfig in a root."""
    (root / "var/cache/ldconfig").mkdir(parents=True, exist_ok=True)
    _output(*_as_root(), _sbin("ldconfig"), "-r", str(root))


def ask_the_loader(root: Path, path: str, library_path: list[str]) -> Resolution:
    """What the machine's loader does with an object, asked as ldd(1) asks it.

    `ld.so --list` would give up at the first library that is missing; as a program's loader traces
    its loaded objects, it goes on.
    """
    environment = {
        "LD_TRACE_LOADED_OBJECTS": "1",
        "LD_DEBUG": "libs,files",
        "LD_LIBRARY_PATH": ":".join(library_path),
    }
    enter = [*_as_root(), sys.executable, "-ISc", ENTER, str(root), interpreter(), path]
    answer = subprocess.run(
        [*enter, *(f"{name}={value}" for name, value in environment.items())],
        capture_output=True,
        check=False,
        text=True,
    )
    if answer.stderr.startswith(FORBIDDEN):
        raise LoaderOutOfReachError(answer.stderr.strip())
    fatal = re.search(r"error while loading shared libraries: (.*)", answer.stderr)
    error = re.sub(r": Error \d+$", "", fatal.group(1)) if fatal else None
    if answer.returncode < 0:
        error = signal.strsignal(-answer.returncode)
    searches = _searches(answer.stderr, error, _built_in(root))
    return Resolution(_needs(root, path, searches, gave_up=error is not None), error)


def _built_in(root: Path) -> set[str]:
    """Directories in ldconfig's cache that no configuration lists: the loader's own."""
    if not (root / "etc/ld.so.cache").exists():
        return set()
    told = _output(*_as_root(), _sbin("ldconfig"), "-r", str(root), "-v", "-N", "-X")
    return set(re.findall(r"^(/.*?): .*\(from <builtin>:0\)$", told, re.MULTILINE))


def _searches(story: str, error: str | None, built_in: set[str]) -> list[Search]:
    """Every search in `LD_DEBUG=libs,files` (`_dl_map_object` and `open_path` print it)."""
    lines = [re.sub(r"^ *\d+:\t?", "", line).rstrip() for line in story.splitlines()]
    starts = [
        (number, match)
        for number, line in enumerate(lines)
        if (match := re.fullmatch(r"file=(.*) \[0\];  needed by (.*) \[0\]", line))
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


def _needs(root: Path, path: str, searches: list[Search], *, gave_up: bool) -> list[Need]:
    """Searches, and between them the names that needed none, as `_dl_map_object_deps` goes on."""
    pending = deque(searches)
    main = _read(root, path)
    main.names.discard(path)
    loader = _read(root, interpreter())
    loaded = [main, loader]
    to_do = deque([main])
    needs = []
    while to_do:
        requester = to_do.popleft()
        filtees: list[Loaded] = []
        for tag, name in requester.tags:
            asked = _expanded(name, requester.origin) if "/" in name else name
            search = pending[0] if pending else None
            if search is not None and (search.requester, search.name) == (requester.path, asked):
                pending.popleft()
                if search.is_new:
                    found = _read(root, search.path)
                    loaded.append(found)
                    if LIBC not in found.names:
                        (to_do if tag == "NEEDED" else filtees).append(found)
                elif (same := _same_file(root, loaded, search.path)) is not None:
                    found = same
                else:
                    needs.append(Need(requester.path, name, None, None))
                    continue
                needs.append(Need(requester.path, name, search.path, search.how))
                found.names.add(asked)
            elif match := next((each for each in loaded if asked in each.names), None):
                needs.append(Need(requester.path, name, match.path, "loaded"))
            elif gave_up and not pending:
                return needs
            else:
                raise AssertionError(
                    f"{requester.path} needs {asked}, and the loader goes on: {search}"
                )
        to_do.extendleft(reversed(filtees))
    if pending:
        raise AssertionError(f"no object accounts for what the loader goes on with: {pending[0]}")
    return needs


def _read(root: Path, path: str) -> Loaded:
    """The dynamic table of an object, as `readelf` prints it."""
    text = _output("readelf", "-dW", str(inside(root, path)))
    found = re.findall(r"\((NEEDED|FILTER|AUXILIARY|SONAME)\)[^\[]*\[(.*)\]", text)
    tags = [(tag, name) for tag, name in found if tag != "SONAME"]
    names = {name for tag, name in found if tag == "SONAME"} | {path}
    if path == interpreter():
        names.add(path.rpartition("/")[2])
    origin = path if path.startswith("/") else f"/{path}"
    return Loaded(path, names, tags, origin.rpartition("/")[0] or "/")


def _expanded(name: str, origin: str) -> str:
    """A path with its tokens replaced, as it stands in what the loader tells."""
    lib = f"lib/{words()['TRIPLET']}"
    name = re.sub(r"\$(ORIGIN\b|\{ORIGIN\})", origin, name)
    return re.sub(r"\$(LIB\b|\{LIB\})", lib, name)


def _same_file(root: Path, loaded: list[Loaded], path: str) -> Loaded | None:
    """The object that is mapped already from the file at `path`."""
    file = inside(root, path)
    if not file.exists():
        return None
    return next((each for each in loaded if inside(root, each.path).samefile(file)), None)


def inside(root: Path, path: str) -> Path:
    """The file that `path` leads to for somebody whose root directory is `root`."""
    done: list[str] = []
    to_do = path.split("/")[::-1]
    links = 0
    while to_do:
        part = to_do.pop()
        if part == "..":
            done = done[:-1]
        elif (link := root.joinpath(*done, part)).is_symlink() and (links := links + 1) < 40:
            target = str(link.readlink())
            done = [] if target.startswith("/") else done
            to_do += target.split("/")[::-1]
        elif part:
            done.append(part)
    return root.joinpath(*done)


@cache
def _as_root() -> tuple[str, ...]:
    """What makes us somebody who may change the root directory."""
    if os.geteuid() == 0:
        return ()
    become = ("unshare", "--map-root-user")
    if shutil.which("unshare") is None or subprocess.run([*become, "true"], check=False).returncode:
        raise LoaderOutOfReachError("changing the root directory needs root or a user namespace")
    return become


def _sbin(program: str) -> str:
    """A program that may be outside of the search path of a plain user."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        raise LoaderOutOfReachError(f"there is no {program}")
    return found


def _output(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """What a program writes to stdout; an error with its stderr if it fails."""
    done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=cwd, env=env)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout
