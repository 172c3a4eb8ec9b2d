"""What a name stands for: what it says, or what is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from find_libdeps.errors import FindLibdepsError
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.opening import open_root
from spelled import OciLayout, docker_archive, listing, pack, read_all, write

LAYER = pack("etc/", "etc/os-release: ID=debian", "f: 1")
FILES = ["etc/", "etc/os-release: ID=debian", "f: 1"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with an archive, a root, and an OCI layout."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "x.tar", docker_archive(LAYER))
    (tmp_path / "root/etc").mkdir(parents=True)
    write(tmp_path / "root/etc/os-release", b"ID=debian")
    write(tmp_path / "root/f", b"1")
    oci = OciLayout()
    write(tmp_path / "oci.tar", oci.archive(oci.image([LAYER])))
    (tmp_path / "layout").mkdir()
    subprocess.run(["tar", "-C", "layout", "-xf", "oci.tar"], check=True)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        *("x.tar", "archive:x.tar", "./x.tar", "oci.tar"),
        *("root", "dir:root", "dir:./root"),
        *("layout", "oci:layout"),
    ],
)
def test_name_stands_for_what_it_says_or_what_is_there(here: Path, name: str) -> None:
    """The same files, whatever they are in."""
    assert listing(open_root(name, Instructions(read_all)).tree) == FILES


def test_directory_is_taken_as_it_is(here: Path) -> None:
    """With ``dir:`` a layout is a directory with files of that layout."""
    assert "index.json" in "".join(listing(open_root("dir:layout", Instructions(read_all)).tree))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("./none", 'cannot read the root "./none": No such file or directory'),
        ("dir:none", 'cannot read the root "none": No such file or directory'),
        ("oci:root", 'cannot read "root": it has no image in it'),
        ("archive:none.tar", 'cannot read "none.tar": No such file or directory'),
        (
            "registry:app/one",
            "cannot read \"app/one\": expected the registry's host and the image's name: "
            "HOST/NAME:TAG",
        ),
    ],
)
def test_what_is_not_there_is_a_sentence(here: Path, name: str, sentence: str) -> None:
    """It names what was looked for, and where."""
    with pytest.raises(FindLibdepsError) as told:
        open_root(name, Instructions(read_all))
    assert str(told.value) == sentence


@pytest.mark.parametrize("name", ["docker:x.tar", "registry:2", "dir:"])
def test_other_names_are_those_of_images(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An engine is asked, even for what is a file, and for what only looks like a kind."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("PATH", "/nowhere")  # where no podman is
    with pytest.raises(FindLibdepsError, match="there is no Docker Engine at unix:///nowhere"):
        open_root(name, Instructions(read_all))


@pytest.mark.parametrize("piped", [True, False])
def test_archive_on_stdin(here: Path, piped: bool) -> None:
    """From a pipe or from a file, as ``docker save app | find-libdeps audit -`` has it."""
    command = [sys.executable, "-m", "find_libdeps", "audit", "-f", "json"]
    named = subprocess.run([*command, "x.tar"], capture_output=True)
    with (here / "x.tar").open("rb") as file:
        if piped:
            told = subprocess.run([*command, "-"], input=file.read(), capture_output=True)
        else:
            told = subprocess.run([*command, "-"], stdin=file, capture_output=True)
    assert named.stdout
    assert (told.stdout, told.returncode) == (named.stdout, named.returncode)
