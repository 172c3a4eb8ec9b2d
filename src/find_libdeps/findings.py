"""What a person must know beside the list, in sentences. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import PurePosixPath

from find_libdeps.errors import printable
from find_libdeps.loader import ABSENT, Found, How, Missing
from find_libdeps.report import (
    DPKG,
    Cause,
    Copy,
    Misfit,
    NotOffered,
    Nowhere,
    Offered,
    PackageUse,
    Report,
    Unresolved,
    Use,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person must know beside the list."""

    level: str
    """``error``, ``warning`` or ``note``."""
    headline: str
    details: tuple[str, ...] = ()


def findings(report: Report, *, strict: bool = False, verbose: bool = False) -> list[Finding]:
    """All that stands beside the list, the worst last.

    Args:
        report: what was found.
        strict: whatever is open counts as an error.
        verbose: name every file, not only the first.
    """
    level = "error" if strict else "warning"
    found = [Finding("error" if p.is_error else level, str(p.error)) for p in report.problems]
    found += [_links(report, level, verbose)] if report.links else []
    found += [_misfit(misfit, level) for misfit in report.misfits if misfit.is_error or verbose]
    found += [_copy(copy, level, verbose) for copy in report.copies]
    for cause in Cause:
        group = [u for u in report.unresolved if u.cause is cause]
        minor = [] if verbose or strict else [u for u in group if not u.is_error]
        if len(minor) > 2:
            found.append(_summary(cause, minor))
            group = [u for u in group if u.is_error]
        found += [_unresolved(unresolved, report, level, verbose) for unresolved in group]
    found += [_hint(hint) for hint in report.hints]
    found += [_absent(use, verbose) for use in report.files.absent] if report.files else []
    if report.find_library_fails:
        reason = "it has neither ldconfig nor a compiler, one of which ctypes asks"
        found.append(Finding(level, f"cannot find libraries by name in the target: {reason}"))
    return sorted(found, key=lambda f: ("note", "warning", "error").index(f.level))


def _links(report: Report, level: str, verbose: bool) -> Finding:
    shown = report.links if verbose else report.links[:1]
    more = len(report.links) - len(shown)
    return Finding(
        level,
        "links that lead out of what was scanned need their ends in the target, too "
        f"({len(report.links)} in all)",
        (
            *(f"{printable(link)} -> {printable(end)}" for link, end in shown),
            *([f"and {more} more"] if more else []),
        ),
    )


def _absent(use: Use, verbose: bool) -> Finding:
    advice = "install it in the builder"
    if isinstance(use.origin, Offered):
        advice = f"install {use.origin.package} in the builder"
    return Finding(
        "error",
        f'cannot copy "{printable(use.need.soname)}": it is not in the builder',
        (*_requesters([use], verbose), advice),
    )


def _hint(hint: PackageUse) -> Finding:
    return Finding(
        "note",
        f"{hint.package} is not listed: it is loaded on demand only (--dlopen=all lists it)",
        tuple(dict.fromkeys(f"{printable(u.need.soname)}, in {_requester(u)}" for u in hint.uses)),
    )


def _requester(use: Use) -> str:
    line = "" if use.line is None else f":{use.line}"
    return f"{printable(use.need.requester)}{line}"


def _misfit(misfit: Misfit, level: str) -> Finding:
    level = "error" if misfit.is_error else level
    return Finding(level, f'cannot load "{printable(misfit.path)}": {misfit.reason}')


def _copy(copy: Copy, level: str, verbose: bool) -> Finding:
    files = " ".join(printable(path) for path in copy.files)
    return Finding(
        level,
        f'no package has "{printable(copy.uses[0].need.soname)}": copy it, and run ldconfig',
        (
            f"COPY --from=builder {files} {printable(copy.files[0].parent)}/",
            *_requesters(copy.uses, verbose),
        ),
    )


