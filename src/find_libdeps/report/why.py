"""Who needs a library or a package, and what only one distribution needs.

All answers come from the report; nothing is looked up again. output/answers.py has the sentences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from os.path import normpath
from typing import TYPE_CHECKING, TypeAlias

from find_libdeps.elf.outcome import Found, How, Missing
from find_libdeps.elf.sonames import Soname, versions_of
from find_libdeps.needs.use import Role, Use, packages_of
from find_libdeps.python.distribution import Distribution
from find_libdeps.report.report import Copy, PackageUse, Report
from find_libdeps.report.unresolved import Cause, Unresolved

if TYPE_CHECKING:
    from find_libdeps.debian.installing import Added


class Fate(Enum):
    """What becomes of a need."""

    LISTED = "on the list"
    ESSENTIAL = "in every system of the release"
    PROGRAM = "not on the list, since programs are not listed by themselves"
    ON_DEMAND = "not on the list, since importing a package does not load it"
    MAY_LOAD = "not on the list, since it is not known whether compiled code loads it"
    NAMED = "named by compiled code, and in no package that is known"
    REPLACED = "not on the list, since another file is loaded in place of the asking one"
    COPIED = "to be copied, since no package has it"
    MET = "met without a package"
    OPEN = "open"


NOT_LISTED = (Fate.ON_DEMAND, Fate.MAY_LOAD, Fate.PROGRAM, Fate.REPLACED)
"""The fates of needs for packages that are not on the list."""


@dataclass(frozen=True, slots=True)
class Request:
    """All uses of one soname that get the same answer."""

    soname: Soname
    fate: Fate
    uses: tuple[Use, ...]
    others: tuple[str, ...] = ()
    """Packages that could have been named instead."""
    cause: Cause | None = None
    """Why it is open; None if it is not."""

    @property
    def first(self) -> Use:
        """The first use for which the loader searched; others may have found the library loaded."""
        outcomes = ((use.need.outcome, use) for use in self.uses)
        searched = (u for o, u in outcomes if not (isinstance(o, Found) and o.how is How.LOADED))
        return next(searched, self.uses[0])


@dataclass(frozen=True, slots=True)
class WhyLibrary:
    """A soname or a file, and the requests that lead to it."""

    name: str
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class WhyPackage:
    """A package, and the requests that lead to it."""

    package: PackageUse
    fate: Fate
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class WhyDistribution:
    """What one distribution needs: what only it needs, and what others need, too."""

    distribution: Distribution
    leaving: tuple[PackageUse, ...]
    """Packages that would leave the list without it."""
    staying: tuple[tuple[PackageUse, tuple[Use, ...]], ...]
    """Packages that would stay on the list without it, each with the uses by others."""
    copies: tuple[Copy, ...]
    """Files that would not have to be copied without it."""
    unresolved: tuple[Unresolved, ...]
    """What would not be open without it."""
    saved: Added | None = None
    """What installing the list would not add without it; None if that is not known."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that is not in the report."""

    name: str
    near: tuple[str, ...]
    """Similar names that are."""


Answer: TypeAlias = WhyLibrary | WhyPackage | WhyDistribution | Unknown


def explain(report: Report, name: str) -> tuple[Answer, ...]:
    """What a report says of a name: a soname, a package, a distribution, or several of these."""
    alone = _grouped(report.programs_without_package, Fate.PROGRAM)
    asked = (*requests(report), *alone, *_named(report))
    answers: list[Answer] = []
    wanted = tuple(request for request in asked if _is_for(request, name))
    if wanted:
        answers.append(WhyLibrary(name, wanted))
    for package in (*report.packages, *report.hints, *report.programs, *report.alternatives):
        if name in (package.package.name, str(package.package)):
            found = tuple(r for r in asked if package.package in packages_of(r.first.origin))
            answers.append(WhyPackage(package, _fate(report, package), found))
    for distribution in report.distributions:
        if distribution.is_called(name):
            answers.append(_without(report, distribution))
    if answers:
        return tuple(answers)
    near = (*_importing(name, asked), *_near(name, _names(report, asked)))
    return (Unknown(name, tuple(dict.fromkeys(near))),)


def requests(report: Report) -> Iterator[Request]:
    """All uses in a report, grouped by soname and answer."""
    for package in (*report.packages, *report.hints, *report.programs, *report.alternatives):
        others = tuple(map(str, package.others))
        yield from _grouped(package.uses, _fate(report, package), others)
    for copy in report.copies:
        yield from _grouped(copy.uses, Fate.COPIED)
    for unresolved in report.unresolved:
        yield from _grouped(unresolved.uses, Fate.OPEN, cause=unresolved.cause)
    yield from _grouped(report.met, Fate.MET)


