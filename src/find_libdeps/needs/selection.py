"""Which modules of an environment are evaluated: those that may lead to a load by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial

from find_libdeps.debian.typelibs import Wanted, typelib_of, wanted_by
from find_libdeps.elf.sonames import Soname, any_version_of, is_host_injected
from find_libdeps.importing.callers import Caller, calls, possible_callers
from find_libdeps.importing.candidates import (
    Askers,
    Candidates,
    merged,
    named_askers,
    parts_of,
    search_part,
)
from find_libdeps.importing.chains import chained_callers
from find_libdeps.importing.looking import Looked
from find_libdeps.importing.packages import (
    Root,
    askers_in,
    looked_at,
    looked_at_with_others,
    modules_to_look_at,
    roots_of,
    unseen,
)
from find_libdeps.importing.world import Ask, By, World
from find_libdeps.process.workers import forked_helpers
from find_libdeps.python.reach import Importer, importers, source_at
from find_libdeps.python.survey import PackageSurvey
from find_libdeps.roots.tree import Tree

MAX_CALLERS = 20
"""Most modules that are looked at because they call what asks; any other one may ask."""


@dataclass(frozen=True)
class Environment:
    """What is evaluated: the packages of an environment, and how their files are read."""

    packages: Sequence[PackageSurvey]
    tree: Tree

    @property
    def can_fork(self) -> bool:
        """Whether forked processes can read the files, too."""
        return self.tree.can_be_shared

    @cached_property
    def importers(self) -> list[Importer]:
        """What each source imports; most environments need not know."""
        work = partial(importers, self.tree)
        with forked_helpers(work, self.packages, can_fork=self.can_fork) as results:
            return [source for sources in results() for source in sources]


def look_at_packages(
    environment: Environment, world: World, find: Callable[[Soname], Soname | None]
) -> list[Looked]:
    """Look at the modules that may load libraries, one by one, and at those that call them.

    Args:
        environment: the packages.
        world: the host, with the libraries that are there, or that packages can bring.
        find: says whether a library is there, or a package has it.
    """

    def is_met(ask: Ask) -> bool:
        soname = soname_of(ask)
        return soname is None or (find(soname) is not None and not is_host_injected(soname))

    can_fork = environment.can_fork
    sources = modules_to_look_at(environment.packages)
    with forked_helpers(partial(looked_at, world), sources, can_fork=can_fork) as results:
        looked = [found for found in results() if found]
    asking = askers_in(looked, is_met)
    if not asking:
        return looked
    callers = _callers(environment, named_askers(asking))
    near, rest = callers[:MAX_CALLERS], callers[MAX_CALLERS:]
    work = partial(looked_at_with_others, world)
    with forked_helpers(work, near, can_fork=can_fork) as look_again:
        again = [*look_again(), *map(unseen, rest)]
    return list({each.path: each for each in (*looked, *again)}.values())


def _callers(environment: Environment, askers: Askers) -> list[Caller]:
    """The modules that call functions that ask; first those that are imported by short names."""
    read = partial(source_at, environment.tree)
    content = cache(read)  # of the few that have names of what asks; all would take much memory
    parts, can_fork = parts_of(environment.packages), environment.can_fork

    def find(askers: Askers) -> list[Candidates]:
        work = partial(search_part, askers, read)
        with forked_helpers(work, parts, can_fork=can_fork) as results:
            return merged(askers, parts, results())

    candidates = find(askers)
    possible = possible_callers(askers, candidates)
    possible += chained_callers(askers, candidates, find, content)
    with forked_helpers(partial(calls, content), possible, can_fork=can_fork) as answers:
        callers = [each for each, answer in zip(possible, answers(), strict=True) if answer]
    return sorted(callers, key=lambda each: (each.source.module.count("."), each.source.path))


def find_roots(environment: Environment, looked: Sequence[Looked]) -> list[Root]:
    """The modules whose import is evaluated.

    Those whose own code asks come first, in case that not all of them can be evaluated.
    """
    content = partial(source_at, environment.tree)
    roots = roots_of(environment.packages, looked, lambda: environment.importers, content)
    return sorted(roots, key=lambda root: root.name.partition(".")[0] not in root.asking)


def soname_of(ask: Ask) -> Soname | None:
    """The library or typelib that an ask is for, if a package may have it."""
    match ask:
        case Ask(by=By.TYPELIB, answer=str(typelib)):
            return Soname(typelib)
        case Ask(by=By.TYPELIB, name=str(name)):
            namespace, _, version = name.partition(" ")
            return typelib_of(namespace, version)
        case Ask(by=By.FIND_LIBRARY, name=str(stem)) if "/" not in stem and stem:
            return any_version_of(f"lib{stem}")
        case Ask(by=By.DLOPEN | By.CFFI, name=str(name)) if "/" not in name and ".so" in name:
            return Soname(name) if wanted_by(name) is Wanted.LIBRARY else None
    return None
