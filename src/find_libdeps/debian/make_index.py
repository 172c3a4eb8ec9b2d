"""Make a new index of a release, through an apt with private directories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from find_libdeps.debian.apt import Apt
from find_libdeps.debian.contents import ambiguous, development_links, rank
from find_libdeps.debian.index import FLOOR, encode_index
from find_libdeps.debian.release import Release
from find_libdeps.debian.status import Status
from find_libdeps.elf.architecture import architecture_called
from find_libdeps.errors import ReleaseError

CONFIGURATION = """
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
Dir::State "{top}/state";
Dir::State::status "{top}/status";
Dir::Cache "{top}/cache";
Dir::Etc::sourcelist "{top}/sources.list";
Dir::Etc::sourceparts "{top}/none";
Dir::Etc::preferencesparts "{top}/none";
Dir::Log "{top}";
APT::Architecture "{architecture}";
APT::Architectures { "{architecture}"; };
Acquire::Languages "none";
Acquire::IndexTargets::deb {
  DEP-11::DefaultEnabled "false";
  Contents-deb {
    MetaKey "$(COMPONENT)/Contents-{architecture}";
    flatMetaKey "Contents-{architecture}";
    ShortDescription "Contents-{architecture}";
    Description "$(RELEASE)/$(COMPONENT) {architecture} Contents (deb)";
    flatDescription "$(RELEASE) Contents (deb)";
    KeepCompressed "true";
    DefaultEnabled "true";
    Identifier "Contents-deb";
  };
  Contents-deb-legacy {
    MetaKey "Contents-{architecture}";
    ShortDescription "Contents-{architecture}";
    Description "$(RELEASE) {architecture} Contents (deb)";
    KeepCompressed "true";
    DefaultEnabled "true";
    Fallback-Of "Contents-deb";
    Identifier "Contents-deb";
  };
};
"""
"""apt.conf(5): private directories for all that apt writes, and the targets of apt-file(1)."""


def make_index(
    release: Release, architectures: Sequence[str], sources: Sequence[str] = ()
) -> bytes:
    """Make the index of a release from the lists that a private apt fetches.

    Args:
        release: the release to index.
        architectures: their names in Debian; the system's own if empty.
        sources: lines of sources.list(5); if empty, the system's own, changed to the release.

    Raises:
        ReleaseError: apt has no source of the release, or can't fetch its lists.
    """
    lines = sources or system_sources(release)
    ranked, links, floor, dates = {}, {}, {}, []
    essential: list[set[str]] = []
    for name in architectures or [Apt().architecture()]:
        architecture = architecture_called(name)
        if architecture is None:
            raise ReleaseError("make an index for", name, "no architecture of that name is known")
        with private_apt(name, lines) as apt:
            providers = apt.contents(architecture)
            if not providers:
                cause = f"its archive has no Contents index for {name}"
                raise ReleaseError("make an index of", release, cause)
            status = Status(apt.run("apt-cache", "dumpavail").split(b"\n\n"))
            priorities = {p: status.priority(p) for p in ambiguous(providers)}
            ranked[name] = rank(providers, priorities)
            links[name] = development_links(providers)
            floor[name] = {p: v for p in FLOOR if (v := status.version(p, name))}
            essential.append({package.name for package in status.essential})
            dates.append(_date(apt))
    date = max(dates)
    return encode_index(release, date, set.intersection(*essential), ranked, links, floor)


@contextmanager
def private_apt(architecture: str, sources: Sequence[str]) -> Iterator[Apt]:
    """An apt that has fetched its lists into a temporary directory.

    Raises:
        ReleaseError: it could not fetch them.
    """
    import tempfile

    try:
        private = tempfile.TemporaryDirectory(prefix="find-libdeps-")
    except OSError as error:
        raise ReleaseError("run", "apt-get", error.strerror) from None
    with private as name:
        top = Path(name)
        top.chmod(0o755)  # apt fetches as another user
        for directory in ("state/lists/partial", "cache/archives/partial", "none"):
            (top / directory).mkdir(parents=True)
        (top / "status").touch()
        (top / "sources.list").write_text("".join(f"{line}\n" for line in sources))
        own = CONFIGURATION.replace("{top}", str(top)).replace("{architecture}", architecture)
        system_file = Path("/etc/apt/apt.conf")
        included = f'#include "{system_file}";\n' if system_file.exists() else ""
        (top / "main.conf").write_text(included + own)
        configuration = top / "apt.conf"
        # apt reads APT_CONFIG first and Dir::Etc::main last, so the settings of main.conf win
        configuration.write_text(f'Dir::Etc::main "{top}/main.conf";\n')
        apt = Apt(configuration)
        apt.run("apt-get", "update", "-q", "-o", "APT::Update::Error-Mode=any")
        yield apt


def system_sources(release: Release) -> list[str]:
    """The system's own sources, as lines of sources.list(5) for another release.

    Raises:
        ReleaseError: apt has no lists of that distribution.
    """
    fields = ("REPO_URI", "ORIGIN", "LABEL", "COMPONENT")
    rows = Apt().targets(*fields, Identifier="Packages")
    components: dict[str, list[str]] = {}
    for uri, origin, label, component in rows:
        if origin.lower() == label.lower() == release.distribution:
            components.setdefault(uri, []).append(component)
    if not components:
        cause = f"apt has no lists of {release.distribution} here: run apt-get update, or --source"
        raise ReleaseError("make an index of", release, cause)
    suites = [release.codename]
    if release.distribution == "ubuntu":  # each pocket has Contents indices of its own
        suites += [f"{release.codename}-updates", f"{release.codename}-security"]
    uri, found = next(iter(components.items()))
    names = " ".join(dict.fromkeys(found))
    return [f"deb {_keyring(release)}{uri} {suite} {names}" for suite in suites]


def _keyring(release: Release) -> str:
    """The ``signed-by`` option with the distribution's usual keyring, if that is installed.

    Without the option apt accepts any key that it trusts.
    """
    folder = Path("/usr/share/keyrings")
    names = (f"{release.distribution}-archive-keyring.{suffix}" for suffix in ("gpg", "pgp"))
    found = next((folder / name for name in names if (folder / name).exists()), None)
    return f"[signed-by={found}] " if found else ""


def _date(apt: Apt) -> str:
    """The date (UTC) of the archive's newest Release file."""
    from email.utils import parsedate_to_datetime

    lists = cast(Path, apt.configuration).parent / "state" / "lists"
    found = [
        parsedate_to_datetime(date)
        for path in lists.glob("*Release")
        for date in re.findall(r"^Date: (.*)$", path.read_text("utf-8", "replace"), re.MULTILINE)
    ]
    return max(found).date().isoformat() if found else "unknown"
