"""This machine's own files, judged by its own loader and its own dpkg."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath

import pytest

from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import Found, LinkMap
from find_libdeps.needs.environment import objects_by_environment, scanned_environments
from find_libdeps.needs.inventory import Inventory, list_files, take_inventory
from find_libdeps.needs.loads import NO_LOADS
from find_libdeps.needs.scanned_objects import Scan
from find_libdeps.needs.system import System
from find_libdeps.needs.target import Target
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Tree
from find_libdeps.scan.results import NeedScope, report_on

pytestmark = pytest.mark.thorough

LINE = re.compile(r"\t(?P<name>\S+)(?: => (?P<path>not found|\S+))?(?: \(0x[0-9a-f]+\))?\Z")


UNDECLARED = {("libext2fs2", "libcom-err2"), ("libext2fs2t64", "libcom-err2")}


@dataclass
class Machine:
    """Its executables and libraries, and what we say of them."""

    system: System
    inventory: Inventory
    interpreter: str

    @property
    def tree(self) -> Tree:
        """All of it."""
        return self.system.tree


@pytest.fixture(scope="module")
def machine() -> Machine:
    """The machine that the tests run on, if it is a Debian one."""
    system = System(DirectoryTree())
    shell = system.read(PurePosixPath("/bin/sh"))
    if not isinstance(shell, ElfObject) or not system.database or not shutil.which("dpkg"):
        pytest.skip("this machine is no Debian or Ubuntu: its /bin/sh or dpkg database is missing")
    architecture = architecture_of(shell.abi)
    tops = [PurePosixPath(p) for p in ("/usr/bin", f"/usr/lib/{architecture.triplet}")]
    inventory = take_inventory(system.tree, list_files(system.tree, tops), system.read)
    return Machine(system, inventory, architecture.loader)


def listed_by_loader(interpreter: str, path: PurePosixPath) -> dict[str, str | None]:
    """What the real loader finds for each name in the closure of an object.

    It is run as ldd(1) runs it, since with --list it stops at the first name it does not find.
    """
    done = subprocess.run(
        [interpreter, str(path)],
        env={"LD_TRACE_LOADED_OBJECTS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (LINE.match(line) for line in done.stdout.splitlines())
    found: dict[str, str | None] = {}
    for line in lines:
        if line:
            name, place = line["name"], line["path"]
            found[name] = None if place == "not found" else place or name
    return found


def direct_needs(machine: Machine) -> Iterator[tuple[PurePosixPath, str, PurePosixPath | None]]:
    """Each object, each name that it asks for, and where we say it is found."""
    for path, elf in machine.inventory.objects.items():
        needs, _ = machine.system.loader(elf.abi).load(LinkMap(path, elf))
        for need in needs:
            if need.requester == path:
                outcome = need.outcome
                yield path, need.soname, outcome.path if isinstance(outcome, Found) else None


def test_loader_agrees_on_every_direct_need_of_this_machine(machine: Machine) -> None:
    """Where the real loader finds a library, or does not, so do we, for all of /usr."""
    ours = list(direct_needs(machine))
    with ThreadPoolExecutor() as pool:
        paths = [path for path, elf in machine.inventory.objects.items() if elf.dependencies]
        lists = pool.map(lambda path: listed_by_loader(machine.interpreter, path), paths)
        theirs = dict(zip(paths, lists, strict=True))

    def real(place: object) -> PurePosixPath | None:
        return machine.tree.resolve(PurePosixPath(str(place))) if place else None

    differences = []
    for path, name, place in ours:
        listed = theirs[path]
        if name in listed:
            agreed = real(place) == real(listed[name])
        else:  # what is loaded already is listed only by the name that it was loaded by
            agreed = place is not None and real(place) in map(real, listed.values())
        if not agreed:
            differences.append((str(path), name, str(place), listed.get(name)))
    assert differences == []
    assert len(ours) > 100, "too few to say anything"
    print(f"{len(ours)} needs of {len(theirs)} objects")


def test_owners_agree_with_dpkg_search(machine: Machine) -> None:
    """Every library so found belongs to the package that `dpkg -S` names for it."""
    places = {place for _, _, place in direct_needs(machine) if place}
    files = {str(machine.tree.resolve(place)) for place in places}
    spellings = {f: (f, f.removeprefix("/usr"), f"/usr{f}") for f in files}
    done = subprocess.run(
        ["dpkg", "-S", *(s for spelled in spellings.values() for s in spelled)],
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    owners: dict[str, set[str]] = {}
    for line in done.stdout.splitlines():
        if not line.startswith("diversion by "):
            names, _, path = line.rpartition(": ")
            owners.setdefault(path, set()).update(n.partition(":")[0] for n in names.split(", "))
    for file, spelled in spellings.items():
        expected = set().union(*(owners.get(s, set()) for s in spelled))
        ours = {package.name for package in machine.system.owners(PurePosixPath(file))}
        assert ours == expected, file
    assert len(files) > 20, "too few to say anything"


def declared_closure(package: str, depends: dict[str, set[str]]) -> set[str]:
    """What a package's declared dependencies bring in, itself included."""
    closure, queue = {package}, [package]
    while queue:
        new = depends.get(queue.pop(), set()) - closure
        closure |= new
        queue += new
    return closure


def test_lists_of_debian_packages_lie_within_their_declared_dependencies(machine: Machine) -> None:
    """What we list for a package's own files is what dpkg-shlibdeps once wrote into it, or less."""
    form = "${binary:Package}\t${Provides}\t${Pre-Depends}, ${Depends}, ${Recommends}\n"
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    bare = re.compile(r"[a-z0-9][a-z0-9+.-]+")

    def listed(text: str) -> list[str]:
        return [m[0] for part in re.split("[,|]", text) if (m := bare.search(part))]

    providers: dict[str, set[str]] = {}
    for name, provides, _ in rows:
        for provided in (name.partition(":")[0], *listed(provides)):
            providers.setdefault(provided, set()).add(name.partition(":")[0])
    depends = {
        name.partition(":")[0]: set().union(*(providers.get(d, set()) for d in listed(text)))
        for name, _, text in rows
    }
    files: dict[str, list[PurePosixPath]] = {}
    for path in machine.inventory.objects:
        for package in machine.system.owners(path):
            files.setdefault(package.name, []).append(machine.tree.resolve(path) or path)
    nowhere = Target(None, machine.system.architecture, (), frozenset())
    outside = {}
    for name, paths in sorted(files.items()):
        listing = list_files(machine.tree, paths)
        inventory = take_inventory(machine.tree, listing, machine.system.read)
        scan = Scan(machine.system, inventory)
        environments = scanned_environments(
            scan, objects_by_environment(scan), (), lambda _, packages: NO_LOADS
        )
        report = report_on(environments, scan, nowhere, NeedScope())
        ours = {package.name for package in report.to_install(essential=True)}
        if extra := ours - declared_closure(name, depends):
            outside[name] = extra
    # the one package known whose Depends leave out what its library needs (readelf -d tells)
    outside = {name: extra for name, extra in outside.items() if (name, *extra) not in UNDECLARED}
    assert outside == {}
    assert len(files) > 20, "too few to say anything"
    print(f"{len(files)} packages")
