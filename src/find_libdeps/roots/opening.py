"""Opens a root by its name: a directory, an archive, or an image in a Docker Engine."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from find_libdeps.errors import TreeError
from find_libdeps.process.progress import Progress, no_progress
from find_libdeps.roots.archive import Root, open_archive
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.docker_engine import open_image
from find_libdeps.roots.kept import Probe
from find_libdeps.roots.layout import open_layout
from find_libdeps.roots.manifest import ImageConfig, no_platform


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
            save``, ``docker export`` or an OCI layout, plain or compressed. What exists, or starts
            with ``.`` or ``/``, is a path; ``registry:HOST/NAME[:TAG]`` is in a registry.
        probe: reads the parts of each regular file of an archive or an image that will probably be
            needed.
        progress: called with the bytes read so far, and the total or None if that is unknown.
        platform: which image is meant if there are several (``linux/arm64``); it must be there.

    Raises:
        TreeError: there is no such directory or file.
        ImageError: it can't be read, or there is no such image.
    """
    kind, _, rest = fspath(name).partition(":")
    if kind == "registry" and "/" in rest:
        from find_libdeps.roots.registry import open_from_registry  # few ask one

        return open_from_registry(rest, probe, progress, platform)
    path = Path(name)
    if path.is_dir():
        tree = DirectoryTree(path)
        image = open_layout(tree, probe, progress, platform)
        if image is None and platform is not None:
            raise no_platform(name)
        return image or Root(tree, ImageConfig())
    if path.exists():
        return open_archive(path, probe, progress, platform)
    if fspath(name).startswith((".", "/")) or not fspath(name):
        raise TreeError("read the root", name, "No such file or directory")
    return open_image(fspath(name), probe, progress, platform)
