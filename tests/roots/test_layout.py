"""An image that lies in a directory has the files that it has as an archive."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from find_libdeps.errors import ImageError
from find_libdeps.process.progress import no_progress
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.keeper import Probe
from find_libdeps.roots.opening import open_root
from layer_cases import LAYERS
from spelled import CONFIG, OciLayout, docker_files, listing, pack, read_all

ONE = pack("etc/", "etc/hostname: one")
TWO = pack("etc/.wh.hostname:", "bin: two")


def fill(directory: Path, files: Mapping[str, bytes]) -> Path:
    """Make files in a directory."""
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    return directory


def oci_files(*layers: bytes) -> dict[str, bytes]:
    """The files of an OCI layout with one image."""
    layout = OciLayout()
    index = layout.index(layout.image(layers))
    return {**layout.files, "index.json": json.dumps(index).encode()}


def skopeo_files(*layers: bytes) -> dict[str, bytes]:
    """The files that ``skopeo copy ... dir:`` writes."""
    blobs = [json.dumps(CONFIG).encode(), *layers]
    config, *digests = [{"digest": f"sha256:{sha256(blob).hexdigest()}"} for blob in blobs]
    manifest = json.dumps({"schemaVersion": 2, "config": config, "layers": digests}).encode()
    files = {sha256(blob).hexdigest(): blob for blob in blobs}
    return {**files, "manifest.json": manifest, "version": b"Directory Transport Version: 1.1\n"}


def files_in(directory: Path, probe: Probe = read_all) -> list[str]:
    """What the image in a directory holds, of which everything can be unpacked."""
    root = open_root(directory, Instructions(probe))
    assert root.problems == ()
    return listing(root.tree)


@pytest.mark.parametrize("make", [docker_files, oci_files, skopeo_files])
@pytest.mark.parametrize("rule", LAYERS)
def test_layers(rule: str, make: object, tmp_path: Path) -> None:
    """Layers lie upon each other as in a container."""
    layers, expected = LAYERS[rule]
    assert callable(make)
    assert files_in(fill(tmp_path, make(*layers))) == expected


def test_configuration_and_compression(tmp_path: Path) -> None:
    """The image's variables count, and its layers may be compressed."""
    fill(tmp_path, oci_files(gzip.compress(ONE), TWO))
    root = open_root(tmp_path, Instructions(read_all))
    assert listing(root.tree) == ["bin: two", "etc/"]
    assert dict(root.config.environment) == {"A": "1", "B": "x=y"}
    assert root.config.architecture == "amd64"


def test_equal_layers_are_links(tmp_path: Path) -> None:
    """Docker saves a layer that comes twice as a link to the first one."""
    files = docker_files(ONE, TWO, ONE)
    third = list(files)[-2]
    fill(tmp_path, {name: content for name, content in files.items() if name != third})
    (tmp_path / third).parent.mkdir()
    (tmp_path / third).symlink_to(f"../{next(n for n in files if n.endswith('layer.tar'))}")
    assert files_in(tmp_path) == ["bin: two", "etc/", "etc/hostname: one"]


def test_what_was_not_kept_is_read_again(tmp_path: Path) -> None:
    """A probe that wants nothing costs time only."""
    fill(tmp_path, docker_files(pack(f"long: {'x' * 5000}"), TWO))
    assert files_in(tmp_path, lambda *_: None)[-1].startswith("long: ")


def test_progress_is_that_of_all_layers(tmp_path: Path) -> None:
    """It ends with all bytes of all layers."""
    seen = list[tuple[int, int | None]]()
    fill(tmp_path, docker_files(ONE, TWO))
    open_root(tmp_path, Instructions(read_all, lambda passed, total: seen.append((passed, total))))
    assert seen == sorted(seen)
    assert seen[-1] == (len(ONE + TWO), len(ONE + TWO))


@pytest.mark.parametrize(
    "manifest", [b"[]", b"{}", b'{"name": "app", "icons": []}', b"[1]", b"\xff", b"nonsense"]
)
def test_root_with_a_manifest_of_something_else(manifest: bytes, tmp_path: Path) -> None:
    """A file of that name, as web applications have it, makes no image of a root."""
    fill(tmp_path, {"manifest.json": manifest, "usr/lib/os-release": b"ID=debian\n"})
    root = open_root(tmp_path, Instructions(read_all, no_progress))
    assert "usr/lib/os-release: ID=debian\n" in listing(root.tree)


def without(name: str, files: dict[str, bytes]) -> dict[str, bytes]:
    """All files but those whose name starts like this."""
    return {n: c for n, c in files.items() if not n.startswith(name)}


LAYER = f"blobs/sha256/{sha256(TWO).hexdigest()}"
OTHER = f"blobs/sha256/{sha256(json.dumps(CONFIG).encode()).hexdigest()}"


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        (without(LAYER, oci_files(TWO)), f"its layer {LAYER} is not in it"),
        (without(OTHER, oci_files(TWO)), f"its configuration {OTHER} is not in it"),
        ({**oci_files(TWO), OTHER: b"[]"}, f"its configuration {OTHER} makes no sense"),
        (without("index.json", oci_files(TWO)), "it holds layers, and no image"),
        ({**docker_files(TWO), "manifest.json": b"{"}, "its manifest.json makes no sense"),
        ({**oci_files(TWO), LAYER: b"no archive"}, "it is no tar archive"),
        ({**oci_files(TWO), LAYER: ONE[:700]}, "it is truncated"),
    ],
)
def test_damaged_image(files: dict[str, bytes], cause: str, tmp_path: Path) -> None:
    """What is missing or damaged is told; it is never a root with less in it."""
    with pytest.raises(ImageError) as error:
        open_root(fill(tmp_path, files), Instructions(read_all))
    assert error.value.cause == cause


def test_layer_that_leads_out_of_the_directory(tmp_path: Path) -> None:
    """Links and manifests lead nowhere else."""
    layout, outside = tmp_path / "layout", tmp_path / "secret.tar"
    fill(layout, without(LAYER, oci_files(TWO)))
    outside.write_bytes(TWO)
    for target in (str(outside), os.path.relpath(outside, (layout / LAYER).parent)):
        (layout / LAYER).symlink_to(target)
        with pytest.raises(ImageError, match="is not in it"):
            open_root(layout, Instructions(read_all))
        (layout / LAYER).unlink()


def test_layer_that_is_a_fifo(tmp_path: Path) -> None:
    """It is never opened, which would wait for a writer."""
    fill(tmp_path, without(LAYER, oci_files(TWO)))
    os.mkfifo(tmp_path / LAYER)
    with pytest.raises(ImageError, match="is not in it"):
        open_root(tmp_path, Instructions(read_all))
