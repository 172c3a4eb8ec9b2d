"""`--fetch`: apt itself, against signed repositories that a real server on loopback serves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from archives import PER_SUITE, Archive, checked, find_libdeps
from find_libdeps.debian import fetched_packages
from find_libdeps.debian.fetched_packages import fetched_debs
from find_libdeps.debian.release import Release
from programs import need
from small_elf import AARCH64, X86_64, small_elf
from snapshots import STATE, snapshot

pytestmark = pytest.mark.thorough  # a real apt takes its time

NOBLE = Release("ubuntu", "24.04")
NOBODY = "http://127.0.0.1:9"
HOST = "archive.test"
"""A name that only a proxy can resolve."""
KEY = """
%no-protection
Key-Type: EDDSA
Key-Curve: ed25519
Key-Usage: sign
Name-Real: {name}
%commit
"""


@dataclass
class Server:
    """A server of a directory, or a proxy for all hosts, which has the same directory for each."""

    folder: Path
    cut: str = ""
    """Part of the paths of which only the half is sent."""
    asked: list[tuple[str, int]] = field(default_factory=list)
    """The path and the status of each request."""

    def __enter__(self) -> Server:
        handler = partial(_Handler, server_of_test=self, directory=str(self.folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def fetched(self) -> list[str]:
        """The paths that were sent since the last time, and not only asked for changes."""
        sent = [path for path, status in self.asked if status in (200, 206)]
        self.asked.clear()
        return sent


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: object, server_of_test: Server, directory: str) -> None:
        self._test = server_of_test
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def translate_path(self, path: str) -> str:
        """A proxy is asked for whole addresses."""
        return super().translate_path(urlsplit(path).path)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Remember, and print nothing."""
        self._test.asked.append((urlsplit(self.path).path, int(code)))  # type: ignore[call-overload]

    def log_error(self, *_: object) -> None:
        """Print nothing."""

    def copyfile(self, source: object, outputfile: object) -> None:
        """Send a file, or the half of one."""
        content = source.read()  # type: ignore[attr-defined]
        is_cut = bool(self._test.cut) and self._test.cut in self.path
        outputfile.write(content[: len(content) // 2] if is_cut else content)  # type: ignore[attr-defined]
        self.close_connection = self.close_connection or is_cut


@dataclass(frozen=True)
class Builder:
    """A builder: a root with a virtualenv, an apt with sources of its own, and a cache."""

    top: Path
    root: Path
    server: Server

    @property
    def cache(self) -> Path:
        """Where indexes are kept."""
        return self.top / "cache"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make a command use them."""
        return {"APT_CONFIG": str(self.top / "apt.conf"), "XDG_CACHE_HOME": str(self.cache)}

    def sources(self, *stanzas: str) -> None:
        """Give apt these sources."""
        (self.top / "sources/own.sources").write_text("\n".join(stanzas))

    def setting(self, line: str) -> None:
        """Give apt one more line of configuration."""
        with (self.top / "apt.conf").open("a") as file:
            file.write(f"{line}\n")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command on the virtualenv."""
        return find_libdeps(*arguments, "--root", self.root, "/venv", **self.environment)


def stanza(uri: str, key: Path, suites: str, components: str = "main universe") -> str:
    """A source of apt."""
    lines = ("Types: deb", f"URIs: {uri}", f"Suites: {suites}", f"Components: {components}")
    return "\n".join([*lines, f"Signed-By: {key}", ""])


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory of gpg with two keys."""
    need("gpg", "gpg-agent", "apt-get", "dpkg-deb", "apt-ftparchive")
    with tempfile.TemporaryDirectory(prefix="keys-") as name:
        home = Path(name)
        for who in ("ubuntu", "other"):
            (home / "parameters").write_text(KEY.format(name=who))
            checked("gpg", "--homedir", home, "--batch", "--gen-key", home / "parameters")
            checked("gpg", "--homedir", home, "--output", home / f"{who}.gpg", "--export", who)
        home.chmod(0o755)
        yield home
        checked("gpgconf", "--homedir", home, "--kill", "all")


def sign(archive: Archive, keys: Path, suite: str, who: str = "ubuntu") -> None:
    """Sign a suite's Release file."""
    release = archive.top / "dists" / suite
    (release / "InRelease").unlink(missing_ok=True)
    gpg = ("gpg", "--homedir", keys, "--local-user", who, "--output", release / "InRelease")
    checked(*gpg, "--clear-sign", release / "Release")


@pytest.fixture
def builder(keys: Path, tmp_path: Path) -> Iterator[Builder]:
    """A builder of Ubuntu's noble, whose archive has three pockets, and ports."""
    with tempfile.TemporaryDirectory(prefix="builder-") as name:
        top = Path(name)
        top.chmod(0o755)
        archive = Archive(top / "archive/ubuntu")
        archive.top.mkdir(parents=True)
        add = archive.add
        add("noble/main", "libone1", "usr/lib/{T}/libone.so.1")
        add(
            "noble/main",
            "libc6",
            "lib/{T}/libc.so.6",
            version="2.39-0ubuntu8",
            more="Essential: yes\n",
        )
        add("noble/universe", "libuniverse1", "usr/lib/{T}/libuniverse.so.1")
        add("noble-updates/main", "libnew2", "usr/lib/{T}/libnew.so.2")
        add("noble-security/main", "libc6", "lib/{T}/libc.so.6", version="2.39-0ubuntu8.3")
        for suite in ("noble", "noble-updates", "noble-security"):
            archive.publish(suite, "main universe", contents=PER_SUITE, origin="Ubuntu")
            sign(archive, keys, suite)
        with Server(top / "archive") as server:
            root = noble(tmp_path / "root")
            built = Builder(top, root, server)
            for folder in ("sources", "state/lists/partial"):
                (top / folder).mkdir(parents=True)
            for key, value in {
                "Dir::Etc::sourcelist": top / "none",
                "Dir::Etc::sourceparts": top / "sources",
                "Acquire::Retries": 0,
            }.items():
                built.setting(f'{key} "{value}";')
            uri = f"{server.address}/ubuntu"
            built.sources(stanza(uri, keys / "ubuntu.gpg", "noble noble-updates noble-security"))
            yield built


def noble(root: Path) -> Path:
    """A root of noble that has none of the libraries that its virtualenv needs."""
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text("ID=ubuntu\nVERSION_ID=24.04\n")
    (root / "var/lib/dpkg").mkdir(parents=True)
    status = "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
    (root / "var/lib/dpkg/status").write_text(status)
    (root / "venv").mkdir()
    needs = ["libone.so.1", "libuniverse.so.1", "libnew.so.2"]
    (root / "venv/one.abi3.so").write_bytes(small_elf(needs, machine=X86_64))
    for name in ("first", "second"):  # each may be evaluated by a process of its own
        module = root / "venv/lib/python3.12/site-packages" / name / "__init__.py"
        module.parent.mkdir(parents=True)
        module.write_text("import ctypes.util\nctypes.CDLL(ctypes.util.find_library('one'))\n")
    return root


NAMES = "libnew2\nlibone1\nlibuniverse1\n"
RELEASES = [f"/ubuntu/dists/noble{pocket}/InRelease" for pocket in ("", "-updates", "-security")]


def test_nothing_is_fetched_without_the_flag(builder: Builder) -> None:
    """One error of a few lines names the flag."""
    done = builder.run()
    assert (done.returncode, done.stdout, builder.server.asked) == (1, "", [])
    assert done.stderr == (
        "find-libdeps: error: cannot find 3 libraries: not in the builder, and there is no index of"
        " ubuntu:24.04 for amd64 (-v tells more)\n"
        "    libnew.so.2, libone.so.1, libuniverse.so.1\n"
        "    install them in the builder; or pass --fetch, or --index FILE after find-libdeps index"
        " make ubuntu:24.04 --arch amd64 -o FILE; or pass --ignore for what the target gets in"
        " another way\n"
    )


def test_index_is_fetched_once_and_again_when_the_archive_changes(
    builder: Builder, keys: Path
) -> None:
    """All pockets count, apt's own state stays as it is, and unchanged archives send nothing."""
    before = snapshot(STATE)
    done = builder.run("--fetch")
    assert (done.returncode, done.stdout) == (0, NAMES)
    told = r"find-libdeps: fetching the lists of ubuntu:24\.04 for amd64 from 127\.0\.0\.1, 0 MB\n"
    assert re.fullmatch(told, done.stderr)
    sent = builder.server.fetched()
    assert sorted(set(sent) & set(RELEASES)) == sorted(RELEASES)
    assert [path for path in sent if "Contents-amd64" in path]
    assert not [path for path in sent if "arm64" in path]
    again = builder.run("--fetch", "-v")
    assert again.stdout == NAMES
    assert "(by fetched ubuntu:24.04 2025-08-14)" in again.stderr
    assert "fetching" not in again.stderr
    assert builder.server.fetched() == []
    archive = Archive(builder.top / "archive/ubuntu")
    (archive.top / "pool/noble-updates/main/libnew2_1.0_amd64.deb").unlink()
    archive.add("noble-updates/main", "libnew2t64", "usr/lib/{T}/libnew.so.2")
    shutil.rmtree(archive.top / "dists/noble-updates")
    archive.publish("noble-updates", "main universe", contents=PER_SUITE, origin="Ubuntu")
    sign(archive, keys, "noble-updates")
    changed = builder.run("--fetch", "-q")
    assert (changed.stdout, changed.stderr) == (NAMES.replace("libnew2", "libnew2t64"), "")
    assert RELEASES[1] in builder.server.fetched()
    kept = builder.cache / "find-libdeps/ubuntu-24.04-amd64"
    assert len(list(kept.glob("*.index"))) == 1
    assert snapshot(STATE) == before


def test_architecture_of_the_ports_comes_from_their_source(builder: Builder, keys: Path) -> None:
    """A source that names its architectures is asked for these alone."""
    ports = Archive(builder.top / "archive/ports")
    ports.top.mkdir()
    ports.add("noble/main", "libport1", "usr/lib/{T}/libone.so.1", architecture="arm64")
    ports.publish("noble", contents=PER_SUITE, origin="Ubuntu")
    sign(ports, keys, "noble")
    key, uri = keys / "ubuntu.gpg", builder.server.address
    builder.sources(
        stanza(f"{uri}/ubuntu", key, "noble") + "Architectures: amd64\n",
        stanza(f"{uri}/ports", key, "noble", "main") + "Architectures: arm64\n",
    )
    (builder.root / "venv/one.abi3.so").write_bytes(small_elf(["libone.so.1"], machine=AARCH64))
    assert builder.run("--fetch").stdout == "libport1\n"
    assert not [path for path in builder.server.fetched() if not path.startswith("/ports/")]


def test_sources_of_other_publishers_are_not_part_of_the_release(
    builder: Builder, keys: Path
) -> None:
    """A suite of the same name, whether its key is known or not, names no package of Ubuntu."""
    own = (builder.top / "sources/own.sources").read_text()
    other = Archive(builder.top / "archive/other")
    other.top.mkdir()
    other.add("noble/main", "libaaa-other1", "usr/lib/{T}/libone.so.1", more="Priority: required\n")
    other.publish("noble", contents=PER_SUITE, origin="Other")
    for key in ("other", "ubuntu"):
        sign(other, keys, "noble", "other")
        uri = f"{builder.server.address}/other"
        builder.sources(stanza(uri, keys / f"{key}.gpg", "noble", "main"), own)
        assert builder.run("--fetch").stdout == NAMES
        assert not [p for p in builder.server.fetched() if "other" in p and "Contents" in p]


def test_pocket_that_is_not_there_is_none(builder: Builder) -> None:
    """A release without one of the pockets has an index all the same."""
    shutil.rmtree(builder.top / "archive/ubuntu/dists/noble-security")
    done = builder.run("--fetch", "-q")
    assert (done.stdout, done.stderr) == (NAMES, "")


def test_pocket_that_cannot_be_fetched_is_told(builder: Builder) -> None:
    """What is left out is said; the release itself is there."""
    builder.server.cut = "noble-security/Contents"
    done = builder.run("--fetch")
    assert done.stdout == NAMES
    assert "find-libdeps: noble-security is left out: Failed to fetch http://" in done.stderr


@pytest.mark.parametrize("what", ["noble/Contents", "noble/main/binary-amd64/Packages"])
def test_fetch_that_dies_in_the_middle_is_one_sentence(builder: Builder, what: str) -> None:
    """Status 2, no list and nothing kept; afterwards it works."""
    builder.server.cut = what
    done = builder.run("--fetch", "-q")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        r'find-libdeps: cannot run "apt-get update": Failed to fetch .*\n', done.stderr
    )
    assert list(builder.cache.rglob("*.index")) == []
    builder.server.cut = ""
    assert builder.run("--fetch", "-q").stdout == NAMES


def test_without_a_server_the_kept_index_is_used_and_told(builder: Builder) -> None:
    """What is not known to be new is better than nothing, and without it there is an error."""
    assert builder.run("--fetch", "-q").stdout == NAMES
    uri = builder.server.address
    own = (builder.top / "sources/own.sources").read_text()
    builder.sources(own.replace(uri, "http://127.0.0.1:9"))
    done = builder.run("--fetch")
    assert done.stdout == NAMES
    assert re.fullmatch(
        r"find-libdeps: it is not known whether the archive has changed \(Failed to fetch .*\): the"
        r" index of ubuntu:24\.04 of 2025-08-14 is used\n",
        done.stderr,
    )
    shutil.rmtree(builder.cache)
    done = builder.run("--fetch")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith('find-libdeps: cannot run "apt-get update": Failed to fetch ')


def test_damaged_index_in_the_cache_is_made_again(builder: Builder) -> None:
    """A file that was cut, or written by somebody else, is no answer."""
    assert builder.run("--fetch", "-q").stdout == NAMES
    (file,) = (builder.cache / "find-libdeps/ubuntu-24.04-amd64").glob("*.index")
    file.write_bytes(file.read_bytes()[:40])
    done = builder.run("--fetch")
    assert done.stdout == NAMES
    assert "fetching the lists of ubuntu:24.04" in done.stderr
    assert len(file.read_bytes()) > 40


def test_cache_that_cannot_be_written_is_told(builder: Builder) -> None:
    """The answer is there, and only the next run has to fetch again."""
    builder.cache.write_text("no directory")
    done = builder.run("--fetch")
    assert (done.returncode, done.stdout) == (0, NAMES)
    assert f'the index is not kept: cannot write "{builder.cache}/find-libdeps/' in done.stderr


def test_proxy_of_apt_is_asked(builder: Builder) -> None:
    """What apt's configuration says counts: only the proxy knows the name of this archive."""
    own = (builder.top / "sources/own.sources").read_text()
    builder.sources(own.replace(builder.server.address, f"http://{HOST}"))
    builder.setting(f'Acquire::http::Proxy "{builder.server.address}/";')
    done = builder.run("--fetch")
    assert done.stdout == NAMES
    assert f"for amd64 from {HOST}, " in done.stderr


def test_two_runs_at_once_leave_one_whole_index(builder: Builder) -> None:
    """Neither sees half of what the other writes."""
    words = ("--fetch", "-q")
    command = [sys.executable, "-m", "find_libdeps", *words, "--root", str(builder.root), "/venv"]
    runs = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, **builder.environment}
        )
        for _ in range(3)
    ]
    assert [run.communicate()[0] for run in runs] == [NAMES] * 3
    kept = builder.cache / "find-libdeps/ubuntu-24.04-amd64"
    assert len(list(kept.glob("*.index"))) == 1
    assert len(list(kept.glob("[!.]*_InRelease"))) == len(list(kept.iterdir())) - 2 == 3


