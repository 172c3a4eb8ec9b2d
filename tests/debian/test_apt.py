"""What apt knows, judged on repositories that Debian's own tools make, and on the real archive."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from archives import (
    NONE,
    PER_COMPONENT,
    PER_SUITE,
    TRIPLETS,
    Archive,
    checked,
    closure,
    entries,
    find_libdeps,
    installs,
    native,
    run,
)
from find_libdeps.debian.apt import HELPER, Apt, AptCatalogue
from find_libdeps.debian.contents import ALTERNATIVES
from find_libdeps.debian.index import Index, decode_index, embedded_index, file_name
from find_libdeps.debian.make_index import (
    architecture_for,
    chosen_sources,
    encoded,
    extract,
    make_index,
)
from find_libdeps.debian.private_apt import PrivateApt, private_apt
from find_libdeps.debian.release import Release, read_release
from find_libdeps.debian.sources import read_lines
from find_libdeps.debian.write_index import encode_index
from find_libdeps.elf.architecture import architecture_called
from find_libdeps.errors import ReleaseError
from find_libdeps.roots.directory import DirectoryTree
from programs import need
from project import FIXTURES, PROJECT
from snapshots import STATE, snapshot

pytestmark = pytest.mark.thorough  # a real apt takes its time

CONTENTS_FIXTURES = FIXTURES / "contents"
INDEXES = PROJECT / "src" / "find_libdeps" / "debian" / "indexes"
PRIORITIES = ["required", "important", "standard", "optional", "extra"]

DEBIAN = Release("debian", "12")
UBUNTU = Release("ubuntu", "24.04")

RARE = "libzephyr.so.4"
"""A library that Debian has, and hardly any machine."""


@pytest.fixture(scope="module")
def archive() -> Iterator[Archive]:
    """Suites in the layouts of Debian and Ubuntu, of packages with libraries."""
    need("apt-get", "dpkg-deb", "apt-ftparchive")
    with tempfile.TemporaryDirectory(prefix="archive-") as name:
        made = Archive(Path(name))
        made.top.chmod(0o755)
        add = made.add
        main, contrib = "bookworm/main", "bookworm/contrib"
        add(main, "base", "usr/bin/base", more="Essential: yes\nPre-Depends: libbase1, a | b\n")
        add(main, "libbase1", "lib/{T}/libbase.so.1")
        add(main, "libone1", "usr/lib/{T}/libone.so.1", "usr/lib/{T}/libone.so.1.0", "usr/lib/x")
        add(main, "libone-dev", "usr/lib/{T}/libone.so")
        add(main, "lib32one1", "usr/lib32/libone.so.1")
        add(main, "one-private", "usr/lib/{T}/one/libone.so.1", "usr/share/a file.so.1")
        add(main, "libtwo2", "usr/lib/{T}/libtwo.so.2", more="Priority: optional\n")
        add(main, "two-that-matters", "usr/lib/{T}/libtwo.so.2", more="Priority: important\n")
        add(main, "a-two", "usr/lib/{T}/libtwo.so.2", more="Priority: extra\n")
        add(main, "libblas3", "usr/lib/{T}/blas/libblas.so.3")
        add(main, "libopenblas0-pthread", "usr/lib/{T}/openblas-pthread/libblas.so.3")
        add(main, "zephyr-of-this-archive", f"usr/lib/{{T}}/{RARE}")
        add(contrib, "libcontrib3", "usr/lib/{T}/libcontrib.so.3")
        arm = "arm64"
        add(main, "base", "usr/bin/b", architecture=arm, more="Essential: yes\nDepends: libbase1\n")
        add(main, "libbase1", "lib/{T}/libbase.so.1", architecture=arm)
        add(main, "libone1", "usr/lib/{T}/libone.so.1", architecture=arm)
        add(main, "zephyr-of-this-archive", f"usr/lib/{{T}}/{RARE}", architecture=arm)
        add(main, "boot", "usr/bin/boot", architecture=arm, more="Essential: yes\n")
        add(main, "libarm1", "usr/lib/{T}/libarm.so.1", architecture=arm)
        made.publish("bookworm", "main contrib", origin="Debian")
        add("noble/main", "libone1", "usr/lib/{T}/libone.so.1", more="Priority: optional\n")
        add("noble/universe", "libuniverse1", "usr/lib/{T}/libuniverse.so.1")
        add("noble-updates/main", "libupdated2", "usr/lib/{T}/libupdated.so.2")
        add("noble-updates/main", "one-update", "usr/lib/{T}/libone.so.1", more="Priority: extra\n")
        add("noble-security/universe", "libsecure3", "usr/lib/{T}/libsecure.so.3")
        for suite in ("changed", "silent"):
            for architecture in TRIPLETS:
                add(f"{suite}/main", "liba1", "usr/lib/{T}/liba.so.1", architecture=architecture)
        made.publish("silent", contents=NONE)
        made.publish("changed")
        for path in made.top.glob("dists/changed/main/Contents-*"):
            path.write_bytes(b"not what the Release file has the sum of")
        for pocket in ("noble", "noble-updates", "noble-security"):
            made.publish(pocket, "main universe", contents=PER_SUITE, origin="Ubuntu")
        yield made


@contextmanager
def fetched(architecture: str, *lines: str) -> Iterator[Apt]:
    """An apt that has the lists of some sources."""
    with private_apt(architecture) as private:
        private.update(list(read_lines(lines)))
        yield private.apt


def text_of(index: bytes) -> str:
    """What stands in an index."""
    return zlib.decompressobj().decompress(index).decode()


def compare(text: str, name: str) -> None:
    """Hold a text against an expected file."""
    expected = CONTENTS_FIXTURES / name
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(text)
    assert text == expected.read_text()


def test_index_of_debians_layout_is_the_expected_one(archive: Archive) -> None:
    """Contents indices of each component, two architectures, priorities, essential packages."""
    sources = [archive.source("bookworm", "main contrib")]
    made = make_index(DEBIAN, ["amd64", "arm64"], sources)
    compare(text_of(made), "debian-layout.txt")
    assert make_index(DEBIAN, ["arm64", "amd64"], sources) == made


def test_index_of_ubuntus_layout_is_the_expected_one(archive: Archive, tmp_path: Path) -> None:
    """Contents indices of each pocket: a library that only one has is found, too."""
    pockets = ("noble", "noble-updates", "noble-security")
    sources = [w for p in pockets for w in ("--source", archive.source(p, "main universe"))]
    file = tmp_path / "noble.index"
    done = find_libdeps("index", "make", "ubuntu:24.04", "--arch", "amd64", *sources, "-o", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    compare(text_of(file.read_bytes()), "ubuntu-layout.txt")


@pytest.mark.parametrize("compression", ["gzip", "xz", "lz4", "zstd", "bzip2", "lzma", ""])
@pytest.mark.parametrize("layout", [PER_COMPONENT, PER_SUITE])
def test_compression_is_apts_business(archive: Archive, compression: str, layout: str) -> None:
    """Whatever apt can fetch can be read."""
    suite = f"{'suite' if layout == PER_SUITE else 'component'}-{compression}"
    archive.add(f"{suite}/main", "libpressed1", "usr/lib/{T}/libpressed.so.1")
    archive.publish(suite, contents=layout, compression=compression)
    found = [path.suffix for path in (archive.top / "dists" / suite).rglob("Contents-amd64*")]
    assert len(found) == 1
    made = decode_index(make_index(DEBIAN, ["amd64"], [archive.source(suite)]), "test")
    assert names_of(made, "libpressed.so.1") == ["libpressed1"]


def names_of(index: Index, soname: str, architecture: str = "amd64") -> list[str]:
    """The packages that an index offers for a soname."""
    offer = index.offers([soname], architecture).get(soname)
    return [package.name for package in offer.packages] if offer else []


def test_index_without_architecture_is_for_this_machine(archive: Archive) -> None:
    """The system's own architecture is what apt says it is."""
    index = decode_index(make_index(DEBIAN, [], [archive.source("bookworm")]), "test")
    assert index.architectures == (native(),)
    assert index.essential == {"base", "libbase1"}


