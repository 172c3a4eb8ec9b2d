"""What apt knows: its Contents indices, those that it has and those that it can fetch.

Sources, proxies, signatures and compression are apt's business and none of ours; it is asked
through apt-get(8) and ``apt-helper cat-file``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, cast

from find_libdeps.contents import (
    Offer,
    Provider,
    ambiguous,
    by_version,
    encode_index,
    rank,
    read_contents,
)
from find_libdeps.dpkg import Package, Status, checked
from find_libdeps.errors import ReleaseError
from find_libdeps.ldconf import Architecture, architecture_called
from find_libdeps.release import Release

CHUNK = 1 << 20
NO_CACHE = ("-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=")
"""Or else each question leaves 70 MB in /var/cache/apt."""
LISTS = Path("/var/lib/apt/lists")
SETTINGS = Path("/etc/apt")
_ELSEWHERE = re.compile(rb"\b(?:RootDir|Dir)\b(?!::Cache)", re.IGNORECASE)
"""A setting of apt.conf(5) that may move its lists. Debian's images turn its caches off."""
HELPER = "/usr/lib/apt/apt-helper"

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
"""Private directories for everything that apt writes, and the targets that apt-file(1) has."""


@dataclass(frozen=True)
class Apt:
    """One apt: the system's own, or one with private directories."""

    configuration: Path | None = None
    """The file in APT_CONFIG; None: the system's."""

    def architecture(self) -> str:
        """The name of the system's own architecture."""
        said = self.run("apt-config", "dump", "--format", "%v", "APT::Architecture")
        return said.decode("utf-8", "replace").strip()

    def targets(self, *fields: str, **filters: str) -> list[tuple[str, ...]]:
        """Fields of the files that apt has fetched (``apt-get indextargets``), each once."""
        form = "\t".join(f"$({field})" for field in fields)
        wanted = [f"{key}: {value}" for key, value in filters.items()]
        output = self.run("apt-get", "indextargets", "--format", form, *wanted)
        rows = (tuple(line.split("\t")) for line in output.decode("utf-8", "replace").splitlines())
        return list(dict.fromkeys(rows))

    @cached_property
    def contents_files(self) -> list[str]:
        """Its Contents indices, of all architectures."""
        return [name for (name,) in self.targets("FILENAME", Identifier="Contents-deb")]

    def contents(self, architecture: Architecture) -> list[Provider]:
        """The libraries in all Contents indices of an architecture."""
        mine = _contents_of(architecture.name)
        return [
            provider
            for name in self.contents_files
            if mine.search(name)
            for provider in read_contents(self._read(name), architecture.triplet)
        ]

    def versions(self, packages: Collection[Package]) -> dict[Package, str]:
        """The version of each package that apt would install; no entry where it has none.

        Raises:
            ReleaseError: there is no apt, or it knows none of them.
        """
        names = [f"{package.name}:{package.architecture}" for package in packages]
        told = self.run("apt-cache", "show", "--no-all-versions", *names) if names else b""
        status = Status(told.split(b"\n\n"))
        return {
            package: stanza.package.version
            for package in packages
            for stanza in status.named(package.name)
            if stanza.package.architecture in (package.architecture, "all")
        }

    def _read(self, name: str) -> Iterator[bytes]:
        """The content of a file that apt has, whatever its compression, in pieces."""
        import subprocess  # builders with indices are rare

        command = [HELPER, "cat-file", name]
        with subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, env=self._environment()
        ) as process:
            pipe = cast(IO[bytes], process.stdout)
            while chunk := pipe.read(CHUNK):
                yield chunk
        if process.returncode:
            raise ReleaseError("read", name, f"apt-helper ended with status {process.returncode}")

    def run(self, *command: str) -> bytes:
        """What a program of apt prints.

        Raises:
            ReleaseError: there is no apt, or it failed; the cause is its own first error.
        """
        import subprocess

        try:
            done = subprocess.run(  # noqa: S603
                [command[0], *NO_CACHE, *command[1:]],
                capture_output=True,
                env=self._environment(),
                check=False,
            )
        except FileNotFoundError:
            raise ReleaseError("run", command[0], "there is no apt here") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").splitlines()
            cause = next((line for line in said if line.startswith("E:")), f"{done.returncode}")
            raise ReleaseError("run", " ".join(command[:2]), cause.removeprefix("E: "))
        return done.stdout

    def _environment(self) -> dict[str, str]:
        private = {} if self.configuration is None else {"APT_CONFIG": str(self.configuration)}
        return {**os.environ, **private, "LC_ALL": "C"}


def _contents_of(architecture: str) -> re.Pattern[str]:
    return re.compile(rf"Contents-{re.escape(architecture)}(\.\w+)?\Z")


def _may_have_contents() -> bool:
    """Whether an index is where they usually are, or apt is told to have them elsewhere."""
    if any(LISTS.glob("*Contents*")):
        return True
    files = (SETTINGS / "apt.conf", *SETTINGS.glob("apt.conf.d/*"))
    named = os.environ.get("APT_CONFIG")
    for file in (*files, *([Path(named)] if named else ())):
        with suppress(OSError):
            if _ELSEWHERE.search(file.read_bytes()):
                return True
    return False


