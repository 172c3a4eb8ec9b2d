"""What an audit has found out is kept: an image that has not changed is not audited again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from find_libdeps import Audit, DirectoryCache, audit_root
from find_libdeps.audit import kept
from find_libdeps.needs.dlopen import Dlopen
from find_libdeps.roots import registry_client
from programs import need
from registries import Front, push, registry
from small_elf import DEBIAN, small_elf
from spelled import docker_archive, pack, pack_files, write

MOVED = small_elf(["libxcb.so.1"], runpath="/" + 1000 * "x")
FILES = [
    *DEBIAN,
    ("app/a.so", small_elf(["libpq.so.5"])),
    ("app/b.so", small_elf(["libz.so.1"])),
    ("app/__init__.py", b"import ctypes\ndef f(): ctypes.CDLL('libmagic.so.1')\n"),
]
OPTIONS: list[dict[str, Any]] = [
    {"ignore": "libpq.so.*"},
    {"exclude": "b.so"},
    {"paths": "/app/a.so"},
    {"packaged": True},
    {"library_path": "/app"},
    {"dlopen": Dlopen.NONE},
    {"release": "debian:12"},
]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry with two images; a library of one is behind a link."""
    need("docker-registry", "skopeo")
    folder = tmp_path_factory.mktemp("registry")
    files = pack_files([*FILES, ("srv/moved.txt", MOVED)])
    with registry(folder) as host:
        for name, link in (
            ("app", "app/link -> a.so"),
            ("moved", "opt/lib/libz.so.1 -> /srv/moved.txt"),
        ):
            archive = write(folder / f"{name}.tar", docker_archive(files, pack(link)))
            push(archive, f"{host}/{name}:1", "docker-archive")
        yield host


@pytest.fixture
def front(behind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """The same registry behind something that counts, and refuses if it is told to."""
    monkeypatch.setattr(registry_client, "_wait", lambda attempt, wanted: 0)
    with Front(behind) as made:
        yield made


def audit(front: Front, cache: DirectoryCache | None, name: str = "app", **options: Any) -> Audit:
    """The audit of an image in the registry."""
    return audit_root(f"registry:{front.host}/{name}:1", cache=cache, **options)


def is_same(one: Audit, other: Audit) -> bool:
    """Whether two audits are equal in all fields, those included that do not make them equal."""
    return one == other and list(map(repr, one.findings)) == list(map(repr, other.findings))


def test_a_known_image_is_not_audited_again(front: Front, tmp_path: Path) -> None:
    """Nothing is asked of the registry but what names the image: not even the layers' facts are
    needed.
    """
    cache = DirectoryCache(tmp_path / "cache")
    first = audit(front, cache)
    assert {finding.name for finding in first.findings} >= {"libpq.so.5", "libz.so.1"}
    for facts in (tmp_path / "cache").glob("layer-*"):
        facts.unlink()
    front.asked.clear()
    assert is_same(audit(front, cache), first)
    assert [path.split("/")[3] for path in front.asked] == ["manifests", "blobs"]
    assert is_same(audit(front, None), first)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda each: next(iter(each)))
def test_another_question_has_its_own_answer(
    options: dict[str, Any], front: Front, tmp_path: Path
) -> None:
    """It is the one that is found without a cache."""
    cache = DirectoryCache(tmp_path / "cache")
    audit(front, cache)
    expected = audit(front, None, **options)
    assert is_same(audit(front, cache, **options), expected)
    assert is_same(audit(front, cache, **options), expected)
    assert len(list((tmp_path / "cache").glob("audit-*"))) == 2


def test_another_program_finds_out_for_itself(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept is that of the code which found it."""
    cache = DirectoryCache(tmp_path / "cache")
    audit(front, cache)
    monkeypatch.setattr(kept, "fingerprint", lambda: "of another")
    audit(front, cache)
    assert len(list((tmp_path / "cache").glob("audit-*"))) == 2


def test_damaged_audit_is_found_out_again(front: Front, tmp_path: Path) -> None:
    """Wherever a bit is another one, or the end is missing."""
    cache = DirectoryCache(tmp_path / "cache")
    expected = audit(front, cache)
    (file,) = (tmp_path / "cache").glob("audit-*")
    whole = file.read_bytes()
    for place in (0, 20, 40, 70, *random.Random(20).sample(range(len(whole)), 8)):  # noqa: S311
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        for content in (damaged, whole[:place]):
            file.write_bytes(content)
            assert is_same(audit(front, cache), expected)
            assert file.read_bytes() == whole


def test_audit_is_not_kept_if_the_registry_went_away(front: Front, tmp_path: Path) -> None:
    """A file that was not kept could not be read, and tomorrow it can."""
    cache = DirectoryCache(tmp_path / "cache")
    expected = audit(front, None, "moved", library_path="/opt/lib")

    def cut(passed: int, total: int | None) -> None:
        if passed == total:
            front.busy = 1000

    with_error = audit(front, cache, "moved", library_path="/opt/lib", progress=cut)
    assert not is_same(with_error, expected)
    front.busy = 0
    assert is_same(audit(front, cache, "moved", library_path="/opt/lib"), expected)
