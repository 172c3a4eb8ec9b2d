"""Images by name: a real Docker Engine is the judge; and one that fails, through a proxy."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

import pytest

from engine import DOCKER
from find_libdeps.errors import ImageError, TreeError
from find_libdeps.roots import docker_engine as image
from find_libdeps.roots.archive import open_archive
from find_libdeps.roots.archive_tree import ArchiveTree
from find_libdeps.roots.caches import DirectoryCache
from find_libdeps.roots.docker_context import Endpoint
from find_libdeps.roots.docker_engine import LABEL, open_image
from find_libdeps.roots.instructions import Instructions
from layer_cases import LAYERS
from project import COMMAND
from proxy import Proxy
from spelled import IS_ROOT, docker_archive, listing, pack_files, read_all, write

IMAGE = "find-libdeps-test/archive:1"

ADDED = (".dockerenv", "dev/", "etc/", "proc/", "sys/")
"""What begins the names of files that the engine adds to a container."""


ENVIRONMENT = dict(os.environ)


def docker(*arguments: str, stdin: bytes = b"") -> str:
    """Run the client, past any proxy; what it prints."""
    command = [DOCKER, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@pytest.fixture(scope="module", autouse=True)
def small_image(docker_engine: None) -> Iterator[None]:
    """An image of some megabytes."""
    files = [(f"{n}.bin", os.urandom(1 << 20)) for n in range(4)]
    docker("import", "-", IMAGE, stdin=pack_files(files))
    yield
    docker("rmi", IMAGE)


def containers() -> list[str]:
    """Those that were left of the image."""
    filters = [f"--filter=label={LABEL}", f"--filter=ancestor={IMAGE}"]
    return docker("ps", "--all", "--quiet", *filters).split()


@pytest.mark.parametrize("rule", LAYERS)
def test_layers_lie_as_the_engine_lays_them(rule: str, tmp_path: Path) -> None:
    """What an archive's layers make is what a container of them has."""
    layers, expected = LAYERS[rule]
    tag = "find-libdeps-test/layers:1"
    content = docker_archive(*layers, tag=tag)
    docker("load", stdin=content)
    try:
        found = open_image(tag, Instructions(read_all))
    finally:
        docker("rmi", tag)
    assert [line for line in listing(found.tree) if not line.startswith(ADDED)] == expected
    contents = open_archive(write(tmp_path / "ours.tar", content), Instructions(read_all))
    assert listing(contents.tree) == expected
    assert contents.config == found.config
    assert found.config.environment == (("A", "1"), ("B", "x=y"))


def test_what_the_engine_saves_is_what_it_exports(tmp_path: Path) -> None:
    """One image by its name, its identifier, and its archive."""
    path = tmp_path / "saved.tar"
    docker("save", "--output", str(path), IMAGE)
    saved = open_archive(path, Instructions(read_all))
    for name in (IMAGE, docker("inspect", "--format={{.Id}}", IMAGE).strip()):
        found = open_image(name, Instructions(read_all))
        lines = [line for line in listing(found.tree) if not line.startswith(ADDED)]
        assert lines == listing(saved.tree)
        assert found.config == saved.config
    assert containers() == []


def test_what_was_not_kept_is_exported_again() -> None:
    """From a new container, which is removed as well; though the tag is another image's by then."""
    tag = "find-libdeps-test/again:1"
    docker("import", "-", tag, stdin=pack_files([("d/a", b"1" * 999), ("d/b", b"2" * 999)]))
    identifier = docker("inspect", "--format={{.Id}}", tag).strip()
    try:
        tree = open_image(tag, Instructions(lambda path, size, stream: None)).tree
        docker("tag", IMAGE, tag)
        assert tree.read(PurePosixPath("/d/a")) + tree.read(PurePosixPath("/d/b")) == (
            b"1" * 999 + b"2" * 999
        )
        assert isinstance(tree, ArchiveTree)
        assert tree.passes == 2
        assert docker("ps", "--all", "--quiet", f"--filter=ancestor={identifier}") == ""
    finally:
        docker("rmi", tag, identifier)