class AptCatalogue:
    """The Contents indices that the system's apt has, which apt-file(1) has it fetch."""

    def __init__(self, apt: Apt) -> None:
        self._apt = apt

    def knows(self, architecture: str) -> bool:
        """See `find_libdeps.contents.Catalogue`."""
        return any(_contents_of(architecture).search(name) for name in self._files())

    def _files(self) -> list[str]:
        # asking apt takes longer than a whole scan, and few builders have these indices
        if not (self._apt.configuration or _may_have_contents()):
            return []
        try:
            return self._apt.contents_files
        except ReleaseError:  # no apt, or a broken one
            return []

    def offers(self, sonames: Collection[str], architecture: str) -> dict[str, Offer]:
        """See `find_libdeps.contents.Catalogue`."""
        known = architecture_called(architecture)
        if known is None or not sonames or not self.knows(architecture):
            return {}
        try:
            providers = [p for p in self._apt.contents(known) if _is_asked(p.soname, sonames)]
            several = ambiguous(providers)
            told = self._apt.run("apt-cache", "show", *several) if several else b""
        except ReleaseError:  # no apt, or a broken one: others may know
            return {}
        status = Status(told.split(b"\n\n"))
        ranked = rank(providers, {name: status.priority(name) for name in several})
        offers = {
            soname: Offer(tuple(checked(Package(n, architecture), "apt") for n in names), "apt")
            for soname, names in ranked.items()
        }
        newest = {name: _newest(name, offers) for name in sonames}
        return {name: offers[soname] for name, soname in newest.items() if soname is not None}


def _is_asked(soname: str, asked: Collection[str]) -> bool:
    name, dot_so, version = soname.partition(".so.")
    return soname in asked or (version[:1].isdigit() and f"{name}{dot_so}*" in asked)


def _newest(name: str, sonames: Collection[str]) -> str | None:
    """The soname that a name with ``.so.*`` stands for; any other stands for itself."""
    if not name.endswith(".*"):
        return name if name in sonames else None
    prefix = name.removesuffix("*")
    found = {s: by_version(s[len(prefix) :]) for s in sonames if s.startswith(prefix)}
    versions = {soname: version for soname, version in found.items() if version}
    return max(versions, key=lambda s: versions[s], default=None)


def make_index(
    release: Release, architectures: Sequence[str], sources: Sequence[str] = ()
) -> bytes:
    """Make the index of a release from what apt fetches, its state kept out of the system's.

    Args:
        release: whose index.
        architectures: Debian's names of them; none: the system's own.
        sources: lines of sources.list(5); none: the system's own, for that release.

    Raises:
        ReleaseError: apt has no source of it, or can't fetch.
    """
    lines = sources or system_sources(release)
    ranked, dates = {}, []
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
            essential.append({package.name for package in status.essential})
            dates.append(_date(apt))
    return encode_index(release, max(dates), set.intersection(*essential), ranked)


@contextmanager
def private_apt(architecture: str, sources: Sequence[str]) -> Iterator[Apt]:
    """An apt that has fetched its lists into a directory of its own, which goes in the end.

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
        systems = Path("/etc/apt/apt.conf")
        included = f'#include "{systems}";\n' if systems.exists() else ""
        (top / "main.conf").write_text(included + own)
        configuration = top / "apt.conf"
        # apt reads its file in APT_CONFIG first and the main one last: what stands there counts
        configuration.write_text(f'Dir::Etc::main "{top}/main.conf";\n')
        apt = Apt(configuration)
        apt.run("apt-get", "update", "-q", "-o", "APT::Update::Error-Mode=any")
        yield apt


def system_sources(release: Release) -> list[str]:
    """The lines that the system's own sources would have for another release.

    Raises:
        ReleaseError: they have none of that distribution.
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
    if release.distribution == "ubuntu":  # its indices are kept up for each pocket
        suites += [f"{release.codename}-updates", f"{release.codename}-security"]
    uri, found = next(iter(components.items()))
    names = " ".join(dict.fromkeys(found))
    return [f"deb {_keyring(release)}{uri} {suite} {names}" for suite in suites]


def _keyring(release: Release) -> str:
    """Where the distribution's archive keys are by custom; else apt's own trusted ones count."""
    folder = Path("/usr/share/keyrings")
    names = (f"{release.distribution}-archive-keyring.{suffix}" for suffix in ("gpg", "pgp"))
    found = next((folder / name for name in names if (folder / name).exists()), None)
    return f"[signed-by={found}] " if found else ""


def _date(apt: Apt) -> str:
    """When the archive's Release files were made, in UTC."""
    from email.utils import parsedate_to_datetime

    lists = cast(Path, apt.configuration).parent / "state" / "lists"
    found = [
        parsedate_to_datetime(date)
        for path in lists.glob("*Release")
        for date in re.findall(r"^Date: (.*)$", path.read_text("utf-8", "replace"), re.MULTILINE)
    ]
    return max(found).date().isoformat() if found else "unknown"
