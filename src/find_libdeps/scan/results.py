"""What is found is judged: the needs of scanned environments become a `Report`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.debian.package import Package
from find_libdeps.needs.by_name import LoadByName, loads_by_name
from find_libdeps.needs.dlopen import Dlopen
from find_libdeps.needs.environment import ScannedEnvironment
from find_libdeps.needs.loads import passed_over
from find_libdeps.needs.may_load import may_loads, sorted_out, unsearched
from find_libdeps.needs.observed import ObservedNeeds, without_known
from find_libdeps.needs.remedies import with_remedies
from find_libdeps.needs.scanned_objects import Scan
from find_libdeps.needs.symbol_versions import index_without_versions, missing_versions
from find_libdeps.needs.target import Target
from find_libdeps.needs.use import Heard, Problem, Role, Use, packages_of
from find_libdeps.process.progress import Tell
from find_libdeps.python.distribution import Distribution, find_distributions
from find_libdeps.report.judge import judge
from find_libdeps.report.report import Files, PackageUse, Report
from find_libdeps.scan.costs import Later, find_costs


class NeedScope(NamedTuple):
    """Which needs count."""

    dlopen: Dlopen = Dlopen.AT_IMPORT
    """Which of the libraries that Python source loads by name count."""
    plugins: bool = True
    """Whether the needs of plugins count (see `Role`)."""
    files: bool = False
    """Whether to collect the files to copy into a target without packages, too."""
    programs: bool = False
    """Whether the packages of programs count that Python source runs."""
    fetch_sizes: Tell | None = None
    """Called with a sentence about packages that apt downloads to measure them; None if it must
    not.
    """

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles of the files whose needs count."""
        return tuple(Role) if self.plugins else (Role.REQUIRED, Role.DLOPEN)


class _Asked(NamedTuple):
    """All needs, with the origins that hold in the target."""

    uses: list[Use]
    """Needs in the dynamic sections of objects."""
    loads: list[LoadByName]
    """Libraries that are loaded by name."""
    may_loads: list[LoadByName]
    """Libraries that compiled code may load by name."""
    alternatives: list[Use]
    """Needs of extension modules in whose place others are loaded."""
    spared: list[Use]
    """Needs of plugins, if these do not count."""
    programs: list[Use]
    """Programs that Python source runs."""
    observed: list[Use]
    """What an observed run asked for."""
    distributions: tuple[Distribution, ...]
    """The distributions that are installed where the requesters are."""


def report_on(
    environments: Sequence[ScannedEnvironment],
    scan: Scan,
    target: Target,
    scope: NeedScope,
    problems: Sequence[Problem] = (),
    byte_code: Iterable[PurePosixPath] = (),
    modules: Sequence[Use] = (),
    observed: ObservedNeeds | None = None,
) -> Report:
    """Find what scanned environments need in a target; see `scan_paths`.

    Args:
        environments: what `scanned_environments` found.
        scan: all that is scanned.
        target: where the files go.
        scope: which needs count.
        problems: what could not be read.
        byte_code: files of Python without their sources.
        modules: the needs of standard modules.
        observed: those of an observed run.
    """
    heard = observed.uses if observed else ()
    asked = _asked(environments, scan, target, scope, modules, heard)
    possible = sorted_out(asked.may_loads)
    loaded, on_demand = _by_time(asked, possible.found, target, scope.dlopen)
    counting = with_remedies([*asked.uses, *loaded], target)
    programs = judge(asked.programs, target.is_essential).packages
    listed_programs = [use for each in programs for use in each.uses] if scope.programs else []
    verdict = judge([*counting, *listed_programs], target.is_essential)
    listed = {use.package for use in verdict.packages}

    def unlisted(uses: Iterable[Use]) -> tuple[PackageUse, ...]:
        packages = judge(uses, target.is_essential).packages
        return tuple(u for u in packages if u.package not in listed and not u.essential)

    hints = unlisted([*on_demand, *possible.found])
    alternatives, spared = unlisted(asked.alternatives), unlisted(asked.spared)
    unlisted_programs = unlisted(asked.programs)
    others = [*hints, *alternatives, *spared, *unlisted_programs]
    closure = _closure(environments, counting, target, scope)
    return Report(
        paths=scan.inventory.tops,
        release=target.release,
        objects=len(scan.inventory.objects),
        packages=verdict.packages,
        hints=hints,
        alternatives=alternatives,
        spared=spared,
        programs=unlisted_programs,
        programs_without_package=tuple(u for u in asked.programs if not packages_of(u.origin)),
        replaced=tuple(pair for each in environments for pair in each.loads.replaced.items()),
        copies=() if closure else verdict.copies,
        # if files are copied, it does not matter that their package is unknown
        unresolved=tuple(u for u in verdict.unresolved if not (closure and u.is_only_unowned)),
        met=(*verdict.met, *possible.met),
        may_load=possible.others,
        unsearched=unsearched(environments),
        distributions=asked.distributions,
        misfits=tuple(misfit for each in environments for misfit in each.objects.misfits),
        links=tuple(scan.inventory.links.items()),
        unknown_loads=tuple(load for each in environments for load in each.loads.unknown),
        unfinished=tuple(each for env in environments for each in env.loads.unfinished),
        own_code=tuple(
            dict.fromkeys(path for each in environments for path in each.loads.own_code)
        ),
        newest=tuple(each for env in environments for each in env.loads.newest),
        passed_over=passed_over((each.loads for each in environments), byte_code),
        missing_versions=tuple(missing_versions(asked.uses, scan.system, target)),
        index_without_versions=index_without_versions(asked.uses, scan.system, target),
        find_library_fails=target.find_library_fails(loaded),
        problems=(*problems, *(closure.problems if closure else ())),
        files=closure,
        costs=Later(
            partial(
                find_costs,
                scan.system,
                target,
                [*verdict.packages, *others],
                verdict.packages,
                scope.fetch_sizes,
            )
        ),
    )


