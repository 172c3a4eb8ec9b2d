"""Images of a registry, judged on Debian's own, into which skopeo copies them."""

from __future__ import annotations

import json
import platform
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from find_libdeps.commands.main import main
from find_libdeps.errors import ImageError
from find_libdeps.roots import registry_client
from find_libdeps.roots.archive import open_archive
from find_libdeps.roots.caches import DirectoryCache
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.opening import open_root
from find_libdeps.roots.registry_client import parse_reference
from programs import need
from registries import Front, push, registry
from spelled import CONFIG, OciLayout, docker_archive, listing, pack, pack_files, read_all

NOISE = random.Random(0).randbytes(100_000)  # noqa: S311
"""A file that no compression makes smaller."""
BASE = pack_files([("etc/os-release", b"ID=debian\nVERSION_ID=13\n"), ("noise", NOISE)])
UPPER = pack("f: file", "usr/", "usr/link -> ../f", ".wh.gone:")


def for_two_platforms() -> bytes:
    """The archive of an image for amd64 and arm64, with what a builder says about the first one."""
    layout, of_oci = OciLayout(), "application/vnd.oci.image"
    found = []
    for machine in ("amd64", "arm64", "unknown"):
        parts = {"os": "linux" if machine != "unknown" else machine, "architecture": machine}
        layer = layout.blob(pack(f"for: {machine}"), mediaType=f"{of_oci}.layer.v1.tar")
        config = layout.blob({**CONFIG, **parts}, mediaType=f"{of_oci}.config.v1+json")
        manifest = {"schemaVersion": 2, "config": config, "layers": [layer]}
        found.append(layout.blob(manifest, mediaType=f"{of_oci}.manifest.v1+json", platform=parts))
    index = layout.blob(layout.index(*found), mediaType=f"{of_oci}.index.v1+json")
    return layout.archive(index)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry with one image, ``app:1``, and one for two platforms, ``both:1``."""
    need("docker-registry", "skopeo")
    folder = tmp_path_factory.mktemp("registry")
    (folder / "app.tar").write_bytes(docker_archive(BASE, UPPER))
    (folder / "both.tar").write_bytes(for_two_platforms())
    with registry(folder) as host:
        push(folder / "app.tar", f"{host}/app:1", "docker-archive")
        push(folder / "both.tar", f"{host}/both:1")
        yield host


@pytest.fixture
def front(behind: str) -> Iterator[Front]:
    """The same registry behind something that can be told to make trouble."""
    with Front(behind) as made:
        yield made


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait between tries."""
    monkeypatch.setattr(registry_client, "_wait", lambda attempt, wanted: 0)


def files_in(name: str) -> list[str]:
    """What an image has, spelled."""
    return listing(open_root(name, Instructions(read_all)).tree)


def test_image_is_the_one_that_was_pushed(behind: str, tmp_path: Path) -> None:
    """The same files as in the archive, by tag and by digest; and the same report."""
    (tmp_path / "app.tar").write_bytes(docker_archive(BASE, UPPER))
    expected = listing(open_archive(tmp_path / "app.tar", Instructions(read_all)).tree)
    name = f"registry:{behind}/app"
    assert files_in(f"{name}:1") == expected
    told = subprocess.run(
        ["skopeo", "inspect", "--tls-verify=false", f"docker://{behind}/app:1"],
        capture_output=True,
        check=True,
    )
    assert files_in(f"{name}@{json.loads(told.stdout)['Digest']}") == expected
    audits = [
        CliRunner().invoke(main, ["audit", "-f", "json", word])
        for word in (f"{name}:1", str(tmp_path / "app.tar"))
    ]
    assert json.loads(audits[0].stdout)["release"] == "debian:13"
    assert audits[0].stdout == audits[1].stdout


def test_connection_that_breaks_is_taken_up_where_it_broke(front: Front) -> None:
    """Only the rest of a layer is asked for, if the registry knows ranges."""
    whole = files_in(f"registry:{front.host}/app:1")
    usual, front.sent = front.sent, 0
    front.cuts = 5
    assert files_in(f"registry:{front.host}/app:1") == whole
    assert front.cuts == 0
    assert front.sent <= usual + 1000
    front.cuts, front.has_ranges, front.sent = 2, False, 0
    assert files_in(f"registry:{front.host}/app:1") == whole
    assert front.sent > usual * 1.5


def test_only_unknown_layers_are_read(front: Front, tmp_path: Path) -> None:
    """Of an image that is known, none; of one on the same base, its own."""
    cache, name = DirectoryCache(tmp_path / "cache"), f"registry:{front.host}/app:1"
    whole = listing(open_root(name, Instructions(read_all, cache=cache)).tree)
    front.asked.clear()
    assert listing(open_root(name, Instructions(read_all, cache=cache)).tree) == whole
    assert sum("/blobs/" in path for path in front.asked) == 1  # its configuration
    (tmp_path / "next.tar").write_bytes(docker_archive(BASE, UPPER, pack("next: one")))
    push(tmp_path / "next.tar", f"{front.behind}/next:1", "docker-archive")
    front.asked.clear()
    root = open_root(f"registry:{front.host}/next:1", Instructions(read_all, cache=cache))
    assert listing(root.tree) == sorted([*whole, "next: one"])
    assert sum("/blobs/" in path for path in front.asked) == 2


def test_connection_that_always_breaks_is_a_sentence(front: Front) -> None:
    """So many times, and no more."""
    front.cuts = 1000
    front.has_ranges = False
    with pytest.raises(ImageError, match="the connection broke 9 times in its layer sha256:"):
        files_in(f"registry:{front.host}/app:1")