# --- answers -------------------------------------------------------------------------------------


def object_needing(path: Path, *sonames: str) -> None:
    """An extension module, for this machine, that needs these libraries."""
    need("cc")
    path.parent.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name:
        stubs = [f"{name}/{soname}" for soname in sonames]
        options = ["-shared", "-nostdlib", "-x", "c", "/dev/null"]
        for soname, stub in zip(sonames, stubs, strict=True):
            checked("cc", *options, "-o", stub, f"-Wl,-soname,{soname}")
        checked("cc", *options, "-x", "none", "-Wl,--no-as-needed", *stubs, "-o", path)


def test_index_made_here_names_the_packages(archive: Archive, tmp_path: Path) -> None:
    """What was missing is named by the index, with its file, release and date; essential not."""
    file = tmp_path / "my.index"
    source = archive.source("bookworm", "main contrib")
    words = ("index", "make", "debian:12", "--arch", native(), "--source", source)
    assert find_libdeps(*words, "-o", file).stderr == ""
    root = tmp_path / "root"
    (root / "var/lib/dpkg").mkdir(parents=True)
    status = f"Package: dpkg\nStatus: install ok installed\nArchitecture: {native()}\nVersion: 1\n"
    (root / "var/lib/dpkg/status").write_text(status)
    sonames = ("libone.so.1", "libtwo.so.2", "libbase.so.1", "libnone.so.1")
    object_needing(root / "venv/mod.abi3.so", *sonames)
    scan = ("--index", file, "--root", root, "/venv")
    done = find_libdeps(*scan)
    two = "two-that-matters" if native() == "amd64" else ""
    assert done.stdout.split() == ["libone1", *filter(None, [two])]
    assert 'cannot find "libnone.so.1": no package of debian:12 has it' in done.stderr
    assert done.returncode == 1
    assert "libbase1" in find_libdeps("--essential", *scan).stdout.split()
    document = json.loads(find_libdeps("--format", "json", *scan).stdout)
    assert document["release"] == "debian:12"
    packages = {each["name"]: each for each in document["packages"]}
    assert {each["source"] for each in packages.values()} == {"my.index debian:12 2025-08-14"}
    if two:
        assert packages[two]["others"] == ["a-two", "libtwo2"]


