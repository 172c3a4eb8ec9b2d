"""Of several images in one archive, or one layout, the one of a name is read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from find_libdeps.errors import ImageError
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.opening import open_root
from programs import need
from spelled import CONFIG, OciLayout, docker_files, listing, pack, pack_files, read_all, write


def fill(directory: Path, files: dict[str, bytes]) -> Path:
    """Make files in a directory."""
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    return directory


def oci(*tags: str) -> dict[str, bytes]:
    """The files of an OCI layout with an image for each tag, which has a file named so."""
    layout, found = OciLayout(), []
    for tag in tags:
        descriptor = layout.image([pack(f"name: {tag}")])
        annotations = {"org.opencontainers.image.ref.name": tag}
        found.append({**descriptor, **({"annotations": annotations} if tag else {})})
    return {**layout.files, "index.json": json.dumps(layout.index(*found)).encode()}


def saved(*tags: str) -> dict[str, bytes]:
    """The files of what ``docker save`` writes of several images."""
    files, entries = dict[str, bytes](), list[object]()
    for tag in tags:
        one = docker_files(pack(f"name: {tag}"), tag=tag)
        (entry,) = json.loads(one["manifest.json"])
        place = f"{len(entries):064x}/layer.tar"
        files |= {entry["Config"]: one[entry["Config"]], place: one[entry["Layers"][0]]}
        entries.append({**entry, "Layers": [place]})
    return {**files, "manifest.json": json.dumps(entries).encode()}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with an archive and a layout, each with several images."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "saved.tar", pack_files(saved("app:1", "app:latest", "host.io/x/y:2").items()))
    write(tmp_path / "oci.tar", pack_files(oci("1", "host.io/x/y:2").items()))
    fill(tmp_path / "layout", oci("1", "host.io/x/y:2", ""))
    return tmp_path


def untagged(layout: Path) -> str:
    """The digest of the last image of a layout."""
    return str(json.loads((layout / "index.json").read_bytes())["manifests"][-1]["digest"])


def refusal(name: str, platform: str | None = None) -> str:
    """Why an image can't be read."""
    with pytest.raises(ImageError) as caught:
        open_root(name, Instructions(read_all, platform=platform))
    return str(caught.value.cause)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("archive:saved.tar:app:1", "app:1"),
        ("archive:saved.tar:app", "app:latest"),
        ("archive:saved.tar:host.io/x/y:2", "host.io/x/y:2"),
        ("archive:./oci.tar:1", "1"),
        ("archive:oci.tar:host.io/x/y:2", "host.io/x/y:2"),
        ("oci:layout:1", "1"),
        ("oci:layout:host.io/x/y:2", "host.io/x/y:2"),
    ],
)
def test_image_of_a_name(here: Path, name: str, found: str) -> None:
    """By the names in the manifest of docker save, or the annotations of an OCI layout."""
    assert listing(open_root(name, Instructions(read_all)).tree) == [f"name: {found}"]


@pytest.mark.parametrize("name", ["oci:layout", "layout"])
def test_without_a_choice_the_sentence_says_how(here: Path, name: str) -> None:
    """What it names can be written behind the path."""
    digest = untagged(here / "layout")
    told = f"it holds several images: 1, host.io/x/y:2, {digest}; choose one, as in oci:layout:1"
    assert refusal(name) == told
    assert listing(open_root(f"oci:layout:{digest}", Instructions(read_all)).tree) == ["name: "]


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        (
            "saved.tar",
            "it holds several images: app:1, app:latest, host.io/x/y:2; "
            "choose one, as in archive:saved.tar:app:1",
        ),
        (
            "archive:saved.tar:app:2",
            'it has no image "app:2", but app:1, app:latest, host.io/x/y:2',
        ),
        ("archive:oci.tar:2", 'it has no image "2", but 1, host.io/x/y:2'),
        ("oci:layout:", 'it has no image "", but 1, host.io/x/y:2, {digest}'),
        ("archive:root.tar:1", 'it is a root and no image, so that ":1" means nothing'),
    ],
)
def test_image_that_is_not_there(here: Path, name: str, cause: str) -> None:
    """Those that are there are told."""
    write(here / "root.tar", pack("f: 1"))
    assert refusal(name) == cause.format(digest=untagged(here / "layout"))


def test_very_many_names_are_cut_short(tmp_path: Path) -> None:
    """Twenty are told."""
    fill(tmp_path, oci(*map(str, range(90))))
    told = refusal(f"oci:{tmp_path}:none")
    assert told.startswith('it has no image "none", but 0, 1, 10, 11,')
    assert (told.count(","), told[-5:]) == (21, ", ...")


def test_path_with_a_colon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest beginning that is there is the path: so it is reached with and without a tag."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "a", oci("b", "b:c"))
    fill(tmp_path / "a:b", oci("c"))
    for name, found in (("oci:a:b", "c"), ("oci:a:b:c", "c"), ("oci:./a:b:c", "c")):
        assert listing(open_root(name, Instructions(read_all)).tree) == [f"name: {found}"]
    assert refusal("a") == "it holds several images: b, b:c; choose one, as in oci:a:b"
    write(tmp_path / "x:1.tar", pack_files(oci("d").items()))
    assert listing(open_root("archive:x:1.tar", Instructions(read_all)).tree) == ["name: d"]
    assert listing(open_root("archive:x:1.tar:d", Instructions(read_all)).tree) == ["name: d"]


def test_name_and_platform(tmp_path: Path) -> None:
    """A name may stand for an image for each of several platforms; two names may share some."""
    layout, names = OciLayout(), {}
    for tag, machines in (("1", ("amd64", "arm64")), ("2", ("amd64",))):
        found = []
        for machine in machines:
            parts = {"os": "linux", "architecture": machine}
            config = layout.blob({**CONFIG, **parts})
            layers = [layout.blob(pack(f"for: {tag} {machine}"))]
            manifest = {"schemaVersion": 2, "config": config, "layers": layers}
            found.append(layout.blob(manifest, platform=parts))
        annotations = {"org.opencontainers.image.ref.name": tag}
        names[tag] = layout.blob(layout.index(*found), annotations=annotations)
    files = {**layout.files, "index.json": json.dumps(layout.index(*names.values())).encode()}
    place = fill(tmp_path, files)
    tree = open_root(f"oci:{place}:1", Instructions(read_all, platform="arm64")).tree
    assert listing(tree) == ["for: 1 arm64"]
    assert listing(open_root(f"oci:{place}:2", Instructions(read_all)).tree) == ["for: 2 amd64"]
    told = "it holds several images; choose one with --platform: linux/amd64, linux/arm64"
    assert refusal(f"oci:{place}:1") == told
    told = f"it holds several images: 1, 2; choose one, as in oci:{place}:1"
    assert refusal(str(place), platform="amd64") == told


def test_layout_that_skopeo_fills(tmp_path: Path) -> None:
    """It writes the annotation that its own ``oci:DIR:TAG`` reads."""
    need("skopeo")
    for tag in ("1", "2"):
        write(tmp_path / f"{tag}.tar", pack_files(saved(f"app:{tag}").items()))
        target = f"oci:{tmp_path}/layout:{tag}"
        words = ["skopeo", "copy", "--quiet", f"docker-archive:{tmp_path}/{tag}.tar", target]
        subprocess.run(words, check=True)
        assert listing(open_root(target, Instructions(read_all)).tree) == [f"name: app:{tag}"]
    assert refusal(f"oci:{tmp_path}/layout").startswith("it holds several images: 1, 2; choose")