def test_other_content_than_the_digest_says_is_refused(front: Front) -> None:
    """A byte of each blob is another one."""
    front.changed = True
    with pytest.raises(ImageError, match=r"sha256:\w{64} has other content"):
        files_in(f"registry:{front.host}/app:1")


def credentials(folder: Path, monkeypatch: pytest.MonkeyPatch, host: str, helper: bool) -> None:
    """What Docker's client knows: a password in its file, or one that a helper tells."""
    entry = {"auths": {host: {"auth": "bWU6c2VjcmV0"}}}  # me:secret
    if helper:
        program = folder / "docker-credential-test"
        told = json.dumps({"ServerURL": host, "Username": "me", "Secret": "secret"})
        program.write_text(f"#!/bin/sh\ncat > {folder}/asked\necho '{told}'\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        entry = {"credHelpers": {host: "test"}}  # type: ignore[dict-item]
    (folder / "config.json").write_text(json.dumps(entry))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))


@pytest.mark.parametrize("helper", [False, True], ids=["file", "helper"])
def test_token_is_asked_for_with_the_credentials_of_dockers_client(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, helper: bool
) -> None:
    """A token is used until it has expired, and then another one is asked for."""
    expected = files_in(f"registry:{front.host}/app:1")
    front.password, front.lasts = "secret", 2
    credentials(tmp_path, monkeypatch, front.host, helper)
    assert files_in(f"registry:{front.host}/app:1") == expected
    assert front.tokens == 2
    assert not helper or (tmp_path / "asked").read_text() == front.host


def test_without_the_password_there_is_a_sentence(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it says what to do."""
    front.password = "other"  # noqa: S105
    credentials(tmp_path, monkeypatch, front.host, helper=False)
    told = "no token for it: 401 Unauthorized, not so; log in with docker login"
    with pytest.raises(ImageError, match=told):
        files_in(f"registry:{front.host}/app:1")


def test_plain_http(front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TLS only this machine is asked, or who is meant by ``--plain-http``."""
    expected = files_in(f"registry:{front.host}/app:1")
    front.host = front.host.replace("127.0.0.1", "0.0.0.0")  # noqa: S104 (leads here, too)
    name = f"registry:{front.host}/app:1"
    with pytest.raises(ImageError, match="does not speak TLS; --plain-http asks without"):
        files_in(name)
    assert listing(open_root(name, Instructions(read_all, plain_http=True)).tree) == expected
    for command in (["audit", name], ["--target", name, "/bin/true"]):
        assert CliRunner().invoke(main, command).exit_code == 2
        assert CliRunner().invoke(main, [*command, "--plain-http"]).exit_code == 0
    front.password = "secret"  # noqa: S105
    credentials(tmp_path, monkeypatch, front.host, helper=False)
    assert listing(open_root(name, Instructions(read_all, plain_http=True)).tree) == expected
    front.realm = "elsewhere.test"
    told = "wants a password to be sent in the open, to http://elsewhere.test/token"
    with pytest.raises(ImageError, match=told):
        open_root(name, Instructions(read_all, plain_http=True))


def test_busy_registry_is_asked_again(front: Front) -> None:
    """A few times: then what it says is the sentence."""
    expected = files_in(f"registry:{front.host}/app:1")
    front.busy = 3
    assert files_in(f"registry:{front.host}/app:1") == expected
    front.busy = 1000
    with pytest.raises(ImageError, match="the registry says: 429 Too Many Requests, not so"):
        files_in(f"registry:{front.host}/app:1")


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        (
            "{host}/none:1",
            "the registry says: 404 Not Found, manifest unknown",
        ),
        ("{host}/app:2", "the registry says: 404 Not Found, manifest unknown"),
        ("127.0.0.1:9/app:1", "no connection to 127.0.0.1:9"),
        ("app/one", "expected the registry's host and the image's name: HOST/NAME:TAG"),
        ("{host}/APP", "expected the registry's host and the image's name: HOST/NAME:TAG"),
    ],
)
def test_image_that_is_not_there_is_a_sentence(behind: str, name: str, cause: str) -> None:
    """Whatever is missing: the image, the registry, or a part of the name."""
    with pytest.raises(ImageError, match=cause):
        files_in(f"registry:{name.format(host=behind)}")


@pytest.mark.parametrize("machine", ["amd64", "arm64"])
def test_platform_is_chosen(behind: str, machine: str) -> None:
    """By its name; what is only said about an image is none."""
    how = Instructions(read_all, platform=f"linux/{machine}")
    root = open_root(f"registry:{behind}/both:1", how)
    assert (listing(root.tree), root.config.architecture) == ([f"for: {machine}"], machine)
    own = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())
    if own == machine:
        assert files_in(f"registry:{behind}/both:1") == [f"for: {machine}"]
    with pytest.raises(ImageError, match='no image for "s390x", but for linux/amd64, linux/arm64'):
        open_root(f"registry:{behind}/both:1", Instructions(read_all, platform="s390x"))


def test_names_of_images() -> None:
    """As Docker reads them: a tag, a digest, both, or neither."""
    digest = f"sha256:{'a' * 64}"
    for text, version in (
        ("h.io/a/b", "latest"),
        ("h.io:5000/a:1", "1"),
        (f"h.io/a@{digest}", digest),
        (f"localhost/a:1@{digest}", digest),
        ("[::1]:5000/a:x_Y-1", "x_Y-1"),
    ):
        assert parse_reference(text).version == version
