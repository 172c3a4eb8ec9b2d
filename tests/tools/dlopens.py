"""Compares what compiled code of packages of PyPI asks dlopen(3) for with what find-libdeps says.

Usage: dlopens.py FOLDER [PACKAGE]...

Without names, it takes all packages of dlopens_packages.txt. FOLDER keeps the environments
(root/venvs), and what was heard in them (heard.jsonl): a package is heard again if its environment
has another version, if its lines have changed, or if something leads to a package of Debian that
was not installed then. find-libdeps itself is run each time.

The lines of each package are run where nothing but Python is, then where also the packages are
that we list and those that have what was asked for, beside a display: much is only asked for once
something else has loaded.

It prints a line for each package, then totals, and ends with status 1 if a name is not told that a
package of Debian has; with 2 if nothing could be heard.
"""

from __future__ import annotations

import ast
import json
import shlex
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import engine
from asks import RELEASE, providers
from asks_compare import kind_of
from asks_containers import LISTENER, USER, CannotListen, Containers
from dlopens_compare import Verdict, judge, row, totals
from dlopens_heard import Ask, Heard, joined, load_heard, read_asks
from find_libdeps.elf.library_names import read_library_names
from find_libdeps.errors import ElfError

SERVER = "xvfb"
DISPLAY = "find-libdeps-asks/display"
DISPLAY_FILE = f"""
FROM {LISTENER}
RUN apt-get update && apt-get install -y --no-install-recommends {SERVER} \\
    && rm -rf /var/lib/apt/lists/*
"""
"""Has a display, so that there are windows to be made."""

SECONDS = 200
"""After so long the lines of a package are ended."""

ROUNDS = 6
"""How often more libraries are installed, because those that are there lead to more."""

AT_ONCE = 2


class Uses(NamedTuple):
    """A paragraph of the list."""

    requirements: tuple[str, ...]
    lines: str

    @property
    def name(self) -> str:
        """That of the package."""
        return self.requirements[0].partition("==")[0]


def listed_uses() -> list[Uses]:
    """All of dlopens_packages.txt."""
    text = Path(__file__).with_name("dlopens_packages.txt").read_text()
    paragraphs = (p for p in text.split("\n\n") if not p.startswith("#"))
    parts = (paragraph.strip("\n").partition("\n") for paragraph in paragraphs)
    return [Uses(tuple(first.split()), textwrap.dedent(rest)) for first, _, rest in parts]


class Users(Containers):
    """Containers in which packages are used."""

    def use(
        self, name: str, lines: str, packages: Iterable[str], *, display: bool
    ) -> tuple[tuple[Ask, ...], tuple[str, ...]]:
        """Run the lines where these packages of Debian are.

        Returns:
            What was asked for, and how each statement ended.

        Raises:
            CannotListen: there is no engine, or nothing could be run.
        """
        self._prepare()
        engine.build(DISPLAY_FILE, DISPLAY)
        wanted = self._installable(sorted(packages))
        with tempfile.TemporaryDirectory(dir=self.folder) as told:
            Path(told, "lines").write_text(lines)
            self._use(name, Path(told), wanted, display=display)
            ends = Path(told, "ends").read_text().splitlines()
            return read_asks(Path(told).glob("loader.*")), tuple(map(json.loads, ends))

    def _use(self, name: str, told: Path, wanted: list[str], *, display: bool) -> None:
        venv, tools = f"/venvs/{name}", Path(__file__).parent
        user, group = USER.split(":")
        script = (
            f"exec timeout -s KILL {SECONDS}"
            f" setpriv --reuid {user} --regid {group} --clear-groups env HOME=/tmp"
            f" LD_DEBUG=files,libs LD_DEBUG_OUTPUT=/told/loader"
            f" {venv}/bin/python -IB /tools/dlopens_uses.py /told >/told/output 2>&1 </dev/null"
        )
        if display:
            script = f"Xvfb :9 >/dev/null 2>&1 & sleep 2; export DISPLAY=:9; {script}"
        if wanted:
            apt = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "--no-download")
            install = shlex.join((*apt, "-o", "Debug::NoLocking=1", *wanted))
            script = f"{install} >/told/apt 2>&1 || exit 9; {script}"
        mounts = (f"{self.venv(name)}:{venv}:ro", f"{tools}:/tools:ro", f"{told}:/told")
        options = [*(word for each in mounts for word in ("-v", each)), *self._apt()]
        image = DISPLAY if display else LISTENER
        try:
            self._run(image, "sh", "-c", script, options=options, seconds=SECONDS + 200)
        except CannotListen as failure:  # a crash, mostly
            if not (told / "ends").exists():
                said = [p.read_text() for n in ("apt", "output") if (p := told / n).exists()]
                raise CannotListen(f"{failure} {' '.join(said).strip()[-300:]}") from None


