"""What is in an archive of a package, by its list of members: deb(5).

Nothing is unpacked to the disk, and no content of a file is looked at.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from find_libdeps.errors import ImageError
from find_libdeps.roots.sealed import MALFORMED, SealError, seal, text, unseal
from find_libdeps.roots.stream import BLOCK, Stream
from find_libdeps.roots.tar import DIRECTORY, FILE, HARD_LINK, SYMLINK, Member, read_members
from find_libdeps.roots.tree import Kind

MAX_FILES = 200_000
"""Files of one package. The largest have about 100,000, such as sets of icons."""
MAX_SIZE = 16 << 30
"""Bytes of one package, uncompressed: the most of Debian's have 4 GB."""
MAX_KEPT = 64 << 20
"""Bytes of what is kept of one package, uncompressed."""
_FORMAT = "package 1"
_MAGIC = b"!<arch>\n"
_HEADER = 60
"""Bytes of the header of a member of such an archive (ar(5))."""
_CONTROL, _DATA = "control.tar", "data.tar"
_KINDS = {FILE: Kind.FILE, HARD_LINK: Kind.FILE, SYMLINK: Kind.LINK, DIRECTORY: Kind.DIRECTORY}


class PackedFile(NamedTuple):
    """A file that a package has."""

    path: str
    """Where dpkg unpacks it; absolute."""
    kind: Kind
    size: int
    """The bytes of a regular file."""
    same_as: str
    """The path of the file that it is a hard link to; otherwise its own."""


@dataclass(frozen=True, slots=True)
class Deb:
    """What is in the archive of a package."""

    package: str
    records: tuple[int, ...]
    """The sizes of the files that dpkg keeps about the package, such as its scripts."""
    files: tuple[PackedFile, ...]


def read_deb(file: Path, package: str) -> Deb:
    """What is in an archive of a package.

    Raises:
        ImageError: it is damaged, or has too much.
        OSError: it can't be read.
    """
    with file.open("rb") as raw:
        stream = Stream(io.BufferedReader(raw, BLOCK), file.name, file.stat().st_size)
        parts = {part: list(_listed(part, members)) for part, members in _parts(stream)}
    if parts.keys() != {_CONTROL, _DATA}:
        raise stream.refuse("it is no package")
    # "control" itself goes into dpkg's status (deb-control(5))
    records = [each.size for each in parts[_CONTROL] if each.path not in ("/", "/control")]
    return Deb(package, tuple(records), tuple(parts[_DATA]))


def _parts(stream: Stream) -> Iterator[tuple[str, Iterator[Member]]]:
    """The two tar archives of a package, each with its members."""
    if stream.read(len(_MAGIC)) != _MAGIC:
        raise stream.refuse("it is no package")
    while header := stream.read(_HEADER):
        size = header[48:58].strip()
        if len(header) < _HEADER or header[58:] != b"`\n" or not size.isdigit():
            raise stream.refuse(f"it is damaged near byte {stream.position}")
        end = stream.position + int(size)
        name = header[:16].decode("latin-1").strip().rstrip("/")
        for part in (_CONTROL, _DATA):
            if name == part or name.startswith(f"{part}."):
                yield part, read_members(stream, end)
        stream.seek(end + end % 2)


def _listed(part: str, members: Iterator[Member]) -> Iterator[PackedFile]:
    sizes = dict[str, int]()
    for member in members:
        path = _path(member.name)
        target = _path(member.link) if member.type == HARD_LINK else path
        kind = _KINDS.get(member.type, Kind.OTHER)
        size = sizes.get(target, 0) if target != path else member.size
        sizes[path] = size
        if len(sizes) > MAX_FILES or member.stream.position + member.stored > MAX_SIZE:
            most = f"{MAX_FILES} files" if len(sizes) > MAX_FILES else f"{MAX_SIZE >> 30} GiB"
            raise ImageError("read", member.stream.name, f"more than {most} in its {part}")
        yield PackedFile(path, kind, size, target)


def _path(name: str) -> str:
    """The path of a member, whose name begins with ``./``."""
    return str(PurePosixPath("/", name))


def kept(deb: Deb) -> bytes:
    """What is in a package, as bytes."""
    files = [[f.path, f.kind.name, f.size, f.same_as] for f in deb.files]
    document = {"package": deb.package, "records": deb.records, "files": files}
    return seal(_FORMAT, [json.dumps(document, separators=(",", ":")).encode()])


def known(content: bytes) -> Deb | None:
    """What is in a package, by bytes that `kept` made; None if they are damaged."""
    try:
        plain, _ = unseal(_FORMAT, content, MAX_KEPT)
        document = json.loads(plain)
        rows = document["files"]
        files = tuple(PackedFile(text(p), Kind[k], int(s), text(o)) for p, k, s, o in rows)
        return Deb(text(document["package"]), tuple(map(int, document["records"])), files)
    except (SealError, *MALFORMED):
        return None
