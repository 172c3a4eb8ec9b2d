"""The messages that go with the list, on stderr. Nothing is judged here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

from find_libdeps.elf.architecture import abi_name
from find_libdeps.errors import printable, quoted
from find_libdeps.needs.use import Misfit, NotOffered, Nowhere, Offered, Problem, Use
from find_libdeps.output.dockerfile import how_to_copy
from find_libdeps.output.may_load_messages import may_load_messages
from find_libdeps.output.observed_messages import observed_messages
from find_libdeps.output.python_messages import python_message
from find_libdeps.output.source_messages import source_messages
from find_libdeps.output.version_messages import version_messages
from find_libdeps.output.words import (
    Message,
    found,
    parent_of,
    places,
    plural,
    requester_with_role,
    requesters,
    to_do_by_hand,
)
from find_libdeps.python.standard_library import is_module
from find_libdeps.report.causes import (
    LOADS_AFTER_ANOTHER,
    clause,
    library_path,
    link_to_make,
    wheels_that_have_it,
    who_has_it,
)
from find_libdeps.report.findings import Code, Finding, ListCode, Spot, spots_of
from find_libdeps.report.list_findings import FINDS_NOTHING, code_of, spots_of_problem
from find_libdeps.report.report import DPKG, Copy, Report
from find_libdeps.report.unresolved import Cause, Unresolved

MAX_PLACES = 5
"""How many of the places where a library was looked for are named without ``-v``."""


def messages(report: Report, *, strict: bool = False, verbose: bool = False) -> list[Message]:
    """All messages that go with the list, the worst last.

    Args:
        report: what was found.
        strict: everything that is open counts as an error.
        verbose: name every file, not only the first.
    """
    level = "error" if strict else "warning"
    collected = (
        [Message("note", parent)] if verbose and (parent := parent_of(report.release)) else []
    )
    collected += [_problem(each, level) for each in report.problems]
    collected += [_links(report, level, verbose)] if report.links else []
    is_shown = strict or verbose
    collected += [_misfit(each, level) for each in report.misfits if each.is_error or is_shown]
    collected += [_copy(copy, level, verbose) for copy in report.copies]
    collected += [python_message(each, level) for each in report.pythons]
    for cause in Cause:
        group = [u for u in report.unresolved if u.cause is cause]
        minor = [] if verbose or strict else [u for u in group if not u.is_error]
        if len(minor) > 2:
            collected.append(_summary(cause, minor))
            group = [u for u in group if u.is_error]
        for message, several in () if verbose else _not_indexed(group, report, level):
            collected.append(message)
            group = [u for u in group if u not in several]
        collected += [_unresolved(unresolved, report, level, verbose) for unresolved in group]
    collected += version_messages(report, level, verbose=verbose)
    collected += observed_messages(report, level, verbose=verbose)
    collected += source_messages(report, level, verbose=verbose)
    collected += may_load_messages(report, verbose=verbose)
    collected += [_absent(use, verbose) for use in report.files.absent] if report.files else []
    if report.find_library_fails:
        headline = f"cannot find libraries by name in the target: {FINDS_NOTHING}"
        collected.append(Message(level, headline, code=Code.NO_LDCONFIG))
    return sorted(collected, key=lambda each: ("note", "warning", "error").index(each.level))


def _problem(problem: Problem, level: str) -> Message:
    level, spots = "error" if problem.is_error else level, spots_of_problem(problem)
    return Message(level, str(problem.error), code=Code.UNREADABLE, spots=spots)


def _links(report: Report, level: str, verbose: bool) -> Message:
    shown = report.links if verbose else report.links[:1]
    more = len(report.links) - len(shown)
    count = len(report.links)
    links = "a link leads" if count == 1 else f"{count} links lead"
    return Message(
        level,
        f"{links} out of what was scanned: the target needs what is at the other end, too",
        (
            *(f"{printable(link)} -> {printable(end)}" for link, end in shown),
            *([f"and {more} more"] if more else []),
        ),
        ListCode.OUTSIDE_LINK,
        tuple(Spot(link) for link, _ in report.links),
    )


def _absent(use: Use, verbose: bool) -> Message:
    advice = "install it in the builder"
    if isinstance(use.origin, Offered):
        advice = f"install {use.origin.package} in the builder"
    return Message(
        "error",
        f'cannot copy "{printable(use.need.soname)}": it is not in the builder',
        (*requesters([use], verbose), advice),
        Code.MISSING_LIBRARY,
        spots_of([use]),
    )


def _misfit(misfit: Misfit, level: str) -> Message:
    level = "error" if misfit.is_error else level
    headline = f'cannot load "{printable(misfit.path)}": {misfit.reason}'
    return Message(level, headline, code=ListCode.MISFIT, spots=(Spot(misfit.path),))


def _copy(copy: Copy, level: str, verbose: bool) -> Message:
    return Message(
        level,
        f'no package has "{printable(copy.uses[0].need.soname)}": {to_do_by_hand(copy.uses[0])}',
        (
            how_to_copy(copy.files, f"{copy.files[0].parent}/"),
            *requesters(copy.uses, verbose),
        ),
        ListCode.UNPACKAGED,
        spots_of(copy.uses),
    )


def _unresolved(unresolved: Unresolved, report: Report, level: str, verbose: bool) -> Message:
    told = _unresolved_in_words(unresolved, report, level, verbose)
    return told._replace(code=code_of(unresolved), spots=spots_of(unresolved.uses))


def _unresolved_in_words(
    unresolved: Unresolved, report: Report, level: str, verbose: bool
) -> Message:
    level = "error" if unresolved.is_error else level
    soname, users = printable(unresolved.soname), requesters(unresolved.uses, verbose)
    cause = printable(clause(unresolved.cause, unresolved.soname))
    match unresolved.cause:
        case Cause.HOST_INJECTED:
            return Message("note", f'"{soname}" is left out: {cause}', users)
        case Cause.NO_DATABASE:
            return Message(level, f'cannot resolve "{soname}": {cause}', users)
        case Cause.UNREACHABLE:
            copies = tuple(f"the copy is {printable(p)}" for p in unresolved.copies)
            remedy = printable(library_path(unresolved.directories))
            details = (*users, *copies, LOADS_AFTER_ANOTHER, remedy)
            return Message(level, f'cannot reach "{soname}": {cause}', details)
        case Cause.LEFT_OUT | Cause.BROKEN_WHEEL:
            return Message(level, f'cannot find "{soname}": {cause}', users)
        case Cause.NO_PROVIDER | Cause.MISSING:
            headline = f'cannot find "{soname}": {_why_not_offered(unresolved, report)}'
            if not (level == "error" or verbose):
                wheels = wheels_that_have_it(unresolved.soname)
                return Message(level, headline, (*users, *([wheels] if wheels else [])))
            advice = _advice(unresolved, report)
            return Message(level, headline, (*users, *_searched(unresolved, verbose), advice))


def _searched(unresolved: Unresolved, verbose: bool) -> tuple[str, ...]:
    """Where a library was looked for. The RPATHs of some builds have dozens of directories."""
    lines = tuple(places(unresolved.uses[0]))
    hidden = len(lines) - MAX_PLACES
    if verbose or hidden < 2:  # a line that says "and in 1 other place" would save nothing
        return lines
    return (*lines[: MAX_PLACES - 1], f"and in {hidden} other places (-v names them)", lines[-1])


def _not_indexed(
    group: Iterable[Unresolved], report: Report, level: str
) -> Iterator[tuple[Message, list[Unresolved]]]:
    """One message for all open needs of which each would say the same: no index has them."""
    alike: dict[tuple[str, str], list[Unresolved]] = defaultdict(list)
    for unresolved in filter(_is_not_indexed, group):
        reason = _why_not_offered(unresolved, report)
        alike["error" if unresolved.is_error else level, reason].append(unresolved)
    for (worst, reason), several in alike.items():
        if len(several) > 1:
            headline = f"cannot find {len(several)} libraries: {reason} (-v tells more)"
            names = ", ".join(printable(unresolved.soname) for unresolved in several)
            ways = _ways(several[0], report, "them")
            advice = f"{ways}; or pass --ignore for what the target gets in another way"
            spots = spots_of(use for each in several for use in each.uses)
            yield Message(worst, headline, (names, advice), Code.MISSING_LIBRARY, spots), several


def _advice(unresolved: Unresolved, report: Report) -> str:
    """What the user can do."""
    soname = quoted(unresolved.soname)
    ways = _ways(unresolved, report)
    return f"{ways}; or pass --ignore {soname} if the target gets it in another way"


def _ways(unresolved: Unresolved, report: Report, what: str = "it") -> str:
    """How the library comes into the target, or its package onto the list."""
    made_by_hand = unresolved.cause is Cause.NO_PROVIDER
    ways = f"{'build' if made_by_hand else 'install'} {what} in the builder"
    ways += ", to be copied" if made_by_hand else ""
    ways = "use a Python that was built with it" if is_module(unresolved.soname) else ways
    ways = wheels_that_have_it(unresolved.soname) or ways
    if link := unresolved.link:
        ways = f"{printable(link_to_make(link))}"
    elif other := unresolved.other_release:
        ways = f"use {printable(other.release)} in both stages, or {ways}"
    if _is_not_indexed(unresolved):
        if report.release is None:
            ways += ", or name the target's release with --release"
        elif not report.release.has_archive:
            whose = f"whose packages {printable(report.release)} has"
            ways += f", or pass --release with the release of Debian or Ubuntu {whose}"
        else:
            architecture = abi_name(unresolved.uses[0].abi)
            make = f"find-libdeps index make {printable(report.release)} --arch {architecture}"
            ways += f"; or pass --fetch, or --index FILE after {make} -o FILE"
    return ways


def explain_unresolved(unresolved: Unresolved, report: Report) -> str:
    """Why a need stays open, in one sentence."""
    return _unresolved(unresolved, report, "error", verbose=False).headline


def _summary(cause: Cause, minor: Sequence[Unresolved]) -> Message:
    """One message for many open needs that are no errors, mostly those of plugins."""
    count, names = len(minor), ", ".join(printable(u.soname) for u in minor)
    remedy = list[str]()
    spots = spots_of(use for each in minor for use in each.uses)
    match cause:
        case Cause.HOST_INJECTED:
            left = f"{count} libraries are left to the container runtime"
            return Message("note", left, (names,), Code.MISSING_LIBRARY, spots)
        case Cause.UNREACHABLE:
            text = "are in the virtualenv, but not on the search path of who needs them"
            directories = sorted({each for u in minor for each in u.directories})
            remedy.append(printable(library_path(directories)))
        case Cause.LEFT_OUT | Cause.BROKEN_WHEEL:
            text = "are missing in the wheels that should bring them: their plugins will not load"
        case _:
            text = "that only plugins need are nowhere to be found: these plugins will not load"
            wheels = dict.fromkeys(wheels_that_have_it(u.soname) for u in minor)
            remedy += filter(None, wheels)
    headline = f"{count} libraries {text} (-v tells more)"
    return Message("warning", headline, (names, *remedy), code_of(minor[0]), spots)


def _why_not_offered(unresolved: Unresolved, report: Report) -> str:
    release = printable(report.release or "this system's release")
    if _is_own(unresolved):
        return "only the interpreter can have it, and it is not there"
    if "/" in unresolved.soname:
        return "there is no such file, and what is asked for by a path is not looked for elsewhere"
    if _is_not_indexed(unresolved):
        if report.release is None:
            return "not in the builder, whose os-release names no release to look its package up in"
        architecture = abi_name(unresolved.uses[0].abi)
        return f"not in the builder, and there is no index of {release} for {architecture}"
    origins = [use.origin for use in unresolved.uses if isinstance(use.origin, NotOffered)]
    shipped = dict.fromkeys(str(p) for origin in origins for p in origin.shipped)
    is_told = unresolved.link or unresolved.other_release or not shipped
    told = "" if is_told else f", and the builder's {', '.join(shipped)} is of another release"
    return f"{printable(who_has_it(unresolved, release))}{told}"


def _is_own(unresolved: Unresolved) -> bool:
    return any(isinstance(use.origin, Nowhere) and use.origin.is_own for use in unresolved.uses)


def _is_not_indexed(unresolved: Unresolved) -> bool:
    """Whether there is no index in which to look up the package."""
    is_own = _is_own(unresolved) or "/" in unresolved.soname
    return unresolved.cause is Cause.MISSING and not is_own


def explanations(report: Report, *, essential: bool = False) -> Iterator[str]:
    """Why each package is on the list: its libraries, where they are, and some that need them."""
    for package in report.packages:
        if package.essential and not essential:
            continue
        source = "" if package.source == DPKG else f" (by {printable(package.source)})"
        yield f"{package.package}{source}"
        for soname, uses in groupby(package.uses, key=lambda use: use.need.soname):
            group = list(uses)
            places_found = ", ".join(dict.fromkeys(filter(None, map(found, group))))
            yield f"    {printable(soname)}{f' => {places_found}' if places_found else ''}"
            requesters = dict.fromkeys(map(requester_with_role, group))
            for each in islice(requesters, 3):
                yield f"        needed by {each}"
            if len(requesters) > 3:
                yield f"        and {len(requesters) - 3} more"
        if package.others:
            yield f"    others that have it: {', '.join(map(str, package.others))}"


def closing(report: Report, *, essential: bool = False) -> str:
    """The last line on a terminal, where an empty list would look as if nothing had happened."""
    files, packages = report.objects, len(report.to_install(essential=essential))
    looked = f"{files} {plural(files, 'ELF file')}"
    if not packages:
        return f"{looked}, nothing to install"
    return f"{looked}, {packages} {plural(packages, 'package')} to install"


def unpinned_messages(found: Iterable[Finding], report: Report) -> Iterator[Message]:
    """Errors for packages that have no version; see `unpinned`."""
    release = printable(report.release or "the target's release")
    advice = f"in a builder of {release}, run apt-get update first, or install it there"
    for each in found:
        headline = f'cannot pin "{printable(each.name)}": {each.cause}'
        yield Message("error", headline, (advice,), ListCode.NO_VERSION)