def _named(report: Report) -> Iterator[Request]:
    """What compiled code may load, and no package is known to have."""
    for each in report.may_load:
        yield from _grouped(each.uses, Fate.NAMED)


def _grouped(
    uses: Iterable[Use], fate: Fate, others: tuple[str, ...] = (), cause: Cause | None = None
) -> Iterator[Request]:
    groups: dict[tuple[Soname, object, object], list[Use]] = defaultdict(list)
    for use in uses:
        # $ORIGIN/../lib of requesters in different directories may be one place
        match use.need.outcome:
            case Found(path=path):
                answer: object = normpath(path)
            case Missing(places=places):
                answer = tuple((normpath(place.path), place.how, place.cause) for place in places)
        groups[use.need.soname, answer, use.origin].append(use)
    for (soname, _, _), group in groups.items():
        yield Request(soname, fate, tuple(group), others, cause)


def _is_for(request: Request, name: str) -> bool:
    """Whether `name` is the soname of a request, or the name or the path of the file found.

    A request for any version of a library is one for each: ``libGL.so.*`` for ``libGL.so.1``; and
    what would do, too, is asked for.
    """
    others = {name for use in request.uses for name in use.alternatives}
    outcome = request.first.need.outcome
    found = (outcome.path.name, str(outcome.path)) if isinstance(outcome, Found) else ()
    is_asked = any(versions_of(each, [name]) for each in (request.soname, *others))
    return is_asked or name in (request.soname, *others, *found)


def _fate(report: Report, package: PackageUse) -> Fate:
    if package.essential:
        return Fate.ESSENTIAL
    if any(package is each for each in report.programs):
        return Fate.PROGRAM
    if any(package is each for each in report.alternatives):
        return Fate.REPLACED
    if any(package is each for each in report.packages):
        return Fate.LISTED
    is_possible = all(use.role is Role.MAY_LOAD for use in package.uses)
    return Fate.MAY_LOAD if is_possible else Fate.ON_DEMAND


def _without(report: Report, distribution: Distribution) -> WhyDistribution:
    """What would leave a report if a distribution were not installed."""
    gone = _gone(report, distribution)
    listed = [package for package in report.packages if not package.essential]
    rest = {p.package: tuple(u for u in p.uses if u not in gone) for p in listed}
    mine = [p for p in listed if len(rest[p.package]) < len(p.uses)]
    leaving = tuple(p for p in mine if not rest[p.package])
    costs = report.costs() if leaving else None
    left = [package for package in report.to_install() if rest[package]]
    return WhyDistribution(
        distribution,
        leaving=leaving,
        staying=tuple((p, rest[p.package]) for p in mine if rest[p.package]),
        copies=tuple(copy for copy in report.copies if gone.issuperset(copy.uses)),
        unresolved=tuple(u for u in report.unresolved if gone.issuperset(u.uses)),
        saved=costs.saved(report.to_install(), left) if costs else None,
    )


def _gone(report: Report, distribution: Distribution) -> frozenset[Use]:
    """The needs of a distribution, and of the files that are copied for it alone."""
    uses = [u for p in report.packages for u in p.uses]
    uses += [u for copy in report.copies for u in copy.uses]
    uses += [u for unresolved in report.unresolved for u in unresolved.uses]
    gone = {use for use in uses if use.distribution == distribution}
    left = list(report.copies)
    while dropped := [copy for copy in left if gone.issuperset(copy.uses)]:
        left = [copy for copy in left if copy not in dropped]
        files = {file for copy in dropped for file in copy.files}
        gone |= {use for use in uses if use.need.requester in files}
    return frozenset(gone)


def _names(report: Report, asked: Iterable[Request]) -> list[str]:
    names = [str(request.soname) for request in asked]
    packages = (*report.packages, *report.hints, *report.programs, *report.alternatives)
    names += [package.package.name for package in packages]
    names += [distribution.name for distribution in report.distributions]
    return sorted(set(names))


def _importing(name: str, asked: Iterable[Request]) -> list[str]:
    """The distributions with a package of that name, such as opencv-python for cv2."""
    uses = (use for request in asked for use in request.uses if name in use.need.requester.parts)
    return sorted({use.distribution.name for use in uses if use.distribution})


def _near(name: str, names: Collection[str]) -> tuple[str, ...]:
    """Up to three of `names` that contain `name` or look like it."""
    folded = {each.lower(): each for each in names}
    from difflib import get_close_matches  # seldom needed

    close = get_close_matches(name.lower(), folded, 3)
    parts = [each for each in folded if name.lower() in each] if name else []
    return tuple(folded[each] for each in dict.fromkeys((*parts, *close)))[:3]