def test_index_names_packages_where_nothing_is_installed(archive: Archive, tmp_path: Path) -> None:
    """A root without a dpkg database is of its objects' architecture."""
    file = tmp_path / "my.index"
    file.write_bytes(make_index(DEBIAN, [native()], [archive.source("bookworm")]))
    root = tmp_path / "root"
    object_needing(root / "venv/mod.abi3.so", "libone.so.1")
    done = find_libdeps("--index", file, "--root", root, "/venv")
    assert (done.stdout, done.stderr, done.returncode) == ("libone1\n", "", 0)


def test_index_of_another_release_is_refused(archive: Archive, tmp_path: Path) -> None:
    """Its names need not be right, whatever release the caller named, or the target has."""
    file = tmp_path / "my.index"
    file.write_bytes(make_index(DEBIAN, [native()], [archive.source("bookworm")]))
    object_needing(tmp_path / "venv/mod.abi3.so", "libone.so.1")
    target = tmp_path / "target"
    (target / "etc").mkdir(parents=True)
    (target / "etc/os-release").write_text("ID=ubuntu\nVERSION_ID=24.04\n")
    for words in (("--release", "ubuntu:24.04"), ("--target", target)):
        done = find_libdeps("--index", file, "--root", tmp_path, *words, "/venv")
        assert (done.returncode, done.stdout) == (2, "")
        make = "make its own (find-libdeps index make ubuntu:24.04 -o FILE)"
        cause = f"the target is ubuntu:24.04; {make}"
        assert done.stderr == f'find-libdeps: cannot use the index of "debian:12": {cause}\n'


def test_hostile_index_prints_no_name(tmp_path: Path) -> None:
    """What would be an option of apt-get, or a command of the shell, never reaches stdout."""
    object_needing(tmp_path / "venv/mod.abi3.so", "libone.so.1", "libtwo.so.2")
    for name in ("--allow-unauthenticated", "libone1;reboot"):
        ranked = {native(): {"libone.so.1": (name,), "libtwo.so.2": ("libtwo2",)}}
        file = tmp_path / "my.index"
        file.write_bytes(encode_index(DEBIAN, "2025-08-14", [], ranked))
        done = find_libdeps("--index", file, "--root", tmp_path, "/venv")
        assert (done.returncode, done.stdout) == (2, "")
        cause = "in my.index debian:12 2025-08-14, not the syntax of Debian Policy 5.6"
        assert done.stderr == f'find-libdeps: cannot use the package name "{name}": {cause}\n'


