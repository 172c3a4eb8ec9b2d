"""The steps of a scan: find the objects, what they need, and which packages have that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from find_libdeps.debian.index import read_index
from find_libdeps.debian.package import Package
from find_libdeps.debian.release import parse_release
from find_libdeps.elf.readers import Reader
from find_libdeps.errors import TreeError
from find_libdeps.needs.by_name import LoadByName, loads_by_name
from find_libdeps.needs.dlopen import Dlopen
from find_libdeps.needs.environment import (
    ScannedEnvironment,
    objects_by_environment,
    scanned_environments,
)
from find_libdeps.needs.imports import loads_with_packages
from find_libdeps.needs.inventory import FileListing, Inventory, list_files, take_inventory
from find_libdeps.needs.loads import passed_over
from find_libdeps.needs.may_load import may_loads, sorted_out, unsearched
from find_libdeps.needs.object_reader import FileFacts, ObjectReader
from find_libdeps.needs.observation import read_observation
from find_libdeps.needs.observed import ObservedNeeds, observed_needs, without_known
from find_libdeps.needs.own_code import with_own_code
from find_libdeps.needs.remedies import with_remedies
from find_libdeps.needs.scanned_objects import Scan
from find_libdeps.needs.symbol_versions import index_without_versions, missing_versions
from find_libdeps.needs.system import System
from find_libdeps.needs.target import Target, choose_target
from find_libdeps.needs.use import Heard, Problem, Role, Use, packages_of, problem
from find_libdeps.process.progress import Progress, Tell, no_progress
from find_libdeps.process.workers import forked_helpers
from find_libdeps.python.distribution import Distribution, find_distributions
from find_libdeps.python.survey import PackageSources, PackageSurvey, by_package, survey
from find_libdeps.report.judge import judge
from find_libdeps.report.report import Files, ObservedRun, Report
from find_libdeps.roots.paths import Names, several
from find_libdeps.scan.costs import Later, find_costs
from find_libdeps.scan.inputs import ScanInput, look_up, target_system
from find_libdeps.scan.pythons import lost_pythons


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


def scan_paths(
    paths: Names,
    *,
    root: str | PathLike[str] = "/",
    target: str | PathLike[str] | None = None,
    platform: str | None = None,
    plain_http: bool = False,
    release: str | None = None,
    index: str | PathLike[str] | None = None,
    fetch: Tell | None = None,
    library_path: str = "",
    ignore: Names = (),
    exclude: Names = (),
    dlopen: Dlopen = Dlopen.AT_IMPORT,
    plugins: bool = True,
    observed: str | PathLike[str] | None = None,
    files: bool = False,
    programs: bool = False,
    sizes: bool = False,
    reader: Reader = Reader.STRUCT,
    progress: Progress = no_progress,
) -> Report:
    """Find the packages that the ELF files below some paths need.

    Nothing that is found is run, and this process's own LD_LIBRARY_PATH is ignored.

    Args:
        paths: virtualenvs, other directories, wheels or single ELF files, as seen inside `root`.
            Wheels are scanned as if they were installed together. A single one need not be in a
            list.
        root: the builder's root directory.
        target: the target's root directory, an archive or the name of an image: package names are
            those of its release, and what it has is left out. None stands for an empty system of
            the builder's release.
        platform: which image is the target if there are several: ``linux/arm64``.
        plain_http: whether the target's registry is asked without TLS, wherever it is.
        release: the target's release (``debian:13``), if it is not that of `target` or `root`.
        index: a file with the index of that release; None for the one that comes with this
            package.
        fetch: where none is here, have this machine's apt fetch what it takes to make one, which is
            kept in the user's cache; called with a sentence about that. None: nothing is fetched.
        library_path: what LD_LIBRARY_PATH will be in the target.
        ignore: patterns (`fnmatch`) of sonames that something else provides.
        exclude: patterns of files not to look at: of their name, or of the end of their path.
        dlopen: which of the libraries that Python source loads by name count.
        plugins: whether the needs of plugins count: files that the application may load, and can
            do without.
        observed: a file that ``find-libdeps observe`` wrote: what the scanned files loaded in that
            run counts, too.
        files: whether to collect the files to copy into a target without packages, too.
        programs: whether to list the packages of programs that Python source runs.
        sizes: with `fetch`, whether apt may also download what the list adds to `target` and the
            builder lacks, to measure it: when `Report.costs` is first called.
        reader: what reads the ELF files.
        progress: called while a target that is an archive or an image is read, with the number of
            bytes read so far and their total (None if unknown).

    Raises:
        TreeError: a path, or a root, doesn't exist; or a wheel is damaged; or the target is a
            system of another distribution than Debian and its derivatives.
        ImageError: the target's image, or an archive of it, can't be read.
        DatabaseError: a package database can't be used.
        ReleaseError: the target has another release than the builder, and there is no index of it;
            or it can't be fetched.
        ObservationError: `observed` can't be read.
    """
    excluded = several(exclude)
    observation = read_observation(Path(observed)) if observed else None
    given = look_up(root, several(paths))
    tree = given.tree
    scope = NeedScope(dlopen, plugins, files, programs, fetch if sizes else None)
    names = dlopen is not Dlopen.NONE
    listing = list_files(tree, given.tops, excluded, python=names)
    with _reading_ahead(given, listing, reader, names=names) as ahead:
        builder = System(tree, library_path, reader=reader)
        if not (target or release or index):
            advice = "say with --release or --target where the files go"
            builder.refuse_foreign("name packages of", root, advice)
        target_root = (
            target_system(target, platform, plain_http, library_path, progress, reader)
            if target
            else None
        )
        builder.read.learn(ahead.facts())
        inventory = take_inventory(tree, listing, builder.read, excluded, names=names)
        destination = choose_target(
            builder,
            target_root,
            parse_release(release) if release else None,
            read_index(Path(index)) if index else None,
            {elf.abi for elf in inventory.objects.values()},
            fetch,
        )
        scan = Scan(builder, inventory, several(ignore))
        objects = objects_by_environment(scan)
        surveyed = ahead.sources()
    packages = with_own_code(tree, builder.environment, surveyed, listing.tops, excluded)
    evaluate = partial(loads_with_packages, destination)
    environments = scanned_environments(scan, objects, packages, evaluate)
    errors = [error for package in surveyed for error in package.problems]
    errors += [error for each in environments for error in each.loads.problems]
    unread = {str(error.name): error for error in errors}
    errors = [*unread.values(), *given.problems]
    if scope.dlopen is not Dlopen.NONE:
        errors += _without_files(listing, inventory)
    problems = (*inventory.problems, *map(problem, errors))
    modules = _standard_modules(environments, packages, destination)
    heard = observed_needs(observation, environments, scan, excluded) if observation else None
    found = report_on(
        environments, scan, destination, scope, problems, listing.byte_code, modules, heard
    )
    if observation and heard:
        run = ObservedRun(heard.is_of_these, observation.is_complete)
        found = replace(found, observed=run)
    if not files:  # a Python is among the files to copy
        pythons = tuple(lost_pythons(builder, target_root, listing, inventory))
        found = replace(found, pythons=pythons)
    return given.rename(found)


def _without_files(listing: FileListing, inventory: Inventory) -> Iterator[TreeError]:
    """The paths to scan that have nothing to look at."""
    broken = (PurePosixPath(str(each.error.name)) for each in inventory.problems)
    files = [*inventory.objects, *listing.sources, *listing.byte_code, *inventory.links, *broken]
    texts = [f"{file}/" for file in files]
    for top in listing.tops:
        start = f"{top}/".replace("//", "/")
        if not any(text.startswith(start) for text in texts):
            yield TreeError("scan", top, "it has neither an ELF file nor Python source")


class _ReadAhead(NamedTuple):
    """What several processes read."""

    facts: Callable[[], list[FileFacts]]
    """Waits until all is read; then tells of the files that are inflated, and may be ELF."""
    sources: Callable[[], list[PackageSurvey]]
    """Waits until all is read; then tells what the packages' sources say."""


