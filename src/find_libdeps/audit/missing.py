"""Finds what the dynamic loader would not find in a root, or would refuse to load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import PurePosixPath

from find_libdeps.debian.package import Package
from find_libdeps.elf.architecture import abi_name, architecture_of
from find_libdeps.elf.objects import ElfObject, is_executable
from find_libdeps.elf.outcome import ABSENT, Found, Missing, Place
from find_libdeps.elf.sonames import can_be_packaged, is_any_version
from find_libdeps.errors import quoted
from find_libdeps.needs.by_name import LoadByName, loads_by_name
from find_libdeps.needs.dlopen import Dlopen
from find_libdeps.needs.environment import ScannedEnvironment
from find_libdeps.needs.inventory import Inventory
from find_libdeps.needs.remedies import with_remedies
from find_libdeps.needs.symbol_versions import missing_versions
from find_libdeps.needs.system import System
from find_libdeps.needs.target import Target
from find_libdeps.needs.use import Offered, Role, Use
from find_libdeps.python.extension import is_tagged
from find_libdeps.report.causes import (
    LOADS_AFTER_ANOTHER,
    TOO_NEW,
    clause,
    library_path,
    link_to_make,
    wheels_that_have_it,
    who_has_it,
)
from find_libdeps.report.findings import LEVELS, Code, Finding, Level, Spot
from find_libdeps.report.judge import judge
from find_libdeps.report.unresolved import Cause, Unresolved

FETCH = "pass --fetch to be told its package"


def misfits(environments: Iterable[ScannedEnvironment], inventory: Inventory) -> Iterator[Finding]:
    """Objects that can't be loaded into one process with the others."""
    for misfit in (misfit for each in environments for misfit in each.objects.misfits):
        elf = inventory.objects[misfit.path]
        code, name = Code.WRONG_ARCHITECTURE, misfit.path.name
        solution = "install the build of it that is for this system"
        if misfit.python:
            code, name = Code.WRONG_PYTHON, f"Python {misfit.python}"
            solution = "install the package with the Python that runs it"
        elif elf.is_musl:
            code = Code.MUSL_OBJECT
        level = Level.ERROR if misfit.is_error else level_of_object(misfit.path, elf)
        yield Finding(level, code, name, (Spot(misfit.path),), misfit.reason, solution)


def missing_libraries(uses: Iterable[Use], target: Target) -> Iterator[Finding]:
    """The sonames for which the loader finds nothing."""
    missing = [use for use in uses if isinstance(use.need.outcome, Missing)]
    verdict = judge(with_remedies(missing, target), lambda package: False)
    for package in verdict.packages:
        for _, group in groupby(package.uses, key=lambda use: use.need.soname):
            yield _missing_library(list(group))
    for unresolved in verdict.unresolved:
        yield _unresolved(unresolved, target)


def _missing_library(uses: Sequence[Use], code: Code = Code.MISSING_LIBRARY) -> Finding:
    """A library that packages of the root's release have."""
    packages = _offered(uses)
    return Finding(
        _level(uses),
        code,
        uses[0].need.soname,
        _spots(uses),
        _cause(Cause.MISSING, uses),
        f"install {packages[0]}" if packages else "",
        packages,
        _places(uses),
    )


def _cause(cause: Cause, uses: Sequence[Use], copies: str = "") -> str:
    """Why a library is missing, or why a file of that name can't be loaded."""
    outcomes = (use.need.outcome for use in uses)
    places = (p for outcome in outcomes if isinstance(outcome, Missing) for p in outcome.places)
    damaged = next((place for place in places if place.cause != ABSENT), None)
    if damaged is None or cause not in (Cause.MISSING, Cause.NO_PROVIDER):
        return clause(cause, uses[0].need.soname, copies)
    return f"the loader can't load {damaged.path}: {damaged.cause}"


