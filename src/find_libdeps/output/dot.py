"""``--format dot``: who asks for which library and which package has it, for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from find_libdeps.needs.use import Role
from find_libdeps.output.graph import Kind, graph_of
from find_libdeps.report.report import Report

_NODES = {
    Kind.DISTRIBUTION: 'shape=box, style="filled,rounded", fillcolor="#dbeafe", color="#1d4ed8"',
    Kind.LIBRARY: 'shape=plain, style=""',
    Kind.PACKAGE: 'shape=box, style=filled, fillcolor="#dcfce7", color="#15803d"',
    Kind.HINT: 'shape=box, style="filled,dashed", fillcolor="#f3f4f6", color="#4b5563"',
    Kind.COPY: 'shape=note, style=filled, fillcolor="#fef9c3", color="#a16207"',
    Kind.OPEN: 'shape=octagon, style=filled, fillcolor="#fee2e2", color="#b91c1c"',
}
_EDGES = {
    Role.REQUIRED: "",
    Role.PLUGIN: " [style=dashed]",
    Role.DLOPEN: " [style=dotted]",
    Role.PROGRAM: " [style=dotted]",
    Role.MAY_LOAD: " [style=dotted]",
}
_SPECIAL = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""What labels take for something else: Graphviz reads entities in them, and ``\\N`` is a name."""


def dot(report: Report, *, essential: bool = False) -> Iterator[str]:
    """The lines of a report's graph in Graphviz's language. Equal reports give equal lines.

    Args:
        report: what was found.
        essential: include what every Debian system has.
    """
    graph = graph_of(report, essential=essential)
    yield 'digraph "find-libdeps" {'
    yield "    // solid: required; dashed: only plugins ask; dotted: loaded by its name"
    yield "    graph [rankdir=LR, ranksep=1.5, nodesep=0.1]"
    yield "    node [fontsize=11]"
    yield '    edge [color="#6b7280", arrowsize=0.6]'
    for kind, style in _NODES.items():
        nodes = [(name, node.label) for name, node in graph.nodes.items() if node.kind is kind]
        if nodes:
            font = "monospace" if kind is Kind.LIBRARY else "sans-serif"
            yield f'    node [{style}, fontname="{font}"]'
        for name, label in nodes:
            yield f'    {name} [label="{label.translate(_SPECIAL)}"]'
    for (start, end), role in graph.edges.items():
        yield f"    {start} -> {end}{_EDGES[role]}"
    yield "}"
