"""The messages about what Python source loads by name, and about what could not be found out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import PurePosixPath

from find_libdeps.debian.package import Package
from find_libdeps.debian.typelibs import namespace_of
from find_libdeps.errors import printable, quoted
from find_libdeps.needs.loads import NewestTypelib, PassedOver, Unfinished, UnknownLoad
from find_libdeps.needs.use import OWN_CODE, Offered, Use
from find_libdeps.output.may_load_messages import is_only_possible
from find_libdeps.output.observed_messages import why_only_hint
from find_libdeps.output.words import (
    Message,
    installed_name,
    line_of_source,
    requester,
    spot_of,
    way_to,
)
from find_libdeps.report.findings import Code
from find_libdeps.report.report import PackageUse, Report

SHOWN = 3
"""How many things of one kind are named without ``-v``."""


def source_messages(report: Report, level: str, *, verbose: bool = False) -> Iterator[Message]:
    """What a user must know of the evaluated sources, besides the list.

    Args:
        report: what was found.
        level: of what the application may miss: ``warning``, or ``error`` with ``--strict``.
        verbose: name every library and every place.
    """
    hints = [hint for hint in report.hints if not is_only_possible(hint)]
    if len(hints) > SHOWN and not verbose:
        yield _hints(hints, report)
    else:
        yield from (_hint(hint, report) for hint in hints)
    if not report.own_code and any(_is_undecided(hint) for hint in hints):
        yield _own_code_decides(report)
    yield from _programs(report, verbose=verbose)
    yield from (_for_building(each) for each in report.packages if _is_for_building(each))
    yield from (_alternative(each, report) for each in report.alternatives)
    shown = report.unknown_loads if verbose else report.unknown_loads[:SHOWN]
    yield from (_unknown_load(load, level) for load in shown)
    if len(report.unknown_loads) > len(shown):
        yield _more_unknown_loads(report.unknown_loads[len(shown) :], level)
    yield from map(_newest, report.newest)
    roots = [each for each in report.unfinished if each.is_root]
    if roots:
        yield _unfinished(roots, level, verbose)
    own = [each for each in report.unfinished if each.is_own]
    if own:
        yield _unfinished(
            own, "note", verbose, "what it loads on demand may be missing on the list"
        )
    others = [each for each in report.unfinished if not (each.is_root or each.is_own)]
    if others and verbose:
        yield _without_hints(others)
    places = [each for each in report.passed_over if each.is_root]
    if places:
        yield _passed_over(places, "libraries that are loaded there may be missing", verbose)
    if verbose and len(places) < len(report.passed_over):
        rest = [each for each in report.passed_over if not each.is_root]
        yield _passed_over(rest, "hints of libraries that are loaded there may be missing", verbose)


def _is_undecided(hint: PackageUse) -> bool:
    """Whether a hint is of Python source, which own code may call."""
    return any(use.line is not None and not use.heard for use in hint.uses)


def _own_code_decides(report: Report) -> Message:
    paths = " ".join(map(printable, report.paths))
    why = "the application's own code would decide whether these are listed: give it, too"
    return Message("note", why, (f"such as find-libdeps {paths} /app",))


_NOT_REACHED = "the application's own code does not get to where it is loaded"


def _hint(hint: PackageUse, report: Report) -> Message:
    decided = report.own_code and _is_undecided(hint)
    why = why_only_hint(hint) or (_NOT_REACHED if decided else "it is loaded on demand only")
    headline = f"{hint.package} is not listed: {why} (--dlopen=all lists it)"
    return Message("note", headline, tuple(_asking(hint.uses)))


def _programs(report: Report, *, verbose: bool) -> Iterator[Message]:
    """The programs that Python source runs, and that are not listed."""
    hints = report.programs
    if len(hints) > SHOWN and not verbose:
        names = ", ".join(str(hint.package) for hint in hints)
        why = "programs that are run are in them (--programs lists them, -v names these)"
        yield Message("note", f"{len(hints)} packages are not listed: {why}", (names,))
    else:
        for hint in hints:
            why = "a program that is run is in it (--programs lists it)"
            headline = f"{hint.package} is not listed: {why}"
            yield Message("note", headline, tuple(_asking(hint.uses)))
    if alone := report.programs_without_package:
        what = "a program is run" if len(alone) == 1 else "programs are run"
        headline = f"{what} that no package for a target is known to have"
        yield Message("note", headline, _listed([*_asking(alone)], verbose))


def _asking(uses: Sequence[Use]) -> Iterator[str]:
    """What is asked for, and by which line: one line of text for each name."""
    for soname, group in groupby(uses, key=lambda use: use.need.soname):
        first, *more = {requester(use): use for use in group}.items()
        rest = f" and {len(more)} more" if more else ""
        yield f"{printable(soname)}, in {first[0]}{_reached_from(first[1])}{rest}"


def _is_for_building(package: PackageUse) -> bool:
    return package.package.name.endswith("-dev")


def _for_building(package: PackageUse) -> Message:
    """A development package that is listed, since a bare name is asked for."""
    use = package.uses[0]
    others = ", with all that it is for building: a link in the target would do instead"
    return Message(
        "note",
        f'{package.package} is listed for the link "{printable(use.need.soname)}"{others}',
        (f"needed by {requester(use)}",),
    )


def _reached_from(use: Use) -> str:
    """Which line of another module gets to the one that asks, if any does."""
    lines = [line for line in (use.way.lines if use.way else ()) if line.path != use.need.requester]
    return f", by {installed_name(lines[-1].path)}:{lines[-1].number}" if lines else ""


def _hints(hints: Sequence[PackageUse], report: Report) -> Message:
    names = ", ".join(str(hint.package) for hint in hints)
    why = (
        "the application's own code does not load them"
        if report.own_code
        else "they are loaded on demand only"
    )
    how = "(--dlopen=all lists them, -v names their requesters)"
    return Message("note", f"{len(hints)} packages are not listed: {why} {how}", (names,))


def _alternative(alternative: PackageUse, report: Report) -> Message:
    """A package for a build of an extension module in whose place another one is loaded."""
    replaced = dict(report.replaced)
    lines = [
        f"{printable(use.need.soname)}, in {requester(use)}; loaded is {printable(chosen)}"
        for use in alternative.uses
        if (chosen := replaced.get(use.need.requester))
    ]
    why = f"{alternative.package} is not listed: another file is loaded in place of the asking one"
    if chosen_packages := _chosen_from_release(alternative, replaced, report):
        names = " ".join(map(str, chosen_packages))
        why = f"one of {names} and {alternative.package} is enough, since one build of a module is "
        why += f"loaded: {names} is listed, which the import asks for first"
    return Message("note", why, tuple(dict.fromkeys(lines)))


def _chosen_from_release(
    alternative: PackageUse, replaced: Mapping[PurePosixPath, PurePosixPath], report: Report
) -> list[Package]:
    """What is listed in place of a package; empty if the builder, or the target, has that already.

    Then its user has chosen already.
    """
    chosen = {replaced.get(use.need.requester) for use in alternative.uses}
    others = {use.need.soname for use in alternative.uses}
    return [
        package.package
        for package in report.packages
        if not package.essential
        and any(
            use.need.requester in chosen
            and use.need.soname not in others
            and isinstance(use.origin, Offered)
            for use in package.uses
        )
    ]


def _unknown_load(load: UnknownLoad, level: str) -> Message:
    module = load.way.module
    who = "own code" if module == OWN_CODE else f'"{_evaluated(module)}"'
    return Message(
        level if load.is_serious else "note",
        f"{who} loads a library whose name could not be found out",
        (
            f"in {line_of_source(load.place)} (unknown: {printable(load.reason)})",
            *way_to(load.way),
            _advice(module),
        ),
        Code.UNKNOWN_NAME,
        (spot_of(load.place),),
    )


def _more_unknown_loads(loads: Sequence[UnknownLoad], level: str) -> Message:
    count = len(loads)
    places = "1 more place loads a library" if count == 1 else f"{count} more places load libraries"
    names = "name" if count == 1 else "names"
    return Message(
        level if any(load.is_serious for load in loads) else "note",
        f"{places} whose {names} could not be found out (-v names all)",
        code=Code.UNKNOWN_NAME,
        spots=tuple(spot_of(load.place) for load in loads),
    )


def _newest(taken: NewestTypelib) -> Message:
    namespace = printable(namespace_of(taken.name))
    others = ", ".join(map(printable, taken.others))
    return Message(
        "note",
        f'no version of "{namespace}" is required: {printable(taken.name)} is taken, the newest',
        (f"in {line_of_source(taken.place)}; {others} would be there, too",),
    )


def _unfinished(
    unfinished: Sequence[Unfinished],
    level: str,
    verbose: bool,
    missing: str = "libraries may be missing on the list",
) -> Message:
    """Imports that decide what is listed, and that were not followed to their ends."""
    first, count = unfinished[0].module, len(unfinished)
    headline = f"{count} imports were not followed to their ends, which takes too many steps"
    if count == 1:
        headline = f'"{_evaluated(first)}" was not followed to its end'
        headline += ", which takes too many steps"
    return Message(
        level,
        f"{headline}: {missing}",
        (*_listed([*map(_end, unfinished)], verbose), _advice(first)),
        Code.NOT_EVALUATED,
        tuple(spot_of(each.place) for each in unfinished),
    )


def _end(unfinished: Unfinished) -> str:
    name = _evaluated(unfinished.module)
    if not unfinished.place.number:
        return f"{name} was not begun"
    return f"{name} was given up in {line_of_source(unfinished.place)}"


def _evaluated(name: str) -> str:
    """The import of a module, or the call of a function."""
    return printable(name) if name.endswith("()") else f"import {printable(name)}"


def _without_hints(unfinished: Sequence[Unfinished]) -> Message:
    """Modules that would only give hints, and that were not looked at to their ends."""
    count = len(unfinished)
    modules = f"{count} modules that no package imports were" if count > 1 else "a module was"
    headline = f"hints may be missing: {modules} not followed to the end"
    spots = tuple(spot_of(each.place) for each in unfinished)
    return Message("note", headline, tuple(map(_end, unfinished)), Code.NOT_EVALUATED, spots)


def _passed_over(places: Sequence[PassedOver], missing: str, verbose: bool) -> Message:
    count = len(places)
    what = f"{count} parts of Python sources were" if count > 1 else "a part of a Python source was"
    lines = [f"in {line_of_source(each.place)}: {printable(each.reason)}" for each in places]
    return Message(
        "note",
        f"{what} not evaluated: {missing}",
        (
            *_listed(lines, verbose),
            _ADVICE,
        ),
        Code.NOT_EVALUATED,
        tuple(spot_of(each.place) for each in places),
    )


def _listed(lines: Sequence[str], verbose: bool) -> tuple[str, ...]:
    """Some lines, with a count of the others; a line that says "1 more" would save nothing."""
    hidden = len(lines) - SHOWN
    if verbose or hidden < 2:
        return tuple(lines)
    return (*lines[:SHOWN], f"and {hidden} more (-v names them)")


_ADVICE = (
    "to see what an import loads, run it with LD_DEBUG=files, and add what is missing to the list"
)


def _advice(module: str) -> str:
    if module == OWN_CODE or module.endswith("()"):
        return "to see what it loads, run it under find-libdeps observe, and give --observed"
    command = f"LD_DEBUG=files python3 -c {quoted(f'import {module}')}"
    return f"to see what it loads, run {command}, and add what is missing to the list"