def test_version_of_the_c_library_is_that_of_the_newest_pocket(
    builder: Builder, tmp_path: Path
) -> None:
    """What an object needs of it can be judged, as with an index that comes along."""
    need("cc")
    (tmp_path / "new.c").write_text(
        '__asm__(".symver old, old@GLIBC_2.2.5"); __asm__(".symver new, new@GLIBC_2.41");'
        " void old(void); void new(void); void both(void) { old(); new(); }"
    )
    (tmp_path / "map").write_text("GLIBC_2.2.5 { old; }; GLIBC_2.41 { new; };")
    (tmp_path / "libc.c").write_text("void old(void) {} void new(void) {}")
    library = ("-Wl,-soname,libc.so.6", f"-Wl,--version-script={tmp_path}/map", "-nostdlib")
    checked("cc", "-shared", *library, "-o", tmp_path / "libc.so.6", tmp_path / "libc.c")
    options = ("-shared", "-nostdlib", "-o", builder.root / "venv/new.abi3.so")
    checked("cc", *options, tmp_path / "new.c", tmp_path / "libc.so.6")
    told = builder.run("--fetch").stderr
    assert 'cannot find "GLIBC_2.41": libc6 2.39-0ubuntu8.3 of ubuntu:24.04 does not' in told
    assert "cannot tell" not in told


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A root of noble whose dpkg leaves out documentation."""
    root = noble(tmp_path / "target")
    shutil.rmtree(root / "venv")
    (root / "usr/lib").mkdir(parents=True)
    (root / "etc/dpkg").mkdir()
    (root / "etc/dpkg/dpkg.cfg").write_text("path-exclude=/usr/share/doc/*\n")
    return root


MEASURED = """\
find-libdeps: the list adds 29 kB (3 packages), by fetched ubuntu:24.04 2025-08-14 and fetched \
packages
      12 kB  libnew2
       8 kB  libone1
       8 kB  libuniverse1
