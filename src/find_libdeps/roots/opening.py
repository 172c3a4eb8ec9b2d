"""A root by what people call it: a directory, an archive, or an image of the Docker Engine."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from find_libdeps.errors import TreeError
from find_libdeps.process.progress import Progress, no_progress
from find_libdeps.roots.archive import Root, open_archive
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.docker_engine import open_image
from find_libdeps.roots.kept import Probe
from find_libdeps.roots.manifest import ImageConfig


def open_root(name: str | PathLike[str], probe: Probe, progress: Progress = no_progress) -> Root:
    """The files of a root, and what its configuration says.

    Args:
        name: a directory; the file of an archive (``docker save``, ``docker export``, an OCI
            layout, plain or compressed); or the name of an image. What exists as a path is one;
            so is what starts with ``.`` or ``/``.
        probe: reads what will probably be wanted of each regular file of an archive or an image.
        progress: is told how many bytes have passed, of how many; None: nobody knows.

    Raises:
        TreeError: there is no such directory or file.
        ImageError: it can't be read, or there is no such image.
    """
    path = Path(name)
    if path.is_dir():
        return Root(DirectoryTree(path), ImageConfig())
    if path.exists():
        return open_archive(path, probe, progress)
    if fspath(name).startswith((".", "/")) or not fspath(name):
        raise TreeError("read the root", name, "No such file or directory")
    return open_image(fspath(name), probe, progress)