def _unresolved(unresolved: Unresolved, report: Report, level: str, verbose: bool) -> Finding:
    soname = printable(unresolved.soname)
    level = "error" if unresolved.is_error else level
    users = _requesters(unresolved.uses, verbose)
    match unresolved.cause:
        case Cause.HOST_INJECTED:
            return Finding(
                "note", f'"{soname}" is left out: the container runtime mounts it', users
            )
        case Cause.NO_DATABASE:
            cause = "the root has no dpkg database (/var/lib/dpkg) that names its package"
            return Finding(level, f'cannot resolve "{soname}": {cause}', users)
        case Cause.UNREACHABLE:
            cause = "the copy beside it is not on its requester's search path"
            advice = "it loads only if something else has loaded that copy before"
            copies = tuple(f"the copy is {printable(p)}" for p in _elsewhere(unresolved))
            return Finding(level, f'cannot reach "{soname}": {cause}', (*users, *copies, advice))
        case Cause.LEFT_OUT:
            cause = "its wheel brings other parts of that set, and no package's would fit them"
            return Finding(level, f'cannot find "{soname}": {cause}', users)
        case Cause.BROKEN_WHEEL:
            cause = "its wheel should have brought it, and no package has a library of that name"
            return Finding(level, f'cannot find "{soname}": {cause}', users)
        case Cause.NO_PROVIDER | Cause.MISSING:
            cause = _why_not_offered(unresolved, report)
            headline = f'cannot find "{soname}": {cause}'
            if not (level == "error" or verbose):
                return Finding(level, headline, users)
            ways = "install it in the builder"
            if report.release and cause.endswith("architecture"):
                ways += f", or make an index of {report.release} for --index"
            if unresolved.cause is Cause.NO_PROVIDER:
                ways = "build it in the builder, to be copied"
            advice = f"{ways}; or pass --ignore '{soname}' if the target gets it in another way"
            return Finding(level, headline, (*users, *_places(unresolved.uses[0]), advice))


def _summary(cause: Cause, minor: Sequence[Unresolved]) -> Finding:
    """Many needs of plugins, which nobody may ever load, in one sentence."""
    count, names = len(minor), ", ".join(printable(u.soname) for u in minor)
    match cause:
        case Cause.HOST_INJECTED:
            return Finding("note", f"{count} libraries are left to the container runtime", (names,))
        case Cause.UNREACHABLE:
            text = "are in the virtualenv, but not on the search path of who needs them"
        case Cause.LEFT_OUT | Cause.BROKEN_WHEEL:
            text = "are missing in the wheels that should bring them: their plugins will not load"
        case _:
            text = "that only plugins need are nowhere to be found: these plugins will not load"
    return Finding("warning", f"{count} libraries {text} (-v tells more)", (names,))


def _why_not_offered(unresolved: Unresolved, report: Report) -> str:
    release = printable(report.release or "this system's release")
    if any(isinstance(use.origin, Nowhere) and use.origin.is_own for use in unresolved.uses):
        return "only the interpreter can have it, and it is not there"
    if unresolved.cause is Cause.MISSING:
        return f"not in the builder, and no index of {release} is here that has its architecture"
    origins = [use.origin for use in unresolved.uses if isinstance(use.origin, NotOffered)]
    shipped = dict.fromkeys(str(p) for origin in origins for p in origin.shipped)
    builders = f", and the builder's {', '.join(shipped)} is of another release" if shipped else ""
    return f"no package of {release} has it{builders}"


def _requesters(uses: Sequence[Use], verbose: bool) -> tuple[str, ...]:
    names = list(dict.fromkeys(map(_requester, uses)))
    if verbose or len(names) == 1:
        return tuple(f"needed by {name}" for name in names)
    return (f"needed by {names[0]} and {len(names) - 1} more",)


def _elsewhere(unresolved: Unresolved) -> list[PurePosixPath]:
    origins = (use.origin for use in unresolved.uses)
    return sorted({p for o in origins if isinstance(o, Nowhere | NotOffered) for p in o.elsewhere})


def _places(use: Use) -> Iterator[str]:
    """Where the requester's loader looks, in its order; the system's directories in one line."""
    outcome = use.need.outcome
    usual = []
    for place in outcome.places if isinstance(outcome, Missing) else ():
        if place.how in (How.LD_SO_CONF, How.DEFAULT) and place.cause == ABSENT:
            usual.append(printable(place.path))
        else:
            cause = "" if place.cause == ABSENT else f": {place.cause}"
            yield f"looked in {printable(place.path)} ({place.how.value}){cause}"
    if usual:
        yield f"looked in the system's {', '.join(dict.fromkeys(usual))}"


def explanations(report: Report, *, essential: bool = False) -> Iterator[str]:
    """Why each package is on the list: its libraries, where they are, and some that need them."""
    for package in report.packages:
        if package.essential and not essential:
            continue
        source = "" if package.source == DPKG else f" (by {printable(package.source)})"
        yield f"{package.package}{source}"
        for soname, uses in groupby(package.uses, key=lambda use: use.need.soname):
            group = list(uses)
            found = ", ".join(dict.fromkeys(filter(None, map(_found, group))))
            yield f"    {printable(soname)}{f' => {found}' if found else ''}"
            requesters = dict.fromkeys(map(_requester, group))
            for requester in islice(requesters, 3):
                yield f"        needed by {requester}"
            if len(requesters) > 3:
                yield f"        and {len(requesters) - 3} more"
        if package.others:
            yield f"    others that have it: {', '.join(map(str, package.others))}"


def _found(use: Use) -> str:
    outcome = use.need.outcome
    return printable(outcome.path) if isinstance(outcome, Found) else ""
