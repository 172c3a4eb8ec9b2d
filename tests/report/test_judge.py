"""The verdict on needs, as a table: where a need is met, and what comes of it. Nothing is read."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from find_libdeps.debian.package import Package
from find_libdeps.elf.objects import Abi, ElfObject
from find_libdeps.elf.outcome import Found, How, Missing, Need
from find_libdeps.elf.sonames import Soname
from find_libdeps.needs.use import (
    Bundled,
    FromInterpreter,
    InTarget,
    NotOffered,
    Nowhere,
    Offered,
    Origin,
    Role,
    Shipped,
    Unnamed,
    Unpackaged,
    Use,
)
from find_libdeps.report.judge import Verdict, judge

AMD64 = Abi(64, True, "EM_X86_64")
HERE = PurePosixPath("/venv/a.so")
THERE = PurePosixPath("/venv/lib/libfoo.so.1")
LINK, FILE = PurePosixPath("/opt/libfoo.so.1"), PurePosixPath("/opt/libfoo.so.1.2")
FOO, OTHER, LIBC = (Package(name, "amd64") for name in ("libfoo1", "libfoo1-other", "libc6"))


def use(
    origin: Origin,
    soname: str = "libfoo.so.1",
    requester: PurePosixPath = HERE,
    role: Role = Role.REQUIRED,
) -> Use:
    """A need that is met, or not, in a place."""
    if isinstance(origin, (Nowhere, NotOffered, Offered)):
        outcome: Found | Missing = Missing(())
    else:
        outcome = Found(PurePosixPath("/lib", soname), How.DEFAULT, ElfObject(AMD64, "ET_DYN"))
    return Use(Need(requester, Soname(soname), outcome), AMD64, role, origin)


def is_essential(package: Package) -> bool:
    """Only one of the packages here is."""
    return package == LIBC


def told(verdict: Verdict) -> list[str]:
    """A verdict in words, a line for each thing that comes of the needs."""
    return [
        *(
            f"install {each.package}{' (essential)' if each.essential else ''} by {each.source}"
            + "".join(f" or {package}" for package in each.others)
            for each in verdict.packages
        ),
        *(f"copy {' '.join(map(str, each.files))}" for each in verdict.copies),
        *(f"{each.cause.value}: {each.soname}" for each in verdict.unresolved),
        *(f"met: {each.need.soname}" for each in verdict.met),
    ]


RULES: dict[str, tuple[list[Use], list[str]]] = {
    "a bundled library is met": ([use(Bundled())], ["met: libfoo.so.1"]),
    "the interpreter's library is met": (
        [use(FromInterpreter(), "libpython3.13.so.1.0")],
        ["met: libpython3.13.so.1.0"],
    ),
    "what the target has is met": ([use(InTarget())], ["met: libfoo.so.1"]),
    "the owner of a file is installed": (
        [use(Shipped((FOO,)))],
        ["install libfoo1 by dpkg"],
    ),
    "all owners of the links on the way are installed": (
        [use(Shipped((FOO, OTHER)))],
        ["install libfoo1 by dpkg", "install libfoo1-other by dpkg"],
    ),
    "packages with the same path are told": (
        [use(Shipped((FOO,), (OTHER,)))],
        ["install libfoo1 by dpkg or libfoo1-other"],
    ),
    "a package is not its own alternative": (
        [use(Shipped((FOO, OTHER), (OTHER,)))],
        ["install libfoo1 by dpkg or libfoo1-other", "install libfoo1-other by dpkg"],
    ),
    "an essential package is marked": (
        [use(Shipped((LIBC,)), "libc.so.6")],
        ["install libc6 (essential) by dpkg"],
    ),
    "what an index offers is installed, and the index is named": (
        [use(Offered(FOO, (OTHER,), "apt"))],
        ["install libfoo1 by apt or libfoo1-other"],
    ),
    "of several sources dpkg is named": (
        [
            use(Offered(FOO, (), "apt"), requester=PurePosixPath("/venv/b.so")),
            use(Shipped((FOO,)), "libbar.so.1"),
        ],
        ["install libfoo1 by dpkg"],
    ),
    "a file of no package is copied with its links": (
        [use(Unpackaged((LINK, FILE)))],
        ["copy /opt/libfoo.so.1 /opt/libfoo.so.1.2"],
    ),
    "a file is copied once for all who need it": (
        [use(Unpackaged((FILE,))), use(Unpackaged((FILE,)), requester=PurePosixPath("/venv/b.so"))],
        ["copy /opt/libfoo.so.1.2"],
    ),
    "without a database nobody knows the package": (
        [use(Unnamed())],
        ["no-database: libfoo.so.1"],
    ),
    "a library that the release does not have": (
        [use(NotOffered((FOO,)))],
        ["no-provider: libfoo.so.1"],
    ),
    "what the release does not have, and the venv has out of reach": (
        [use(NotOffered(elsewhere=(THERE,)))],
        ["bundled-but-unreachable: libfoo.so.1"],
    ),
    "a library that is nowhere": ([use(Nowhere())], ["missing: libfoo.so.1"]),
    "a library that the venv has out of reach": (
        [use(Nowhere(elsewhere=(THERE,)))],
        ["bundled-but-unreachable: libfoo.so.1"],
    ),
    "a part of a set that the wheel leaves out": (
        [use(Nowhere(sibling=THERE), "libQt5Quick.so.5")],
        ["left-out: libQt5Quick.so.5"],
    ),
    "out of reach says more than left out": (
        [use(Nowhere(elsewhere=(THERE,), sibling=THERE))],
        ["bundled-but-unreachable: libfoo.so.1"],
    ),
    "a name that auditwheel made can only be the wheel's": (
        [use(Nowhere(), "libfoo-1a2b3c4d.so.1.2.3")],
        ["broken-wheel: libfoo-1a2b3c4d.so.1.2.3"],
    ),
    "the driver's library is the container runtime's": (
        [use(Nowhere(), "libcuda.so.1")],
        ["host-injected: libcuda.so.1"],
    ),
    "the driver's library is no package's, although the builder has one": (
        [use(Shipped((FOO,)), "libcuda.so.1")],
        ["host-injected: libcuda.so.1"],
    ),
    "a stub of the driver in the venv is met": (
        [use(Bundled(), "libcuda.so.1")],
        ["met: libcuda.so.1"],
    ),
    "one name may be open for two causes": (
        [use(Nowhere()), use(Nowhere(elsewhere=(THERE,)), requester=PurePosixPath("/venv/b.so"))],
        ["bundled-but-unreachable: libfoo.so.1", "missing: libfoo.so.1"],
    ),
    "no need, no verdict": ([], []),
}


@pytest.mark.parametrize("rule", RULES)
def test_what_comes_of_a_need(rule: str) -> None:
    """Each origin has its outcome, for all roles."""
    uses, expected = RULES[rule]
    assert sorted(told(judge(uses, is_essential))) == sorted(expected)


def test_who_requires_a_library_is_told_before_a_plugin() -> None:
    """Then by path; in whichever order the needs come."""
    plugin = use(Shipped((FOO,)), requester=PurePosixPath("/venv/a_plugin.so"), role=Role.PLUGIN)
    first = use(Shipped((FOO,)), requester=PurePosixPath("/venv/b.so"))
    second = use(Shipped((FOO,)), requester=PurePosixPath("/venv/c.so"))
    for uses in ([plugin, second, first], [first, plugin, second]):
        (package,) = judge(uses, is_essential).packages
        assert package.uses == (first, second, plugin)


def test_everything_is_sorted_by_name() -> None:
    """Packages, files to copy and open names, so that equal needs make equal reports."""
    uses = [
        use(Shipped((OTHER,)), "libz.so.1"),
        use(Shipped((FOO,)), "liba.so.1"),
        use(Unpackaged((FILE,)), "libz.so.2"),
        use(Unpackaged((LINK,)), "libz.so.3"),
        use(Nowhere(), "libz.so.4"),
        use(Nowhere(), "liba.so.4"),
    ]
    expected = [
        "install libfoo1 by dpkg",
        "install libfoo1-other by dpkg",
        "copy /opt/libfoo.so.1",
        "copy /opt/libfoo.so.1.2",
        "missing: liba.so.4",
        "missing: libz.so.4",
    ]
    assert told(judge(uses, is_essential)) == expected
    assert told(judge(reversed(uses), is_essential)) == expected
