"""Where the archive of a release is: the machine's own sources of apt, or what is known of others.

Sources are read as sources.list(5) describes them, in both of its forms.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from find_libdeps.debian.apt import Apt
from find_libdeps.debian.release import Release
from find_libdeps.debian.series import series_called
from find_libdeps.errors import ReleaseError

_ONE_LINE = re.compile(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)(?:\s+([^#]+))?(?:#.*)?")
_LONG_NAMES = {"arch": "architectures", "lang": "languages", "target": "targets"}
"""Options of the one-line form whose fields have another name."""
_OWN = frozenset(
    """
    types uris suites components enabled architectures languages targets pdiffs by-hash
    """.split()  # noqa: SIM905
)
"""Fields that a `Source` has as attributes, or that are not taken over."""
_ALIASES = ("stable", "oldstable", "oldoldstable", "devel")
"""Suites that lead to another release when one is made."""
_POCKETS = ("-updates", "-security")
"""What a release gets after it was made, for everyone (wiki.debian.org/SourcesList)."""


@dataclass(frozen=True, slots=True)
class Source:
    """One suite of an archive."""

    uri: str
    suite: str
    components: tuple[str, ...]
    architectures: tuple[str, ...] = ()
    """Those that it is for; empty if it is for all."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Its other fields, such as ``signed-by``."""

    def __str__(self) -> str:
        """The source as a stanza of sources.list(5)."""
        fields = {"Types": "deb", "URIs": self.uri, "Suites": self.suite}
        fields |= {"Components": " ".join(self.components)} if self.components else {}
        return "".join(f"{key}: {value}\n" for key, value in (fields | dict(self.options)).items())

    @property
    def base(self) -> str:
        """The suite without its pocket: ``noble`` for ``noble-updates``."""
        return re.split("[-/]", self.suite, maxsplit=1)[0]

    @property
    def is_base(self) -> bool:
        """Whether it is what was released, and no pocket."""
        return self.base == self.suite

    @property
    def list_name(self) -> str:
        """What apt calls its Release file, without ``InRelease`` (apt-pkg, URItoFileName)."""
        place = re.sub(r"^[\w+]+:(//([^/]*@)?)?", "", self.uri).rstrip("/")
        return f"{place.replace('_', '%5f')}/dists/{self.suite}".replace("/", "_")


class _Archive(NamedTuple):
    """The archive of a distribution that other distributions don't have in their sources."""

    uri: str
    components: tuple[str, ...]
    keyring: str
    package: str
    """Who has the keyring."""
    pockets: tuple[str, ...] = ()
    ports: str = ""
    """Where the architectures are that are not in the archive itself."""
    architectures: tuple[str, ...] = ()
    """Those in the archive itself; empty if all are."""

    def uri_for(self, architecture: str) -> str:
        """Where the packages of an architecture are."""
        is_here = not self.ports or architecture in self.architectures
        return self.uri if is_here else self.ports


_ARCHIVES = {
    "ubuntu": _Archive(
        "http://archive.ubuntu.com/ubuntu",
        ("main", "universe"),
        "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
        "ubuntu-keyring",
        _POCKETS,
        "http://ports.ubuntu.com/ubuntu-ports",
        ("amd64", "i386"),
    ),
    "raspbian": _Archive(
        "http://raspbian.raspberrypi.com/raspbian",
        ("main",),
        "/usr/share/keyrings/raspbian-archive-keyring.gpg",
        "raspbian-archive-keyring",
    ),
}


