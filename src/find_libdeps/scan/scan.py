"""The steps of a scan: find the objects, what they need, and which packages have that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from find_libdeps.debian.index import read_index
from find_libdeps.debian.release import parse_release
from find_libdeps.elf.readers import Reader
from find_libdeps.errors import TreeError
from find_libdeps.needs.dlopen import Dlopen
from find_libdeps.needs.environment import (
    ScannedEnvironment,
    objects_by_environment,
    scanned_environments,
)
from find_libdeps.needs.imports import loads_with_packages
from find_libdeps.needs.inventory import FileListing, Inventory, list_files, take_inventory
from find_libdeps.needs.object_reader import FileFacts, ObjectReader
from find_libdeps.needs.observation import read_observation
from find_libdeps.needs.observed import observed_needs
from find_libdeps.needs.own_code import with_own_code
from find_libdeps.needs.scanned_objects import Scan
from find_libdeps.needs.system import System
from find_libdeps.needs.target import Target, choose_target
from find_libdeps.needs.use import Use, problem
from find_libdeps.process.progress import Progress, Tell, no_progress
from find_libdeps.process.workers import forked_helpers
from find_libdeps.python.survey import (
    PackageSources,
    PackageSurvey,
    by_package,
    in_order,
    largest_first,
    survey,
)
from find_libdeps.report.report import ObservedRun, Report
from find_libdeps.roots.paths import Names, several
from find_libdeps.scan.inputs import ScanInput, look_up, target_system
from find_libdeps.scan.pythons import lost_pythons
from find_libdeps.scan.results import NeedScope, report_on


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
    packages = largest_first(by_package(listing.sources, given.tops))
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
            lambda: in_order(each for each in done() if isinstance(each, PackageSurvey)),
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
