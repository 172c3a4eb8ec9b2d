"""The answers of `why`, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from find_libdeps.elf.outcome import Found, Missing
from find_libdeps.errors import printable
from find_libdeps.needs.use import (
    Bundled,
    FromInterpreter,
    InTarget,
    NotOffered,
    Nowhere,
    Offered,
    Unpackaged,
    Use,
    packages_of,
)
from find_libdeps.output.messages import explain_unresolved
from find_libdeps.output.observed_messages import why_only_hint
from find_libdeps.output.sizes import in_short
from find_libdeps.output.words import (
    RULES,
    alternatives,
    distribution_of,
    found,
    requester_with_role,
    to_do_by_hand,
    way_to,
)
from find_libdeps.report.report import DPKG, PackageUse, Report
from find_libdeps.report.unresolved import Unresolved
from find_libdeps.report.why import (
    Answer,
    Fate,
    Request,
    Unknown,
    WhyDistribution,
    WhyLibrary,
    WhyPackage,
)

SHOWN = 3
"""How many files of one distribution are named without ``-v``."""

_FATES = {
    Fate.LISTED: "is on the list",
    Fate.ESSENTIAL: "is not on the list: every system of the release has it (--essential lists it)",
    Fate.REPLACED: "is not on the list: another file is loaded in place of the asking one",
    Fate.PROGRAM: "is not on the list: a program that is run is in it (--programs lists it)",
    Fate.MAY_LOAD: "is not on the list: compiled code may load it by name (--dlopen=all lists it)",
    Fate.ON_DEMAND: "is not on the list: it is loaded on demand only (--dlopen=all lists it)",
}


def sentences(answer: Answer, report: Report, *, verbose: bool = False) -> Iterator[str]:
    """One answer, line by line.

    Args:
        answer: one of the answers of `explain`.
        report: the report that it comes from.
        verbose: name every file that asks.
    """
    match answer:
        case WhyLibrary(requests=requests):
            for request in requests:
                yield f"{_verdict(request, report)}."
                yield from _reasons(request, verbose)
        case WhyPackage(package=package, fate=fate, requests=requests):
            yield f"{package.package} {_fate(package, fate)}{_source(package)}."
            for request in requests:
                yield f"    {printable(request.soname)}"
                yield from (f"    {line}" for line in _reasons(request, verbose))
        case WhyDistribution():
            yield from _without(answer)
        case Unknown(name=name, near=near):
            like = f"; names like it: {', '.join(map(printable, near))}" if near else ""
            yield f'nothing here asks for "{printable(name)}"{like}'
            if report.has_gaps:
                yield "but it is not known what all sources load: find-libdeps PATH says where"


def _fate(package: PackageUse, fate: Fate) -> str:
    """What becomes of a package."""
    why = why_only_hint(package) if fate is Fate.ON_DEMAND else ""
    return f"is not on the list: {why} (--dlopen=all lists it)" if why else _FATES[fate]


def _verdict(request: Request, report: Report) -> str:
    """What becomes of a request."""
    soname, origin = printable(request.soname), request.first.origin
    match request.fate, origin:
        case Fate.COPIED, _:
            return f"{soname} is in no package: {to_do_by_hand(request.first)}"
        case Fate.NAMED, _:
            return f"compiled code may load {soname}; no package is known that has it"
        case Fate.OPEN, _ if request.cause:
            return explain_unresolved(
                Unresolved(request.soname, request.cause, request.uses), report
            )
        case Fate.MET, Bundled():
            return f"{soname} is in the virtualenv: nothing is to be installed for it"
        case Fate.MET, FromInterpreter():
            return f"{soname} comes with the interpreter, which no package has brought"
        case Fate.MET, InTarget():
            return f"{soname} is in the target already"
        case Fate.PROGRAM, NotOffered() | Nowhere() | Unpackaged():
            return f"{soname} is run, and no package for a target is known to have it"
        case fate, Offered(package=package, source=source):
            here = "in the builder" if found(request.first) else "not in the builder"
            where = f"{printable(report.release)} has it in {package} (by {printable(source)})"
            return f"{soname} is {here}; {where}, which {_FATES[fate]}"
        case fate, _:
            names = " and ".join(map(str, packages_of(origin)))
            return f"{soname} is in {names}, which {_FATES[fate]}"


def _reasons(request: Request, verbose: bool) -> Iterator[str]:
    """Where the loader found or missed the library, and which files ask for it."""
    match request.first.need.outcome:
        case Found(path=path, how=how):
            yield f"    found at {printable(path)}, {RULES[how]}"
        case Missing(places=places) if places:
            yield "    looked in, in this order:"
            for place in places:
                yield f"        {printable(place.path)} ({place.how.value}): {place.cause}"
    if request.others:
        yield f"    others that have it: {', '.join(request.others)}"
    yield "    asked for by"
    for distribution, group in groupby(_by_distribution(request.uses), distribution_of):
        yield f"        {distribution}"
        files = dict[str, Use]()
        for use in group:
            files.setdefault(requester_with_role(use), use)
        shown = list(files) if verbose else list(files)[:SHOWN]
        for name in shown:
            yield f"            {name}"
            way = files[name].way
            yield from (f"                {line}" for line in (way_to(way) if way else ()))
            yield from (f"                {line}" for line in alternatives(files[name]))
        if len(files) > len(shown):
            yield f"            and {len(files) - len(shown)} more (-v names them)"


def _without(answer: WhyDistribution) -> Iterator[str]:
    """What would leave the list without a distribution, and what would stay on it."""
    name = printable(answer.distribution)
    if answer.leaving:
        yield f"Without {name} the list would be shorter by"
        for package in answer.leaving:
            yield f"    {package.package} ({', '.join(_sonames(package.uses))})"
        if answer.saved:
            yield f"which saves {in_short(answer.saved)}."
    elif answer.staying:
        yield f"Without {name} the list would be the same."
    else:
        yield f"{name} asks for nothing that has to be installed."
    for copy in answer.copies:
        yield f"    not to be copied any more: {' '.join(map(printable, copy.files))}"
    if answer.unresolved:
        names = ", ".join(printable(u.soname) for u in answer.unresolved)
        yield f"    no longer open: {names}"
    if answer.staying:
        yield "It needs these, too, and others do:"
    for package, uses in answer.staying:
        others = dict.fromkeys(map(distribution_of, _by_distribution(uses)))
        yield f"    {package.package} ({', '.join(others)})"


def _sonames(uses: Sequence[Use]) -> list[str]:
    return list(dict.fromkeys(printable(use.need.soname) for use in uses))


def _source(package: PackageUse) -> str:
    return "" if package.source == DPKG else f" (by {printable(package.source)})"


def _by_distribution(uses: Sequence[Use]) -> list[Use]:
    return sorted(uses, key=lambda use: (use.distribution is None, distribution_of(use)))