@contextmanager
def _reading_ahead(
    given: ScanInput, listing: FileListing, reader: Reader, *, names: bool
) -> Iterator[_ReadAhead]:
    """Read the Python sources in forked helpers while the caller works.

    In wheels, files that may be ELF are read, too, since inflating them takes most of the time.
    """
    packages = by_package(listing.sources, given.tops)
    # the largest first, so that none of them is left for the end
    packages.sort(key=lambda package: len(package.paths), reverse=True)
    sizes = {path: given.inflated(path) for path, _ in listing.candidates}
    files = sorted(filter(sizes.get, sizes), key=sizes.__getitem__, reverse=True)
    read = ObjectReader(given.tree, reader)

    def work(item: PackageSources | PurePosixPath) -> PackageSurvey | FileFacts:
        if isinstance(item, PurePosixPath):
            return read.facts(item, names=names)
        return survey(given.tree, item)

    items: list[PackageSources | PurePosixPath] = [*packages, *files]
    with forked_helpers(work, items) as results:
        done = cache(results)
        yield _ReadAhead(
            lambda: [each for each in done() if isinstance(each, FileFacts)] if files else [],
            lambda: sorted(
                (each for each in done() if isinstance(each, PackageSurvey)),
                key=lambda package: (package.site, package.name),
            ),
        )


