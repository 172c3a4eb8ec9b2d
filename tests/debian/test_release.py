"""The names of releases, as people use them, and as the os-release(5) of a root tells them."""

from __future__ import annotations

import subprocess

import pytest

from find_libdeps.debian.release import name_of_foreign, parse_release, read_release
from find_libdeps.errors import ReleaseError
from memory_tree import MemoryTree


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("debian:13", "debian:13"),
        ("Debian:Trixie", "debian:13"),
        ("trixie", "debian:13"),
        ("13", "debian:13"),
        ("debian13", "debian:13"),
        ("24.04", "ubuntu:24.04"),
        ("noble", "ubuntu:24.04"),
        ("ubuntu24.04", "ubuntu:24.04"),
        ("testing", "debian:testing"),
        ("debian:forky", "debian:testing"),
        ("sid", "debian:testing"),
        ("debian:14", "debian:14"),
        ("raspbian:12", "raspbian:12"),
        ("linuxmint:22.1", "linuxmint:22.1"),
    ],
)
def test_names_of_releases(text: str, release: str) -> None:
    """By number or code name, with the distribution or without."""
    assert str(parse_release(text)) == release


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("python:3.13-slim", "that is an image; pass it with --target"),
        ("debian:trixie-slim", "that is an image; pass it with --target"),
        ("registry/app:13", "that is an image; pass it with --target"),
        ("buzz", "expected a name and a version: debian:13"),
        ("99", "expected a name and a version: debian:13"),
        ("debian:", "expected a name and a version: debian:13"),
        ("", "expected a name and a version: debian:13"),
        ("debian:13 --arch", "expected a name and a version: debian:13"),
    ],
)
def test_what_names_no_release(text: str, cause: str) -> None:
    """With what to do instead."""
    with pytest.raises(ReleaseError, match=cause):
        parse_release(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ID=debian\nVERSION_ID=13\n", None),
        ("ID=ubuntu\nID_LIKE=debian\n", None),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', None),
        ("ID=raspbian\nID_LIKE=debian\n", None),
        ("VERSION_ID=13\n", None),
        ("", None),
        ('ID=wolfi\nNAME="Wolfi"\nPRETTY_NAME="Wolfi 2025"\n', "Wolfi 2025"),
        ('ID="rhel"\nID_LIKE="fedora"\nNAME="Red Hat"\n', "Red Hat"),
        ("ID=arch\n", "arch"),
    ],
)
def test_name_of_foreign(text: str, name: str | None) -> None:
    """Another ID is that of another distribution, unless it is like Debian."""
    assert name_of_foreign(MemoryTree({"/usr/lib/os-release": text.encode()})) == name


def test_without_os_release() -> None:
    """Nothing tells."""
    assert name_of_foreign(MemoryTree({})) is None


def release_by(text: str) -> str:
    """The release of a root with such an os-release."""
    return str(read_release(MemoryTree({"/etc/os-release": text.encode()})))


@pytest.mark.parametrize(
    "text",
    [
        "ID=debian\nVERSION_ID=13\n",
        "NAME='Some Linux'\nVERSION_ID=\"24.04\"\nID='ubuntu' \n# ID=debian\n",
        "ID=debian\nVERSION_ID=12\nVERSION_ID=13",
        'ID="kali"\nVERSION_ID="2026.3"\nHOME_URL="https://example.org/?a=b#c"\n',
    ],
)
def test_os_release_says_what_a_shell_reads(text: str) -> None:
    """It is made for shells to source; os-release(5)."""
    script = f'{text}\nprintf %s "$ID:$VERSION_ID"'
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert release_by(text) == told


@pytest.mark.parametrize(
    "text",
    [
        'ID="x;touch${IFS}pwned;"\nVERSION_ID=13\n',
        'ID=debian\nVERSION_ID="$(id)"\n',
        "ID=debian\nVERSION_ID=13 rm\n",
        "ID=debian'\nVERSION_ID=13\n",
        "ID=fedora\n",
        "",
    ],
)
def test_os_release_that_names_no_release(text: str) -> None:
    """Least of all with shell code: users paste commands that name the release."""
    assert release_by(text) == "None"


def test_debian_testing_has_no_version() -> None:
    """Nor has sid."""
    assert release_by("ID=debian\nVERSION_CODENAME=forky\n") == "debian:testing"