def test_apt_answers_from_the_contents_that_it_has(archive: Archive) -> None:
    """All providers, the one with the best Priority first; nothing for what nobody has."""
    with fetched("amd64", archive.source("bookworm", "main contrib")) as apt:
        catalogue = AptCatalogue(apt)
        asked = ["libtwo.so.2", "libblas.so.3", "libcontrib.so.3", "libnone.so.1", "libone.so"]
        offers = catalogue.offers(asked, "amd64")
        assert {offer.source for offer in offers.values()} == {"apt"}
        assert {soname: [str(p) for p in offer.packages] for soname, offer in offers.items()} == {
            "libtwo.so.2": ["two-that-matters", "libtwo2", "a-two"],
            "libblas.so.3": ["libblas3", "libopenblas0-pthread"],
            "libcontrib.so.3": ["libcontrib3"],
        }
        assert catalogue.offers([], "amd64") == {}
        assert catalogue.offers(["libone.so.1"], "arm64") == {}
        assert catalogue.offers(["libone.so.1"], "pdp11") == {}


def test_apt_that_does_not_work_has_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without apt, or with a broken one, is left to the embedded index."""
    if shutil.which("apt-get"):
        broken = Apt(tmp_path / "apt.conf")
        (tmp_path / "apt.conf").write_text("Dir {{;")
        assert AptCatalogue(broken).offers(["libz.so.1"], "amd64") == {}
        with pytest.raises(ReleaseError, match='cannot run "apt-get indextargets": '):
            broken.targets("FILENAME")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert AptCatalogue(Apt()).offers(["libz.so.1"], "amd64") == {}
    with pytest.raises(ReleaseError, match='cannot run "apt-get": there is no apt here'):
        make_index(DEBIAN, ["amd64"], ["deb file:/nowhere bookworm main"])


def test_apt_is_believed_before_the_embedded_index(archive: Archive, tmp_path: Path) -> None:
    """Of the builder's own release, apt's Contents indices know what is new."""
    release = read_release(DirectoryTree())
    path = tmp_path / "venv/mod.abi3.so"
    object_needing(path, RARE)
    with fetched(native(), archive.source("bookworm")) as apt:
        scan = ("--format", "json", "--root", "/")
        environment = {"APT_CONFIG": str(apt.configuration)}
        (package,) = json.loads(find_libdeps(*scan, path, **environment).stdout)["packages"]
        assert (package["name"], package["source"]) == ("zephyr-of-this-archive", "apt")
        if release and embedded_index(release):
            elsewhere = find_libdeps(*scan, "--release", "debian:11", path, **environment)
            (package,) = json.loads(elsewhere.stdout)["packages"]
            assert package["name"] == "libzephyr4"
            assert package["source"].startswith("embedded debian:11 ")


# --- failures ------------------------------------------------------------------------------------


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A directory for TMPDIR, into which apt's own user can go."""
    with tempfile.TemporaryDirectory(prefix="temporary-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "debian:12 --source nonsense",
            r'use the source "nonsense": expected a line of sources.list\(5\): deb URI SUITE .*',
        ),
        (
            "debian:12 --source 'deb [trusted=yes] file:/nowhere bookworm main'",
            r'run "apt-get update": Failed to fetch file:/nowhere/dists/.*',
        ),
        (
            "debian:12 --source 'deb [trusted=yes] http://127.0.0.1:9/debian bookworm main'",
            r'run "apt-get update": Failed to fetch http://127.0.0.1:9/debian/.*',
        ),
        (
            "debian:12 --source 'deb file:{top} bookworm main'",
            r"""run "apt-get update": The repository '.* bookworm Release' is not signed.""",
        ),
        (
            "debian:12 --source 'deb [trusted=yes] file:{top} changed main'",
            r'run "apt-get update": Failed to fetch file:.*',
        ),
        (
            "debian:12 --arch amd64 --source 'deb [trusted=yes] file:{top} silent main'",
            r'make an index of "debian:12": its archive has no Contents index for amd64',
        ),
        (
            "debian:12 --arch s390x --source 'deb [trusted=yes] file:{top} noble main'",
            r'make an index of "debian:12": its archive has no Contents index for s390x',
        ),
        (
            "debian:12 --arch pdp11 --source 'deb [trusted=yes] file:{top} bookworm main'",
            r'make an index for "pdp11": no architecture of that name is known',
        ),
        ("debian", r'use the release "debian": expected a name and a version: debian:13'),
        (
            "endless:6",
            r'make an index of "endless:6": apt has no source of endless here: '
            r"name one with --source",
        ),
    ],
)
def test_index_that_cannot_be_made_is_one_sentence(
    archive: Archive, tmp_path: Path, temporary: Path, words: str, sentence: str
) -> None:
    """Status 2, no temporary directory left, and an index that was there before stays as it is."""
    arguments = [w.replace("{top}", str(archive.top)) for w in _words(words)]
    file = tmp_path / "my.index"
    file.write_text("an index")
    done = find_libdeps("index", "make", *arguments, "-o", file, TMPDIR=str(temporary))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(f"find-libdeps: cannot {sentence}\n", done.stderr), done.stderr
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "an index"
    assert list(temporary.iterdir()) == []