def _standard_modules(
    environments: Sequence[ScannedEnvironment], packages: Sequence[PackageSurvey], target: Target
) -> list[Use]:
    """The needs of the standard modules that the packages import."""
    asking = [each for each in packages if any(source.may_import for source in each.sources)]
    if not asking:
        return []
    from find_libdeps.needs.standard_modules import uses_of_standard_modules  # few import any

    return list(uses_of_standard_modules(environments, asking, target))


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
    loaded, on_demand = _by_time(asked, target, scope.dlopen)
    possible = sorted_out(asked.may_loads)
    if scope.dlopen is Dlopen.ALL:
        loaded += possible.found
    heard_too = list(without_known(asked.observed, [*asked.uses, *loaded]))
    is_all = scope.dlopen is Dlopen.ALL
    hints_too = [] if is_all else [use for use in heard_too if use.heard is not Heard.LOADED]
    loaded += [use for use in heard_too if use not in hints_too]
    on_demand += list(without_known(hints_too, on_demand))
    counting = with_remedies([*asked.uses, *loaded], target)
    programs = judge(asked.programs, target.is_essential).packages
    listed_programs = [use for each in programs for use in each.uses] if scope.programs else []
    verdict = judge([*counting, *listed_programs], target.is_essential)
    listed = {use.package for use in verdict.packages}
    hints = judge([*on_demand, *possible.found], target.is_essential).packages
    alternatives = judge(asked.alternatives, target.is_essential).packages
    spared = judge(asked.spared, target.is_essential).packages
    closure = _closure(environments, counting, target, scope)
    return Report(
        paths=scan.inventory.tops,
        release=target.release,
        objects=len(scan.inventory.objects),
        packages=verdict.packages,
        hints=tuple(use for use in hints if use.package not in listed and not use.essential),
        alternatives=tuple(u for u in alternatives if u.package not in listed and not u.essential),
        spared=tuple(use for use in spared if use.package not in listed and not use.essential),
        programs=tuple(use for use in programs if use.package not in listed and not use.essential),
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
                [*verdict.packages, *hints, *alternatives, *spared, *programs],
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


def _by_time(asked: _Asked, target: Target, dlopen: Dlopen) -> tuple[list[Use], list[Use]]:
    """The needs of what is loaded by name: first those to list, then those for hints only."""
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
