"""Many images on a cluster of Dask, with a cache in a bucket: the same lines, whoever dies."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from find_libdeps import ImageError, audit_root
from find_libdeps.report.document import audit_document
from fleets import bucket, cluster, free_port
from programs import need, need_libraries
from project import COMMAND
from registries import Front, push, registry
from small_elf import DEBIAN, small_elf
from spelled import OciLayout, pack_files, write

pytestmark = pytest.mark.thorough

BASES = [pack_files([*DEBIAN, ("base", bytes([number]) * 100_000)]) for number in range(3)]
COUNT = 12
RUN = "from find_libdeps.__main__ import run; run()"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A registry with a dozen images on three bases."""
    need("docker-registry", "skopeo")
    folder = tmp_path_factory.mktemp("registry")
    with registry(folder) as host, Front(host) as made:
        for number in range(COUNT):
            layout = OciLayout()
            own = pack_files([(f"app/{number}.so", small_elf([f"lib{number % 2}.so.1"]))])
            archive = layout.archive(layout.image([BASES[number % 3], own]))
            push(write(folder / "image.tar", archive), f"{host}/app/{number}:1")
        yield made


@pytest.fixture
def names(front: Front, tmp_path: Path) -> Path:
    """The list of these images, and of one that is not there."""
    front.asked.clear()
    images = [f"registry:{front.host}/app/{number}:1" for number in (*range(COUNT), "none")]
    return write(tmp_path / "names", "".join(f"{each}\n" for each in images).encode())


@pytest.fixture
def expected(names: Path) -> list[dict[str, Any]]:
    """What audits one by one say of them, without a cache."""
    lines = list[dict[str, Any]]()
    for name in names.read_text().split():
        try:
            audit = audit_root(name)
        except ImageError as error:
            lines.append({"image": name, "error": str(error)})
        else:
            document = audit_document(audit, strict=False)
            lines.append({"image": name, "layers": [*audit.layers], "audit": document})
    return lines


