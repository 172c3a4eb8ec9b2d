"""What is in archives of packages: dpkg-deb makes them, and damage is one sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from find_libdeps import ImageError
from find_libdeps.debian import deb
from find_libdeps.debian.deb import PackedFile, kept, known, read_deb
from find_libdeps.roots.tree import Kind
from programs import need

CONTROL = (
    "Package: q\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: t\n"
)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with a file of each kind, and a script."""
    need("dpkg-deb")
    source = tmp_path / "q"
    (source / "DEBIAN").mkdir(parents=True)
    (source / "DEBIAN/control").write_text(CONTROL)
    (source / "DEBIAN/postinst").write_text("#!/bin/sh\n")
    (source / "DEBIAN/postinst").chmod(0o755)
    (source / "opt").mkdir()
    (source / "opt/a").write_bytes(b"x" * 5000)
    (source / "opt/b").hardlink_to(source / "opt/a")
    (source / "opt/c").symlink_to("a")
    subprocess.run(["dpkg-deb", "-b", source], capture_output=True, check=True)
    return tmp_path / "q.deb"


def test_members_are_those_that_dpkg_lists(package: Path) -> None:
    """With the sizes of all files, by whatever name, and of what dpkg keeps about the package."""
    found = read_deb(package, "q")
    assert found.records == (len("#!/bin/sh\n"),)
    assert found.files == (
        PackedFile("/", Kind.DIRECTORY, 0, "/"),
        PackedFile("/opt", Kind.DIRECTORY, 0, "/opt"),
        PackedFile("/opt/a", Kind.FILE, 5000, "/opt/a"),
        PackedFile("/opt/b", Kind.FILE, 5000, "/opt/a"),
        PackedFile("/opt/c", Kind.LINK, 0, "/opt/c"),
    )
    listed = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True)
    assert len(listed.stdout.splitlines()) == len(found.files)


def test_what_is_kept_is_the_same(package: Path) -> None:
    """Damaged bytes are nothing."""
    found = read_deb(package, "q")
    assert known(kept(found)) == found
    assert known(kept(found)[:-1]) is None
    assert known(b"") is None


def test_any_cut_is_one_error(package: Path) -> None:
    """Wherever the file ends before its end."""
    content = package.read_bytes()
    for end in range(len(content) - 1):
        package.write_bytes(content[:end])
        with pytest.raises(ImageError, match=r'cannot read "q\.deb": '):
            read_deb(package, "q")


def test_bounds(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the files of a package, and on its bytes."""
    monkeypatch.setattr(deb, "MAX_FILES", 4)
    with pytest.raises(ImageError, match=r"more than 4 files in its data\.tar"):
        read_deb(package, "q")
    monkeypatch.undo()
    monkeypatch.setattr(deb, "MAX_SIZE", 6000)
    with pytest.raises(ImageError, match=r"more than 0 GiB in its data\.tar"):
        read_deb(package, "q")