def _unresolved(
    unresolved: Unresolved, target: Target, code: Code = Code.MISSING_LIBRARY
) -> Finding:
    cause, uses, soname = unresolved.cause, unresolved.uses, unresolved.soname
    level, solution = _level(uses), ""
    match cause:
        case Cause.HOST_INJECTED:
            level = Level.NOTE
        case Cause.UNREACHABLE:
            code, level = Code.UNREACHABLE_LIBRARY, max(level, Level.WARNING, key=LEVELS.index)
            solution = f"{LOADS_AFTER_ANOTHER}; {library_path(unresolved.directories)}"
        case Cause.BROKEN_WHEEL | Cause.LEFT_OUT:
            solution = "install a complete build of the package"
        case _:
            solution = f"copy it, or pass --ignore {quoted(soname)} if it comes later"
            if _may_be_fetched(uses, target):
                solution = f"{FETCH}; or {solution}"
    reason = _cause(cause, uses, ", ".join(map(str, unresolved.copies)))
    if cause is Cause.NO_PROVIDER:
        reason += f", and {who_has_it(unresolved)}"
    if link := unresolved.link:
        solution = link_to_make(link)
    elif cause in (Cause.NO_PROVIDER, Cause.MISSING) and (wheels := wheels_that_have_it(soname)):
        solution = f"{wheels}, or pass --ignore {quoted(soname)} if it comes later"
    elif other := unresolved.other_release:
        solution = f"start from {other.release}, or {solution}"
    return Finding(level, code, soname, _spots(uses), reason, solution, (), _places(uses))


def _may_be_fetched(uses: Sequence[Use], target: Target) -> bool:
    """Whether an index of the release would tell the package of a library, and none is here."""
    has_archive = target.release is not None and target.release.has_archive
    is_known = any(map(target.can_look_up, uses))
    return has_archive and not is_known and can_be_packaged(uses[0].need.soname)


def without_versions(system: System, uses: Iterable[Use]) -> Iterator[Finding]:
    """Symbol versions that are needed, but not defined by the library."""
    for each in missing_versions(uses, system):
        package = f" of {each.package.name} {each.package.version}" if each.package else ""
        cause = f"{each.path}{package} does not define it"
        level, spots = _level(each.uses), _spots(each.uses)
        yield Finding(level, Code.MISSING_VERSION, each.version, spots, cause, TOO_NEW)


def missing_by_name(
    system: System, environments: Iterable[ScannedEnvironment], target: Target, dlopen: Dlopen
) -> Iterator[Finding]:
    """Libraries that are loaded by name, and that the root has under none of their names."""
    loads = [load for each in environments for load in loads_by_name(each)]
    answer = target.answers_for(use for load in loads for use in load.uses)
    for load in loads:
        met = load._replace(uses=list(map(answer, load.uses)))
        there = [use for use in met.uses if isinstance(use.need.outcome, Found)]
        yield from _without_ldconfig(system, there or met.uses, load.ends)
        if not there:
            yield from _missing_by_name(met, dlopen, target)


def _missing_by_name(load: LoadByName, dlopen: Dlopen, target: Target) -> Iterator[Finding]:
    """A library that an import or a function asks for.

    What no package has counts only if the import ends without it. Where no package can be looked
    up, the loader fails all the same.
    """
    unknown = (use for use in load.uses if not target.can_look_up(use))
    first = load.first_met or next(unknown, None)
    if first is None:
        if load.ends and load.uses:
            verdict = judge(with_remedies(load.uses[:1], target), lambda package: False)
            for each in verdict.unresolved:
                finding = _unresolved(each, target, Code.MISSING_BY_NAME)
                yield _with_others(finding, each.uses[0])
        return
    finding = _one_of_several(first)
    if _may_be_fetched([first], target):
        finding = replace(finding, solution=FETCH)
    if load.ends or dlopen is Dlopen.ALL:
        yield replace(finding, level=Level.ERROR)
        return
    level, how = Level.NOTE, "it is loaded on demand only"
    if load.is_urgent:  # what it is for may fail later: python-vlc is imported without libvlc
        level, how = Level.WARNING, "the import goes on without it"
    yield replace(finding, level=level, cause=f"{finding.cause}; {how}")