class Measurement:
    """All packages in one folder."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._file = users.folder / "heard.jsonl"
        self._heard = load_heard(self._file)
        self._lock = threading.Lock()

    def measure(self, uses: Uses) -> tuple[Heard, Verdict]:
        """Hear a package, if there is need, and judge.

        Raises:
            CannotListen: it can't be installed or heard.
        """
        assert RELEASE
        name, venv = uses.name, self._users.venv(uses.name)
        if not venv.exists():
            self._users.install(name, uses.requirements)
        report, version = json.loads(self._users.told(name).stdout), self._users.version(name)
        before = self._heard.get(name)
        if before and (before.version, before.lines) != (version, uses.lines):
            before = None
        heard = self._hear(uses, version, before, report["install"])
        if heard != before:
            with self._lock, self._file.open("a") as file:
                file.write(json.dumps(heard) + "\n")
        own = frozenset(path.name for path in venv.rglob("*.so*"))
        why = partial(self._why, name)
        return heard, judge(heard, report, own, providers, RELEASE.essential, why)

    def _hear(self, uses: Uses, version: str, before: Heard | None, listed: Iterable[str]) -> Heard:
        """Go on from what was heard before, until nothing new is asked for."""
        assert RELEASE
        name, heard = uses.name, before
        if heard is None:
            asks, ends = self._users.use(name, uses.lines, (), display=False)
            begun = len(ast.parse(uses.lines).body)
            heard = Heard(name, version, uses.lines, (), asks, ends, begun)
        for _ in range(ROUNDS):
            offered = (providers(kind_of(ask.name))[:1] for ask in heard.asks)
            wanted = {*listed, *(package for each in offered for package in each)}
            if {*heard.installed} >= (wanted := {SERVER, *wanted - RELEASE.essential}):
                break
            asks, ends = self._users.use(name, uses.lines, wanted - {SERVER}, display=True)
            installed = tuple(sorted({*heard.installed, *wanted}))
            asks = joined(heard.asks, asks)
            heard = heard._replace(installed=installed, asks=asks, ends=ends)
        return heard

    def _why(self, name: str, ask: Ask) -> str:
        """Where the name comes from that is not told."""
        asked, path = kind_of(ask.name), self._users.root / ask.by.lstrip("/")
        try:
            with path.open("rb") as stream:
                read = read_library_names(stream)
        except (OSError, ElfError) as error:
            return str(error)
        if asked in read.names:
            return "read, and left out: itself, a part of it, needed anyway, or brought elsewhere"
        searched = f"; {read.unsearched} bytes were not searched" if read.unsearched else ""
        if asked.encode() in path.read_bytes():
            return f"it stands there, but not as a name that is read{searched}"
        site = str(self._users.venv(name) / "lib")
        command = ("grep", "--recursive", "--fixed-strings", "--files-with-matches", asked, site)
        files = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        if files:
            return f"it stands in {Path(min(files)).relative_to(site)}"
        return f"no file has it: it is put together while it runs{searched}"


def main(folder: str, *names: str) -> int:
    """Measure, and print; the exit status."""
    place = Path(folder).absolute()
    place.mkdir(parents=True, exist_ok=True)
    measurement = Measurement(Users(place))

    def measured(uses: Uses) -> tuple[str, Verdict | None]:
        try:
            heard, verdict = measurement.measure(uses)
        except CannotListen as reason:
            return f"{uses.name}: left out: {reason}", None
        return row(heard, verdict), verdict

    chosen = [uses for uses in listed_uses() if not names or uses.name in names]
    verdicts = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for line, verdict in pool.map(measured, chosen):
            print(line, flush=True)
            verdicts += [verdict] if verdict else []
    if not verdicts:
        return 2
    print()
    for name, number in totals(verdicts).items():
        print(f"{number:6}  {name}")
    return 1 if any(missed.package for v in verdicts for missed in v.not_told) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
