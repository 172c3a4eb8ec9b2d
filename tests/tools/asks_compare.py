"""Compares what was asked for with what find-libdeps says. Nothing is read or run here.

What counts is the full world, which has all libraries that Debian has: what loads there is what a
perfect list has, and where a loop over names stops at the first one, no other name counts. Names
that are only asked for in the empty world are such alternatives.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from asks_heard import Ask, Facts

Providers = Callable[[str], tuple[str, ...]]
"""The packages of the release that have a soname, the best first; ``libx.so.*`` is any version."""

STANDARD = ("/lib", "/lib64", "/usr/lib", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu")
"""Directories of the loader: a path in one of them is as good as the name."""

C_CODE = "c"


class Told(NamedTuple):
    """What find-libdeps says of an environment."""

    report: Mapping[str, Any]
    """Its JSON."""
    messages: str
    """What it prints on stderr."""


class Missed(NamedTuple):
    """One package that is wrong, with the reason."""

    package: str
    reason: str
    by_root: bool = False
    """Whether the import of a root asks for it."""


class Verdict(NamedTuple):
    """What became of the names of one package; all but `missed` and `counts` are packages."""

    asked: tuple[str, ...]
    """What the names lead to that loaded: a perfect list, but for what ELF files need."""
    listed: tuple[str, ...]
    hinted: tuple[str, ...]
    noted: tuple[str, ...]
    """A message, or what stays unresolved, has the name."""
    silent: tuple[Missed, ...]
    late: tuple[Missed, ...]
    """Hinted or noted, although importing a root loads it."""
    never: tuple[Missed, ...]
    """Listed for nothing but loads at import, and never asked for."""
    unjudged: tuple[Missed, ...]
    """The same, but the import failed, or did not begin, even in the full world."""
    by_c: tuple[str, ...]
    """What only C code asked for, and is on no list: not to be seen in any source."""
    counts: Mapping[str, int]
    """How many names were left out, by the reason; and other numbers to be added up."""


def kind_of(name: str) -> str:
    """A soname, as an index has it; empty for the path of a file that no release has."""
    path = PurePosixPath(name)
    return path.name if "/" not in name or str(path.parent) in STANDARD else ""


def soname_of(ask: Ask) -> str:
    """What to look up in an index."""
    return f"lib{ask.name}.so.*" if ask.how == "find_library" else kind_of(ask.name)


def wanted_by(asks: Iterable[Ask], providers: Providers) -> set[str]:
    """The packages that would bring what was asked for."""
    found = (providers(soname_of(ask))[:1] for ask in asks)
    return {package for packages in found for package in packages}


def judge(facts: Facts, told: Told, providers: Providers, essential: frozenset[str]) -> Verdict:
    """The verdict on one environment."""
    counts: Counter[str] = Counter()
    asked: dict[str, list[Ask]] = {}
    for ask in facts.full.asks:
        packages = providers(soname_of(ask))
        if reason := _left_out(ask, packages, essential):
            counts[reason] += 1
        elif ask.loaded:
            asked.setdefault(packages[0], []).append(ask)
        else:
            counts["names that do not load, though a package has them"] += 1
    by_c = {name for name, asks in asked.items() if all(a.how == C_CODE for a in asks)}
    names = {ask.name for ask in facts.full.asks}
    counts["alternatives"] = len({ask.name for ask in facts.empty.asks} - names)
    counts["modules imported"] = facts.full.imported
    counts["modules that fail"] = len(facts.full.failed)
    counts["modules without time"] = [*facts.full.failed.values()].count("no time")
    counts["extension modules"] = facts.full.extensions
    counts["names that ELF files need"] = facts.full.needed
    states = {name: _state(name, asks, told, providers) for name, asks in asked.items()}
    of = {
        state: tuple(sorted(n for n in states if states[n] == state and n not in by_c))
        for state in ("listed", "hinted", "noted", "silent")
    }
    late = (n for n in (*of["hinted"], *of["noted"]) if any(a.is_root for a in asked[n]))
    never, unjudged = _never(facts, told, providers)
    return Verdict(
        tuple(sorted(asked.keys() - by_c)),
        of["listed"],
        of["hinted"],
        of["noted"],
        tuple(_missed(name, asked[name]) for name in of["silent"]),
        tuple(_missed(name, [a for a in asked[name] if a.is_root]) for name in late),
        never,
        unjudged,
        tuple(sorted(name for name in by_c if states[name] != "listed")),
        counts,
    )


def _left_out(ask: Ask, packages: tuple[str, ...], essential: frozenset[str]) -> str | None:
    """Why a name does not count."""
    if ask.name.startswith("/venvs/"):
        return "own files"
    if not packages:
        return "names that no package has" if kind_of(ask.name) else "paths of other files"
    return "names of essential packages" if packages[0] in essential else None


def _state(package: str, asks: Iterable[Ask], told: Told, providers: Providers) -> str:
    """Where find-libdeps has a package, or one that has the same library."""
    same = {package, *(name for ask in asks for name in providers(soname_of(ask)))}
    report = told.report
    if same & {each["name"] for each in report["packages"]}:
        return "listed"
    if same & {each["name"] for each in report["hints"]}:
        return "hinted"
    open_names = {each["soname"] for each in report["unresolved"]}
    for soname in map(soname_of, asks):
        if soname in open_names or soname.removesuffix(".*") in told.messages:
            return "noted"
    return "silent"


def _missed(package: str, asks: Iterable[Ask]) -> Missed:
    """Says the ask that tells most: that of a root, and not by C code."""
    ask = min(asks, key=lambda each: (each.how == C_CODE, not each.is_root, each))
    kind = "the root" if ask.is_root else "only the module"
    place = without_site(ask.line)
    reason = f"{ask.name} by {ask.how} at {place}, when {kind} {ask.module} is imported"
    return Missed(package, reason, ask.is_root)


def without_site(path: str) -> str:
    """A path below ``site-packages``, if it is there."""
    return re.sub(r"^/venvs/.*?/site-packages/", "", path)


def _never(
    facts: Facts, told: Told, providers: Providers
) -> tuple[tuple[Missed, ...], tuple[Missed, ...]]:
    """Packages that are listed for loads at import that nobody heard; and such not to be judged."""
    asks = {*facts.empty.asks, *facts.full.asks}
    heard = {package for ask in asks for package in providers(soname_of(ask))}
    never, unjudged = [], []
    for package in told.report["packages"]:
        needs = package["needs"]
        if package["essential"] or any(need["role"] != "dlopen" for need in needs):
            continue
        if heard & {package["name"], *package["others"]}:
            continue
        need = needs[0]
        line = f"{need['requester']}:{need.get('line', '')}"
        reason = f"{need['soname']} at {without_site(line)}"
        if others := sorted({ask.name for ask in asks if ask.line == line}):
            never.append(Missed(package["name"], f"{reason}, which asks for {' '.join(others)}"))
        elif failure := _failure(without_site(need["requester"]), facts.full.failed):
            unjudged.append(Missed(package["name"], f"{reason}, but {failure}"))
        else:
            never.append(Missed(package["name"], reason))
    return tuple(never), tuple(unjudged)


def _failure(source: str, failed: Mapping[str, str]) -> str | None:
    """How the import of a file's module ended, or that of a package that it is in."""
    words = re.sub(r"(/__init__)?\.[^/]*$", "", source).split("/")
    names = [".".join(words[: count + 1]) for count in range(len(words))]
    return next((f"{name} failed: {failed[name]}" for name in names if name in failed), None)


