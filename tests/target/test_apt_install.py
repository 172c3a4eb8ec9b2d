"""`apt-install`: in several shells, and in real images, compared before and after."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import engine
from programs import need
from project import PROJECT

SCRIPT = PROJECT / "src" / "target" / "apt-install"
SHELLS = {"bash": ["bash", "--posix"], "busybox": ["busybox", "sh"], "dash": ["dash"]}
RELEASES = ["bookworm", "trixie"]
NOBODY = 65534

COMPARED = """
files() {
    find / -xdev -path /proc -prune -o -path /sys -prune -o -path /dev -prune -o -print | sort
    find /var -xdev -type f -exec md5sum {} + | sort
}
files > /dev/shm/before
"$@"
echo "status $?"
files > /dev/shm/after
diff /dev/shm/before /dev/shm/after | grep '^[<>]'
"""
"""Runs a command, and prints its status, and what it changed: files, and content below /var."""

SIGNALLED = """
use IO::Socket::INET;
my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:8099") or die;
my $signal = shift;
my $child = fork // die;
exec @ARGV unless $child;
$server->accept;
kill $signal, $child;
alarm 60;
waitpid $child, 0;
exit($? & 127 ? 99 : $? >> 8);
"""
"""Runs a command, and sends it a signal once it waits for the answer of an archive, forever."""

SOURCE = "echo 'deb [trusted=yes] http://127.0.0.1:8099 x main' > /etc/apt/sources.list.d/x.list"
"""Gives an image one archive more."""
ONLY_SOURCE = f"rm /etc/apt/sources.list.d/*; {SOURCE}"
"""Gives it that archive instead of its own."""

CLEAN = """
echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";' > /etc/apt/apt.conf.d/docker-clean
"""
"""What the images of Docker's library have."""


