"""How much packages take: the files that dpkg unpacks are the judge, and what a disk gives them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from find_libdeps.debian.deb import read_deb
from find_libdeps.debian.disk_use import DiskUse, Installed
from find_libdeps.debian.dpkg import read_database
from find_libdeps.debian.path_rules import read_path_rules
from find_libdeps.roots.directory import DirectoryTree
from programs import need

SLIM = """\
path-exclude=/opt/share/doc/*
path-include=/opt/share/doc/*/copyright
path-exclude "/opt/share/man/*"
path-exclude = /opt/share/[a-l]ocale/*
"""
LIBRARY: Mapping[str, int] = {
    "usr/lib/libq.so.1.0": 10_000,
    "usr/lib/q/empty": 0,
    "opt/share/doc/libq1/copyright": 1,
    "opt/share/doc/libq1/changelog.gz": 50_000,
    "opt/share/man/man7/q.7.gz": 5_000,
    "opt/share/locale/de/LC_MESSAGES/q.mo": 9_000,
}
"""The files of a package, and their bytes."""
DATA: Mapping[str, int] = {"usr/lib/q/data": 4096, "opt/share/doc/q-data/copyright": 4097}


class Roots:
    """Two roots that real packages are installed in."""

    def __init__(self, folder: Path, compression: str) -> None:
        self.folder, self.compression = folder, compression
        self.builder, self.target = self._root("builder"), self._root("target")

    def _root(self, name: str) -> Path:
        root = self.folder / name
        for directory in ("usr/lib", "var/lib/dpkg/updates", "var/lib/dpkg/info", "etc/dpkg"):
            (root / directory).mkdir(parents=True)
        (root / "lib").symlink_to("usr/lib")
        for file in ("status", "available"):
            (root / "var/lib/dpkg" / file).touch()
        return root

    def package(self, name: str, files: Mapping[str, int]) -> None:
        """Make a package. The first of its files has another name, by a link, and a hard one."""
        source = self.folder / name
        (source / "DEBIAN").mkdir(parents=True)
        (source / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: 1.0-1\nArchitecture: all\n"
            "Maintainer: T <t@example.org>\nDescription: test\n"
        )
        (source / "DEBIAN/md5sums").write_text("x" * 5000)
        for path, size in files.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(b"x" * size)
        first = source / next(iter(files))
        first.with_suffix(".link").symlink_to(first.name)
        first.with_suffix(".hard").hardlink_to(first)
        command = ["dpkg-deb", f"-Z{self.compression}", "-b", str(source)]
        subprocess.run(command, capture_output=True, check=True)

    def install(self, root: Path, *names: str, rules: str = "") -> None:
        """Install packages with these rules. None of this machine's is for /opt."""
        (self.folder / ".dpkg.cfg").write_text(rules)
        options = [f"--root={root}", "--force-script-chrootless,not-root,bad-path"]
        files = [self.folder / f"{name}.deb" for name in names]
        environment = {**os.environ, "HOME": str(self.folder)}
        done = subprocess.run(
            ["dpkg", *options, "-i", *files],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def measured_in_archives(self, *names: str) -> list[int]:
        """What we say of packages by their archives."""
        target = DirectoryTree(self.target)
        rules = read_path_rules(target)
        assert rules is not None
        disk = DiskUse(target, rules)
        debs = (read_deb(self.folder / f"{name}.deb", name) for name in names)
        return [disk.of_deb(deb) for deb in debs]

    def measured(self, *names: str) -> list[int | None]:
        """What we say of packages of the builder."""
        tree, target = DirectoryTree(self.builder), DirectoryTree(self.target)
        rules, database = read_path_rules(target), read_database(tree)
        assert rules is not None
        assert database is not None
        disk, there = DiskUse(target, rules), Installed(tree, database, "amd64")
        return [disk.of_installed(name, there) for name in names]


@pytest.fixture
def roots(tmp_path: Path, request: pytest.FixtureRequest) -> Roots:
    """Two roots, the packages, and rules in the target."""
    need("dpkg-deb")
    made = Roots(tmp_path, getattr(request, "param", "xz"))
    made.package("libq1", LIBRARY)
    made.package("q-data", DATA)
    (made.target / "etc/dpkg/dpkg.cfg.d").mkdir()
    (made.target / "etc/dpkg/dpkg.cfg.d/docker").write_text(SLIM)
    return made


def blocks(root: Path) -> dict[tuple[int, int], int]:
    """The KiB of each file and directory, by inodes, with what dpkg keeps of each package."""
    found = {}
    for path in root.rglob("*"):
        status = path.lstat()
        if path.is_symlink() or path.is_relative_to(root / "var/lib/dpkg/"):
            of_package = path.parent.name == "info" and path.stem in ("libq1", "q-data")
            if not of_package:
                continue
        size = 4096 if path.is_dir() else status.st_size
        found[status.st_dev, status.st_ino] = -(-size // 4096) * 4
    return found


@pytest.mark.parametrize("installed", ["", SLIM], ids=["full builder", "slim builder"])
def test_size_is_that_of_what_dpkg_unpacks(roots: Roots, installed: str) -> None:
    """Whether the builder has the files that the target leaves out, or has not."""
    roots.install(roots.builder, "libq1", "q-data", rules=installed)
    said = roots.measured("libq1", "q-data")
    before = blocks(roots.target)
    roots.install(roots.target, "libq1", "q-data", rules=SLIM)
    assert sum(filter(None, said)) == sum(blocks(roots.target).values()) - sum(before.values())
    assert said[1] == 4 + 8 + 4 + (4 + 8)  # the directory q was counted with libq1


@pytest.mark.parametrize("roots", ["none", "gzip", "xz", "zstd"], indirect=True)
def test_size_by_archives_is_that_of_what_dpkg_unpacks(roots: Roots) -> None:
    """However they are compressed, and though no system has them: the same as by their files."""
    said = roots.measured_in_archives("libq1", "q-data")
    before = blocks(roots.target)
    roots.install(roots.target, "libq1", "q-data", rules=SLIM)
    assert sum(said) == sum(blocks(roots.target).values()) - sum(before.values())
    assert said[1] == 4 + 8 + 4 + (4 + 8)


def test_directory_of_two_packages_is_one(roots: Roots) -> None:
    """Though one is measured in the builder, and the other one by its archive."""
    roots.install(roots.builder, "libq1")
    target = DirectoryTree(roots.target)
    rules, database = read_path_rules(target), read_database(DirectoryTree(roots.builder))
    assert rules is not None
    assert database is not None
    disk = DiskUse(target, rules)
    disk.of_installed("libq1", Installed(DirectoryTree(roots.builder), database, "amd64"))
    assert disk.of_deb(read_deb(roots.folder / "q-data.deb", "q-data")) == 4 + 8 + 4 + (4 + 8)


def test_what_the_target_has_is_not_counted(roots: Roots) -> None:
    """Directories that are there already, such as that of all documentation."""
    roots.install(roots.builder, "q-data")
    (roots.target / "opt/share/doc").mkdir(parents=True)
    (roots.target / "usr/lib/q").mkdir()
    assert roots.measured("q-data") == [4 + (8 + 4) + (4 + 8)]
    assert roots.measured_in_archives("q-data") == [4 + (8 + 4) + (4 + 8)]


def test_nothing_is_known_of_what_is_not_there(roots: Roots) -> None:
    """The package, or a file that the target does not leave out."""
    roots.install(roots.builder, "libq1", "q-data", rules="path-exclude=*/copyright\n")
    assert roots.measured("libq1", "q-data", "other") == [None, None, None]
