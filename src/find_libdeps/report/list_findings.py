"""What is wrong with a list, as findings: errors, and what is an error to those who are strict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from find_libdeps.needs.use import Problem, Role
from find_libdeps.report.causes import TOO_NEW, clause
from find_libdeps.report.findings import AnyCode, Code, Finding, Level, ListCode, Spot, spots_of
from find_libdeps.report.unresolved import Cause, Unresolved

if TYPE_CHECKING:
    from find_libdeps.report.report import Report

_T = TypeVar("_T")

FINDS_NOTHING = "it has neither ldconfig (in libc-bin) nor a compiler, one of which ctypes asks"
"""Why ``ctypes.util.find_library`` fails in the target."""
HAS_NO_VERSIONS = "it does not tell whether the C library is new enough"
"""What is wrong with an index that an older find-libdeps has made."""


def findings_of(report: Report) -> list[Finding]:
    """All that is wrong, whether it is accepted or not. Notes are not among it."""
    return [finding for _, finding in _items(report)]


def unpinned(report: Report, *, essential: bool = False) -> list[Finding]:
    """The packages of the list that have no version; see `with_versions`."""
    cause = "the builder does not have it, and the indexes that name packages know no versions"
    return [
        Finding(Level.ERROR, ListCode.NO_VERSION, str(package), (), cause)
        for package in report.to_install(essential=essential)
        if not package.pinned
    ]


def without_accepted(report: Report) -> Report:
    """The report without what is accepted, to be judged and told."""
    gone = {finding.key for finding in report.accepted}
    if not gone:
        return report
    accepted = [(item, finding) for item, finding in _items(report) if finding.key in gone]
    ids = {id(item) for item, _ in accepted}
    codes = {finding.code for item, finding in accepted if item is None}

    def rest(items: tuple[_T, ...]) -> tuple[_T, ...]:
        return tuple(item for item in items if id(item) not in ids)

    lacks_versions = report.index_without_versions and Code.MISSING_VERSION not in codes
    return replace(
        report,
        problems=rest(report.problems),
        links=rest(report.links),
        misfits=rest(report.misfits),
        copies=rest(report.copies),
        pythons=rest(report.pythons),
        unresolved=rest(report.unresolved),
        missing_versions=rest(report.missing_versions),
        unknown_loads=rest(report.unknown_loads),
        unfinished=rest(report.unfinished),
        files=report.files and replace(report.files, absent=rest(report.files.absent)),
        find_library_fails=report.find_library_fails and Code.NO_LDCONFIG not in codes,
        index_without_versions=report.index_without_versions if lacks_versions else "",
    )


def code_of(unresolved: Unresolved) -> AnyCode:
    """The kind of finding that an open need is."""
    match unresolved.cause:
        case Cause.UNREACHABLE:
            return Code.UNREACHABLE_LIBRARY
        case Cause.NO_DATABASE:
            return ListCode.NO_DATABASE
    by_name = all(use.role in (Role.DLOPEN, Role.MAY_LOAD) for use in unresolved.uses)
    return Code.MISSING_BY_NAME if by_name else Code.MISSING_LIBRARY


def spots_of_problem(problem: Problem) -> tuple[Spot, ...]:
    """The file that could not be read; nothing if that is no file of the root."""
    name = str(problem.error.name)
    return (Spot(PurePosixPath(name)),) if name.startswith("/") else ()


def _items(report: Report) -> Iterator[tuple[object, Finding]]:
    """All that is wrong, each with the part of the report that says so; None if that is a flag."""
    for problem in report.problems:
        path = PurePosixPath(str(problem.error.name))
        level, cause = _level(problem.is_error), str(problem.error.cause)
        spots = spots_of_problem(problem)
        yield problem, Finding(level, Code.UNREADABLE, path.name, spots, cause)
    for link in report.links:
        cause = f"it leads out of what was scanned, to {link[1]}"
        yield link, _warning(ListCode.OUTSIDE_LINK, link[0].name, (Spot(link[0]),), cause)
    for misfit in report.misfits:
        level, spots = _level(misfit.is_error), (Spot(misfit.path),)
        yield misfit, Finding(level, ListCode.MISFIT, misfit.path.name, spots, misfit.reason)
    for copy in report.copies:
        name, spots = copy.uses[0].need.soname, spots_of(copy.uses)
        yield copy, _warning(ListCode.UNPACKAGED, name, spots, "no package has it")
    for lost in report.pythons:
        level, spots = _level(lost.is_error), (Spot(lost.python),)
        cause = "the virtual environment's Python leads there, and it may not be in the target"
        yield lost, Finding(level, Code.MISSING_INTERPRETER, str(lost.needed), spots, cause)
    yield from _open_needs(report)
    if report.find_library_fails:
        yield None, _warning(Code.NO_LDCONFIG, "ldconfig", (), FINDS_NOTHING)
    if source := report.index_without_versions:
        yield None, _warning(Code.MISSING_VERSION, source, (), HAS_NO_VERSIONS)
    for load in report.unknown_loads:
        if load.is_serious:
            spots = (Spot(load.place.path, load.place.number),)
            cause = f"it loads a library whose name could not be found out ({load.reason})"
            who = load.way.module or "own code"
            yield load, _warning(Code.UNKNOWN_NAME, who, spots, cause)
    for each in report.unfinished:
        if each.is_root:
            spots = (Spot(each.place.path, each.place.number),)
            cause = "its import was not followed to its end, which takes too many steps"
            yield each, _warning(Code.NOT_EVALUATED, each.module, spots, cause)


def _open_needs(report: Report) -> Iterator[tuple[object, Finding]]:
    for each in report.unresolved:
        if each.cause is not Cause.HOST_INJECTED:
            spots, cause = spots_of(each.uses), clause(each.cause, each.soname)
            level = _level(each.is_error)
            yield each, Finding(level, code_of(each), each.soname, spots, cause)
    for version in report.missing_versions:
        level, spots = _level(version.is_error), spots_of(version.uses)
        yield version, Finding(level, Code.MISSING_VERSION, version.version, spots, TOO_NEW)
    for use in report.files.absent if report.files else ():
        cause = "it can't be copied: it is not in the builder"
        name, spots = use.need.soname, spots_of([use])
        yield use, Finding(Level.ERROR, Code.MISSING_LIBRARY, name, spots, cause)


def _level(is_error: bool) -> Level:
    return Level.ERROR if is_error else Level.WARNING


def _warning(code: AnyCode, name: str, spots: Iterable[Spot], cause: str) -> Finding:
    return Finding(Level.WARNING, code, name, tuple(spots), cause)