def row(facts: Facts, verdict: Verdict) -> str:
    """One line about a package."""
    return " ".join((f"{facts.package} {facts.version}:", *_parts(verdict)))


def _parts(verdict: Verdict) -> Iterator[str]:
    for name in ("asked", "listed", "hinted", "noted"):
        yield f"{name} {len(getattr(verdict, name))},"
    yield f"silent {len(verdict.silent)}"
    words = {
        "silent": "SILENT",
        "never": "NEVER ASKED",
        "late": "ONLY HINTED",
        "unjudged": "not judged",
    }
    for name, word in words.items():
        for missed in getattr(verdict, name):
            yield f"| {word} {missed.package}: {' '.join(missed.reason.split())}"
    if verdict.by_c:
        yield f"| by C code: {' '.join(verdict.by_c)}"


def totals(verdicts: Iterable[Verdict]) -> Counter[str]:
    """The sums over all packages."""
    sums: Counter[str] = Counter()
    for verdict in verdicts:
        sums["packages"] += 1
        for name in ("asked", "listed", "hinted", "noted", "silent", "late", "never", "unjudged"):
            sums[name] += len(getattr(verdict, name))
        sums["silent, and a root asks"] += sum(missed.by_root for missed in verdict.silent)
        sums["by C code"] += len(verdict.by_c)
        sums.update(verdict.counts)
    return sums
