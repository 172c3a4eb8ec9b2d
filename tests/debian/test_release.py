"""The names of releases, as people use them, and as the os-release(5) of a root tells them."""

from __future__ import annotations

import subprocess

import pytest

from find_libdeps.debian.release import Release, name_of_foreign, parse_release, read_release
from find_libdeps.errors import ReleaseError
from memory_tree import MemoryTree
from programs import need
from project import FIXTURES


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
        ("debian:14", "debian:testing"),
        ("14", "debian:testing"),
        ("unstable", "debian:testing"),
        ("resolute", "ubuntu:26.04"),
        ("ubuntu:26.04", "ubuntu:26.04"),
        ("ubuntu:sid", "ubuntu:sid"),
        ("ubuntu:28.04", "ubuntu:28.04"),
        ("debian:9", "debian:9"),
        ("example:1", "example:1"),
    ],
)
def test_names_of_releases(text: str, release: str) -> None:
    """By number or code name, with the distribution or without."""
    assert str(parse_release(text)) == release


@pytest.mark.parametrize(
    ("text", "release", "derivative"),
    [
        ("raspbian:12", "debian:12", "raspbian:12"),
        ("Raspbian13", "debian:13", "raspbian:13"),
        ("raspbian:trixie", "debian:13", "raspbian:trixie"),
        ("kali", "debian:testing", "kali"),
        ("kali:2026.3", "debian:testing", "kali:2026.3"),
        ("devuan:5", "debian:12", "devuan:5"),
        ("devuan:excalibur", "debian:13", "devuan:excalibur"),
        ("devuan:ceres", "debian:testing", "devuan:ceres"),
        ("parrot:6.4", "debian:12", "parrot:6.4"),
        ("parrot:4.11", "debian:testing", "parrot:4.11"),
        ("pop:22.04", "ubuntu:22.04", "pop:22.04"),
    ],
)
def test_names_of_derivatives(text: str, release: str, derivative: str) -> None:
    """They stand for the release whose packages they have, and are equal to it."""
    parsed = parse_release(text)
    assert (str(parsed), parsed.derivative) == (release, derivative)
    assert parsed == parse_release(release)
    assert hash(parsed) == hash(parse_release(release))


@pytest.mark.parametrize(
    "text", ["linuxmint:22.1", "zorin:17", "mx", "devuan:9", "devuan", "raspbian:7", "pop:cosmic2"]
)
def test_derivatives_whose_parent_is_not_known(text: str) -> None:
    """Only their own os-release tells, and that is not here."""
    with pytest.raises(ReleaseError, match="packages of a release of Debian or Ubuntu; name that"):
        parse_release(text)


@pytest.mark.parametrize(
    ("release", "codename"),
    [
        ("debian:13", "trixie"),
        ("debian:testing", "forky"),
        ("ubuntu:24.04", "noble"),
        ("linuxmint:22", "22"),
    ],
)
def test_codename(release: str, codename: str) -> None:
    """The directory in the archive; for what is not known, its version."""
    distribution, version = release.split(":")
    assert Release(distribution, version).codename == codename


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
    assert release_by("ID=debian\n") == "debian:testing"
    assert release_by("ID=debian\nVERSION_CODENAME=duke\n") == "debian:testing"


def test_what_is_about_to_be_released_is_testing() -> None:
    """Its os-release names the version some weeks before."""
    assert release_by("ID=debian\nVERSION_ID=14\nVERSION_CODENAME=forky\n") == "debian:testing"


OS_RELEASES = {
    "bodhi-6": "ubuntu:20.04",
    "debian-13": "debian:13",
    "debian-trixie-sid": "debian:13",  # which was testing when the image was made
    "devuan-5": "debian:12 for devuan:5",
    "devuan-6": "debian:13 for devuan:6",
    "elementary-5.0": "elementary:5.0",  # it names no code name of Ubuntu's
    "elementary-7": "ubuntu:22.04 for elementary:7",
    "endless-5.1.1": "endless:5.1.1",  # it does not tell
    "kali-2019.4": "debian:testing for kali:2019.4",
    "kali-2026.3": "debian:testing for kali:2026.3",
    "lcos-0.8": "debian:13 for lcos:0.8",  # by Devuan's code name
    "linuxmint-19.3": "ubuntu:18.04 for linuxmint:19.3",
    "linuxmint-22": "ubuntu:24.04 for linuxmint:22",
    "lmde-6": "debian:12 for linuxmint:6",
    "lmde-7": "debian:13 for linuxmint:7",
    "mx-21.3": "debian:11",
    "neon-22.04": "ubuntu:22.04 for neon:22.04",
    "parrot-4.11": "debian:testing for parrot:4.11",
    "parrot-5.3": "debian:11 for parrot:5.3",
    "parrot-6.2": "debian:12 for parrot-security:6.2",  # whose ID is Debian's
    "parrot-7.0": "debian:13 for parrot-security:7.0",
    "peppermint": "debian:12 for peppermint",  # with a code name, and no more
    "pika-4": "debian:testing for pika:4",
    "pop-22.04": "ubuntu:22.04 for pop:22.04",
    "pureos-10.0": "pureos:10.0",  # it does not tell that it is like Debian
    "raspbian-10": "debian:10 for raspbian:10",
    "raspbian-12": "debian:12 for raspbian:12",
    "raspbian-8": "raspbian:8",  # too old to be known
    "steamos-3.7.16": "steamos:3.7.16",
    "tails-5.22": None,
    "trisquel-11.0": "ubuntu:22.04 for trisquel:11.0",
    "ubuntu-25.10": "ubuntu:25.10",
    "vanilla-2": "debian:testing for vanilla-os:2",  # whose ID is Ubuntu's
    "zorin-17": "ubuntu:22.04 for zorin:17",
}
"""The release that each distribution of fixtures/os-release has the packages of."""
NAMED_OTHERWISE = frozenset(
    """
    devuan-5 devuan-6 elementary-5.0 endless-5.1.1 kali-2019.4 kali-2026.3 lcos-0.8 parrot-4.11
    parrot-5.3 parrot-6.2 parrot-7.0 peppermint pureos-10.0 raspbian-8 steamos-3.7.16 tails-5.22
    """.split()  # noqa: SIM905
)
"""Those that have no code name of Debian or Ubuntu, or do not tell that they are like these."""
FOREIGN = {"pureos-10.0": "PureOS", "steamos-3.7.16": "SteamOS"}


