"""``--format mermaid``: the same graph as `dot` for Mermaid, which GitHub and GitLab draw."""

from __future__ import annotations

import re
from collections.abc import Iterator

from find_libdeps.needs.use import Role
from find_libdeps.output.graph import Kind, graph_of
from find_libdeps.report.report import Report

_CLASSES = {
    Kind.DISTRIBUTION: ("distribution", "fill:#dbeafe,stroke:#1d4ed8,color:#111827"),
    Kind.LIBRARY: ("library", "fill:#ffffff,stroke:#d1d5db,color:#111827"),
    Kind.PACKAGE: ("package", "fill:#dcfce7,stroke:#15803d,color:#111827"),
    Kind.HINT: ("hint", "fill:#f3f4f6,stroke:#4b5563,color:#111827,stroke-dasharray:4"),
    Kind.COPY: ("copy", "fill:#fef9c3,stroke:#a16207,color:#111827"),
    Kind.OPEN: ("open", "fill:#fee2e2,stroke:#b91c1c,color:#111827"),
}
_EDGES = {
    Role.REQUIRED: "-->",
    Role.PLUGIN: "-.->",
    Role.DLOPEN: "-. by name .->",
    Role.PROGRAM: "-. runs .->",
    Role.MAY_LOAD: "-. may load .->",
}
_SPECIAL = re.compile(r"[^\w .-]", re.ASCII)
"""What may be markup in a label, which is Markdown and HTML at once; all of it gets an entity."""


def mermaid(report: Report, *, essential: bool = False) -> Iterator[str]:
    """The lines of a report's graph as a flowchart of Mermaid. Equal reports give equal lines.

    Args:
        report: what was found.
        essential: include what every Debian system has.
    """
    graph = graph_of(report, essential=essential)
    yield "flowchart LR"
    yield "    %% solid: required; dashed: only plugins ask, or it is loaded by its name"
    for name, node in graph.nodes.items():
        yield f'    {name}["{_label(node.label)}"]'
    for (start, end), role in graph.edges.items():
        yield f"    {start} {_EDGES[role]} {end}"
    for kind, (word, style) in _CLASSES.items():
        names = [name for name, node in graph.nodes.items() if node.kind is kind]
        if names:
            yield f"    classDef {word} {style}"
            yield f"    class {','.join(names)} {word}"


def _label(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"#{ord(match[0])};", text)
