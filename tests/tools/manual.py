"""Writes the manual page, out of the reference in the README: `make man`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "src" / "find-libdeps.1"

HEAD = r""".\" Made of the README by tests/tools/manual.py.
.TH FIND\-LIBDEPS 1 "" "find\-libdeps {version}" "User Commands"
.SH NAME
find\-libdeps \- the Debian packages that the binaries of a virtualenv need
.SH SYNOPSIS
"""
TAIL = r""".SH SEE ALSO
.BR ld.so (8),
.BR dpkg\-shlibdeps (1),
.BR apt\-get (8)
"""


def page() -> str:
    """The whole page."""
    readme = (PROJECT / "README.md").read_text("utf-8")
    reference = readme.partition("\n## Reference\n")[2].partition("\n### JSON\n")[0]
    usage, _, rest = reference.strip().partition("\n\n")
    lines = [_line(line.strip()) for line in usage.splitlines()]
    sections = "\n".join(_blocks(f"### Description\n\n{rest}"))
    sections = re.sub(r"^(\.SH .*)\n\.PP$", r"\1", sections, flags=re.MULTILINE)
    project = (PROJECT / "pyproject.toml").read_text("utf-8")
    (version,) = re.findall(r'^version = "(.*)"$', project, re.MULTILINE)
    return HEAD.format(version=version) + "\n.br\n".join(lines) + f"\n{sections}\n{TAIL}"


def _blocks(markdown: str) -> Iterator[str]:
    """Paragraphs, tables, code and headings in roff, line by line; see man(7)."""
    for block in re.split(r"\n{2,}", re.sub(r"^```\w*$", "", markdown, flags=re.MULTILINE)):
        lines = block.strip("\n").splitlines()
        if block.startswith("### "):
            yield f".SH {_line(lines[0][4:].upper())}"
        elif block.startswith("|"):
            for row in lines[2:]:
                term, meaning = re.split(r"(?<!\\)\|", row)[1:3]
                yield from (".TP", _line(_cell(term)), _text(_cell(meaning)))
        elif re.match(r" {4}|\[+tool|\$ ", block):
            yield from (".PP", ".EX", *(_plain(line.strip()) for line in lines), ".EE")
        elif block.strip():
            yield from (".PP", _text(" ".join(lines)))


def _cell(text: str) -> str:
    return text.strip().replace(r"\|", "|")


def _text(markdown: str) -> str:
    """A paragraph, its lines short enough for those who read the page as it is."""
    lines = wrap(_line(markdown), 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join(rf"\&{line}" if line.startswith(".") else line for line in lines)


def _line(markdown: str) -> str:
    """A line with code in bold, and what an option takes in italics."""
    plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", markdown)
    parts = re.split(r"`([^`]+)`", plain)
    return "".join(_code(p) if number % 2 else _plain(p) for number, p in enumerate(parts))


def _code(text: str) -> str:
    option, _, argument = text.partition(" ") if text.startswith("-") else (text, "", "")
    taken = rf" \fI{_plain(argument)}\fR" if argument else ""
    return rf"\fB{_plain(option)}\fR{taken}"


def _plain(text: str) -> str:
    """Text without a meaning for roff: hyphens that can be copied, no requests."""
    return text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace("~", r"\(ti")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
