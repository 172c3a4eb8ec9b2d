"""Opens a root by its name: a directory, an archive, or an image in a Docker Engine."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from find_libdeps.errors import ImageError, TreeError
from find_libdeps.process.progress import Progress, no_progress
from find_libdeps.roots.archive import Root, open_archive
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.docker_engine import open_image
from find_libdeps.roots.kept import Probe
from find_libdeps.roots.layout import open_layout
from find_libdeps.roots.manifest import ImageConfig, no_platform

KINDS = ("archive", "dir", "docker", "oci", "registry")
"""What may stand before a name, with a colon (as in containers-transports(5))."""


def open_root(
    name: str | PathLike[str],
    probe: Probe,
    progress: Progress = no_progress,
    platform: str | None = None,
) -> Root:
    """Open a root: its files, and the configuration of its image.

    Args:
        name: a directory, an archive, or the name of an image. A directory is a root, or has an
            image in it: an unpacked ``docker save``, an OCI layout. An archive is that of ``docker
            save``, ``docker export`` or an OCI layout, plain or compressed; ``-`` is one on stdin.
            What exists, or starts with ``.`` or ``/``, is a path; any other name is that of an
            image in the engine. ``dir:``, ``oci:``, ``archive:``, ``docker:`` and
            ``registry:HOST/`` before a name say what it is.
        probe: reads the parts of each regular file of an archive or an image that will probably be
            needed.
        progress: called with the bytes read so far, and the total or None if that is unknown.
        platform: which image is meant if there are several (``linux/arm64``); it must be there.

    Raises:
        TreeError: there is no such directory or file.
        ImageError: it can't be read, or there is no such image.
    """
    kind, text = _kind_of(fspath(name))
    match kind:
        case "registry":
            from find_libdeps.roots.registry import open_from_registry  # few ask one

            return open_from_registry(text, probe, progress, platform)
        case "docker":
            return open_image(text, probe, progress, platform)
        case "archive":
            return open_archive(Path(text), probe, progress, platform)
    tree = DirectoryTree(text)
    image = open_layout(tree, probe, progress, platform) if kind != "dir" else None
    if image is None and platform is not None:
        raise no_platform(name)
    if image is None and kind == "oci":
        raise ImageError("read", text, "it has no image in it")
    return image or Root(tree, ImageConfig())


def _kind_of(name: str) -> tuple[str, str]:
    """What a name says that it is, or what it turns out to be; and the name without that.

    Raises:
        TreeError: it is a path, and nothing is there.
    """
    kind, _, rest = name.partition(":")
    # registry:2 is the name of an image
    if rest and kind in KINDS and (kind != "registry" or "/" in rest):
        return kind, rest
    if name == "-":
        return "archive", "/dev/stdin"
    path = Path(name)
    if path.is_dir():
        return "", name
    if path.exists():
        return "archive", name
    if name.startswith((".", "/")) or not name:
        raise TreeError("read the root", name, "No such file or directory")
    return "docker", name
