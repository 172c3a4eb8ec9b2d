"""What installing packages adds: apt judges which come, and a graph without each what it brings."""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archives import installs, native
from find_libdeps.debian.available import requirements
from find_libdeps.debian.installing import Added, Installation, installation
from find_libdeps.debian.private_apt import PrivateApt, private_apt
from find_libdeps.debian.requirements import Requirement
from find_libdeps.debian.sources import read_lines
from programs import need

NAMES = [f"lib{letter}1" for letter in "abcdefghij"]
Needs = Mapping[str, list[tuple[str, ...]]]


def installed(needs: Needs, *names: str, there: Collection[str] = ()) -> Installation:
    """What installing some packages adds, of which each has a size of its own."""
    known = {
        name: Requirement(1 << number, tuple(needs[name]))
        for number, name in enumerate(sorted(needs))
    }
    return installation(names, known.get, there.__contains__)


def test_each_package_has_what_comes_for_it_alone() -> None:
    """What two of them bring is shared; what is on the list is nobody else's."""
    needs: Needs
    needs = {"app": [("gui",), ("ssl",)], "db": [("ssl",)], "gui": [("x",)], "ssl": [], "x": []}
    found = installed(needs, "app", "db")
    assert found.own == {"app": Added(("app", "gui", "x"), 1 + 4 + 16), "db": Added(("db",), 2)}
    assert found.shared == Added(("ssl",), 8)
    assert found.whole == Added(("app", "db", "gui", "ssl", "x"), 31)
    listed = installed(needs, "app", "db", "gui")
    assert listed.own["app"] == Added(("app",), 1)
    assert listed.own["gui"] == Added(("gui", "x"), 4 + 16)


def test_what_is_there_adds_nothing_and_brings_nothing() -> None:
    """Neither on the list nor below it; an alternative that is there is enough."""
    needs: Needs
    needs = {"app": [("gui",), ("a", "b")], "gui": [("x",)], "a": [], "b": [], "x": []}
    found = installed(needs, "app", "x", there=("gui", "b", "x"))
    assert found.whole.packages == ("app",)
    assert set(found.own) == {"app"}


def test_choice_is_met_by_what_is_chosen_before() -> None:
    """By the list, or by what came on the way; what several lead to is nobody's alone."""
    needs: Needs
    needs = {"app": [("a", "b")], "db": [("b",)], "a": [], "b": []}
    assert installed(needs, "app").whole.packages == ("a", "app")
    found = installed(needs, "db", "app")
    assert found.whole.packages == ("app", "b", "db")
    assert found.shared.packages == ("b",)
    assert installed(needs, "app", "b").whole.packages == ("app", "b")
    assert installed(needs, "app", "db").whole.packages == ("a", "app", "b", "db")


def test_each_need_is_followed_before_the_next() -> None:
    """As apt does it: what the first one brings meets the second."""
    needs: Needs
    needs = {"app": [("gui",), ("a", "b")], "gui": [("b",)], "a": [], "b": []}
    assert installed(needs, "app").whole.packages == ("app", "b", "gui")
    needs = {**needs, "app": [("a", "b"), ("gui",)]}
    assert installed(needs, "app").whole.packages == ("a", "app", "b", "gui")


def test_unknown_package_is_told() -> None:
    """It is added all the same, with nothing that it brings."""
    found = installed({"app": [("lost",)]}, "app", "other")
    assert found.whole == Added(("app", "lost", "other"), 1, found.unknown)
    assert found.unknown == ("lost", "other")


def test_nothing_is_added_by_nothing() -> None:
    """An empty list, or one of what is there."""
    assert installed({}).whole == Added((), 0)


def test_chain_of_a_hundred_thousand_packages_is_followed() -> None:
    """Without recursion, and in one go."""
    chain = [f"lib{number:06}" for number in range(100_000)]
    known = {name: Requirement(1, ((after,),)) for name, after in pairwise(chain)}
    found = installation(chain[:1], known.get, has=lambda name: False)
    assert found.own[chain[0]].size == len(chain) - 1
    assert found.unknown == (chain[-1],)


GRAPHS = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(NAMES).map(lambda name: (name,)), max_size=3) for name in NAMES}
)