"""
"""Each has a library and dpkg's list of its files, and the first one a directory."""


def test_packages_are_fetched_once_to_measure_them(builder: Builder, target: Path) -> None:
    """Without --sizes none is, and a second time neither."""
    sized = ("--fetch", "--sizes", "--target", str(target))
    assert builder.run("--fetch", "--target", str(target), "--format=json").returncode == 0
    assert not [path for path in builder.server.fetched() if path.endswith(".deb")]
    done = builder.run(*sized)
    assert done.stdout == NAMES
    assert done.stderr.startswith(
        "find-libdeps: fetching the lists of packages of ubuntu:24.04, 0 MB\n"
        f"find-libdeps: fetching 3 packages to measure what is in them, 0 MB\n{MEASURED}"
    )
    assert len([path for path in builder.server.fetched() if path.endswith(".deb")]) == 3
    again = builder.run(*sized)
    assert again.stderr.startswith(MEASURED)
    assert builder.server.fetched() == []


@pytest.mark.parametrize("what", ["libone1_1.0_amd64.deb", "noble/main/binary-amd64/Packages"])
def test_package_that_cannot_be_fetched_is_told(builder: Builder, target: Path, what: str) -> None:
    """Its size stays the most that it may be, and what came is measured."""
    assert builder.run("--fetch", "-q").stdout == NAMES
    builder.server.cut = what
    done = builder.run("--fetch", "--sizes", "--target", str(target))
    assert (done.returncode, done.stdout) == (0, NAMES)
    count = "1 package" if what.endswith(".deb") else "3 packages"
    assert f"find-libdeps: cannot measure {count}: cannot run " in done.stderr
    assert f"of unknown size for {count}\n" in done.stderr
    builder.server.cut = ""
    assert MEASURED in builder.run("--fetch", "--sizes", "--target", str(target)).stderr