def fleet(*words: object) -> subprocess.Popen[str]:
    """The command, as it runs."""
    command = [COMMAND, "fleet", *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def wait_for_a_line(file: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the first image is done, or all are."""
    while not (file.exists() and file.read_text()) and process.poll() is None:
        pass


def lines_of(text: str) -> list[dict[str, Any]]:
    """What the lines say."""
    return [json.loads(line) for line in text.splitlines()]


def read_of_layers(front: Front, expected: list[dict[str, Any]]) -> Counter[str]:
    """How often each layer was asked for."""
    layers = {layer for line in expected for layer in line.get("layers", ())}
    return Counter(digest for path in front.asked if (digest := path.rpartition("/")[2]) in layers)


def test_each_layer_is_read_once_and_each_line_is_that_of_a_single_audit(
    front: Front,
    names: Path,
    expected: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a scheduler with workers that share a bucket; a second time, none is read."""
    with bucket(tmp_path, monkeypatch) as cache, cluster(tmp_path) as dask:
        words = ["--from", names, "--scheduler", dask.address, "--cache", cache]
        front.asked.clear()
        said = []
        for count in (1, 0):
            process = fleet(*words)
            out, told = process.communicate()
            assert lines_of(out) == expected, told
            said.append(told)
            read = read_of_layers(front, expected)
            assert set(read.values()) == ({count} if count else set())
            front.asked.clear()
        assert said[0] == said[1]
        assert said[0].splitlines()[1] == "13 images: 12 clean, 0 not, 1 could not be audited"
        assert len(said[0].splitlines()) == 4
        code = EXECUTOR.format(address=dask.address, names=names.read_text().split()[:3])
        subprocess.run([sys.executable, "-c", code], check=True)


EXECUTOR = """
from distributed import Client
from find_libdeps import audit_images

with Client({address!r}) as client:
    found = list(audit_images({names!r}, executor=client.get_executor()))
assert [image.name for image in found] == {names!r}
assert all(image.audit and not image.error for image in found)
"""


def test_without_a_scheduler_this_machine_does_the_work(
    names: Path, expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    """And keeps what it knows where it is told."""
    need_libraries("distributed")
    cache = tmp_path / "cache"
    out, told = fleet("--from", names, "--jobs", "2", "--cache", cache).communicate()
    assert lines_of(out) == expected, told
    whole = {file: file.read_bytes() for file in cache.glob("[!.]*")}
    generator = random.Random(20)  # noqa: S311
    for file, content in whole.items():  # each has a bit that is another one
        damaged = bytearray(content)
        damaged[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
        file.write_bytes(damaged)
    again, told = fleet("--from", names, "--jobs", "2", "--cache", cache).communicate()
    assert again == out, told
    assert {file: file.read_bytes() for file in whole} == whole


def test_an_interruption_leaves_what_is_done(names: Path, tmp_path: Path) -> None:
    """Whole lines, and no word of Dask; the processes of this machine end, too."""
    need_libraries("distributed")
    write(names, "".join(f"{name}\n" for name in names.read_text().split()[:COUNT]).encode())
    lines = tmp_path / "lines"
    process = fleet("--from", names, "--jobs", "2", "--cache", tmp_path / "c", "--resume", lines)
    wait_for_a_line(lines, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
    out, told = process.communicate()
    if process.returncode != 0:  # else it was quicker
        assert (process.returncode, out, told) == (-signal.SIGINT, "", "")
    assert all("audit" in line for line in lines_of(lines.read_text()))


def test_a_worker_that_dies_costs_its_tasks_again(
    names: Path, expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    """And nothing else."""
    with cluster(tmp_path, workers=3) as dask:
        process = fleet("--from", names, "--scheduler", dask.address, "--cache", tmp_path / "cache")
        assert process.stdout
        first = process.stdout.readline()
        for worker in dask.workers[:2]:
            worker.kill()
        out, told = process.communicate()
        assert lines_of(first + out) == expected, told


def test_a_scheduler_that_dies_is_told_and_gone_on_after(
    names: Path, expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    """With what is done, whichever part that is."""
    lines = tmp_path / "lines"
    with cluster(tmp_path) as dask:
        words = ["--from", names, "--scheduler", dask.address, "--cache", tmp_path / "cache"]
        process = fleet(*words, "--resume", lines)
        wait_for_a_line(lines, process)
        dask.stop()
        _, told = process.communicate()
        if len(lines_of(lines.read_text())) < len(expected):  # it may have been quicker
            cause = "it has gone away; --resume goes on where it was"
            said = f'find-libdeps: cannot go on with the scheduler "{dask.address}": {cause}'
            assert (process.returncode, told.splitlines()[-1]) == (2, said)
        dask.start()
        before = lines.read_text()
        _, told = fleet(*words, "--resume", lines).communicate()
        assert lines_of(lines.read_text()) == expected, (told, before)


def test_two_fleets_share_a_cache(
    names: Path, expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    """At once, on one scheduler: each has all of its lines."""
    with cluster(tmp_path) as dask:
        words = ["--from", names, "--scheduler", dask.address, "--cache", tmp_path / "cache"]
        both = [fleet(*words) for _ in range(2)]
        for process in both:
            out, told = process.communicate()
            assert lines_of(out) == expected, told


def test_no_password_is_in_a_task(
    front: Front, names: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in its key nor its words, its result or a log: only the workers have it."""
    config = tmp_path / "docker"
    config.mkdir()
    with Front(front.behind, "secret-of-the-registry") as closed:
        word = b64encode(f"me:{closed.password}".encode()).decode()
        login = {"auths": {closed.host: {"auth": word}}}
        write(config / "config.json", json.dumps(login).encode())
        image = f"registry:{closed.host}/app:1"
        archive = (layout := OciLayout()).archive(layout.image([BASES[0]]))
        push(write(tmp_path / "image.tar", archive), f"{front.behind}/app:1")
        write(names, image.encode())
        with (
            bucket(tmp_path, monkeypatch) as cache,
            cluster(tmp_path, DOCKER_CONFIG=str(config)) as dask,
        ):
            words = ["--from", names, "--scheduler", dask.address, "--cache", cache]
            out, told = fleet(*words).communicate()
            assert [line["image"] for line in lines_of(out) if "audit" in line] == [image], told
            assert "layer-" in dask.told
            for text in (out, told, dask.told):
                assert "secret-of" not in text
                assert word not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Missing option '--from'"),
        (["--from", "{names}", "--scheduler", "tcp://h:1"], "--scheduler takes --cache"),
        (
            ["--from", "{names}", "--cache", "nowhere://x"],
            'cannot use the cache "nowhere://x": Protocol not known: nowhere',
        ),
        (
            ["--from", "{names}", "--cache", "s3://me:secret@bucket/x"],
            'cannot use the cache "s3://bucket/x": it has a password, which others would read; '
            "give it by the environment",
        ),
        (["--from", "{tmp}/none"], 'cannot read "{tmp}/none": No such file or directory'),
    ],
)
def test_what_can_not_be_used_is_a_sentence(words: list[str], said: str, tmp_path: Path) -> None:
    """And the status is 2."""
    need_libraries("distributed")
    places = {"names": write(tmp_path / "names", b"x\n"), "tmp": tmp_path}
    process = fleet(*(word.format(**places) for word in words))
    out, told = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert said.format(**places) in told
    assert "secret" not in told


@pytest.mark.parametrize("library", ["distributed", "fsspec"])
def test_what_is_missing_is_told(library: str, tmp_path: Path) -> None:
    """With what installs it."""
    names = write(tmp_path / "names", b"x\n")
    cache = "s3://bucket/x" if library == "fsspec" else str(tmp_path / "cache")
    code = (
        f"import sys; sys.modules[{library!r}] = None; from find_libdeps.__main__ import run; run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "fleet", "--from", names, "--cache", cache],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "pip install 'find-libdeps[fleet]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_no_scheduler_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After as long as it may take one to answer."""
    need_libraries("distributed")
    address = f"tcp://127.0.0.1:{free_port()}"
    names = write(tmp_path / "names", b"x\n")
    code = f"import find_libdeps.commands.fleet as f; f.PATIENCE = 1; {RUN}"
    words = ["fleet", "--from", str(names), "--scheduler", address, "--cache", str(tmp_path)]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f'find-libdeps: cannot use the scheduler "{address}": ')
    assert len(done.stderr.splitlines()) == 1
