"""That most modules are not evaluated loses nothing: beside evaluating them all.

The modules are those of `fixtures/asks`, on a host that has each library that they ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import pytest

import programs
import rule_site
from find_libdeps.elf.sonames import Soname
from find_libdeps.importing.looking import Looked
from find_libdeps.needs.loads import PythonLoads
from find_libdeps.needs.packages import evaluate_loads
from find_libdeps.needs.selection import Environment, find_roots, look_at_packages
from find_libdeps.python.survey import by_package, survey
from find_libdeps.roots.directory import DirectoryTree
from rule_world import RuleWorld

LOST = {
    "431_an_entry_point_is_loaded": "an entry point may be in any package",
}
"""Rules of which something is lost today, and why."""


@pytest.mark.parametrize("rule", rule_site.rules())
def test_nothing_is_lost(rule: str, tmp_path: Path) -> None:
    """What is loaded at import if all is evaluated, or a load whose name is not known."""
    programs.need("cc")
    if rule in LOST:
        pytest.xfail(LOST[rule])
    site = rule_site.make_site(rule, tmp_path / "env")
    world = RuleWorld(rule, site, {*rule_site.present(rule), *_asked(rule)})
    tree = DirectoryTree("/")
    paths = sorted(map(PurePosixPath, site.packages.rglob("*.py")))
    tops = [PurePosixPath(site.packages)]
    environment = Environment([survey(tree, each) for each in by_package(paths, tops)], tree)
    sources = [source for package in environment.packages for source in package.sources]
    unseen = [Looked(each.module, each.path, (), (), {}, is_whole=False) for each in sources]
    whole = _loads(environment, unseen, world)
    chosen = _loads(environment, look_at_packages(environment, world, Soname), world)
    lost = _sonames(whole) - _sonames(chosen)
    assert lost == set() or (chosen.unknown and not whole.unknown)


def _loads(environment: Environment, looked: Sequence[Looked], world: RuleWorld) -> PythonLoads:
    roots = find_roots(environment, looked)
    return evaluate_loads(environment.packages, looked, roots, world)


def _sonames(loads: PythonLoads) -> set[Soname]:
    return {soname for load in loads.loads if load.at_import for soname in load.sonames}


def _asked(rule: str) -> Iterator[str]:
    """The sonames of all libraries that CPython asks for in some world of a rule."""
    for file in (rule_site.ASKS / rule).glob("expected*.txt"):
        for line in file.read_text().splitlines():
            how, _, name = line.partition(" ")
            if how == "find_library":
                yield f"lib{name}.so.9"
            elif how in ("dlopen", "cffi") and "/" not in name:
                yield name
