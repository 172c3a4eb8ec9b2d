"""A report as a graph: distribution, library, package. `dot` and `mermaid` draw it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.errors import printable
from find_libdeps.needs.use import Role, Use, packages_of
from find_libdeps.output.asking import STRENGTH
from find_libdeps.output.words import distribution_of
from find_libdeps.report.report import Report
from find_libdeps.report.why import NOT_LISTED, Fate, Request, requests


class Kind(Enum):
    """What a node stands for. The values are the first letters of its name in a drawing."""

    DISTRIBUTION = "d"
    """What asks: a distribution, or files that none has recorded."""
    LIBRARY = "l"
    """A name that is asked for."""
    PACKAGE = "p"
    """A package on the list."""
    HINT = "h"
    """A package that is not on the list: its library is loaded on demand, or by another file."""
    COPY = "c"
    """A file that no package has, to be copied."""
    OPEN = "o"
    """Why a need stays open."""


class Node(NamedTuple):
    """A node, which is the same wherever its kind and its label are."""

    kind: Kind
    label: str
    """`printable`, and not yet escaped."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by their names, and what leads from one to the other. Everything in it is sorted."""

    nodes: dict[str, Node]
    edges: dict[tuple[str, str], Role]
    """From a name to a name; `Role.REQUIRED` if one of the files that ask is required."""


def graph_of(report: Report, *, essential: bool = False) -> Graph:
    """Who asks for which library, and which package has it.

    Args:
        report: what was found.
        essential: include what every Debian system has.
    """
    roles: dict[tuple[Node, Node], Role] = {}
    for start, end, role in _edges(report, essential):
        before = roles.get((start, end), role)
        roles[start, end] = min(before, role, key=STRENGTH.index)
    order = {kind: number for number, kind in enumerate(Kind)}
    nodes = sorted({n for edge in roles for n in edge}, key=lambda n: (order[n.kind], n.label))
    names, counts = dict[Node, str](), dict.fromkeys(Kind, 0)
    for node in nodes:
        counts[node.kind] += 1
        names[node] = f"{node.kind.value}{counts[node.kind]}"
    rank = {name: number for number, name in enumerate(names.values())}
    edges = {(names[start], names[end]): role for (start, end), role in roles.items()}
    return Graph(
        {name: node for node, name in names.items()},
        {edge: edges[edge] for edge in sorted(edges, key=lambda e: (rank[e[0]], rank[e[1]]))},
    )


def _edges(report: Report, essential: bool) -> Iterator[tuple[Node, Node, Role]]:
    copies = {use: _copied(copy.files) for copy in report.copies for use in copy.uses}
    by_file = {file: _copied(copy.files) for copy in report.copies for file in copy.files}
    for request in requests(report):
        if request.fate is Fate.MET or (request.fate is Fate.ESSENTIAL and not essential):
            continue
        library = Node(Kind.LIBRARY, printable(request.soname))
        for use in request.uses:
            asking = by_file.get(use.need.requester)
            yield asking or Node(Kind.DISTRIBUTION, distribution_of(use)), library, use.role
            for end in _ends(request, use, copies.get(use)):
                yield library, end, use.role


def _ends(request: Request, use: Use, copy: Node | None) -> Iterator[Node]:
    """What meets a need."""
    if copy:
        yield copy
    elif request.cause:
        yield Node(Kind.OPEN, request.cause.value)
    else:
        is_hint = request.fate in NOT_LISTED
        for package in packages_of(use.origin):
            yield Node(Kind.HINT if is_hint else Kind.PACKAGE, str(package))


def _copied(files: tuple[PurePosixPath, ...]) -> Node:
    return Node(Kind.COPY, printable(files[-1]))