def tried(shell: str, *arguments: str, names: str | None = None) -> tuple[int, str, str]:
    """Status and output of the script on this machine, with a list of names on stdin or none."""
    done = subprocess.run(
        [*SHELLS[shell], str(SCRIPT), *arguments],
        stdin=None if names is not None else subprocess.DEVNULL,
        input=names,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def would_install(*names: str) -> str:
    """What `-n` says."""
    return f"apt-get update\napt-get install --yes --no-install-recommends {' '.join(names)}\n"


def in_image(
    release: str, *command: str, before: str = "true", network: str = "host"
) -> tuple[int, set[str], str]:
    """Runs a command in an image.

    Returns:
        its status; the paths that it made (``+``) or removed (``-``), and the files below /var
        whose content it changed (``~``); all that it said.
    """
    done = engine.run(
        f"debian:{release}-slim",
        "sh",
        "-c",
        f"{before}\n{COMPARED}",
        "sh",
        *command,
        mount=SCRIPT.parent,
        network=network,
    )
    status = re.search(r"^status (\d+)$", done.stdout, re.MULTILINE)
    assert status, done.stderr
    changes: dict[str, set[str]] = {}
    for way, path in re.findall(r"^([<>]) (?:[0-9a-f]{32}  )?(/.*)$", done.stdout, re.MULTILINE):
        changes.setdefault(path, set()).add(way)
    told = {f"{'-' if '<' in way else '+'} {path}" for path, way in changes.items() if len(way) < 2}
    told |= {f"~ {path}" for path, way in changes.items() if len(way) == 2}
    return int(status[1]), told, done.stdout + done.stderr


def besides_packages(changes: set[str]) -> set[str]:
    """The changes that are not what packages are for, and no record of dpkg's or apt's of them."""
    files = r"\+ /(bin|etc|lib|lib64|sbin|usr|var/lib/(?!apt/)|var/cache/fontconfig)(?!.*-old$)"
    records = r"~ /var/(lib/(dpkg/|apt/extended_states$)|cache/debconf/)"
    return {change for change in changes if not re.match(f"{files}|{records}", change)}


def test_shellcheck_has_nothing_to_say() -> None:
    """Not even in style."""
    need("shellcheck")
    done = subprocess.run(["shellcheck", str(SCRIPT)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """Each of the shells that the script may meet."""
    need(request.param)
    return str(request.param)


def test_names_are_arguments_or_lines_of_stdin(shell: str) -> None:
    """A list may have comments and blank lines; where there are arguments, they are the list."""
    names = "libpq5", "g++", "libfoo1:i386", "libgl1=1:1.7.0~a-1+b2"
    assert tried(shell, "-n", *names) == (0, would_install(*names), "")
    listed = "# Made by find-libdeps; do not edit.\n\nlibpq5  # psycopg2\n  g++ libgl1"
    assert tried(shell, "-n", names=listed) == (0, would_install("libpq5", "g++", "libgl1"), "")
    assert tried(shell, "-n", "libpq5", names=listed) == (0, would_install("libpq5"), "")
    assert tried(shell, "-n", "--", "libpq5") == (0, would_install("libpq5"), "")


@pytest.mark.parametrize("names", [None, "", "\n# nothing\n"])
def test_no_names_are_nothing_to_do(shell: str, names: str | None) -> None:
    """Neither root nor apt is needed for that."""
    assert tried(shell, names=names) == (0, "", "")
    assert tried(shell, "-n", names=names) == (0, "", "")


@pytest.mark.parametrize(
    "name",
    [
        "-o",
        "--allow-unauthenticated",
        "-o=APT::Get::AllowUnauthenticated=true",
        "libpq5-",  # apt would remove it
        "libpq*",
        "^lib.*",
        "task^",
        "./package.deb",
        "libpq5/sid",
        "LIBPQ5",
        "x",
        "libpq5\n-o",
        "libpq5=",
        "libpq5:",
        "",
    ],
)
def test_what_is_no_name_never_reaches_apt(shell: str, name: str) -> None:
    """Options, patterns, removals and files are refused before anything is done."""
    complaint = f'apt-install: cannot install "{name}": that is no name of a package\n'
    assert tried(shell, "-n", "libgl1", name) == (2, "", complaint)
    if len(name.split()) == 1:
        assert tried(shell, "-n", names=f"libgl1\n{name}\n") == (2, "", complaint)
    if name.startswith("-"):
        complaint = f'apt-install: cannot use "{name}": it is no option, see apt-install -h\n'
        assert tried(shell, name, "libgl1") == (2, "", complaint)


def test_help_tells_how_to_use_it(shell: str) -> None:
    """On stdout, with status 0."""
    status, said, _ = tried(shell, "-h")
    assert status == 0
    assert said.startswith("Usage: apt-install [-n] [--] [PACKAGE...]\n")
    assert max(map(len, said.splitlines())) <= 100


def test_who_cannot_install_is_told_in_a_sentence(shell: str, tmp_path: Path) -> None:
    """Who is not root, and who has no apt-get."""
    done = subprocess.run(
        [*SHELLS[shell], "-s", "--", "libpq5"],
        input=SCRIPT.read_text(),
        user=NOBODY if os.geteuid() == 0 else None,
        cwd="/",
        capture_output=True,
        text=True,
    )
    complaint = "apt-install: cannot install packages: only root may do that\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", complaint)
    for tool in ("grep", *SHELLS[shell][:1]):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    done = subprocess.run(
        [*SHELLS[shell], str(SCRIPT), "libpq5"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    complaint = "apt-install: cannot install packages: there is no apt-get\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", complaint)


INSTALLED = "libblas3", "ca-certificates", "libfontconfig1"
"""Packages with an alternative, with questions and a hook, with a cache of their own."""


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("before", ["true", CLEAN], ids=["plain", "docker-clean"])
def test_nothing_but_packages_is_left(images: None, release: str, before: str) -> None:
    """No lists, no archives, no logs, no temporary files; and /var/cache is as it was."""
    status, changes, said = in_image(release, "/mnt/apt-install", *INSTALLED, before=before)
    assert status == 0, said
    assert besides_packages(changes) == set()
    assert "+ /etc/ssl/certs/ISRG_Root_X1.pem" in changes
    assert "+ /etc/alternatives/libblas.so.3-x86_64-linux-gnu" in changes
    assert "unsandboxed" not in said


@pytest.mark.parametrize("release", RELEASES)
def test_apt_get_itself_leaves_much(images: None, release: str) -> None:
    """The comparison would see it."""
    command = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(INSTALLED)}"
    status, changes, said = in_image(release, "sh", "-c", command)
    assert status == 0, said
    left = besides_packages(changes)
    assert {"+ /var/log/dpkg.log", "+ /var/log/alternatives.log"} <= left
    assert "+ /var/log/apt/history.log" in left
    assert "+ /var/cache/apt/pkgcache.bin" in left
    assert any(change.startswith("+ /var/lib/apt/lists/") for change in changes)


@pytest.mark.parametrize("release", RELEASES)
def test_a_failure_leaves_the_image_as_it_was(images: None, release: str) -> None:
    """A package that there is not; apt's own words and status."""
    status, changes, said = in_image(release, "/mnt/apt-install", "libblas3", "no-such-package")
    assert (status, changes) == (100, set())
    assert "E: Unable to locate package no-such-package\n" in said


@pytest.mark.parametrize("release", RELEASES)
def test_an_archive_that_does_not_answer_is_a_failure(images: None, release: str) -> None:
    """Where `apt-get update` would go on with a warning, and the package is in another one."""
    status, changes, said = in_image(release, "/mnt/apt-install", "libblas3", before=SOURCE)
    assert (status, changes) == (100, set())
    assert "Connection refused" in said


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("signal", "status"), [("HUP", 129), ("INT", 130), ("TERM", 143)])
def test_a_signal_leaves_the_image_as_it_was(
    images: None, release: str, signal: str, status: int
) -> None:
    """It stops at once, in the middle of a download."""
    command = "perl", "-e", SIGNALLED, signal, "/mnt/apt-install", "libblas3"
    ended, changes, said = in_image(release, *command, before=ONLY_SOURCE, network="none")
    assert (ended, changes) == (status, set()), said


def test_a_list_is_installed_from_stdin(images: None) -> None:
    """As a lock file has it, with its comments; the configuration of a user's own apt counts."""
    listed = "printf '# header\\nlibblas3\\n' > /tmp/list; echo 'quiet \"2\";' > /tmp/apt.conf"
    command = "APT_CONFIG=/tmp/apt.conf /mnt/apt-install < /tmp/list"
    status, changes, said = in_image("trixie", "sh", "-c", command, before=listed)
    assert status == 0, said
    assert besides_packages(changes) == set()
    assert "Get:1" not in said
