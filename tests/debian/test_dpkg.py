"""Who ships a path, judged by dpkg itself where dpkg can be asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from find_libdeps.debian.dpkg import Database, read_database
from find_libdeps.debian.status import Status
from find_libdeps.errors import DatabaseError
from find_libdeps.roots.directory import DirectoryTree
from memory_tree import MemoryTree
from programs import need

STATUS = """Package: {name}
Status: install ok installed
Architecture: {architecture}
Version: 1
{more}"""


def database(*stanzas: str, **files: bytes | str) -> Database:
    """A database with these packages, and files below /var/lib/dpkg."""
    tree: dict[str, bytes | str | None] = {
        f"/var/lib/dpkg/{name}": content for name, content in files.items()
    }
    tree["/var/lib/dpkg/status"] = "\n".join(stanzas).encode()
    found = read_database(MemoryTree(tree))
    assert found is not None
    return found


def stanza(name: str, more: str = "", architecture: str = "amd64") -> str:
    """One package in the status file."""
    return STATUS.format(name=name, architecture=architecture, more=more and f"{more}\n")


def names(found: Database, path: str, architecture: str = "amd64") -> list[str]:
    """The owners of a path."""
    return [str(package) for package in found.owners(PurePosixPath(path), architecture)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root where the real dpkg installed, diverted and removed real packages."""
    if not shutil.which("dpkg-deb") or os.geteuid() != 0:
        pytest.skip("dpkg installs packages for root only, and on Debian only")
    top = tmp_path_factory.mktemp("dpkg")
    root = top / "root"
    for name in ("usr/lib", "var/lib/dpkg/updates", "var/lib/dpkg/info", "etc"):
        (root / name).mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    for name in ("status", "available"):
        (root / "var/lib/dpkg" / name).touch()

    def dpkg(*words: str) -> None:
        command = ["dpkg", f"--root={root}", "--force-architecture,script-chrootless", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def deb(name: str, architecture: str, *paths: str, multi_arch: str = "no") -> str:
        source = top / f"{name}-{architecture}"
        (source / "DEBIAN").mkdir(parents=True)
        (source / "DEBIAN" / "control").write_text(
            f"Package: {name}\nVersion: 1.0-1\nArchitecture: {architecture}\n"
            f"Multi-Arch: {multi_arch}\nMaintainer: T <t@example.org>\nDescription: test\n"
        )
        for path in paths:
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(architecture if "arch" in path else "the same")
            if path.startswith("etc/"):
                (source / "DEBIAN" / "conffiles").write_text(f"/{path}\n")
        subprocess.run(["dpkg-deb", "-b", source], capture_output=True, check=True)
        return f"{source}.deb"

    native = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
    foreign = "arm64" if native != "arm64" else "amd64"
    dpkg("--add-architecture", foreign)
    dpkg(
        "-i",
        deb("old", native, "lib/libz.so.1"),
        deb("new", native, "usr/lib/libq.so.1", "usr/bin/q"),
    )
    for architecture in (native, foreign):
        files = ("usr/share/shared", f"usr/lib/{architecture}/libm-arch.so")
        dpkg("-i", deb("both", architecture, *files, multi_arch="same"))
    dpkg("-i", deb("gone", native, "usr/lib/libgone.so", "etc/gone.conf"))
    dpkg("-r", "gone")
    divert = ["dpkg-divert", "--root", str(root), "--package", "driver", "--rename", "--divert"]
    moved = ["/usr/lib/libq.so.1.distrib", "--add", "/usr/lib/libq.so.1"]
    subprocess.run([*divert, *moved], check=True, capture_output=True)
    dpkg("-i", deb("driver", native, "usr/lib/libq.so.1"), deb("dpkg", native, "usr/bin/dpkg"))
    return root


def asked_of_dpkg(root: Path, path: str) -> set[str]:
    """The packages that dpkg names for a path, spelt as it may be."""
    found: set[str] = set()
    for spelling in (path, path.removeprefix("/usr")):
        done = subprocess.run(
            ["dpkg", f"--root={root}", "-S", spelling],
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
        for line in done.stdout.splitlines():
            owners, _, _ = line.rpartition(": ")
            if not owners.startswith("diversion by"):
                found.update(owners.split(", "))
    return found


def test_owners_are_those_of_the_real_dpkg(installed: Path) -> None:
    """Merged /usr, two architectures, removal with configuration left: dpkg and we agree."""
    found = read_database(DirectoryTree(installed))
    assert found is not None
    paths = [p for p in sorted(installed.joinpath("usr").rglob("*")) if p.is_file()]
    for path in paths:
        inside = f"/{path.relative_to(installed)}"
        if "libq" in inside:
            continue
        ours = {f"{p.name}:{p.architecture}" for p in found.owners(PurePosixPath(inside))}
        theirs = asked_of_dpkg(installed, inside)
        assert {o.partition(":")[0] for o in ours} == {t.partition(":")[0] for t in theirs}, inside
        assert len(ours) == len(theirs), inside
    assert len(paths) >= 6
    assert names(found, "/usr/lib/libgone.so") == []


def test_packages_are_built_from_what_dpkg_query_says() -> None:
    """The field Source has no name, or no version, where it is the package's own."""
    need("dpkg-query")
    form = "--showformat=${Package}:${Architecture} ${source:Package} ${source:Version}\\n"
    said = subprocess.run(["dpkg-query", "--show", form], capture_output=True, text=True).stdout
    status = Status(Path("/var/lib/dpkg/status").read_bytes().split(b"\n\n"))
    for line in said.splitlines():
        package, *source = line.split(" ")
        name, _, architecture = package.partition(":")
        found = {each.package.architecture: each.package for each in status.named(name)}
        assert found[architecture].built_from == tuple(source), line
    assert said


def test_diverted_path_belongs_to_the_diverter(installed: Path) -> None:
    """What dpkg moved away is the first package's, what stands there now the diverter's."""
    found = read_database(DirectoryTree(installed))
    assert found is not None
    assert names(found, "/usr/lib/libq.so.1") == ["driver"]
    assert names(found, "/usr/lib/libq.so.1.distrib") == ["new"]


def test_local_diversion_leaves_the_path_to_nobody() -> None:
    """An administrator's diversion (package ``:``) takes the path from its package."""
    found = database(
        stanza("libfoo1"),
        **{"info/libfoo1.list": b"/usr/lib/libfoo.so.1\n"},
        diversions=b"/usr/lib/libfoo.so.1\n/usr/lib/libfoo.so.1.orig\n:\n",
    )
    assert names(found, "/usr/lib/libfoo.so.1") == []
    assert names(found, "/usr/lib/libfoo.so.1.orig") == ["libfoo1"]


def test_native_architecture_comes_first_and_bare() -> None:
    """Of one package for two architectures, the asked one leads; a foreign one is qualified."""
    found = database(
        stanza("dpkg"),
        stanza("libfoo1", "Multi-Arch: same"),
        stanza("libfoo1", "Multi-Arch: same", architecture="i386"),
        **{f"info/libfoo1:{a}.list": b"/usr/share/foo\n" for a in ("amd64", "i386")},
    )
    assert names(found, "/usr/share/foo") == ["libfoo1", "libfoo1:i386"]
    assert names(found, "/usr/share/foo", "i386") == ["libfoo1:i386", "libfoo1"]


def test_essential_closure_follows_sure_dependencies_only() -> None:
    """Alternatives, virtual packages and foreign architectures guarantee nothing."""
    found = database(
        stanza("dpkg", "Essential: yes\nPre-Depends: libc6 (>= 2.34), tar (>= 1) | bsdtar, awk"),
        stanza("libc6", "Depends: libgcc-s1"),
        stanza("libgcc-s1", "Depends: libc6"),
        stanza("bsdtar"),
        stanza("gawk", "Provides: awk\nDepends: libreadline8"),
        stanza("libreadline8"),
        stanza("old", "Essential: yes").replace(
            "install ok installed", "deinstall ok config-files"
        ),
        stanza("sh", "Essential: yes", architecture="i386"),
    )
    assert sorted(map(str, found.status.essential)) == ["dpkg", "libc6", "libgcc-s1"]


@pytest.mark.parametrize(
    "name", ["--force-yes", "libfoo;reboot", "ЛИБ", "a", "lib foo", "lib\x1b[31m"]
)
def test_name_that_debian_would_not_have_is_refused(name: str) -> None:
    """Such a name is an error that says where it came from, and never an owner."""
    found = database(stanza(name), **{f"info/{name}.list": b"/usr/lib/libfoo.so.1\n"})
    with pytest.raises(DatabaseError, match=r"cannot use the package name .* in /var/lib/dpkg"):
        found.owners(PurePosixPath("/usr/lib/libfoo.so.1"))


def test_odd_number_of_diversion_lines_is_an_error() -> None:
    """A diversions file that was cut is said, not guessed at."""
    with pytest.raises(DatabaseError, match="2 lines, which is no multiple of three"):
        database(stanza("libfoo1"), diversions=b"/a\n/b\n")


def test_root_without_database_has_none() -> None:
    """No dpkg is a state and not an error."""
    assert read_database(MemoryTree({"/etc/passwd": b""})) is None
