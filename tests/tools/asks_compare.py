"""Compares what was asked for with what find-libdeps says. Nothing is read or run here.

What counts is the full world, which has all libraries that Debian has: what loads there is what a
perfect list has, and where a loop over names stops at the first one, no other name counts. Names
that are only asked for in the empty world are such alternatives.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from asks_heard import Ask, Facts

Providers = Callable[[str], tuple[str, ...]]
"""The packages of the release that have a soname, the best first; ``libx.so.*`` is any version."""

STANDARD = ("/lib", "/lib64", "/usr/lib", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu")
"""Directories of the loader: a path in one of them is as good as the name."""

C_CODE = "c"

BY_DESIGN = {
    "libobjc4": "only modules for macOS load Objective-C's runtime; Python can import some of them"
    " on Linux, but no application there does"
}
"""Packages that we neither list nor hint at where only single modules load them, and why."""


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
    """A message, or what stays unresolved, has the name; or a message says that modules of the
    package that asks were not followed to their ends."""
    silent: tuple[Missed, ...]
    by_design: tuple[Missed, ...]
    """Silent as well, and meant to be: see `BY_DESIGN`."""
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
    found = tuple(a.name for a in facts.full.asks if a.how == "find_library" and a.loaded)
    states = {name: _state(name, asks, told, providers, found) for name, asks in asked.items()}
    of = {
        state: tuple(sorted(n for n in states if states[n] == state and n not in by_c))
        for state in ("listed", "hinted", "noted", "silent", "by design")
    }
    late = (n for n in (*of["hinted"], *of["noted"]) if any(a.is_root for a in asked[n]))
    never, unjudged = _never(facts, told, providers)
    return Verdict(
        tuple(sorted(asked.keys() - by_c)),
        of["listed"],
        of["hinted"],
        of["noted"],
        tuple(_missed(name, asked[name]) for name in of["silent"]),
        tuple(Missed(name, BY_DESIGN[name]) for name in of["by design"]),
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


def _state(
    package: str, asks: Sequence[Ask], told: Told, providers: Providers, found: Iterable[str]
) -> str:
    """Where find-libdeps has a package, or one that has the same library.

    Args:
        package: its name.
        asks: those that lead to it.
        told: what find-libdeps says.
        providers: the packages of the release.
        found: the names for which `find_library` found a library. What it finds depends on what is
            installed: another package whose library is an answer, too, is as good.
    """
    same = {package, *(name for ask in asks for name in providers(soname_of(ask)))}
    sonames = tuple(map(soname_of, asks))
    answers = tuple(f"lib{name}." for name in found)
    answers = tuple(each for each in answers if any(name.startswith(each) for name in sonames))
    report = told.report
    for state, key in (("listed", "packages"), ("hinted", "hints")):
        for each in report[key]:
            needed = (need["soname"] for need in each["needs"])
            if each["name"] in same or any(name.startswith(answers) for name in needed):
                return state
    open_names = {each["soname"] for each in report["unresolved"]}
    for soname in sonames:
        if soname in open_names or soname.removesuffix(".*") in told.messages:
            return "noted"
    if package in BY_DESIGN and not any(ask.is_root for ask in asks):
        return "by design"
    unfinished = {each["module"].partition(".")[0] for each in report["unfinished"]}
    tops = {re.split(r"[/.]", without_site(ask.line))[0] for ask in asks}
    if not tops.isdisjoint(unfinished):
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
        way = (each["path"] for each in need.get("way", ()) if each["path"] != need["requester"])
        if failure := _failure(map(without_site, way), facts.full.failed):
            # another way may have led to the same line before
            unjudged.append(Missed(package["name"], f"{reason}, but {failure}"))
        elif others := sorted({ask.name for ask in asks if ask.line == line}):
            never.append(Missed(package["name"], f"{reason}, which asks for {' '.join(others)}"))
        elif failure := _failure([without_site(need["requester"])], facts.full.failed):
            unjudged.append(Missed(package["name"], f"{reason}, but {failure}"))
        else:
            never.append(Missed(package["name"], reason))
    return tuple(never), tuple(unjudged)


def _failure(sources: Iterable[str], failed: Mapping[str, str]) -> str | None:
    """How the import of one of some files' modules ended, or that of a package that it is in."""
    for source in sources:
        words = re.sub(r"(/__init__)?\.[^/]*$", "", source).split("/")
        for count in range(len(words)):
            name = ".".join(words[: count + 1])
            if name in failed:
                return f"{name} failed: {failed[name]}"
    return None


def row(facts: Facts, verdict: Verdict) -> str:
    """One line about a package."""
    return " ".join((f"{facts.package} {facts.version}:", *_parts(verdict)))


def _parts(verdict: Verdict) -> Iterator[str]:
    for name in ("asked", "listed", "hinted", "noted"):
        yield f"{name} {len(getattr(verdict, name))},"
    yield f"silent {len(verdict.silent)}"
    words = {
        "silent": "SILENT",
        "by_design": "by design nowhere",
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
        sums["by design nowhere"] += len(verdict.by_design)
        sums["by C code"] += len(verdict.by_c)
        sums.update(verdict.counts)
    return sums