def _one_of_several(use: Use) -> Finding:
    """A library that is missing, and in place of which others would do."""
    return _with_others(_missing_library([use], Code.MISSING_BY_NAME), use)


def _with_others(finding: Finding, use: Use) -> Finding:
    others = " or ".join(use.alternatives)
    return replace(finding, cause=f"{finding.cause}; {others} would do") if others else finding


def _without_ldconfig(system: System, uses: Sequence[Use], ends: bool) -> Iterator[Finding]:
    """Libraries that ctypes can't find by a name without a version (Lib/ctypes/util.py)."""
    is_asked = all(is_any_version(use.need.soname) for use in uses)
    if uses and is_asked and not system.can_complete_names:
        yield Finding(
            Level.ERROR if ends else Level.WARNING,
            Code.NO_LDCONFIG,
            "ldconfig",
            _spots(uses),
            "ctypes finds a library by its bare name with ldconfig or a compiler, and has neither",
            "install libc-bin",
        )


def level_of_object(path: PurePosixPath, elf: ElfObject) -> Level:
    """How bad it is that an object can't be loaded or run."""
    return Level.ERROR if is_executable(elf) or is_tagged(path.name) else Level.WARNING


def _level(uses: Iterable[Use]) -> Level:
    """The worst level of some uses."""
    return min((_level_of_use(use) for use in uses), key=LEVELS.index)


def _level_of_use(use: Use) -> Level:
    if use.is_needed:
        return Level.ERROR
    if use.role is not Role.REQUIRED:
        return Level.WARNING
    # slim images leave out what some modules of the standard library need, such as Tk
    return Level.NOTE if use.need.requester.parent.name == "lib-dynload" else Level.ERROR


def _offered(uses: Iterable[Use]) -> tuple[Package, ...]:
    origins = (use.origin for use in uses)
    packages = (p for o in origins if isinstance(o, Offered) for p in (o.package, *o.others))
    return tuple(dict.fromkeys(packages))


def _spots(uses: Iterable[Use]) -> tuple[Spot, ...]:
    return tuple(sorted({Spot(use.need.requester, use.line or 0) for use in uses}))


def _places(uses: Sequence[Use]) -> tuple[Place, ...]:
    first = min(uses, key=lambda use: Spot(use.need.requester, use.line or 0))
    return first.need.outcome.places if isinstance(first.need.outcome, Missing) else ()


def by_architecture(system: System, inventory: Inventory) -> tuple[Inventory, list[Finding]]:
    """The objects for which the root has a dynamic loader, and findings for the others."""
    findings, usable = list[Finding](), replace(inventory, objects={})
    for path, elf in inventory.objects.items():
        loader = PurePosixPath(elf.interpreter or architecture_of(elf.abi).loader)
        if elf.is_musl or not elf.is_dynamic or system.tree.resolve(loader):
            usable.objects[path] = elf
        else:
            findings.append(_without_loader(system, path, elf, loader))
    return usable, findings


def _without_loader(
    system: System, path: PurePosixPath, elf: ElfObject, loader: PurePosixPath
) -> Finding:
    name, level = abi_name(elf.abi), level_of_object(path, elf)
    if system.architecture in ("", name):
        cause = "the dynamic loader that its libraries are loaded with does not exist"
        solution = "start from an image that has glibc"
        return Finding(level, Code.MISSING_INTERPRETER, str(loader), (Spot(path),), cause, solution)
    cause = f"it is for {name}, and the system is for {system.architecture}"
    solution = "build or install it for the image's architecture"
    return Finding(level, Code.WRONG_ARCHITECTURE, path.name, (Spot(path),), cause, solution)