def _asked(
    environments: Sequence[ScannedEnvironment],
    scan: Scan,
    target: Target,
    scope: NeedScope,
    modules: Sequence[Use],
    heard: Sequence[Use],
) -> _Asked:
    roles = scope.roles
    linked = [use for each in environments for use in each.uses()]
    elf = [use for use in linked if use.role in roles]
    elf += modules
    with_names = environments if scope.dlopen is not Dlopen.NONE else ()
    loads = [load for each in with_names for load in loads_by_name(each, roles)]
    may = [load for each in with_names for load in may_loads(each, roles)]
    alternatives = [use for each in environments for use in each.uses_of_variants()]
    spared = [use for use in linked if use.role not in roles]
    uses = [
        *elf,
        *alternatives,
        *spared,
        *heard,
        *(use for load in (*loads, *may) for use in load.uses),
    ]
    programs = _programs(environments, target)
    distributions, brought = find_distributions(
        scan.system.tree,
        scan.system.environment,
        (*scan.inventory.tops, *(use.need.requester for use in (*uses, *programs))),
    )
    answer = target.answers_for(uses)

    def settled(asked: Iterable[Use]) -> list[Use]:
        return [answer(use).brought_by(brought.get(use.need.requester)) for use in asked]

    def met(loads: Iterable[LoadByName]) -> list[LoadByName]:
        return [load._replace(uses=settled(load.uses)) for load in loads]

    programs = [use.brought_by(brought.get(use.need.requester)) for use in programs]
    return _Asked(
        settled(elf),
        met(loads),
        met(may),
        settled(alternatives),
        settled(spared),
        programs,
        settled(heard),
        distributions,
    )


def _programs(environments: Sequence[ScannedEnvironment], target: Target) -> list[Use]:
    """The programs that the sources of some environments run."""
    running = [each for each in environments if each.loads.programs]
    if not running:
        return []
    from find_libdeps.needs.programs import uses_of_programs  # few run any

    return list(uses_of_programs(running, target))


def _closure(
    environments: Sequence[ScannedEnvironment],
    uses: Sequence[Use],
    target: Target,
    scope: NeedScope,
) -> Files | None:
    """The files to copy into a target without packages; None if the scope does not want them."""
    if not scope.files:
        return None
    from find_libdeps.scan.closure import files_to_copy  # few ask for files

    return files_to_copy(environments, scope.roles, uses, target.system)


def _by_time(
    asked: _Asked, possible: Sequence[Use], target: Target, dlopen: Dlopen
) -> tuple[list[Use], list[Use]]:
    """The needs of what is loaded by name: first those to list, then those for hints only."""
    loaded, on_demand = _by_time_of_names(asked, target, dlopen)
    if dlopen is Dlopen.ALL:
        loaded += possible
    heard = list(without_known(asked.observed, [*asked.uses, *loaded]))
    counting = [use for use in heard if use.heard is Heard.LOADED or dlopen is Dlopen.ALL]
    hints = [use for use in heard if use not in counting]
    return [*loaded, *counting], [*on_demand, *without_known(hints, on_demand)]


def _by_time_of_names(asked: _Asked, target: Target, dlopen: Dlopen) -> tuple[list[Use], list[Use]]:
    """The same for what Python source loads."""
    listed_anyway = set[Package]()
    if asked.loads:
        listed_anyway.update(use.package for use in judge(asked.uses, target.is_essential).packages)
    at_import, on_demand = dict[object, Use](), dict[object, Use]()
    for load in asked.loads:
        use = load.first_met or (load.uses[0] if load.ends and load.uses else None)
        if use is None:
            continue
        is_listed_anyway = all(
            package in listed_anyway or target.is_essential(package)
            for package in packages_of(use.origin)
        )
        listed = load.is_urgent or is_listed_anyway or dlopen is Dlopen.ALL
        place = use.need.requester, use.line, use.need.soname
        (at_import if listed else on_demand)[place] = replace(
            use, at_import=load.is_urgent and not use.is_reached
        )
    return list(at_import.values()), [on_demand[p] for p in on_demand if p not in at_import]