def debs(builder: Builder, *names: str, is_known: bool = False) -> tuple[list[str], list[str]]:
    """The packages of noble that are read, and what is told."""
    told = list[str]()
    with pytest.MonkeyPatch.context() as patch:
        for key, value in builder.environment.items():
            patch.setenv(key, value)
        found = fetched_debs(NOBLE, "amd64", names, told.append, is_known=is_known)
    return sorted(found), told


def test_packages_that_were_measured_need_no_server(builder: Builder) -> None:
    """It is told that they may have changed; of others nothing is known."""
    assert debs(builder, "libone1")[0] == ["libone1"]
    builder.sources(
        (builder.top / "sources/own.sources").read_text().replace(builder.server.address, NOBODY)
    )
    cause = "it is not known whether the archive has changed (...): 1 package measured before"
    found, told = debs(builder, "libone1")
    assert (found, [re.sub(r"\(.*\)", "(...)", each) for each in told]) == (["libone1"], [cause])
    lacking = 'cannot measure 1 package: cannot run "apt-get update": '
    found, (_, told_of_other) = debs(builder, "libone1", "libnew2")
    assert (found, told_of_other.startswith(lacking)) == (["libone1"], True)
    found, (told_of_other,) = debs(builder, "libnew2")
    assert (found, told_of_other.startswith(lacking)) == ([], True)


