"""Drawings of a report, judged by what Graphviz and Mermaid make of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from browser import open_page, opened_browser
from find_libdeps import Report
from find_libdeps.elf.sonames import Soname
from find_libdeps.output.formats import Format, render
from find_libdeps.output.graph import Graph, graph_of
from fixture_roots import root_of, scanned
from hostile_names import MARKUP, NAMES, TAGS
from judges import Drawing, read_dot
from npm import file_of_package

CASES = (
    "distributions",
    "hostile_names",
    "missing_required",
    "source_loads_on_demand",
    "unpackaged_is_copied",
)


def drawing_of(graph: Graph) -> Drawing:
    """What should be drawn."""
    return Drawing({name: node.label for name, node in graph.nodes.items()}, set(graph.edges))


def hostile_report(folder: Path) -> Report:
    """A report with a missing library of each name that means something to somebody."""
    folder.mkdir(exist_ok=True)
    report = scanned(root_of("scan/missing_required", folder))
    (missing,) = report.unresolved
    names = sorted({" ".join(name.split()) for name in (*NAMES, *MARKUP, *TAGS)})
    every = []
    for name in map(Soname, names):
        uses = (replace(use, need=replace(use.need, soname=name)) for use in missing.uses)
        every.append(replace(missing, soname=name, uses=tuple(uses)))
    return replace(report, unresolved=tuple(every))


@pytest.mark.parametrize("case", CASES)
def test_graphviz_draws_who_needs_what(tmp_path: Path, case: str) -> None:
    """Each node with its name, as it is shown elsewhere, and each edge."""
    report = scanned(root_of(f"scan/{case}", tmp_path))
    assert read_dot(render(report, Format.DOT)) == drawing_of(graph_of(report))


def test_graphviz_shows_names_as_they_are(tmp_path: Path) -> None:
    """No name ends a label, or is markup in one."""
    report = hostile_report(tmp_path)
    assert read_dot(render(report, Format.DOT)) == drawing_of(graph_of(report))


@pytest.mark.thorough
def test_mermaid_draws_the_same(tmp_path: Path) -> None:
    """Mermaid itself draws each node with its name, and each edge."""
    library = file_of_package("mermaid@11", "dist/mermaid.min.js", tmp_path)
    page = f'<!doctype html><meta charset="utf-8"><script src="{library.name}"></script>'
    reports = [scanned(root_of(f"scan/{case}", tmp_path)) for case in CASES]
    reports.append(hostile_report(tmp_path / "hostile"))
    with opened_browser() as browser:
        open_page(browser, page, tmp_path / "page.html")
        for report in reports:
            assert drawn_by_mermaid(browser, render(report, Format.MERMAID)) == drawing_of(
                graph_of(report)
            )


RENDER = """
    const [text, done] = arguments;
    const read = ({svg}) => {
        document.body.innerHTML = svg;
        const all = (selector, tell) => [...document.querySelectorAll(selector)].map(tell);
        done([all("g.node", n => [n.id, n.textContent]), all("path.flowchart-link", e => e.id)]);
    };
    mermaid.render("x", text).then(read, error => done(String(error)));
"""


def drawn_by_mermaid(browser: Chrome, text: str) -> Drawing:
    """What Mermaid draws: it calls a node ``x-flowchart-d1-0``, and an edge ``x-L_d1_l1_0``."""
    nodes, edges = browser.execute_async_script(RENDER, text)
    ends = [edge.split("_") for edge in edges]
    return Drawing(
        {name.split("-")[2]: label for name, label in nodes},
        {(start, end) for _, start, end, _ in ends},
    )
