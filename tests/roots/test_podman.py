"""Images of a real podman: through the socket of its service, or by its program."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from find_libdeps.errors import ImageError
from find_libdeps.roots import podman
from find_libdeps.roots.archive import open_archive
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.opening import open_root
from podman_store import podman_store
from project import COMMAND
from proxy import Proxy
from spelled import docker_archive, listing, pack, read_all, write

BASE = pack("etc/", "etc/hostname: one", "f: file")
UPPER = pack("etc/.wh.hostname:", "usr/", "usr/link -> ../f")
NOISE = pack(f"noise: {os.urandom(50_000).hex()}")
"""So much that a part of it can pass before something fails."""
MISSING = "podman has no such image, and it is not pulled: run podman pull"
NO_ENGINE = "there is no Docker Engine at unix:///nowhere"


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store of podman's for these tests alone, with an image ``localhost/test:1``."""
    top = tmp_path_factory.mktemp("podman")
    write(top / "image.tar", docker_archive(BASE, UPPER, NOISE))
    with podman_store(top), pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(top))
        load = ["podman", "load", "--quiet", "--input", str(top / "image.tar")]
        subprocess.run(load, check=True)
        yield top


@pytest.fixture(scope="module")
def service(store: Path) -> Iterator[str]:
    """The socket of podman's service."""
    socket = store / "podman/podman.sock"
    socket.parent.mkdir()
    command = ["podman", "system", "service", "--time=0", f"unix://{socket}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while not socket.exists():
            assert process.poll() is None
            time.sleep(0.05)
        yield str(socket)
        process.terminate()


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Docker Engine answers."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")


@pytest.fixture(params=["program", "socket"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is run with podman's program alone, and with its socket alone."""
    if request.param == "socket":
        monkeypatch.setenv("CONTAINER_HOST", f"unix://{request.getfixturevalue('service')}")
        monkeypatch.setenv("PATH", "/nowhere")


def refusal(name: str, platform: str | None = None) -> str:
    """Why an image can't be read."""
    with pytest.raises(ImageError) as caught:
        open_root(name, Instructions(read_all, platform=platform))
    return str(caught.value.cause)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("name", ["podman:test:1", "podman:localhost/test:1", "test:1"])
def test_image_is_the_one_that_was_loaded(store: Path, name: str) -> None:
    """By the names that podman takes; a bare one is podman's where no Docker Engine answers."""
    expected = open_archive(store / "image.tar", Instructions(read_all))
    found = open_root(name, Instructions(read_all))
    assert listing(found.tree) == listing(expected.tree)
    assert found.config == expected.config
    assert open_root(name, Instructions(read_all, platform="linux/amd64")).config == expected.config


@pytest.mark.usefixtures("way")
def test_what_was_not_kept_is_saved_again() -> None:
    """A probe that wants nothing costs time only."""
    tree = open_root("podman:test:1", Instructions(lambda *_: None)).tree
    assert tree.read(PurePosixPath("/f")) == b"file"


@pytest.mark.usefixtures("way")
def test_image_that_is_not_there_is_a_sentence() -> None:
    """It is not pulled, whatever its name."""
    assert refusal("podman:none:1") == MISSING
    assert refusal("none:1") == f"{NO_ENGINE}; {MISSING}"
    assert refusal("podman:--help").startswith("podman says: ")
    told = 'it has no image for "linux/arm64", but for linux/amd64'
    assert refusal("podman:test:1", platform="linux/arm64") == told


def test_without_podman(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare name is that of an image in the Docker Engine, as where nobody knows podman."""
    monkeypatch.setenv("PATH", "/nowhere")
    told = "there is no podman: no service answers, and the program is not installed"
    assert refusal("podman:test:1") == told
    assert refusal("test:1").startswith(f"{NO_ENGINE}; an archive by docker save or podman save")


def test_engine_that_answers_is_believed(
    docker_engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it does not have is not taken from podman."""
    monkeypatch.delenv("DOCKER_HOST")
    assert refusal("localhost/test:1").startswith("the Docker Engine has no such image")


@pytest.mark.parametrize("user", [0, 1000])
def test_socket_of_the_user(
    user: int, service: str, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the one of systemd's unit, of the system's manager or of the user's."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(os, "getuid", lambda: user)
    if user:
        assert listing(open_root("podman:test:1", Instructions(read_all)).tree)
    elif not Path("/run/podman/podman.sock").exists():
        assert refusal("podman:test:1").startswith("there is no podman")


@pytest.mark.parametrize(
    ("how", "after", "cause"),
    [
        ("die", 0, "broke off"),
        ("die", 10_000, "broke off"),
        ("rubbish", 0, "answers what makes no sense"),
        ("refuse", 0, "not now"),
        ("hang", 10_000, "did not answer for 4 seconds"),
    ],
)
def test_service_that_fails(
    how: str, after: int, cause: str, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence: the program, which would answer, is no way round it."""
    monkeypatch.setattr(podman, "TIMEOUT", 4)
    with Proxy(tmp_path, "/get", how, after, engine=service) as proxy:
        monkeypatch.setenv("CONTAINER_HOST", proxy.host)
        told = "podman says: " if how == "refuse" else f"podman at {proxy.host} "
        assert refusal("podman:test:1") == f"{told}{cause}"


def test_service_that_is_gone(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is asked, which says what it makes of the address."""
    with Proxy(tmp_path, engine=service) as proxy:
        pass
    monkeypatch.setenv("CONTAINER_HOST", proxy.host)
    assert refusal("podman:test:1").startswith("podman says: unable to connect")


def stand_in(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a program before podman's that spoils what that writes."""
    program = folder / "podman"
    program.write_text(f"#!/bin/sh\nreal={shutil.which('podman')}\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ('$real "$@" | head -c 5000; exit 3', "podman says: it failed with status 3"),
        ('$real "$@"; echo first >&2; echo Error: last >&2; exit 1', "podman says: last"),
        ('$real "$@" | head -c 5000', "it is truncated"),
        ("exit 0", "it is no tar archive"),
    ],
)
def test_program_that_fails(
    script: str, cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle, at the end, or without a word: it is never an image with less in it."""
    stand_in(tmp_path, script, monkeypatch)
    assert refusal("podman:test:1") == cause


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_no_process(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program ends with the command."""
    started = tmp_path / "pid"
    # what a podman does that goes on writing
    script = f"echo $$ > {started}.new; mv {started}.new {started}; exec cat /dev/zero"
    stand_in(tmp_path, script, monkeypatch)
    command = subprocess.Popen([COMMAND, "audit", "podman:test:1"])
    while not started.exists():
        time.sleep(0.05)
    command.send_signal(number)
    assert command.wait(30) == -number
    process = Path("/proc", started.read_text().strip())
    for _ in range(100):
        if not process.exists():
            break
        time.sleep(0.1)
    assert not process.exists()
