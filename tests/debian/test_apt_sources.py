"""What sources.list(5) says, in both of its forms, beside apt's own reading of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archives import checked
from find_libdeps.debian.release import Release
from find_libdeps.debian.sources import Source, own_sources, sources_of
from find_libdeps.errors import ReleaseError
from programs import need

LINES = """\
# deb http://a.test/comment bookworm main
deb http://a.test/debian bookworm main contrib # a comment
deb-src http://a.test/debian bookworm main
  deb   [arch=amd64,arm64 signed-by=/k.gpg]\thttp://b.test/debian/  bookworm-updates   main
deb [ trusted=yes ] http://c.test/debian bookworm/updates main
deb http://d.test/flat ./
"""
STANZAS = """\
# a comment
Types: deb deb-src
URIs: http://e.test/debian http://f.test/debian
Suites: bookworm bookworm-updates
Components: main
# another
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEZ
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb-src
URIs: http://g.test/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://h.test/debian
Suites: bookworm
Components: main

types: deb
uris: http://i.test/debian
suites: bookworm-security
components: main
Architectures: amd64
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of this machine's sources, as apt takes it from now on."""
    need("apt-get", "apt-config")
    folder = tmp_path / "sources"
    folder.mkdir()
    (tmp_path / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{folder}/main.list";\nDir::Etc::sourceparts "{folder}/parts";\n'
    )
    (folder / "parts").mkdir()
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    return folder


def test_sources_are_those_that_apt_asks(sources: Path) -> None:
    """The same suites of the same archives; files of other names count for neither."""
    (sources / "main.list").write_text(LINES)
    (sources / "parts/a.sources").write_text(STANZAS)
    (sources / "parts/b.list").write_text("deb http://j.test/debian trixie main\n")
    (sources / "parts/c.save").write_text("deb http://k.test/debian trixie main\n")
    told = checked("apt-get", "update", "--print-uris")
    asked = set(re.findall(r"^'(\S+)/InRelease'", told, re.MULTILINE))
    asked.remove("http://g.test/debian/dists/bookworm")  # for sources, of which nobody asks
    found = list(own_sources())
    assert {suite_of(source) for source in found} == asked
    by_host = {source.uri.split("/")[2][0]: source for source in found}
    assert by_host["b"].architectures == ("amd64", "arm64")
    assert by_host["b"].options == {"Signed-By": "/k.gpg"}
    assert by_host["e"].options["Signed-By"].splitlines()[2] == " ."


def suite_of(source: Source) -> str:
    """Where a suite is; one that ends with a slash has no ``dists`` (sources.list(5))."""
    where = source.uri.rstrip("/")
    return f"{where}/." if source.suite == "./" else f"{where}/dists/{source.suite}"


DEBIAN = """\
deb [signed-by=/d.gpg] http://d.test/debian bookworm main
deb http://d.test/debian bookworm-updates main
deb http://s.test/debian bookworm-security main
deb http://d.test/debian bookworm-backports main
deb http://p.test/pg bookworm-pgdg main
deb http://n.test/node nodistro main
"""


def found_for(release: Release, architecture: str = "amd64") -> list[tuple[str, str]]:
    """The archive and the suite of each source of a release."""
    return [(s.uri, s.suite) for s in sources_of(release, architecture)]


def test_own_sources_lead_to_other_releases_of_the_distribution(sources: Path) -> None:
    """What is a pocket for everyone comes along; backports and other publishers do not."""
    (sources / "main.list").write_text(DEBIAN)
    archive, security = "http://d.test/debian", "http://s.test/debian"
    for name, codename in (("13", "trixie"), ("11", "bullseye"), ("testing", "forky")):
        assert found_for(Release("debian", name)) == [
            (archive, codename),
            (archive, f"{codename}-updates"),
            (security, f"{codename}-security"),
        ]
    assert (archive, "bookworm-backports") in found_for(Release("debian", "12"))
    with pytest.raises(ReleaseError, match="apt has no source of devuan here"):
        found_for(Release("devuan", "5"))


def test_archives_of_other_distributions_are_known(sources: Path, tmp_path: Path) -> None:
    """Ubuntu's has the ports elsewhere; without its keys, who has them is said."""
    (sources / "main.list").write_text(DEBIAN)
    key = tmp_path / "ubuntu.gpg"
    with pytest.raises(ReleaseError, match=r"install ubuntu-keyring, or pass --keyring"):
        sources_of(Release("ubuntu", "24.04"), "amd64", str(key))
    key.touch()
    for architecture, uri in (("amd64", "archive.ubuntu"), ("arm64", "ports.ubuntu")):
        found = sources_of(Release("ubuntu", "24.04"), architecture, str(key))
        assert [s.suite for s in found] == ["noble", "noble-updates", "noble-security"]
        assert {s.components for s in found} == {("main", "universe")}
        assert all(uri in s.uri and s.options == {"Signed-By": str(key)} for s in found)


def test_a_source_is_written_as_apt_reads_it(sources: Path) -> None:
    """A stanza of ours asks what the source asks."""
    options = {"Signed-By": "/d.gpg", "Trusted": "yes"}
    source = Source("http://d.test/debian", "bookworm", ("main", "contrib"), (), options)
    (sources / "parts/a.sources").write_text(str(source))
    assert list(own_sources()) == [source]
    told = checked("apt-get", "update", "--print-uris")
    assert told.split()[0] == "'http://d.test/debian/dists/bookworm/InRelease'"
