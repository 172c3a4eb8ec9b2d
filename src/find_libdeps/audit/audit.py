"""The steps of an audit: find what in a root would not load or not run, without running it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike, fspath
from pathlib import Path, PurePosixPath

from find_libdeps.audit.interpreters import interpreters
from find_libdeps.audit.kept import KeptAudit, KnownAudit
from find_libdeps.audit.missing import (
    by_architecture,
    misfits,
    missing_by_name,
    missing_libraries,
    without_versions,
)
from find_libdeps.audit.refusal import refuse_musl, refuse_no_root, refuse_nothing
from find_libdeps.audit.scope import (
    SEARCH_PATH,
    AuditScope,
    files_to_look_at,
    wanted_objects,
    wanted_sources,
)
from find_libdeps.audit.unknown import unknown_loads
from find_libdeps.debian.index import embedded_index, read_index
from find_libdeps.debian.release import Release, parse_release
from find_libdeps.elf.readers import Reader
from find_libdeps.errors import TreeError
from find_libdeps.needs.dlopen import Dlopen
from find_libdeps.needs.environment import objects_by_environment, scanned_environments
from find_libdeps.needs.imports import loads_in_image
from find_libdeps.needs.inventory import take_inventory
from find_libdeps.needs.loads import passed_over
from find_libdeps.needs.probe import probe
from find_libdeps.needs.scanned_objects import Scan
from find_libdeps.needs.system import System
from find_libdeps.needs.target import choose_target
from find_libdeps.needs.use import Problem, problem
from find_libdeps.process.progress import Progress, Tell, no_progress
from find_libdeps.python.survey import by_package, surveys
from find_libdeps.report.findings import LEVELS, Audit, Code, Finding, Level, Spot
from find_libdeps.roots.caches import Cache
from find_libdeps.roots.directory import named_place
from find_libdeps.roots.instructions import Instructions, not_asked
from find_libdeps.roots.opening import open_root
from find_libdeps.roots.paths import Names, several


def audit_root(
    target: str | PathLike[str],
    paths: Names = (),
    *,
    packaged: bool = False,
    ignore: Names = (),
    exclude: Names = (),
    library_path: str | None = None,
    release: str | None = None,
    index: str | PathLike[str] | None = None,
    fetch: Tell | None = None,
    platform: str | None = None,
    plain_http: bool = False,
    dlopen: Dlopen = Dlopen.AT_IMPORT,
    reader: Reader = Reader.STRUCT,
    progress: Progress = no_progress,
    cache: Cache | None = None,
) -> Audit:
    """Find what in a root would not load or not run there. Nothing of it is run.

    Args:
        target: a root directory, one with an image in it (an unpacked ``docker save``, an OCI
            layout), the file of an archive, the name of an image that an engine has, or
            ``registry:HOST/NAME:TAG``.
        paths: what to look at, as seen inside the root; if that is ``/``, relative ones start at
            the working directory. All of the root if empty; a single one need not be in a list.
        packaged: whether to look at files that packages ship, too.
        ignore: patterns (`fnmatch`) of sonames that something else provides.
        exclude: patterns of files not to look at: of their name, or of the end of their path.
        library_path: LD_LIBRARY_PATH; None for that of the image's configuration.
        release: the release in which packages are looked up, if the root's os-release(5) names none
            whose index comes with this package.
        index: a file with the index of that release; None for the one that comes with this
            package.
        fetch: where none is here, have this machine's apt fetch what it takes to make one, which is
            kept in the user's cache; called with a sentence about that. None: nothing is fetched.
        platform: which image is meant if there are several: ``linux/arm64``.
        plain_http: whether a registry is asked without TLS, wherever it is.
        dlopen: which of the libraries that Python source loads by name count.
        reader: what reads the ELF files.
        progress: called while an archive or an image is read, with the number of bytes read so
            far and their total (None if unknown).
        cache: keeps what is known of the layers of images, so that each is read once; and audits,
            so that an image of an engine or a registry that has not changed is not audited again.

    Raises:
        TreeError: the root, or a path in it, does not exist. Or it is no root, but a virtual
            environment or an empty directory. Or it has musl, or is of another distribution than
            Debian and its derivatives.
        ImageError: an archive or an image can't be read, or there is no such image.
        DatabaseError: the package database can't be used.
        ReleaseError: there is no index of `release`, or `index` is of another one; or it can't be
            fetched.
    """
    named = parse_release(release) if release else None
    own_index = read_index(Path(index)) if index else None
    kept = None
    if cache and fetch is None:  # what can be fetched may be another thing tomorrow
        digest = hashlib.sha256(Path(index).read_bytes()).hexdigest() if index else ""
        lists = [list(map(fspath, several(each))) for each in (paths, ignore, exclude)]
        words = packaged, library_path, str(named or ""), digest, dlopen.value, reader.value
        kept = KeptAudit(cache, [*lists, *words])
    seen, look_up = partial(probe, reader=reader), kept.look_up if kept else not_asked
    try:
        root = open_root(target, Instructions(seen, progress, platform, cache, plain_http, look_up))
    except KnownAudit as known:
        return known.audit
    refuse_no_root(root.tree, target)
    places = tuple(named_place(root.tree, path, "audit") for path in several(paths))
    variables = dict(root.config.environment)
    if library_path is None:
        library_path = variables.get("LD_LIBRARY_PATH", "")
    search_path = variables["PATH"].split(":") if "PATH" in variables else SEARCH_PATH
    system = System(root.tree, library_path, root.config.architecture, reader)
    scope = AuditScope(
        places,
        packaged,
        several(ignore),
        several(exclude),
        dlopen,
        search_path,
        _release_of(system, named),
        own_index,
        fetch,
    )
    audit = replace(audit_system(system, scope, root.problems, target), layers=root.layers)
    if kept and root.is_intact:
        kept.keep(audit)
    return audit


def _release_of(system: System, named: Release | None) -> Release | None:
    """The release in which to look up packages: the root's own, or else the named one.

    A table in pyproject.toml may name one that is meant for another image.
    """
    own = system.release
    return named if named and not (own and embedded_index(own)) else own


def audit_system(
    system: System,
    scope: AuditScope,
    problems: Sequence[TreeError] = (),
    name: str | PathLike[str] = "/",
) -> Audit:
    """Find what in a root would not load or not run there.

    Args:
        system: the root.
        scope: which files and names count.
        problems: what could not be read when the root was opened.
        name: what the caller calls the root, for messages.

    Raises:
        TreeError: the root has neither an ELF file nor an os-release(5), or it is one of another
            distribution than Debian and its derivatives, or its library is musl.
        DatabaseError: the package database says something that can't be used.
        ReleaseError: there is no index of the release, or it is of another one.
    """
    tree = system.tree
    system.refuse_foreign("audit", name)
    refuse_musl(tree, name)
    with_source = scope.dlopen is not Dlopen.NONE
    listing = files_to_look_at(tree, scope, python=with_source)
    sources = wanted_sources(system, scope, listing.sources)
    with surveys(tree, by_package(sources, listing.tops)) as surveyed:
        found = take_inventory(tree, listing, system.read, scope.exclude)
        if not (found.names or found.problems):
            refuse_nothing(system, name)
        inventory = wanted_objects(system, found, scope)
        usable, without_loader = by_architecture(system, inventory)
        scan = Scan(system, usable, scope.ignore, thorough=True)
        objects = objects_by_environment(scan)
        abis = {elf.abi for elf in usable.objects.values()}
        target = choose_target(system, None, scope.release, scope.index, abis, scope.fetch)
        packages = surveyed()
    byte_code = wanted_sources(system, scope, listing.byte_code)
    evaluate = partial(loads_in_image, target)
    environments = scanned_environments(scan, objects, packages, evaluate)
    loads = [each.loads for each in environments]
    unread = [error for package in packages for error in package.problems]
    unread += [error for each in loads for error in each.problems]
    asked = [use for each in environments for use in each.uses()]
    uses = list(map(target.answers_for(asked), asked))
    findings = [
        *without_loader,
        *misfits(environments, usable),
        *missing_libraries(uses, target),
        *without_versions(system, uses),
        *(missing_by_name(system, environments, target, scope.dlopen) if with_source else ()),
        *(unknown_loads(loads, passed_over(loads, byte_code)) if with_source else ()),
        *interpreters(system, usable, listing, scope),
        *map(_unreadable, (*inventory.problems, *map(problem, (*problems, *unread)))),
    ]
    return Audit(
        release=target.release,
        paths=scope.paths or (PurePosixPath("/"),),
        objects=len(inventory.objects),
        findings=tuple(sorted(_merged(findings), key=_sort_key)),
        has_apt=system.has_apt,
    )


def _unreadable(problem: Problem) -> Finding:
    path, cause = PurePosixPath(str(problem.error.name)), str(problem.error.cause)
    level = Level.ERROR if problem.is_error else Level.WARNING
    return Finding(level, Code.UNREADABLE, path.name, (Spot(path),), cause)


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """Merge findings that differ only in their spots."""
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for each in findings:
        groups[each.level, each.code, each.name, each.cause, each.packages].append(each)
    return [
        replace(group[0], spots=tuple(sorted({spot for each in group for spot in each.spots})))
        for group in groups.values()
    ]


def _sort_key(finding: Finding) -> tuple[int, str, str, tuple[Spot, ...]]:
    return LEVELS.index(finding.level), finding.code.value, finding.name, finding.spots