def sources_of(release: Release, architecture: str, keyring: str | None = None) -> list[Source]:
    """Where to get a release's lists from: the machine's own sources, or the known archive.

    Args:
        release: the release.
        architecture: whose packages are asked for.
        keyring: the file of the archive's keys, instead of the sources' own.

    Raises:
        ReleaseError: neither has the release, or the archive's keys are not here.
    """
    distribution = release.derivative.partition(":")[0] or release.distribution
    archive = _ARCHIVES.get(distribution)
    found = [signed(each, keyring) for each in _own(release, architecture)]
    if archive and not (found and _has(archive, found[0], architecture)):
        file = keyring or archive.keyring
        if not Path(file).exists():
            cause = f"{file} is not here: install {archive.package}, or pass --keyring"
            raise ReleaseError("check the archive of", release, cause)
        uri, components = archive.uri_for(architecture), archive.components
        suites = [f"{release.codename}{pocket}" for pocket in ("", *archive.pockets)]
        return [Source(uri, suite, components, (), {"Signed-By": file}) for suite in suites]
    if not found:
        cause = f"apt has no source of {release.distribution} here: name one with --source"
        raise ReleaseError("make an index of", release, cause)
    return found


def _has(archive: _Archive, own: Source, architecture: str) -> bool:
    """Whether an own source may have an architecture, or only the other part of the archive."""
    if own.architectures or not archive.ports:
        return True
    is_ours = Apt().architecture() in archive.architectures
    return (architecture in archive.architectures) is is_ours


def signed(source: Source, keyring: str | None) -> Source:
    """The source, of which only the keys in a file count, if one is named."""
    return replace(source, options={**source.options, "Signed-By": keyring}) if keyring else source


def _own(release: Release, architecture: str) -> Iterator[Source]:
    """The machine's own sources of a distribution, with a release's suites."""
    for source in own_sources():
        is_known = series_called(source.base, release.distribution)
        if not (is_known or source.base in _ALIASES):
            continue
        if source.architectures and architecture not in source.architectures:
            continue
        pocket = source.suite.removeprefix(source.base)
        if source.base == release.codename or source.is_base or pocket in _POCKETS:
            yield replace(source, suite=f"{release.codename}{pocket}")


def own_sources() -> Iterator[Source]:
    """The binary sources of the machine's apt, those of other publishers, too."""
    told = Apt().run(
        "apt-config", "shell", "F", "Dir::Etc::sourcelist/f", "D", "Dir::Etc::sourceparts/d"
    )
    file, folder = (Path(word.partition("=")[2]) for word in shlex.split(told.decode()))
    for path in (file, *sorted(folder.glob("*"))):
        try:
            text = path.read_text("utf-8", "replace")
        except OSError:
            continue
        if path.suffix == ".sources":
            yield from read_stanzas(text)
        elif path == file or path.suffix == ".list":
            yield from read_lines(text.splitlines())


def read_lines(lines: Iterable[str]) -> Iterator[Source]:
    """The sources in lines of the one-line form."""
    for line in lines:
        if match := _ONE_LINE.fullmatch(line.strip()):
            options, uri, suite, components = match.groups()
            pairs = (word.partition("=") for word in (options or "").split())
            fields = {_LONG_NAMES.get(key, key): value.replace(",", " ") for key, _, value in pairs}
            yield from _sources(fields, [uri], [suite], (components or "").split())


def read_stanzas(text: str) -> Iterator[Source]:
    """The sources in a file of stanzas (deb822(5))."""
    from debian.deb822 import Deb822

    for stanza in Deb822.iter_paragraphs(text):
        fields = {key.lower(): value for key, value in stanza.items()}
        is_off = fields.get("enabled", "yes").strip().lower() in (
            "no",
            "false",
            "0",
            "off",
            "without",
        )
        if "deb" in fields.get("types", "").split() and not is_off:
            words = (fields.get(key, "").split() for key in ("uris", "suites", "components"))
            yield from _sources(fields, *words)


def _sources(
    fields: Mapping[str, str], uris: Iterable[str], suites: Iterable[str], components: Iterable[str]
) -> Iterator[Source]:
    options = {key.title(): value for key, value in fields.items() if key not in _OWN}
    architectures = tuple(fields.get("architectures", "").split())
    suites, components = list(suites), tuple(components)
    yield from (Source(u, s, components, architectures, options) for u in uris for s in suites)