def test_package_that_the_archive_lacks_is_asked_for_once(builder: Builder) -> None:
    """Others are measured, and a name that is none is asked of nobody."""
    names = "libone1", "libgone1", "--force"
    told = "cannot measure 2 packages: the archive of ubuntu:24.04 lacks --force, libgone1"
    assert debs(builder, *names)[0] == ["libone1"]
    builder.server.fetched()
    assert debs(builder, *names) == (["libone1"], [told])
    assert builder.server.fetched() == []


def test_lists_of_the_machines_apt_are_enough(builder: Builder) -> None:
    """No list is fetched then; and if they name what is gone by now, newer ones are."""
    builder.setting(f'Dir::State "{builder.top}/state";')
    checked("apt-get", "update", **builder.environment)
    builder.server.fetched()
    assert debs(builder, "libone1", is_known=True)[0] == ["libone1"]
    assert builder.server.fetched() == ["/ubuntu/pool/noble/main/libone1_1.0_amd64.deb"]
    shutil.rmtree(builder.cache)
    (builder.top / "archive/ubuntu/pool/noble/main/libone1_1.0_amd64.deb").unlink()
    found, told = debs(builder, "libone1", "libuniverse1", is_known=True)
    assert found == ["libuniverse1"]
    assert "cannot measure 1 package: cannot run " in told[-1]


