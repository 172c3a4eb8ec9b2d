"""What many audits have in common: which library is missing in how many images, on which base.

It is made of the lines that ``audit --from`` prints, so that earlier ones count as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NamedTuple

from find_libdeps.errors import printable
from find_libdeps.output.markdown import escaped
from find_libdeps.output.words import plural

MAX_LINES = 20
"""Most findings that a terminal is told."""
SHOWN = 12
"""Digits of a digest that are shown, as by ``docker images``."""


class Trouble(NamedTuple):
    """A finding that several images may have."""

    level: str
    code: str
    name: str


@dataclass
class Summary:
    """What is known of the images so far."""

    images: int = 0
    unclean: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    """The images that can't be audited, and why."""
    found: dict[Trouble, list[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(list))
    """The layers of the images that have it, the lowest first."""
    bases: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """How many images have these lowest layers."""

    def add(self, line: Mapping[str, Any]) -> None:
        """Count the line of one image."""
        self.images += 1
        if "error" in line:
            self.failed.append((line["image"], line["error"]))
            return
        layers = tuple(line["layers"])
        self.bases.update(layers[:count] for count in range(1, len(layers) + 1))
        self.unclean += not line["audit"]["clean"]
        troubles = (
            Trouble(each["level"], each["code"], each["name"])
            for each in line["audit"]["findings"]
            if each["level"] != "note" and "accepted" not in each
        )
        for trouble in dict.fromkeys(troubles):
            self.found[trouble].append(layers)

    @property
    def counts(self) -> str:
        """How many images there are, and what became of them."""
        clean = self.images - self.unclean - len(self.failed)
        parts = [f"{clean} clean", f"{self.unclean} not"]
        parts += [f"{len(self.failed)} could not be audited"] if self.failed else []
        return f"{_number(self.images)}: {', '.join(parts)}"

    def base_of(self, trouble: Trouble) -> str:
        """The lowest layers that all images with a finding share, as a clause; empty if none."""
        images = self.found[trouble]
        levels = takewhile(lambda level: len(set(level)) == 1, zip(*images, strict=False))
        shared = tuple(level[0] for level in levels)
        if not shared or len(images) < 2:
            return ""
        every, has_it = self.bases[shared], len(images)
        which = f"all {every}" if every == has_it else f"{has_it} of {every}"
        return f"{which} on {_layers(shared)}"

    def troubles(self) -> list[Trouble]:
        """What is wrong, the worst and the most frequent first."""
        return sorted(self.found, key=lambda each: (each.level, -len(self.found[each]), each))


def summary_text(summary: Summary) -> str:
    """The summary, for a terminal."""
    return "".join(f"{line}\n" for line in _text_lines(summary))


def _text_lines(summary: Summary) -> Iterator[str]:
    yield summary.counts
    troubles = summary.troubles()
    for each in troubles[:MAX_LINES]:
        base = summary.base_of(each)
        where = f"in {_number(len(summary.found[each]))}" + (f", {base}" if base else "")
        yield f"{each.level}: {printable(each.name)} ({each.code}) {where}"
    if len(troubles) > MAX_LINES:
        yield f"and {len(troubles) - MAX_LINES} more, which --format markdown tells"


def summary_markdown(summary: Summary) -> str:
    """The summary as Markdown; whatever is not ours is escaped."""
    return "".join(f"{line}\n" for line in _markdown_lines(summary))


def _markdown_lines(summary: Summary) -> Iterator[str]:
    yield f"### {summary.counts}"
    if summary.found:
        yield ""
        yield "| level | finding | what | images | base |"
        yield "| --- | --- | --- | --- | --- |"
    for each in summary.troubles():
        name, count = escaped(printable(each.name)), len(summary.found[each])
        base = escaped(summary.base_of(each))
        yield f"| {each.level} | `{each.code}` | {name} | {count} | {base} |"
    if summary.failed:
        yield ""
        yield "| could not be audited | why |"
        yield "| --- | --- |"
    for image, why in summary.failed:
        yield f"| {escaped(printable(image))} | {escaped(printable(why))} |"


def _number(images: int) -> str:
    return f"{images} {plural(images, 'image')}"


def _layers(layers: Sequence[str]) -> str:
    top = layers[-1].partition(":")[2][:SHOWN]
    return f"the {len(layers)} lowest layers up to {top}" if len(layers) > 1 else f"layer {top}"
