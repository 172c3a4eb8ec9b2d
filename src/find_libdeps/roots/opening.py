"""Opens a root by its name: a directory, an archive, or an image."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from find_libdeps.errors import ImageError, TreeError
from find_libdeps.roots.archive import Root, open_archive
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.docker_engine import open_image
from find_libdeps.roots.engine_answer import NoEngineError
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.layout import open_layout
from find_libdeps.roots.manifest import Choice, ImageConfig, refuse_choice

KINDS = ("archive", "dir", "docker", "oci", "podman", "registry")
"""What may stand before a name, with a colon (as in containers-transports(5))."""


def open_root(name: str | PathLike[str], how: Instructions) -> Root:
    """Open a root: its files, and the configuration of its image.

    Args:
        name: a directory, an archive, or the name of an image. A directory is a root, or has an
            image in it: an unpacked ``docker save``, an OCI layout. An archive is that of ``docker
            save``, ``docker export`` or an OCI layout, plain or compressed; ``-`` is one on stdin.
            What exists, or starts with ``.`` or ``/``, is a path; any other name is that of an
            image in the Docker Engine, or if none answers, in podman. ``dir:``, ``oci:``,
            ``archive:``, ``docker:``, ``podman:`` and ``registry:HOST/`` before a name say what it
            is. ``oci:DIR:TAG`` and ``archive:FILE:TAG`` choose one of several images.
        how: the instructions.

    Raises:
        TreeError: there is no such directory or file.
        ImageError: it can't be read, or there is no such image.
    """
    kind, text = kind_of(fspath(name))
    match kind:
        case "registry":
            from find_libdeps.roots.registry import open_from_registry  # few ask one

            return open_from_registry(text, how)
        case "docker":
            return open_image(text, how)
        case "podman":
            from find_libdeps.roots.podman import open_from_podman

            return open_from_podman(text, how)
        case "image":
            return _open_from_any_engine(text, how)
    path, tag = _with_tag(text) if kind in ("archive", "oci") else (text, None)
    if kind == "archive" or (not kind and not Path(path).is_dir()):
        return open_archive(Path(path), how, Choice(how.platform, tag, f"archive:{path}:"))
    choice, tree = Choice(how.platform, tag, f"oci:{path}:"), DirectoryTree(path)
    image = open_layout(tree, how, choice) if kind != "dir" else None
    if image is None and kind == "oci":
        raise ImageError("read", path, "it has no image in it")
    if image is None:
        refuse_choice(path, choice)
    return image or Root(tree, ImageConfig())


def kind_of(name: str) -> tuple[str, str]:
    """What a name says that it is, or what it turns out to be; and the name without that.

    Raises:
        TreeError: it is a path, and nothing is there.
    """
    kind, _, rest = name.partition(":")
    # registry:2 is the name of an image
    if rest and kind in KINDS and (kind != "registry" or "/" in rest):
        return kind, rest
    if name == "-":
        return "", "/dev/stdin"
    if Path(name).exists():
        return "", name
    if name.startswith((".", "/")) or not name:
        raise TreeError("read the root", name, "No such file or directory")
    return "image", name


def _with_tag(text: str) -> tuple[str, str | None]:
    """The longest beginning of a text, up to a colon or to its end, that is a path to something;
    and what stands behind that colon.
    """
    path, colon = text, ":"
    while colon and not (path and Path(path).exists()):
        path, colon, _ = path.rpartition(":")
    return (path, text[len(path) + 1 :]) if colon and path != text else (text, None)


def _open_from_any_engine(name: str, how: Instructions) -> Root:
    """The image of the Docker Engine, or if none answers, of podman, where that is installed."""
    try:
        return open_image(name, how)
    except NoEngineError as error:
        absence = error
    from find_libdeps.roots.podman import is_podman_here, open_from_podman  # few have both

    if not is_podman_here():
        raise absence
    try:
        return open_from_podman(name, how)
    except ImageError as error:
        raise ImageError("read", name, f"{absence.absence}; {error.cause}") from None
