"""Files and archives spelled as lines, one a file.

``usr/`` is a directory, ``etc/hostname: name`` a file and its text, ``lib -> usr/lib`` a link,
``b => a`` a hard link, ``pipe |`` a fifo.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from find_libdeps.errors import TreeError
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Kind, Tree


def read_all(path: str, size: int, stream: BinaryIO) -> None:
    """A probe that wants everything."""
    assert len(stream.read()) == size


def listing(tree: Tree, is_whole: bool = True) -> list[str]:
    """All files of a tree, spelled and sorted; a hard link after the first of its names.

    Unless it is whole, contents may have been left out.
    """
    return sorted(_lines(tree, is_whole))


def listing_of(directory: Path) -> list[str]:
    """All files below a directory of this machine."""
    return listing(DirectoryTree(directory))


def _lines(tree: Tree, is_whole: bool) -> Iterator[str]:
    pending, known = [PurePosixPath("/")], dict[tuple[int, int], str]()
    paths = list[PurePosixPath]()
    while pending:
        directory = pending.pop()
        paths += (children := [directory / name for name in tree.listing(directory)])
        pending += [c for c in children if (e := tree.entry(c)) and e.kind is Kind.DIRECTORY]
    for path in sorted(paths):
        entry, name = tree.entry(path), str(path)[1:]
        assert entry is not None
        first = known.setdefault(entry.identity, name)
        match entry.kind:
            case Kind.DIRECTORY:
                yield f"{name}/"
            case _ if first != name:
                yield f"{name} => {first}"
            case Kind.LINK:
                yield f"{name} -> {entry.target}"
            case Kind.FILE:
                try:
                    text = tree.read(path)
                except TreeError:
                    assert not is_whole
                    continue
                short = text.decode() if len(text) < 20 and text.isascii() else sha256(text)
                yield f"{name}: {short if isinstance(short, str) else short.hexdigest()}"
            case _:
                yield f"{name} |"


def members(lines: Iterable[str]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """The members that lines spell, with their contents."""
    for line in lines:
        content = b""
        if line.endswith("/"):
            info = tarfile.TarInfo(line)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
        elif line.endswith(" |"):
            info = tarfile.TarInfo(line.removesuffix(" |"))
            info.type = tarfile.FIFOTYPE
        elif " -> " in line or " => " in line:
            name, arrow, target = line.split(" ", 2)
            info = tarfile.TarInfo(name)
            info.type = tarfile.SYMTYPE if arrow == "->" else tarfile.LNKTYPE
            info.linkname = target
        else:
            name, _, text = line.partition(":")
            info, content = tarfile.TarInfo(name), text.removeprefix(" ").encode()
            info.size = len(content)
        yield info, content


def pack(*lines: str, form: int = tarfile.GNU_FORMAT) -> bytes:
    """An archive of the files that lines spell."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for info, content in members(lines):
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def pack_files(files: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of files with any content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


CONFIG = {"architecture": "amd64", "os": "linux", "config": {"Env": ["A=1", "B=x=y"]}}


def docker_archive(*layers: bytes, tag: str = "test:1") -> bytes:
    """An image as ``docker save`` wrote it until Docker 25."""
    return pack_files(docker_files(*layers, tag=tag).items())


def docker_files(*layers: bytes, tag: str = "test:1") -> dict[str, bytes]:
    """Its files: the configuration, the layers, the manifest."""
    ids = [f"sha256:{sha256(layer).hexdigest()}" for layer in layers]
    config = json.dumps({**CONFIG, "rootfs": {"type": "layers", "diff_ids": ids}}).encode()
    names = [f"{number:064x}/layer.tar" for number, _ in enumerate(layers)]
    name = f"{sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": name, "RepoTags": [tag], "Layers": names}]).encode()
    return {name: config, **dict(zip(names, layers, strict=True)), "manifest.json": manifest}


class OciLayout:
    """An image in the OCI layout, made blob by blob."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

    def blob(self, content: bytes | object, **more: object) -> dict[str, object]:
        """Add a blob, or an object as JSON; its descriptor."""
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        digest = sha256(data).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = data
        return {"digest": f"sha256:{digest}", "size": len(data), **more}

    def image(self, layers: Sequence[bytes], **more: object) -> dict[str, object]:
        """Add an image; its descriptor."""
        config = self.blob(CONFIG, mediaType="application/vnd.oci.image.config.v1+json")
        manifest = {"schemaVersion": 2, "config": config, "layers": [*map(self.blob, layers)]}
        return self.blob(manifest, **more)

    def index(self, *descriptors: object) -> object:
        """An index of manifests."""
        return {"schemaVersion": 2, "manifests": list(descriptors)}

    def archive(self, *descriptors: object) -> bytes:
        """The archive, in the order in which Docker has it, with an index of descriptors."""
        index = json.dumps(self.index(*descriptors)).encode()
        return pack_files(sorted({**self.files, "index.json": index}.items()))


def write(path: Path, content: bytes) -> Path:
    """Make a file."""
    path.write_bytes(content)
    return path


IS_ROOT = os.geteuid() == 0
