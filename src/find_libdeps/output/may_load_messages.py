"""The messages about libraries that compiled code may load by their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath

from find_libdeps.errors import printable
from find_libdeps.needs.may_load import MayLoad
from find_libdeps.needs.use import Role
from find_libdeps.output.words import Message, plural
from find_libdeps.report.report import PackageUse, Report

SHOWN = 3
"""How many packages, or files, are named one by one without ``-v``."""


def is_only_possible(hint: PackageUse) -> bool:
    """Whether nothing but compiled code asks for a package, by names in its data."""
    return all(use.role is Role.MAY_LOAD for use in hint.uses)


def may_load_messages(report: Report, *, verbose: bool = False) -> Iterator[Message]:
    """What compiled code may load, besides the list.

    Args:
        report: what was found.
        verbose: name each library, those of no package, too.
    """
    hints = [hint for hint in report.hints if is_only_possible(hint)]
    if len(hints) > SHOWN and not verbose:
        yield _hints(hints)
    else:
        yield from map(_hint, hints)
    if in_wheels := [each for each in report.may_load if each.wheels]:
        yield _in_wheels(in_wheels)
    others = [each for each in report.may_load if not each.wheels]
    if others and verbose:
        yield _in_no_package(others, report)
    if report.unsearched:
        yield _unsearched(report)


def _hint(hint: PackageUse) -> Message:
    details = []
    for soname, uses in groupby(hint.uses, key=lambda use: use.need.soname):
        files = list(dict.fromkeys(use.need.requester for use in uses))
        details.append(f"{printable(soname)}, in {_some(files)}")
    why = "compiled code may load it by its name (--dlopen=all lists it)"
    return Message("note", f"{hint.package} is not listed: {why}", tuple(details))


def _hints(hints: Sequence[PackageUse]) -> Message:
    """One message for many packages; files that may load the same ones stand together."""
    packages: dict[PurePosixPath, list[str]] = defaultdict(list)
    for hint in hints:
        for path in dict.fromkeys(use.need.requester for use in hint.uses):
            packages[path].append(str(hint.package))
    alike: dict[tuple[str, ...], list[PurePosixPath]] = defaultdict(list)
    for path, names in packages.items():
        alike[tuple(names)].append(path)
    most = sorted(alike.items(), key=lambda item: (-len(item[0]), item[1]))
    details = [f"{_some(sorted(paths))}: {', '.join(names)}" for names, paths in most[:SHOWN]]
    if rest := sum(len(paths) for _, paths in most[SHOWN:]):
        told = {name for names, _ in most[:SHOWN] for name in names}
        more = [str(hint.package) for hint in hints if str(hint.package) not in told]
        details.append(
            f"and {rest} more {plural(rest, 'file')}{': ' if more else ''}{', '.join(more)}"
        )
    why = "compiled code may load them by name (--dlopen=all lists them, -v names the libraries)"
    return Message("note", f"{len(hints)} packages are not listed: {why}", tuple(details))


def _in_wheels(libraries: Sequence[MayLoad]) -> Message:
    details = (
        f"{printable(each.soname)}, which is in {' or '.join(each.wheels)}, in {_files(each)}"
        for each in libraries
    )
    why = "compiled code may load libraries of CUDA, which wheels of NVIDIA have"
    return Message("note", why, tuple(details))


def _in_no_package(libraries: Sequence[MayLoad], report: Report) -> Message:
    count, release = len(libraries), printable(report.release or "the target's release")
    what = f"{count} {'library' if count == 1 else 'libraries'}"
    return Message(
        "note",
        f"compiled code may load {what} of which no package of {release} is known",
        tuple(f"{printable(each.soname)}, in {_files(each)}" for each in libraries),
    )


def _unsearched(report: Report) -> Message:
    count = len(report.unsearched)
    what = "a file has" if count == 1 else f"{count} files have"
    return Message(
        "note",
        f"{what} more data than is searched for names of libraries to load: hints may be missing",
        tuple(f"{printable(path)}: {size:,} bytes more" for path, size in report.unsearched),
    )


def _files(library: MayLoad) -> str:
    return _some([use.need.requester for use in library.uses])


def _some(paths: Sequence[PurePosixPath]) -> str:
    """The first of some files, and how many more there are."""
    return f"{printable(paths[0])}{f' and {len(paths) - 1} more' if len(paths) > 1 else ''}"
