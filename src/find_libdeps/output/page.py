"""A whole page of HTML: one file that asks for nothing, and what all pages have."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from string import Template
from typing import NamedTuple

from find_libdeps.output.markup import Html, element, escaped, joined, lines
from find_libdeps.output.words import plural
from find_libdeps.package_data import package_data
from find_libdeps.report.document import TOOL, tool_version


class Fact(NamedTuple):
    """A number at the top of a page."""

    number: str
    what: str


class Box(NamedTuple):
    """A box to tick: items of that kind are shown."""

    kind: str
    label: str
    swatch: str | None = None
    """The class of the colour that they have; None for no colour."""


def page(title: str, heading: Html, facts: Iterable[Fact], sections: Iterable[Html]) -> str:
    """A page. It may run its own script and use its own style, and load nothing.

    Args:
        title: its title, as text.
        heading: what stands in its first heading.
        facts: numbers below that.
        sections: all that follows.
    """
    style, script = _asset("page.css"), _asset("page.js")
    told = [
        element("div", element("dt", fact.what), element("dd", fact.number), class_="card")
        for fact in facts
    ]
    body = (
        element("header", element("h1", heading), element("dl", *told, class_="facts")),
        element("main", *sections),
        element("footer", f"Made by {TOOL} {tool_version()}, by reading: nothing was run."),
        element("p", id="told", class_="unseen", role="status"),
    )
    return Template(_asset("page.html")).substitute(
        policy=f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'",
        title=escaped(title),
        style=style,
        body=joined(body, Html("\n")),
        script=script,
    )


def section(heading: str, *content: str, what: str | None = None) -> Html:
    """A section with a heading, which is its name, too.

    Args:
        heading: the heading.
        content: what follows.
        what: what its items are called, if `tools` filters them.
    """
    name = "-".join(heading.lower().split())
    title = element("h2", heading, id=name)
    return element("section", title, *content, aria_labelledby=name, data_what=what)


def tools(label: str, hint: str, kinds: str, boxes: Iterable[Box], *more: str) -> Html:
    """What filters the items of a section. It shows only where the script runs.

    Args:
        label: what is searched.
        hint: what can be searched for.
        kinds: what the kinds of items are called.
        boxes: the kinds.
        more: other controls.
    """
    ticked = [
        element(
            "label",
            element("input", type="checkbox", value=box.kind, checked=""),
            *([element("span", class_=f"swatch {box.swatch}")] if box.swatch else []),
            box.label,
        )
        for box in boxes
    ]
    return element(
        "div",
        element("input", type="search", aria_label=label, placeholder=hint, autocomplete="off"),
        element("fieldset", element("legend", kinds, class_="unseen"), *ticked),
        *more,
        element("output", aria_live="polite"),
        class_="tools",
        role="search",
        aria_label=label,
        hidden="",
    )


def to_copy(texts: Iterable[str], name: str, about: str, style: str = "card") -> Html:
    """Lines to paste somewhere, with a button that copies them.

    Args:
        texts: the lines.
        name: a name that nothing else in the page has.
        about: what they are for, for those who do not see where the button is.
        style: the class of the frame.
    """
    what = element("span", f": {about}", class_="unseen")
    attributes = {"type": "button", "class_": "copy", "data_copies": name, "hidden": ""}
    return element(
        "div",
        element("pre", element("code", lines(map(_unbroken, texts)), id=name)),
        element("button", "Copy", what, **attributes),
        class_=f"paste {style}",
    )


def counted(number: int, word: str) -> str:
    """``1 file``, ``1,000 files``."""
    return f"{number:,} {plural(number, word)}"


def bar(part: float, kind: str) -> Html:
    """A bar as wide as a part of the whole; who can't see it has the number beside it."""
    width = element("rect", width=f"{100 * part:.2f}", height=1)
    attributes = {"viewBox": "0 0 100 1", "preserveAspectRatio": "none", "aria_hidden": "true"}
    return element("svg", width, class_=f"bar {kind}", **attributes)


def paragraphs(texts: Iterable[str]) -> Iterator[Html]:
    """Paragraphs that are not the most important ones."""
    return (element("p", text, class_="quiet") for text in texts)


def _unbroken(line: str) -> Html:
    """A line that breaks between its words only, if they are not longer than a line."""
    return joined((element("span", word) for word in line.split(" ")), " ")


def _asset(name: str) -> str:
    content = package_data(f"output/{name}")
    if content is None:
        raise FileNotFoundError(name)
    return content.decode()


def _source(text: str) -> str:
    """The hash by which a policy allows an element with that text (CSP Level 3, 2.3.1)."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
