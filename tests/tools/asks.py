"""Compares what CPython asks for when packages of PyPI are imported with what find-libdeps says.

Usage: asks.py FOLDER [PACKAGE]...

Without names, it takes those of asks_packages.txt. FOLDER keeps the environments (root/venvs), and
what was heard in them (facts.jsonl): a package is heard again if its environment has another
version, or if the list of today names something that was not installed when it was heard. To have
the newest version, remove its environment. find-libdeps itself is run each time.

It prints a line for each package, then totals, and ends with status 1 if a package of Debian was
asked for that find-libdeps does not mention, or one is on its list that nothing asks for; with 2 if
nothing could be heard.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from asks_compare import Told, Verdict, judge, row, totals, wanted_by
from asks_containers import CannotListen, Containers
from asks_heard import Facts, World, line_of, load_facts
from find_libdeps.debian.index import embedded_index
from find_libdeps.debian.release import parse_release

AT_ONCE = 2
"""Packages; while one is downloaded, another one is heard."""

ROUNDS = 3
"""How often more libraries are installed, because those that are there ask for more."""

RELEASE = embedded_index(parse_release("debian:13"))


@cache
def providers(soname: str) -> tuple[str, ...]:
    """The packages of the release that have it, the best first."""
    assert RELEASE
    return tuple(
        package.name
        for offer in RELEASE.offers([soname], "amd64").values()
        for package in offer.packages
    )


class Measurement:
    """All packages in one folder."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers
        self._file = containers.folder / "facts.jsonl"
        self._facts = load_facts(self._file)
        self._lock = threading.Lock()

    def measure(self, name: str) -> tuple[Facts, Verdict]:
        """Hear a package, if there is need, and judge.

        Raises:
            CannotListen: it can't be installed or heard.
        """
        assert RELEASE
        if not self._containers.venv(name).exists():
            self._containers.install(name)
        version, done = self._containers.version(name), self._containers.told(name)
        told = Told(json.loads(done.stdout), done.stderr)
        facts = self._facts.get(name)
        if facts is None or facts.version != version:
            empty = self._containers.hear(name, ())
            facts = Facts(name, version, empty, empty)
        facts = facts._replace(full=self._full(name, facts, told.report["install"]))
        if facts != self._facts.get(name):
            with self._lock, self._file.open("a") as file:
                file.write(line_of(facts))
        return facts, judge(facts, told, providers, RELEASE.essential)

    def _full(self, name: str, facts: Facts, listed: Iterable[str]) -> World:
        """The world with all packages that are listed, or that what is heard leads to."""
        assert RELEASE
        world = facts.full
        for _ in range(ROUNDS):
            heard = wanted_by((*facts.empty.asks, *world.asks), providers)
            wanted = {*heard, *listed, *world.installed} - RELEASE.essential
            if wanted <= {*world.installed}:
                break
            world = self._containers.hear(name, wanted)
        return world


def packages() -> list[str]:
    """The names in asks_packages.txt."""
    lines = Path(__file__).with_name("asks_packages.txt").read_text().splitlines()
    return [word for line in lines for word in line.partition("#")[0].split()]


def main(folder: str, *names: str) -> int:
    """Measure, and print; the exit status."""
    place = Path(folder).absolute()
    place.mkdir(parents=True, exist_ok=True)
    measurement = Measurement(Containers(place))

    def measured(name: str) -> tuple[str, Verdict | None]:
        try:
            facts, verdict = measurement.measure(name)
        except CannotListen as reason:
            return f"{name}: left out: {reason}", None
        return row(facts, verdict), verdict

    verdicts = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for line, verdict in pool.map(measured, names or packages()):
            print(line, flush=True)
            verdicts += [verdict] if verdict else []
    if not verdicts:
        return 2
    print()
    for name, number in totals(verdicts).items():
        print(f"{number:6}  {name}")
    return 1 if any(v.silent or v.never for v in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
