"""Of several images in one archive, or one directory, the wanted one is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from find_libdeps.errors import ImageError
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.manifest import fits
from find_libdeps.roots.opening import open_root
from spelled import CONFIG, OciLayout, docker_archive, listing, pack, pack_files, read_all, write

PLATFORMS = [("amd64", ""), ("arm64", "v8"), ("arm", "v6"), ("arm", "v7")]


def several(platforms: list[tuple[str, str]] = PLATFORMS) -> dict[str, bytes]:
    """The files of an OCI layout with one image for each platform, below an index."""
    layout, found = OciLayout(), []
    for architecture, variant in platforms:
        names = {"os": "linux", "architecture": architecture, "variant": variant}
        config = layout.blob({**CONFIG, **names})
        layers = [layout.blob(pack(f"name: {architecture}{variant}"))]
        manifest = {"schemaVersion": 2, "config": config, "layers": layers}
        found.append(layout.blob(manifest, platform={k: v for k, v in names.items() if v}))
    index = layout.blob(layout.index(*found))
    return {**layout.files, "index.json": json.dumps(layout.index(index)).encode()}


def archive(files: dict[str, bytes], top: Path) -> Path:
    """An archive of the files."""
    return write(top / "x.tar", pack_files(files.items()))


def directory(files: dict[str, bytes], top: Path) -> Path:
    """A directory with the files."""
    for name, content in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(content)
    return top


Made = Callable[[dict[str, bytes], Path], Path]
both = pytest.mark.parametrize("make", [archive, directory])


@both
@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("linux/amd64", "amd64"),
        ("amd64", "amd64"),
        ("x86_64", "amd64"),
        ("linux/arm64", "arm64v8"),
        ("linux/arm64/v8", "arm64v8"),
        ("Linux/aarch64", "arm64v8"),
        ("linux/arm/v7", "armv7"),
    ],
)
def test_the_wanted_image(platform: str, name: str, make: Made, tmp_path: Path) -> None:
    """A platform is named as for docker, or by its architecture."""
    root = open_root(make(several(), tmp_path), Instructions(read_all, platform=platform))
    assert listing(root.tree) == [f"name: {name}"]


THERE = "linux/amd64, linux/arm/v6, linux/arm/v7, linux/arm64/v8"


@both
@pytest.mark.parametrize(
    ("platform", "cause"),
    [
        (None, f"it holds several images; choose one with --platform: {THERE}"),
        ("linux/riscv64", f'it has no image for "linux/riscv64", but for {THERE}'),
        ("windows/amd64", f'it has no image for "windows/amd64", but for {THERE}'),
        ("linux/arm64/v9", f'it has no image for "linux/arm64/v9", but for {THERE}'),
        ("", f'it has no image for "", but for {THERE}'),
        (
            "linux/arm",
            "it holds several images; choose one with --platform: linux/arm/v6, linux/arm/v7",
        ),
    ],
)
def test_which_there_are(platform: str | None, cause: str, make: Made, tmp_path: Path) -> None:
    """Several that are meant, and none, are told with those there are."""
    with pytest.raises(ImageError) as error:
        open_root(make(several(), tmp_path), Instructions(read_all, platform=platform))
    assert error.value.cause == cause


def test_platform_of_the_only_image(tmp_path: Path) -> None:
    """It has to be the wanted one, too."""
    image = write(tmp_path / "x.tar", docker_archive(pack("name: 1")))
    assert listing(open_root(image, Instructions(read_all, platform="amd64")).tree) == ["name: 1"]
    with pytest.raises(ImageError, match='it has no image for "arm64", but for linux/amd64'):
        open_root(image, Instructions(read_all, platform="arm64"))


@both
def test_root_has_no_platform(make: Made, tmp_path: Path) -> None:
    """It is no image, and there is nothing to choose."""
    root = make({"etc/hostname": b"x"}, tmp_path)
    with pytest.raises(ImageError, match="it is a root and no image"):
        open_root(root, Instructions(read_all, platform="amd64"))


@pytest.mark.parametrize(
    ("platform", "wanted", "is_same"),
    [
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/v8", "arm64", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/amd64", "linux/386", False),
        ("linux", "linux/", False),
        ("unknown", "unknown", True),
        ("linux/amd64", "linux/amd64/", True),
        ("linux/amd64", "a/b/c/d", False),
    ],
)
def test_fits(platform: str, wanted: str, is_same: bool) -> None:
    """A variant counts only if both have one."""
    assert fits(platform, wanted) is is_same
