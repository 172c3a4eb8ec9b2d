"""One image, wherever it lies: its audit is the same, to the byte."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine
import mini_root
from engine import DOCKER
from podman_store import podman_store
from programs import need
from project import COMMAND, FIXTURES
from registries import registry

pytestmark = pytest.mark.thorough

DOCKERFILE = """
FROM debian:trixie-slim
COPY venv /venv
COPY venv /gone
RUN rm -r /gone /usr/share/doc/libc6 && mv /usr/share/doc /usr/share/other
"""
SOURCES = {
    "registry": "registry:{host}/app:1",
    "docker": "docker:{host}/app:1",
    "podman": "podman:{host}/app:1",
    "oci": "oci:layout:1",
    "oci, zstd": "oci:layout:zstd",
    "archive of docker": "archive:docker.tar",
    "archive of podman": "archive:podman.tar:{host}/app:1",
    "dir": "dir:root",
    "stdin": "-",
}
"""The names of the image; the working directory has the files."""


def run(*command: str | Path, **options: object) -> None:
    """Run what has to work."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def everywhere(
    images: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """A directory with the image in all forms, and the registry that has it, too."""
    need("docker-registry", "skopeo", "zstd")
    top = tmp_path_factory.mktemp("sources")
    mini_root.build(FIXTURES / "scan/distributions", top / "built")
    with registry(top) as host, podman_store(top):
        image = f"{host}/app:1"
        engine.build(DOCKERFILE, image, context=top / "built")
        try:
            run(DOCKER, "push", image)
            copy, docker = ("skopeo", "copy", "--quiet"), f"docker://{image}"
            run(*copy, "--src-tls-verify=false", docker, f"oci:{top}/layout:1")
            run("podman", "pull", "--quiet", "--tls-verify=false", image)
            run("podman", "save", "--quiet", "--output", top / "podman.tar", image)
            engine.save(image, top / "docker.tar")
            # layers of a registry are compressed already, and would stay as they are
            saved, zstd = f"docker-archive:{top}/docker.tar", "--dest-compress-format=zstd"
            run(*copy, zstd, saved, f"oci:{top}/layout:zstd")
            engine.unpack(image, top / "root")
            yield top, host
        finally:
            run(DOCKER, "rmi", image)


def audit(place: tuple[Path, str], name: str, form: str) -> tuple[int, str, str]:
    """The status of an audit, and what it says; of an archive on stdin, if that is its name."""
    top, host = place
    command = [COMMAND, "audit", "--no-cache", "-f", form, name.format(host=host)]
    with (top / "docker.tar").open("rb") as archive:
        done = subprocess.run(command, cwd=top, stdin=archive, capture_output=True, text=True)
    said = done.stdout if name == "-" else done.stdout.replace(command[-1], "-")
    return done.returncode, said, done.stderr


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_audit_is_the_same(everywhere: tuple[Path, str], form: str) -> None:
    """It misses the libraries that the virtualenv asks for, and says the same of all."""
    found = {name: audit(everywhere, text, form) for name, text in SOURCES.items()}
    status, said, _ = found["docker"]
    assert status == 1
    assert "libone.so.1" in said
    assert "/gone" not in said
    assert {name: each for name, each in found.items() if each != found["docker"]} == {}


def test_list_for_it_is_the_same(everywhere: tuple[Path, str]) -> None:
    """What the image has is left out, wherever it lies."""
    top, host = everywhere
    said = set[str]()
    for name in SOURCES.values():
        words = [COMMAND, "-f", "json", "--target", name.format(host=host), sys.executable]
        with (top / "docker.tar").open("rb") as archive:
            done = subprocess.run(words, cwd=top, stdin=archive, capture_output=True, text=True)
        assert done.returncode < 2, done.stderr
        said.add(done.stdout)
    assert len(said) == 1


def test_layers_are_compressed_by_zstd(everywhere: tuple[Path, str]) -> None:
    """Those of the second image in the layout."""
    blobs = [path.read_bytes()[:4] for path in (everywhere[0] / "layout/blobs/sha256").iterdir()]
    assert blobs.count(b"\x28\xb5\x2f\xfd") == 4
