"""What installing packages adds to a system: which come with them, and how large all of it is.

A dependency with alternatives is decided as apt decides it (pkgDepCache::MarkInstall): the list is
chosen first. Then each package of it is followed by what it needs, dependency by dependency in the
order in which they are written, and each of these by its own needs before the next. A dependency is
met by what is there or chosen by then; if nothing meets it, its first alternative is chosen. (The
solver that apt has since 3.1 decides between alternatives last, and then may need fewer packages.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from find_libdeps.debian.package import Package
from find_libdeps.debian.requirements import Requirement

_ROOT = ""
"""The node of a graph that stands for the list; no package has that name."""
Graph = dict[str, list[str]]
"""Each package that is installed, with those that meet its dependencies."""


@dataclass(frozen=True, slots=True)
class Added:
    """Some packages that are new to a system."""

    packages: tuple[str, ...]
    """Their names, sorted."""
    size: int
    """How much they take when they are installed, in KiB."""
    unknown: tuple[str, ...] = ()
    """Those of which neither the size nor the dependencies are known. The size is without them."""
    at_most: tuple[str, ...] = ()
    """Those that take no more than is told, as a rule: see `Requirement.is_at_most`."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What installing a list of packages adds. Nothing is counted twice."""

    own: Mapping[str, Added]
    """For each package of the list what comes for it alone, and itself."""
    shared: Added
    """What several packages of the list bring, and that is not on it."""
    sizes: Mapping[str, int]
    """How much each package takes by itself, in KiB, where that is known."""
    at_most: frozenset[str] = frozenset()
    """The packages of which the size is the most: see `Requirement.is_at_most`."""

    @property
    def whole(self) -> Added:
        """All that is added."""
        every = (*self.own.values(), self.shared)
        return self.part(name for added in every for name in added.packages)

    def part(self, names: Iterable[str]) -> Added:
        """Some of the packages that are added."""
        return _added(names, self.sizes, self.at_most)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The packages of which neither the size nor the dependencies are known."""
        return self.whole.unknown


def _added(names: Iterable[str], sizes: Mapping[str, int], most: Collection[str]) -> Added:
    packages = tuple(sorted(names))
    unknown = tuple(name for name in packages if name not in sizes)
    at_most = tuple(name for name in packages if name in most)
    return Added(packages, sum(sizes.get(name, 0) for name in packages), unknown, at_most)


@dataclass(frozen=True, slots=True)
class Costs:
    """What installing packages takes, as far as it is known."""

    known: Mapping[str, Requirement]
    """Packages, and all that may come with them."""
    there: frozenset[str]
    """What the system has already."""
    source: str
    """Where that is known from: ``apt``, or an index with its release and date; empty if there are
    no packages to know of.
    """
    is_assumed: bool = False
    """Whether it is not known what the system has: then it is what is essential, and apt."""
    rounding: float = 0.0
    """By which share of it a size may be too small, since it is rounded."""
    can_fetch: bool = False
    """Whether packages that are only known to take no more than a size would be measured if apt
    might fetch them.
    """

    def of(self, packages: Iterable[Package]) -> Installation:
        """What installing some packages adds. Nothing is known of foreign architectures."""
        names = (each.qualified_name for each in packages)
        return installation(names, self.known.get, self.there.__contains__)

    def saved(self, before: Iterable[Package], after: Iterable[Package]) -> Added:
        """What a list adds that another one, with some of its packages only, does not."""
        long, short = self.of(before), self.of(after)
        return long.part({*long.whole.packages} - {*short.whole.packages})


def installation(
    names: Iterable[str],
    requirement: Callable[[str], Requirement | None],
    has: Callable[[str], bool],
) -> Installation:
    """What installing some packages adds, without what they only recommend.

    Args:
        names: the list, in the order in which apt gets it.
        requirement: tells what installing a package takes; None if that is not known.
        has: whether the system has a package already, or what stands in for it.
    """
    graph = _graph(dict.fromkeys(names), requirement, has)
    groups: dict[str, list[str]] = {name: [] for name in graph[_ROOT]}
    groups[_ROOT] = []
    for name, listed in _brought_by(graph).items():
        groups[listed].append(name)

    known = {name: requirement(name) for name in graph if name != _ROOT}
    sizes = {name: each.size for name, each in sorted(known.items()) if each}
    at_most = frozenset(name for name, each in known.items() if each and each.is_at_most)

    shared = _added(groups.pop(_ROOT), sizes, at_most)
    own = {name: _added(group, sizes, at_most) for name, group in groups.items()}
    return Installation(own, shared, sizes, at_most)


def _graph(
    names: Iterable[str],
    requirement: Callable[[str], Requirement | None],
    has: Callable[[str], bool],
) -> Graph:
    """What is installed."""
    graph: Graph = {_ROOT: [name for name in names if not has(name)]}
    graph |= {name: [] for name in graph[_ROOT]}

    def needs(name: str) -> Iterator[tuple[str, ...]]:
        known = requirement(name)
        return iter(known.needs if known else ())

    for listed in graph[_ROOT]:
        path = [(listed, needs(listed))]
        while path:
            name, rest = path[-1]
            alternatives = next((each for each in rest if not any(map(has, each))), None)
            if alternatives is None:
                path.pop()
                continue
            chosen = next((each for each in alternatives if each in graph), alternatives[0])
            graph[name].append(chosen)
            if chosen not in graph:
                graph[chosen] = []
                path.append((chosen, needs(chosen)))
    return graph


def _brought_by(graph: Graph) -> dict[str, str]:
    """For each package the one of the list without which it would not come; `_ROOT` if none is.

    That is the root's child above it in the tree of dominators (Cooper, Harvey and Kennedy, "A
    Simple, Fast Dominance Algorithm").
    """
    order = list(_postorder(graph))
    rank = {name: number for number, name in enumerate(order)}
    before: dict[str, list[str]] = {name: [] for name in order}
    for name in order:
        for each in graph[name]:
            before[each].append(name)
    above = {_ROOT: _ROOT}
    changed = True
    while changed:
        changed = False
        for name in reversed(order[:-1]):
            found, *others = (each for each in before[name] if each in above)
            for other in others:
                found = _common(found, other, above, rank)
            changed |= above.get(name) != found
            above[name] = found
    listed, top = set(graph[_ROOT]), dict[str, str]()
    for name in reversed(order[:-1]):
        is_top = above[name] == _ROOT
        top[name] = (name if name in listed else _ROOT) if is_top else top[above[name]]
    return top


def _common(one: str, other: str, above: Mapping[str, str], rank: Mapping[str, int]) -> str:
    """The nearest package above both."""
    while one != other:
        while rank[one] < rank[other]:
            one = above[one]
        while rank[other] < rank[one]:
            other = above[other]
    return one


def _postorder(graph: Graph) -> Iterator[str]:
    """All packages, each behind those that it leads to, but for circles; the root comes last."""
    seen, path = {_ROOT}, [(_ROOT, iter(graph[_ROOT]))]
    while path:
        name, rest = path[-1]
        following = next((each for each in rest if each not in seen), None)
        if following is None:
            yield name
            path.pop()
        else:
            seen.add(following)
            path.append((following, iter(graph[following])))