def test_an_image_that_is_gone_before_all_is_read() -> None:
    """What was not kept can't be read, and the message says why."""
    tag = "find-libdeps-test/again:1"
    docker("import", "-", tag, stdin=pack_files([("a", b"1" * 999)]))
    tree = open_image(tag, Instructions(lambda path, size, stream: None)).tree
    docker("rmi", tag)
    with pytest.raises(TreeError) as caught:
        tree.read(PurePosixPath("/a"))
    assert str(caught.value) == (
        'cannot read "/a": it was not kept at first, and its source can\'t be read again: '
        "the Docker Engine has no such image, and it is not pulled: run docker pull"
    )


def audit(name: str, *prefix: str, **environment: str) -> tuple[int, str, str]:
    """The command's exit status, and what it prints of an image in the Docker Engine."""
    done = subprocess.run(
        [*prefix, COMMAND, "audit", f"docker:{name}"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_no_such_image() -> None:
    """It is not pulled, whatever its name."""
    for name in ("find-libdeps-test/nowhere", "sha256:" + "0" * 64):
        cause = "the Docker Engine has no such image, and it is not pulled: run docker pull"
        assert audit(name) == (2, "", f'find-libdeps: cannot read "{name}": {cause}\n')


def test_no_engine(tmp_path: Path) -> None:
    """No socket, one where nobody listens, one that others may not use, an address of rubbish."""
    nowhere = f"unix://{tmp_path}/none"
    start = f'find-libdeps: cannot read "{IMAGE}": '
    without = "an archive by docker save or podman save, or registry:HOST/NAME, is read without one"
    said = f"{start}there is no Docker Engine at {nowhere}; {without}\n"
    assert audit(IMAGE, DOCKER_HOST=nowhere) == (2, "", said)
    with Proxy(tmp_path) as proxy:
        pass
    said = f"{start}no Docker Engine answers at {proxy.host}; {without}\n"
    assert audit(IMAGE, DOCKER_HOST=proxy.host) == (2, "", said)
    status, out, said = audit(IMAGE, DOCKER_HOST="ftp://nowhere")
    assert (status, out, said.count("\n")) == (2, "", 1)
    assert said.startswith(f"{start}no Docker Engine can be used at ftp://nowhere: ")


def test_engine_of_a_context(tmp_path: Path) -> None:
    """It is asked in place of this machine's own, and named where it fails."""
    configuration = {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "far", "DOCKER_HOST": ""}
    folder = tmp_path / "contexts/meta" / sha256(b"far").hexdigest()
    folder.mkdir(parents=True)

    def use(host: str) -> None:
        (folder / "meta.json").write_text(json.dumps({"Endpoints": {"docker": {"Host": host}}}))

    use(f"unix://{tmp_path}/none")
    cause = f"there is no Docker Engine at unix://{tmp_path}/none (context far)"
    cause += (
        "; an archive by docker save or podman save, or registry:HOST/NAME, is read without one"
    )
    told = audit(IMAGE, **configuration)
    assert told == (2, "", f'find-libdeps: cannot read "{IMAGE}": {cause}\n')
    with Proxy(tmp_path) as proxy:
        use(proxy.host)
        status, _, said = audit(IMAGE, **configuration)
    assert status == 2
    assert "neither an ELF file nor an os-release" in said  # so it was read


def test_no_permission(tmp_path: Path) -> None:
    """A user who may not use the socket."""
    powerless = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if IS_ROOT else []
    with Proxy(tmp_path) as proxy:
        proxy.path.chmod(0)
        told = audit(IMAGE, *powerless, DOCKER_HOST=proxy.host)
    cause = f"no permission to use the Docker Engine at {proxy.host}"
    assert told == (2, "", f'find-libdeps: cannot read "{IMAGE}": {cause}\n')


PATIENCE = 4
"""Seconds after which an engine that hangs is given up: any other answer takes a busy one less."""
NO_ANSWER = f"did not answer for {PATIENCE} seconds"

FAR = 1_000_000
"""Bytes that have passed in the middle of an export."""


@pytest.mark.parametrize(
    ("request_line", "how", "after", "cause"),
    [
        ("/export", "die", FAR, "broke off"),
        ("/export", "die", 0, "broke off"),
        ("/export", "hang", FAR, NO_ANSWER),
        ("/export", "hang", 0, NO_ANSWER),
        ("/export", "rubbish", FAR, "broke off"),
        ("/export", "rubbish", 0, "answers what makes no sense"),
        ("/export", "refuse", 0, "not now"),
        ("/images/", "die", 0, "broke off"),
        ("/images/", "die", 300, "broke off"),
        ("/images/", "hang", 0, NO_ANSWER),
        ("/images/", "rubbish", 0, "answers what makes no sense"),
        ("/version", "rubbish", 0, "answers what makes no sense"),
        ("/version", "hang", 0, NO_ANSWER),
        ("/containers/create", "refuse", 0, "not now"),
    ],
)
def test_an_engine_that_fails(
    request_line: str,
    how: str,
    after: int,
    cause: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One sentence, no container."""
    if how == "hang":
        monkeypatch.setattr(
            image,
            "chosen_endpoint",
            lambda _: Endpoint(os.environ["DOCKER_HOST"], patience=PATIENCE),
        )
    with Proxy(tmp_path, request_line, how, after) as proxy:
        monkeypatch.setenv("DOCKER_HOST", proxy.host)
        with pytest.raises(ImageError) as caught:
            open_image(IMAGE, Instructions(read_all))
    told = "the Docker Engine says: " if how == "refuse" else f"the Docker Engine at {proxy.host} "
    assert str(caught.value) == f'cannot read "{IMAGE}": {told}{cause}'
    assert containers() == []


def test_a_known_image_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is only asked which image it is: its files are the same, without a container."""
    cache = DirectoryCache(tmp_path / "cache")
    whole = listing(open_image(IMAGE, Instructions(read_all, cache=cache)).tree)
    with Proxy(tmp_path, "/containers/create", "die") as proxy:
        monkeypatch.setenv("DOCKER_HOST", proxy.host)
        assert listing(open_image(IMAGE, Instructions(read_all, cache=cache)).tree) == whole
    assert not proxy.has_spoilt.is_set()


def test_a_container_that_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, for the user to remove."""
    with Proxy(tmp_path, "DELETE", "refuse") as proxy:
        monkeypatch.setenv("DOCKER_HOST", proxy.host)
        with pytest.raises(ImageError) as caught:
            open_image(IMAGE, Instructions(read_all))
    (container,) = containers()
    docker("rm", container)
    start = f'cannot remove the container "{container}'
    assert str(caught.value).startswith(start)
    assert str(caught.value).endswith('": the Docker Engine says: not now')


def test_too_few_descriptors_leave_no_container() -> None:
    """What its removal needs is set aside before there is one."""
    answers = set()
    for limit in range(6, 26, 2):
        status, out, told = audit(IMAGE, "sh", "-c", f'ulimit -n {limit} && "$@"', "sh")
        assert (status, out, told.count("\n")) == (2, "", 1)
        answers.add(told.rpartition(": ")[2])
        assert containers() == []
    assert "Too many open files\n" in answers
    assert len(answers) > 1


@pytest.mark.parametrize(
    ("number", "request_line"),
    [
        (signal.SIGINT, "/export"),
        (signal.SIGINT, "/containers/create"),
        (signal.SIGINT, "DELETE"),
        (signal.SIGTERM, "/export"),
        (signal.SIGHUP, "/export"),
    ],
)
def test_an_interruption_leaves_no_container(
    number: signal.Signals, request_line: str, tmp_path: Path
) -> None:
    """Be it in the middle of the export, before the engine tells that there is one, or after."""
    after = FAR if request_line == "/export" else 0
    with Proxy(tmp_path, request_line, "hang", after) as proxy:
        command = subprocess.Popen(
            [COMMAND, "audit", IMAGE],
            env={**os.environ, "DOCKER_HOST": proxy.host},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert proxy.has_spoilt.wait(30)
        command.send_signal(number)
        if request_line != "/export":
            proxy.may_go_on.set()
        out, said = command.communicate(timeout=30)
    assert (command.returncode, out, said) == (-number, "", "")
    assert containers() == []