def test_bounds_on_what_is_fetched(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the packages, and on their bytes; what is within them is measured."""
    names = "libone1", "libuniverse1"
    monkeypatch.setattr(fetched_packages, "MAX_PACKAGES", 1)
    cause = 'cannot fetch "all of them": more than 1 packages'
    assert debs(builder, *names) == ([], [f"cannot measure 2 packages: {cause}"])
    monkeypatch.undo()
    one = next((builder.top / "archive/ubuntu/pool/noble/main").glob("libone1_*"))
    monkeypatch.setattr(fetched_packages, "MAX_DOWNLOAD", one.stat().st_size + 1)
    found, told = debs(builder, *names)
    assert len(found) == 1
    assert told[-1] == "cannot measure 1 package: more than 0 GB to fetch"


def test_audit_fetches_too(builder: Builder) -> None:
    """The audit of a root of that release says what to install, and `why` answers, too."""
    for path in ("lib64/ld-linux-x86-64.so.2", "usr/bin/apt-get"):
        (builder.root / path).parent.mkdir(parents=True, exist_ok=True)
        (builder.root / path).write_bytes(small_elf())
    audit = partial(find_libdeps, "audit", builder.root, "/venv", **builder.environment)
    assert "apt-install" not in audit().stdout
    assert audit("--fetch").stdout.splitlines()[-1] == "apt-install " + " ".join(NAMES.split())
    why = find_libdeps(
        *("why", "--fetch", "--root", builder.root, "libone.so.1", "/venv"), **builder.environment
    )
    assert "libone.so.1 is not in the builder; ubuntu:24.04 has it in libone1" in why.stdout


def test_release_of_another_target_is_fetched(builder: Builder) -> None:
    """A target of a release that the builder is not, and that has no index here."""
    (builder.root / "etc/os-release").write_text("ID=debian\nVERSION_ID=12\n")
    without = builder.run("--release", "ubuntu:24.04")
    assert (without.returncode, without.stdout) == (2, "")
    assert without.stderr == (
        'find-libdeps: cannot name packages of "ubuntu:24.04": there is no index of it here: pass'
        " --fetch, or make one (find-libdeps index make ubuntu:24.04 -o FILE) for --index\n"
    )
    done = builder.run("--release", "ubuntu:24.04", "--fetch", "-q")
    assert (done.returncode, done.stdout) == (0, NAMES)


def test_project_may_say_fetch(builder: Builder, tmp_path: Path) -> None:
    """pyproject.toml has it as it has other options."""
    (tmp_path / "pyproject.toml").write_text("[tool.find-libdeps]\nfetch = true\n")
    done = subprocess.run(
        [sys.executable, "-m", "find_libdeps", "--root", str(builder.root), "/venv"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, **builder.environment},
    )
    assert done.stdout == NAMES