def test_index_that_cannot_be_made_makes_no_file(archive: Archive, tmp_path: Path) -> None:
    """Where there was no index before, there is none afterwards."""
    words = ("index", "make", "debian:12", "--arch", "pdp11", "--source", archive.source("noble"))
    assert find_libdeps(*words, "-o", tmp_path / "my.index").returncode == 2
    assert list(tmp_path.iterdir()) == []


def _words(text: str) -> list[str]:
    return [quoted or word for quoted, word in re.findall(r"'([^']*)'|(\S+)", text)]


def test_index_that_cannot_be_written_is_status_2(archive: Archive, tmp_path: Path) -> None:
    """A directory that is not there is said, and is no finding of a scan."""
    source = ("--arch", "amd64", "--source", archive.source("noble"))
    file = tmp_path / "none/my.index"
    done = find_libdeps("index", "make", "debian:12", *source, "-o", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(file) in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_fetch_leaves_nothing(
    tmp_path: Path, temporary: Path, number: signal.Signals
) -> None:
    """Control-C, or an end by the CI, while a server does not answer: no index, no temporary
    directory, and no word.
    """
    need("apt-get")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        source = f"deb [trusted=yes] http://127.0.0.1:{server.getsockname()[1]}/debian x main"
        words = ["index", "make", "debian:12", "--source", source, "-o", str(tmp_path / "index")]
        with subprocess.Popen(
            [sys.executable, "-m", "find_libdeps", *words],
            env={**os.environ, "TMPDIR": str(temporary), "no_proxy": "127.0.0.1"},
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            server.accept()
            assert list(temporary.iterdir()) != []
            os.killpg(process.pid, number)
            _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (-number, b"")
    assert list(tmp_path.iterdir()) == []
    assert list(temporary.iterdir()) == []


# --- the system's own state ----------------------------------------------------------------------


def test_state_of_the_systems_apt_stays_as_it_is(archive: Archive, tmp_path: Path) -> None:
    """Making an index writes nothing below /var/lib/apt, /var/cache/apt and /etc/apt."""
    before = snapshot(STATE)
    source = archive.source("bookworm", "main contrib")
    words = ("index", "make", "debian:12", "--arch", "amd64", "--source", source)
    done = find_libdeps(*words, "-o", tmp_path / "my.index")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(before) > 10
    assert snapshot(STATE) == before


HOOKS = "".join(
    f'APT::Update::{when} {{ "echo {when} >> {{marker}}"; }};\n'
    for when in ("Pre-Invoke", "Post-Invoke", "Post-Invoke-Success")
)


def in_own_mounts(configuration: Path, *command: str | Path, **environment: str) -> str:
    """What a command prints where a directory of ours is the one with apt's configuration."""
    script = 'mount --bind "$1" /etc/apt/apt.conf.d && shift && exec "$@"'
    place = ("unshare", "--mount", "sh", "-c", script, "sh", configuration)
    if run(*place, "true").returncode:
        pytest.skip("only root, where it may mount, can give one process another /etc/apt")
    return checked(*place, *command, **environment)


def test_programs_that_the_system_runs_after_updates_are_not_run(
    archive: Archive, tmp_path: Path
) -> None:
    """Docker's images delete packages in the cache then, and Ubuntu stamps a file."""
    configuration, marker = tmp_path / "apt.conf.d", tmp_path / "marker"
    configuration.mkdir()
    (configuration / "hooks").write_text(HOOKS.replace("{marker}", str(marker)))
    words = ("index", "make", "debian:12", "--arch", "amd64", "--source", archive.source("noble"))
    made = tmp_path / "my.index"
    command = (sys.executable, "-m", "find_libdeps", *words, "-o", made)
    assert in_own_mounts(configuration, *command) == ""
    assert made.exists()
    assert not marker.exists()
    (tmp_path / "lists/partial").mkdir(parents=True)
    own = {"Dir::State": tmp_path, "Dir::State::lists": tmp_path / "lists", "Dir::Cache": tmp_path}
    none = {"Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": "/dev/null"}
    options = [f"-o{key}={value}" for key, value in (own | none).items()]
    in_own_mounts(configuration, "apt-get", "update", *options)
    assert {"Pre-Invoke", "Post-Invoke"} <= set(marker.read_text().split())  # else they are run


def test_question_to_apt_leaves_no_cache(archive: Archive, tmp_path: Path) -> None:
    """What apt-cache(8) would keep for its next run is of no use in an image."""
    configuration = tmp_path / "apt.conf.d"
    configuration.mkdir()
    with fetched("amd64", archive.source("bookworm")) as apt:
        program = (
            "from find_libdeps.debian.apt import *\n"
            "offers = AptCatalogue(Apt()).offers(['libtwo.so.2'], 'amd64')\n"
            "print(offers['libtwo.so.2'].packages[0])"
        )
        assert apt.configuration is not None
        cache = apt.configuration.parent / "cache"
        shutil.rmtree(cache)
        cache.mkdir()
        environment = {"APT_CONFIG": str(apt.configuration)}
        command = (sys.executable, "-c", program)
        assert in_own_mounts(configuration, *command, **environment) == "two-that-matters\n"
        assert [path for path in cache.rglob("*") if path.is_file()] == []


# --- the real archive ----------------------------------------------------------------------------


@dataclass(frozen=True)
class RealArchive:
    """The archive of this machine's release, as it is today."""

    release: Release
    architecture: str
    private: PrivateApt
    embedded: Index

    @property
    def apt(self) -> Apt:
        """The apt that has its lists."""
        return self.private.apt

    @cached_property
    def minimal(self) -> set[str]:
        """What a new system has, which its apt believes to be installed from now on."""
        merged = self.apt.run("apt-cache", "pkgnames", "usr-is-merged").decode().split()
        names = installs(self.apt, *self.embedded.essential, *merged)
        told = self.apt.run("apt-cache", "show", "--no-all-versions", *sorted(names)).decode()
        state = re.sub("(?m)^(Package: .*)$", r"\1\nStatus: install ok installed", told)
        (self.private.top / "status").write_text(state)
        return names

    @cached_property
    def today(self) -> bytes:
        """An index that is made now."""
        known = architecture_for(self.architecture)
        extracted = extract(self.private, self.release, known)
        return encoded(self.release, {self.architecture: extracted})

    @property
    def file(self) -> bytes:
        """The embedded index as it is."""
        return (INDEXES / file_name(self.release)).read_bytes()

    def libraries(self) -> dict[str, set[str]]:
        """Each file in a directory of the loader or of alternatives, and its packages."""
        known = architecture_called(self.architecture)
        assert known is not None
        directories = [d.removeprefix("/") for d in known.default_directories]
        found: dict[str, set[str]] = defaultdict(set)
        for (file,) in self.apt.targets("FILENAME", Identifier="Contents-deb"):
            environment = {"APT_CONFIG": str(self.apt.configuration)}
            for line in checked(HELPER, "cat-file", file, **environment).splitlines():
                path, _, location = line.rpartition(" ")
                directory, _, name = path.strip().rpartition("/")
                above = directory.rpartition("/")[0]
                if directory in directories or (name in ALTERNATIVES and above in directories):
                    found[name].update(each.rpartition("/")[2] for each in location.split(","))
        return found


@pytest.fixture(scope="module")
def real() -> Iterator[RealArchive]:
    """The real archive; skips where this machine's apt has fetched nothing from it."""
    release = read_release(DirectoryTree())
    embedded = release and embedded_index(release)
    if not release or not embedded or not shutil.which("apt-get"):
        pytest.skip("no index of this machine's release comes with the package")
    architecture = Apt().architecture()
    try:
        with private_apt(architecture) as private:
            private.update(chosen_sources(private, release))
            yield RealArchive(release, architecture, private, embedded)
    except ReleaseError as error:
        pytest.skip(f"apt has nothing of the real archive here: {error}")


def test_embedded_answers_hold_in_the_real_archive(real: RealArchive) -> None:
    """The packages that the index names have the file, by the archive's own account."""
    files = real.libraries()
    sonames = sorted(name for name in files if re.fullmatch(r"lib[^.]*\.so\.\d+", name))
    chosen = [*sonames[:: len(sonames) // 40], *(ALTERNATIVES.keys() & files)]
    answers = {soname: names_of(real.embedded, soname, real.architecture) for soname in chosen}
    right = [soname for soname, names in answers.items() if names and set(names) <= files[soname]]
    assert len(chosen) >= 40
    assert len(right) >= 0.95 * len(chosen), set(chosen) - set(right)


def test_packages_of_the_real_archive_have_the_libraries(real: RealArchive, tmp_path: Path) -> None:
    """Fetched and opened, a dozen packages that the index names have what it says."""
    sonames = ["libz.so.1", "libGL.so.1", "libpq.so.5", "libasound.so.2", "libgomp.so.1"]
    sonames += ["libxslt.so.1", "libfontconfig.so.1", "libXrender.so.1", "libSM.so.6"]
    sonames += ["libmagic.so.1", "libusb-1.0.so.0", "libblas.so.3", "libportaudio.so.2"]
    packages = {soname: names_of(real.embedded, soname, real.architecture)[0] for soname in sonames}
    tmp_path.chmod(0o755)
    environment = {**os.environ, "APT_CONFIG": str(real.apt.configuration)}
    options = ["-o", "APT::Sandbox::User=root"]
    command = ["apt-get", *options, "download", *packages.values()]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    for soname, package in packages.items():
        (deb,) = tmp_path.glob(f"{package}_*.deb")
        listed = checked("dpkg-deb", "--contents", deb)
        assert re.search(rf"/{re.escape(soname)}( -> .*)?$", listed, re.MULTILINE), package


def test_index_of_today_agrees_with_the_embedded_one(real: RealArchive) -> None:
    """An index that is made now says the same, but for what the archive changed since."""
    made = real.today
    today = entries(made, real.architecture)
    before = entries(real.file, real.architecture)
    assert len(today) > 10_000
    if decode_index(made, "today").date == real.embedded.date:
        assert today == before
    agreeing = [soname for soname in today if today[soname] == before.get(soname)]
    assert len(agreeing) > 0.95 * max(len(today), len(before))


def test_priority_of_the_real_archive_decides(real: RealArchive) -> None:
    """No package is named where another one in the loader's directories matters more to apt."""
    told = real.apt.run("apt-cache", "dumpavail").decode()
    fields = re.findall(r"^Package: (.*)\n(?:.+\n)*?Priority: (.*)$", told, re.MULTILINE)
    priorities = dict(fields)
    answers = entries(real.file, real.architecture)
    several = {s: n for s, n in answers.items() if len(n) > 1 and s not in ALTERNATIVES}
    assert len(several) > 40
    for soname, packages in several.items():
        ranks = [PRIORITIES.index(priorities.get(name, "optional")) for name in packages]
        assert ranks == sorted(ranks), soname


SETS = """
libpq5; libgl1; libcairo2; libmagic1; libgtk-3-0; libqt5gui5; libopenblas0; libportaudio2; libvips42
gir1.2-gtk-4.0; libgl1 libpq5 libodbc2 libavcodec59
"""


@pytest.mark.parametrize("names", re.split("[;\\n] *", SETS.strip()))
def test_packages_bring_what_apt_installs_with_them(real: RealArchive, names: str) -> None:
    """By the index, with the sizes that apt tells."""
    index, asked = decode_index(real.today, "today"), names.split()
    found = closure(index, asked, real.architecture) - real.minimal
    assert found == installs(real.apt, *asked)
    told = real.apt.run("apt-cache", "show", "--no-all-versions", *sorted(found)).decode()
    sizes = re.findall(r"^Installed-Size: (\d+)$", told, re.MULTILINE)
    kept = [r.size for name in found if (r := index.requirement(name, real.architecture))]
    assert len(kept) == len(sizes)
    assert sum(kept) == pytest.approx(sum(map(int, sizes)), rel=0.03)
