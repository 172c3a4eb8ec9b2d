"""Which Docker Engine is meant: Docker's own client is the judge."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from find_libdeps.errors import ImageError
from find_libdeps.roots.docker_context import Endpoint, chosen_endpoint
from programs import need

VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY")


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for the client's configuration, which is empty; and no variables but that."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


def docker(*arguments: str) -> str:
    """What the client prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"DOCKER_CONTEXT": "one"},
        {"DOCKER_CONTEXT": "one", "DOCKER_HOST": "unix:///tmp/host.sock"},
        {"DOCKER_CONTEXT": "one", "DOCKER_HOST": ""},
        {"DOCKER_CONTEXT": "default"},
        {"DOCKER_CONTEXT": ""},
        {"DOCKER_HOST": "tcp://127.0.0.1:1"},
    ],
)
@pytest.mark.parametrize("current", ["two", "default", None])
def test_the_client_chooses_the_same(
    variables: dict[str, str], current: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its variables, and by the context that is in use."""
    need("docker")
    docker("context", "create", "one", "--docker", "host=unix:///tmp/one.sock")
    docker("context", "create", "two", "--docker", "host=tcp://127.0.0.1:2")
    if current:
        docker("context", "use", current)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    shown = docker("context", "inspect", "--format", "{{.Name}} {{.Endpoints.docker.Host}}")
    found = chosen_endpoint("app")
    assert f"{found.context or 'default'} {found.host}" == shown


def make_context(config: Path, name: str, meta: object) -> None:
    """A context as the client keeps it."""
    need("docker")
    docker("context", "create", name, "--docker", "host=unix:///nowhere")
    (file,) = config.glob("contexts/meta/*/meta.json")
    file.write_text(meta if isinstance(meta, str) else json.dumps(meta))


def test_keys_of_a_context(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory that has them, and whether the engine's certificate is checked."""
    endpoint = {"Host": "tcp://far:2376", "SkipTLSVerify": True}
    make_context(config, "far", {"Name": "far", "Endpoints": {"docker": endpoint}})
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    assert chosen_endpoint("app") == Endpoint("tcp://far:2376", "far", None, is_verified=False)
    (identifier,) = os.listdir(config / "contexts/meta")
    keys = config / "contexts/tls" / identifier / "docker"
    keys.mkdir(parents=True)
    assert chosen_endpoint("app") == Endpoint("tcp://far:2376", "far", keys, is_verified=False)


@pytest.mark.parametrize(
    ("meta", "cause"),
    [
        ("{", "makes no sense"),
        ("[" * 100_000, "makes no sense"),
        ({}, 'the Docker context "far" names no Docker Engine'),
        ([], 'the Docker context "far" names no Docker Engine'),
        ({"Endpoints": {"kubernetes": {}}}, 'the Docker context "far" names no Docker Engine'),
        ({"Endpoints": {"docker": {"Host": 1}}}, 'the Docker context "far" names no Docker Engine'),
    ],
)
def test_context_that_cannot_be_used(
    meta: object, cause: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, and no other engine in its place."""
    make_context(config, "far", meta)
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    with pytest.raises(ImageError, match=cause):
        chosen_endpoint("app")


def test_no_such_context(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told with the command that lists those there are."""
    told = r'there is no Docker context "nowhere" \(docker context ls lists those there are\)'
    monkeypatch.setenv("DOCKER_CONTEXT", "nowhere")
    with pytest.raises(ImageError, match=told):
        chosen_endpoint("app")
    monkeypatch.delenv("DOCKER_CONTEXT")
    config.mkdir()
    (config / "config.json").write_text('{"currentContext": "nowhere"}')
    with pytest.raises(ImageError, match=told):
        chosen_endpoint("app")


@pytest.mark.parametrize(
    ("text", "is_sound"),
    [("{}", True), ("[]", True), ('{"currentContext": ""}', True), ("{", False), ("\xff", False)],
)
def test_configuration_of_the_client(text: str, is_sound: bool, config: Path) -> None:
    """Where it says nothing, this machine's engine is meant; one that makes no sense is told."""
    config.mkdir()
    (config / "config.json").write_text(text, encoding="latin-1")
    if is_sound:
        assert chosen_endpoint("app") == Endpoint("unix:///var/run/docker.sock")
    else:
        with pytest.raises(ImageError, match=r"config\.json makes no sense"):
            chosen_endpoint("app")