def test_each_os_release_is_in_the_table() -> None:
    """And the other way round."""
    assert sorted(OS_RELEASES) == sorted(path.name for path in (FIXTURES / "os-release").iterdir())


@pytest.mark.parametrize(("name", "expected"), OS_RELEASES.items())
def test_os_release_of_a_derivative(name: str, expected: str | None) -> None:
    """Leads to the release whose packages it has, and says whose they are."""
    tree = MemoryTree({"/etc/os-release": (FIXTURES / "os-release" / name).read_bytes()})
    release = read_release(tree)
    told = f"{release} for {release.derivative}" if release and release.derivative else release
    assert (str(told) if told else None) == expected
    assert name_of_foreign(tree) == FOREIGN.get(name)


@pytest.mark.parametrize("name", OS_RELEASES)
def test_code_names_lead_where_distro_info_says(name: str) -> None:
    """What a shell reads of an os-release, looked up by Debian's own programs."""
    need("debian-distro-info", "ubuntu-distro-info")
    file = FIXTURES / "os-release" / name
    script = """
        . "$1"
        case " $ID $ID_LIKE " in *" debian "* | *" ubuntu "*) ;; *) exit 0 ;; esac
        for codename in "$UBUNTU_CODENAME" "$DEBIAN_CODENAME" "$VERSION_CODENAME"; do
            for distribution in debian ubuntu; do
                if number=$($distribution-distro-info --series="$codename" --release); then
                    printf "%s:%s" $distribution "${number%% *}"
                    exit
                fi
            done
        done
    """
    command = ["sh", "-c", script, "sh", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert bool(told) is (name not in NAMED_OTHERWISE)
    if told:
        release = read_release(MemoryTree({"/etc/os-release": file.read_bytes()}))
        assert release == parse_release(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # a derivative of Ubuntu may name Debian's release, too, and one of Debian Ubuntu's
        ("ID=a\nID_LIKE='ubuntu debian'\nDEBIAN_CODENAME=trixie\nUBUNTU_CODENAME=noble\n", "noble"),
        ("ID=a\nID_LIKE=debian\nDEBIAN_CODENAME=trixie\nUBUNTU_CODENAME=noble\n", "trixie"),
        ("ID=devuan\nID_LIKE=debian\nVERSION_CODENAME='excalibur/ceres'\n", "trixie"),
        ("ID=devuan\nID_LIKE=debian\nVERSION_CODENAME='freia ceres'\n", "forky"),
        ("ID=a\nID_LIKE=debian\nVERSION_CODENAME=a\nDEBIAN_VERSION_FULL=13.5\n", "trixie"),
        ("ID=a\nID_LIKE=debian\nVERSION_CODENAME='$(id)'\nVERSION_ID=1;id\n", None),
        ("ID=a\nID_LIKE=debian\nVERSION_CODENAME=6\n", None),  # no number of Devuan's
        ("ID=a\nID_LIKE=arch\nVERSION_CODENAME=trixie\nVERSION_ID=';'\n", None),
        ("ID=arch\nVERSION_CODENAME=echo\n", None),
    ],
)
def test_code_names_in_os_release(text: str, told: str | None) -> None:
    """Those of the nearest parent count, and only in what is like Debian or Ubuntu."""
    assert release_by(text) == str(told and parse_release(told))


def test_derivative_is_not_named_by_shell_code() -> None:
    """It stands in messages."""
    text = 'ID="$(id)"\nNAME="A;id"\nID_LIKE=debian\nVERSION_ID="`id`"\nDEBIAN_CODENAME=trixie\n'
    release = read_release(MemoryTree({"/etc/os-release": text.encode()}))
    assert release is not None
    assert (str(release), release.derivative) == ("debian:13", "")