@given(GRAPHS, st.sets(st.sampled_from(NAMES), min_size=1), st.sets(st.sampled_from(NAMES)))
def test_own_packages_are_those_that_do_not_come_without_it(
    needs: Needs, names: set[str], there: set[str]
) -> None:
    """In any graph: nothing leads to them if the package is left out."""
    found = installed(needs, *names, there=there)
    every = reached(needs, names, there)
    assert set(found.whole.packages) == every
    assert sum(len(each.packages) for each in found.own.values()) <= len(every)
    for name, added in found.own.items():
        without = reached(needs, names - {name}, there | {name})
        assert set(added.packages) == every - without
    alone = set[str]().union(*(each.packages for each in found.own.values()))
    assert set(found.shared.packages) == every - alone


def reached(needs: Needs, names: Collection[str], there: Collection[str]) -> set[str]:
    """All that some packages lead to, the plain way."""
    found, queue = set[str](), [name for name in names if name not in there]
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            queue += [each[0] for each in needs[name] if each[0] not in there]
    return found


# --- apt's own account ----------------------------------------------------------------------------

PLAIN = [f"lib{letter}{number}" for letter in "abcdef" for number in range(1, 5)]
CHOICES = [("awk-a", "awk-b"), ("mail-a", "mail-b", "mail-c"), ("sound-a", "sound-b")]
"""Packages that stand in for each other."""
UNIVERSE = [*PLAIN, *(name for names in CHOICES for name in names)]


def stanza(name: str, choose: random.Random) -> str:
    """A package with dependencies on some others, and on those that stand in for each other."""
    needed = choose.sample([each for each in PLAIN if each != name], choose.choice([0, 0, 1, 1, 2]))
    if name in PLAIN and choose.random() < 0.4:
        names = choose.choice(CHOICES)
        needed.append(choose.choice([" | ".join(names), names[0].partition("-")[0]]))
    if choose.random() < 0.3:  # one that may be chosen already, or not
        needed.append(choose.choice([each for names in CHOICES for each in names if each != name]))
    choose.shuffle(needed)
    fields = {
        "Package": name,
        "Version": "1.0",
        "Architecture": native(),
        "Installed-Size": str(choose.randrange(1, 1000)),
        "Priority": "optional" if name.endswith(("-a", "1")) else "extra",
        "Provides": "" if name in PLAIN else name.partition("-")[0],
        "Depends": ", ".join(needed),
        "Filename": f"./{name}.deb",
        "Size": "1",
        "SHA256": "0" * 64,
    }
    return "".join(f"{key}: {value}\n" for key, value in fields.items() if value)


def system(needs: Mapping[str, Requirement], choose: random.Random) -> set[str]:
    """What a system may have: some packages with all that they need."""
    some = choose.sample(UNIVERSE, choose.choice([0, 0, 3, 8]))
    return set(installation(some, needs.get, has=lambda name: False).whole.packages)


@pytest.fixture(scope="module")
def apt() -> Iterator[PrivateApt]:
    """An apt of its own."""
    need("apt-get")
    with private_apt(native()) as private:
        yield private


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory that apt's own user may read."""
    with tempfile.TemporaryDirectory(prefix="archive-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(40))
def test_apt_installs_the_same(apt: PrivateApt, folder: Path, seed: int) -> None:
    """In archives made by lot, for systems that have some packages of them."""
    choose = random.Random(seed)  # noqa: S311 - the same ones each time
    (folder / "Packages").write_text("\n".join(stanza(name, choose) for name in UNIVERSE))
    (apt.top / "status").write_text("")
    apt.update(list(read_lines([f"deb [trusted=yes] file:{folder} ./"])))
    told = apt.apt.run("apt-cache", "dumpavail").decode()
    known = requirements(told, UNIVERSE, frozenset(), native())
    there = system(known, choose)
    state = [s for s in told.split("\n\n") if (m := re.match("Package: (.*)", s)) and m[1] in there]
    marked = [re.sub("^(Package: .*)", r"\1\nStatus: install ok installed", s) for s in state]
    (apt.top / "status").write_text("".join(f"{text.strip()}\n\n" for text in marked))
    names = choose.sample(UNIVERSE, choose.choice([1, 2, 5]))
    found = installation(names, known.get, there.__contains__)
    assert set(found.whole.packages) == installs(apt.apt, *names) - there
