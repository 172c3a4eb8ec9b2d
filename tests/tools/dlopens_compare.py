"""Compares what compiled code asked for with what find-libdeps says. Nothing is read or run."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from asks_compare import Providers, kind_of, without_site
from dlopens_heard import Ask, Heard
from find_libdeps.elf.sonames import Soname, is_host_injected

Why = Callable[[Ask], str]
"""Why a name is not told."""


class NotTold(NamedTuple):
    """A library that was asked for, and that find-libdeps does not mention."""

    ask: Ask
    """The first, by a name that a package has, if there is one."""
    package: str
    """That of the release that has it; empty if none has."""
    why: str


class Verdict(NamedTuple):
    """What became of the libraries that were asked for, by their stems, as code tries versions.

    All but the last two add up to what was asked for.
    """

    listed: frozenset[str]
    hinted: frozenset[str]
    named: frozenset[str]
    """Told, but of no package."""
    left_out: Mapping[str, frozenset[str]]
    """By the reason."""
    not_told: tuple[NotTold, ...]
    more_hints: frozenset[str]
    """Packages that are hints since compiled code may load them, and that nothing asked for."""
    more_named: frozenset[str]
    """Libraries of no package that are told, and that nothing asked for."""


def stem(name: str) -> str:
    """A name without its beginning, its version, and the path of a directory of the loader."""
    return (kind_of(name) or name).partition(".so")[0].removeprefix("lib")


def judge(
    heard: Heard,
    report: Mapping[str, Any],
    own: frozenset[str],
    providers: Providers,
    essential: frozenset[str],
    why: Why,
) -> Verdict:
    """The verdict on one environment.

    Args:
        heard: what was asked for there.
        report: the JSON of find-libdeps.
        own: the names of the files in it.
        providers: the packages of the release.
        essential: those that every system has.
        why: tells why a name is not told.
    """
    given = {stem(word) for word in _words_of(heard.lines) if ".so" in word}
    told = {stem(name): state for name, state in _told(report)}
    packages = {p["name"]: state for state in ("hints", "packages") for p in report[state]}
    states: dict[str, set[str]] = {}
    not_told: dict[str, NotTold] = {}
    for ask in heard.asks:
        offered = providers(kind_of(ask.name))
        state = _left_out(ask, own, offered[:1], essential) or told.get(stem(ask.name))
        if stem(ask.name) in given:
            state = "named by the lines"
        state = state or next((packages[each] for each in offered if each in packages), None)
        if state:
            states.setdefault(state, set()).add(stem(ask.name))
        elif stem(ask.name) not in not_told or offered:
            not_told[stem(ask.name)] = NotTold(ask, "".join(offered[:1]), why(ask))
    asked = {stem(ask.name) for ask in heard.asks}
    heard_of = {each for ask in heard.asks for each in providers(kind_of(ask.name))}
    only = [h for h in report["hints"] if all(n["role"] == "may-load" for n in h["needs"])]
    listed, hinted, named = (states.pop(s, set()) for s in ("packages", "hints", "may_load"))
    known = set[str]().union(listed, hinted, named, *states.values())
    return Verdict(
        frozenset(listed),
        frozenset(hinted),
        frozenset(named),
        {reason: frozenset(each) for reason, each in sorted(states.items())},
        tuple(missed for name, missed in not_told.items() if name not in known),
        frozenset(
            hint["name"]
            for hint in only
            if hint["name"] not in heard_of
            and asked.isdisjoint(stem(need["soname"]) for need in hint["needs"])
        ),
        frozenset(
            stem(load["soname"])
            for load in report.get("may_load", ())
            if stem(load["soname"]) not in asked
        ),
    )


def _words_of(lines: str) -> Iterator[str]:
    """The words in the texts of the lines that use a package."""
    for node in ast.walk(ast.parse(lines)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.split(r"[=;\s]", node.value)


def _told(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each name that is told, and where; the last place counts most."""
    for load in (*report.get("may_load", ()), *report["unresolved"]):
        yield load["soname"], "may_load"
    for state in ("hints", "packages"):
        for package in report[state]:
            for need in package["needs"]:
                yield need["soname"], state


def _left_out(
    ask: Ask, own: frozenset[str], offered: Iterable[str], essential: frozenset[str]
) -> str | None:
    """Why a name does not count."""
    name = kind_of(ask.name)
    if "/venvs/" in ask.name or ask.found.startswith("/venvs/") or name in own:
        return "own files"
    if not name:
        return "paths of other files"
    if is_host_injected(Soname(name)):
        return "the graphics driver"
    return "essential packages" if essential.intersection(offered) else None


def row(heard: Heard, verdict: Verdict) -> str:
    """One line about a package, and one for each library that is not told."""
    states = {"listed": verdict.listed, "hinted": verdict.hinted, "of no package": verdict.named}
    states |= verdict.left_out
    told = [f"{word} {len(names)}" for word, names in states.items() if names]
    worked = f"{heard.ends.count('')} of {heard.begun} statements worked"
    more = (
        f"never asked {len(verdict.more_hints)} packages, {len(verdict.more_named)} other libraries"
    )
    first = f"{heard.package} {heard.version}: {', '.join((*told, more, worked))}"
    return "\n    ".join((first, *map(_words, verdict.not_told)))


def _words(missed: NotTold) -> str:
    where = f", which {missed.package} has" if missed.package else ", which no package has"
    return f"NOT TOLD {missed.ask.name}{where}, by {without_site(missed.ask.by)}: {missed.why}"


def totals(verdicts: Iterable[Verdict]) -> Counter[str]:
    """The sums over all packages."""
    sums: Counter[str] = Counter()
    for verdict in verdicts:
        asked = verdict.listed | verdict.hinted | verdict.named
        sums["packages of PyPI"] += 1
        sums["packages whose libraries count"] += bool(asked or verdict.not_told)
        sums["libraries that are listed"] += len(verdict.listed)
        sums["libraries told by a hint"] += len(verdict.hinted)
        sums["libraries told, of no package"] += len(verdict.named)
        sums["NOT TOLD, and a package has it"] += sum(bool(m.package) for m in verdict.not_told)
        sums["not told, of no package"] += sum(not m.package for m in verdict.not_told)
        sums["hints that nothing asked for"] += len(verdict.more_hints)
        sums["other libraries told that nothing asked for"] += len(verdict.more_named)
        for reason, names in verdict.left_out.items():
            sums[f"left out: {reason}"] += len(names)
    return sums
