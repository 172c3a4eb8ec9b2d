"""The world of a rule in `fixtures/asks`, for the evaluator: the files of its environment, and the
libraries that it names.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path, PurePosixPath

from asked import GLIBC, spelled
from find_libdeps.debian.typelibs import names_for, typelib_of
from find_libdeps.importing.applications import program_of
from find_libdeps.importing.evaluator import Evaluation, evaluate_import
from find_libdeps.importing.packages import looked_at
from find_libdeps.importing.reaching import reach
from find_libdeps.importing.running import program_that_runs
from find_libdeps.importing.values import Unknown
from find_libdeps.importing.world import Host
from find_libdeps.python.reach import importers
from find_libdeps.python.survey import by_package, survey
from find_libdeps.roots.directory import DirectoryTree
from rule_site import Site, extensions

PROGRAM = ctypes.CDLL(None)
"""This Python, which has glibc's functions and its own."""


class RuleWorld:
    """A `World` with the files of this machine, and some libraries in which nothing is."""

    def __init__(self, rule: str, site: Site, present: Iterable[str]) -> None:
        """Make the world of a rule in an environment, with the libraries that are there."""
        self._present = (*present, *GLIBC)
        self._needed = extensions(rule, site)
        self._opened = set[str]()
        python = (sys.version_info.major, sys.version_info.minor)
        machine = EXTENSION_SUFFIXES[0].split("-")[2]
        self.host = Host(python, machine, 64, str(site.env), (str(site.packages),))

    def kind(self, path: str) -> str | None:
        """See `World`."""
        place = Path(path)
        return "directory" if place.is_dir() else "file" if place.is_file() else None

    def listing(self, path: str) -> tuple[str, ...]:
        """See `World`."""
        place = Path(path)
        return tuple(sorted(each.name for each in place.iterdir())) if place.is_dir() else ()

    def content(self, path: str) -> bytes | None:
        """See `World`."""
        place = Path(path)
        return place.read_bytes() if place.is_file() else None

    def opens(self, name: str) -> bool:
        """See `World`."""
        if "/" in name:
            is_there = Path(name).is_file()
            self._opened |= {Path(name).name} if is_there else set()
            return is_there
        return name in self._present or name in self._opened

    def finds(self, stem: str) -> str | None:
        """See `World`."""
        expected = re.compile(rf"lib{re.escape(stem)}\.\S+")
        found = filter(expected.fullmatch, self._present)
        return max(found, key=lambda soname: [*map(int, re.findall(r"\d+", soname))], default=None)

    def defines(self, name: str | None, symbol: str) -> bool | None:
        """See `World`."""
        return hasattr(PROGRAM, symbol) if name is None or name in GLIBC else False

    def typelib(self, namespace: str, version: str, loaded: Sequence[str]) -> str | None:
        """See `World`."""
        name = typelib_of(namespace, version)
        return next(iter(names_for(name, self._present) if name else ()), None)

    def imports(self, path: str) -> bool:
        """See `World`."""
        return self._needed.get(path) in (None, *self._present)


def evaluated(rule: str, site: Site, present: Iterable[str]) -> str:
    """What ``import rule`` asks for by the evaluator, spelled as CPython's answer is."""
    return _text(evaluate_import(RuleWorld(rule, site, present), "rule"), site)


def _text(evaluation: Evaluation, site: Site) -> str:
    asks = [
        f"{ask.by.value} {f'? {ask.name.why}' if isinstance(ask.name, Unknown) else ask.name}"
        for ask in evaluation.asks
    ]
    asks += dict.fromkeys(f"program {ask.name}" for ask in evaluation.programs)
    return spelled([*asks, evaluation.end], str(site.packages)).replace(str(site.env), "{env}")


def reached(rule: str, site: Site, present: Iterable[str]) -> list[str]:
    """What the package ``app`` of a rule reaches, each ask once, spelled as CPython does it."""
    tree = DirectoryTree(Path("/"))
    files = sorted(map(PurePosixPath, site.packages.rglob("*.py")))
    surveys = [survey(tree, each) for each in by_package(files, [])]
    own = [source for each in surveys if each.name == "app" for source in each.sources]
    world = RuleWorld(rule, site, present)
    sources = [source for each in surveys if each.name != "rule" for source in each.sources]
    looked = [found for each in sources if each.may_load and (found := looked_at(world, each))]
    importing = [each for one in surveys for each in importers(tree, one)]
    program = program_of(own, looked, importing, world.content)
    asks = reach(world, program).evaluation.asks if program else ()
    running = program_that_runs(own, importing, world.content)
    asks += reach(world, running).evaluation.programs if running else ()
    return sorted({f"{ask.by.value} {ask.name}" for ask in asks})
