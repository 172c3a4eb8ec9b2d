"""What installing the packages of a release takes, by what apt says of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from functools import cached_property
from typing import NamedTuple

from find_libdeps.debian.contents import PRIORITIES
from find_libdeps.debian.package import NAME
from find_libdeps.debian.requirements import Requirement

_FIELD = re.compile(r"^(Priority|Installed-Size|Pre-Depends|Depends): (.*)$", re.MULTILINE)
"""apt-cache(8) writes each of these on one line."""
_PACKAGE = "Package: "
"""What each stanza starts with."""
_PROVIDES = "\nProvides: "
_NAME = re.compile(rf"\s*({NAME})")


class _Available(NamedTuple):
    """What apt says of one package."""

    size: int
    priority: str
    depends: str
    """Pre-Depends and Depends, as written: few packages' are parsed."""


def requirements(
    available: str, named: Collection[str], there: Set[str], architecture: str
) -> dict[str, Requirement]:
    """What installing some packages takes, and all that come with them.

    Args:
        available: what ``apt-cache dumpavail`` prints.
        named: the packages.
        there: those that the system has; nothing needs these.
        architecture: whose packages are meant, where apt has those of others, too.
    """
    packages = _Packages(available, architecture)
    found: dict[str, list[tuple[str, ...]]] = {}
    queue = [name for name in named if name in packages]
    for name in queue:
        if name not in found:
            found[name] = list(_needs(name, packages, there))
            queue += [names[0] for names in found[name]]
    # an alternative that is not on the way of apt's choices would bring the half of the release
    known = {n: [tuple(o for o in names if o in found) for names in found[n]] for n in found}
    return {name: Requirement(packages[name].size, tuple(known[name])) for name in known}


class _Packages:
    """What apt says of all packages; each is parsed when it is first asked for."""

    def __init__(self, available: str, architecture: str) -> None:
        """Take the stanzas of an architecture, and of none."""
        ends = tuple(f"\nArchitecture: {each}\n" for each in (architecture, "all"))
        self._texts = {
            text[len(_PACKAGE) : text.find("\n")]: text
            for text in available.split("\n\n")
            if text.startswith(_PACKAGE) and any(end in text for end in ends)
        }
        self._parsed: dict[str, _Available] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def __getitem__(self, name: str) -> _Available:
        if name not in self._parsed:
            self._parsed[name] = _package(dict(_FIELD.findall(self._texts[name])))
        return self._parsed[name]

    def providers(self, virtual: str) -> list[str]:
        """The packages that provide a virtual one, in the order in which apt prefers them."""
        providers = self._providers.get(virtual, ())
        return sorted(providers, key=lambda name: (_rank(self[name].priority), name))

    @cached_property
    def _providers(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name, text in self._texts.items():
            at = text.find(_PROVIDES)
            if at >= 0:
                at += len(_PROVIDES)
                for virtual in _names(text[at : text.find("\n", at)].split(",")):
                    found[virtual].append(name)
        return found


def _package(fields: Mapping[str, str]) -> _Available:
    size = fields.get("Installed-Size", "")
    return _Available(
        int(size) if size.isdecimal() else 0,
        fields.get("Priority", ""),
        ",".join(fields[each] for each in ("Pre-Depends", "Depends") if each in fields),
    )


def _names(texts: Collection[str]) -> list[str]:
    return [match[1] for match in map(_NAME.match, texts) if match]


def _rank(priority: str) -> int:
    return PRIORITIES.index(priority) if priority in PRIORITIES else len(PRIORITIES)


def _needs(
    package: str,
    packages: _Packages,
    there: Set[str],
) -> Iterator[tuple[str, ...]]:
    """The dependencies of a package that the system does not meet, each with what meets it."""
    seen = set[tuple[str, ...]]()
    for clause in packages[package].depends.split(","):
        names = _names(clause.split("|"))
        meeting = [p for n in names for p in (n, *packages.providers(n)) if p in packages]
        choices = tuple(dict.fromkeys(meeting))
        is_met = package in choices or not there.isdisjoint((*names, *choices))
        if choices and not is_met and choices not in seen:
            seen.add(choices)
            yield choices


def without_implied(
    known: Mapping[str, Sequence[tuple[str, ...]]],
) -> dict[str, list[tuple[str, ...]]]:
    """The dependencies without those that an earlier one of the same package brings.

    Many are of that kind. What a later one brings stays: it comes before the choices between them.

    Args:
        known: package to dependencies, each with the packages that meet it.
    """
    sure = {name: {c[0] for c in needs if len(c) == 1} for name, needs in known.items()}
    reached = {name: _reached(name, sure) for name in sure}
    found: dict[str, list[tuple[str, ...]]] = {}
    for name, needs in known.items():
        brought = set[str]()
        found[name] = []
        for names in needs:
            if brought.isdisjoint(names):
                found[name].append(names)
                brought.update(names if len(names) == 1 else ())
            # what leads back to the package itself may lean on a later dependency of it
            if len(names) == 1 and name not in reached[names[0]]:
                brought |= reached[names[0]]
    return found


def _reached(name: str, sure: Mapping[str, Collection[str]]) -> set[str]:
    """What a package leads to, without itself unless that is in a circle."""
    reached, queue = set[str](), [*sure[name]]
    while queue:
        each = queue.pop()
        if each not in reached:
            reached.add(each)
            queue += sure[each]
    return reached
