"""The report as a tree: distribution, file, soname, package."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from find_libdeps.debian.installing import Installation
from find_libdeps.debian.package import Package
from find_libdeps.errors import printable
from find_libdeps.needs.use import Use, packages_of
from find_libdeps.output.paint import Paint
from find_libdeps.output.sizes import with_what_it_brings
from find_libdeps.output.words import distribution_of, found, requester_with_role
from find_libdeps.report.report import Report
from find_libdeps.report.unresolved import Unresolved
from find_libdeps.report.why import NOT_LISTED, Fate, Request, requests


@dataclass(frozen=True, slots=True)
class _Node:
    text: str
    children: tuple[_Node, ...] = ()


def outline(report: Report, *, essential: bool, paint: Paint, sizes: bool = False) -> Iterator[str]:
    """The lines of the tree: each distribution, below it its files, below these what they need.

    Files with the same needs share a node. The needs of a library to copy are shown below it, where
    it comes first.

    Args:
        report: what was found.
        essential: include what every Debian system has.
        paint: colours a text.
        sizes: say what installing each package adds.
    """
    asked: dict[PurePosixPath, list[tuple[Use, Request]]] = defaultdict(list)
    for request in requests(report):
        if request.fate is not Fate.MET and (essential or request.fate is not Fate.ESSENTIAL):
            for use in request.uses:
                asked[use.need.requester].append((use, request))
    copied = {file for copy in report.copies for file in copy.files}
    tops: dict[str, list[PurePosixPath]] = defaultdict(list)
    for path, needs in sorted(asked.items()):
        if path not in copied:
            tops[distribution_of(needs[0][0])].append(path)
    maker = _NodeMaker(report, asked, paint, report.added if sizes else None)
    for name, paths in sorted(tops.items()):
        yield from _drawn(_Node(paint(name, fg="cyan"), maker.files(paths)))


class _NodeMaker:
    """Makes the nodes, and remembers which libraries to copy it has shown already."""

    def __init__(
        self,
        report: Report,
        asked: Mapping[PurePosixPath, Sequence[tuple[Use, Request]]],
        paint: Paint,
        added: Installation | None,
    ) -> None:
        self._added = added
        self._asked = asked
        self._paint = paint
        self._copies = {use: copy for copy in report.copies for use in copy.uses}
        self._shown: set[tuple[PurePosixPath, ...]] = set()

    def files(self, paths: Sequence[PurePosixPath]) -> tuple[_Node, ...]:
        """The nodes of files, one for all that have the same role and the same needs."""
        groups: dict[object, list[tuple[str, Sequence[tuple[Use, Request]]]]] = defaultdict(list)
        for path in paths:
            for who, needs in _by_requester(self._asked[path]).items():
                role = who.removeprefix(printable(path))
                key = role, tuple((r.soname, r.fate, u.origin) for u, r in needs)
                groups[key].append((who, needs))
        nodes = []
        for group in groups.values():
            who, asked = group[0]
            more = f" and {len(group) - 1} more" if len(group) > 1 else ""
            nodes.append(_Node(f"{who}{more}", tuple(self._need(u, r) for u, r in asked)))
        return tuple(nodes)

    def _need(self, use: Use, request: Request) -> _Node:
        soname = printable(request.soname)
        match request.fate:
            case Fate.COPIED:
                return self._copy(use, soname)
            case Fate.OPEN if request.cause:
                unresolved = Unresolved(request.soname, request.cause, request.uses)
                colour = "red" if unresolved.is_error else "yellow"
                return _Node(f"{soname}: {self._paint(request.cause.value, fg=colour)}")
        names = ", ".join(map(str, packages_of(use.origin)))
        absent = "" if found(use) else ", not in the builder"
        if request.fate in NOT_LISTED:
            return _Node(f"{soname}: {self._paint(names, fg='yellow')}{absent}, not listed")
        size = self._size(packages_of(use.origin))
        return _Node(f"{soname}: {self._paint(names, fg='green')}{size}{absent}")

    def _size(self, packages: Sequence[Package]) -> str:
        """What installing some packages of the list adds, in brackets; empty if nobody asks."""
        if self._added is None:
            return ""
        told = (with_what_it_brings(each.qualified_name, self._added) for each in packages)
        return f" ({', '.join(filter(None, told)) or 'size unknown'})"

    def _copy(self, use: Use, soname: str) -> _Node:
        files = self._copies[use].files
        text = f"{soname}: {self._paint(f'copy {printable(files[-1])}', fg='yellow')}"
        below = [need for file in files for need in self._asked.get(file, ())]
        if files in self._shown:
            return _Node(f"{text} (see above)" if below else text)
        self._shown.add(files)
        return _Node(text, tuple(self._need(use, request) for use, request in below))


def _by_requester(
    needs: Sequence[tuple[Use, Request]],
) -> Mapping[str, list[tuple[Use, Request]]]:
    """What one file asks for, grouped by line and role."""
    groups: dict[str, list[tuple[Use, Request]]] = defaultdict(list)
    for use, request in needs:
        group = groups[requester_with_role(use)]
        # a file may ask twice: where its needs are looked for depends on what loads the file
        if not any(request is each for _, each in group):
            group.append((use, request))
    return groups


def _drawn(node: _Node, first: str = "", rest: str = "") -> Iterator[str]:
    yield f"{first}{node.text}"
    for child in node.children:
        branch, below = ("└── ", "    ") if child is node.children[-1] else ("├── ", "│   ")
        yield from _drawn(child, rest + branch, rest + below)
