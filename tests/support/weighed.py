"""A root with one module, and an index that knows what its packages weigh."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from find_libdeps import Report, scan_paths
from find_libdeps.debian.release import Release
from find_libdeps.debian.requirements import Requirement
from find_libdeps.debian.write_index import encode_index
from small_elf import small_elf

RELEASE = Release("debian", "13")
KNOWN = {
    "libpq5": Requirement(800, (("libldap2",), ("libssl3",))),
    "libjpeg62": Requirement(400, (("libssl3",),)),
    "libldap2": Requirement(600, ()),
    "libssl3": Requirement(7000, ()),
    "libreadline8": Requirement(500, ()),
    "apt": Requirement(4000, (("libzstd1",),)),
    "libzstd1": Requirement(700, (("libzstd-data",),)),
    "libzstd-data": Requirement(90, ()),
}
SONAMES = {
    "libpq.so.5": ("libpq5",),
    "libjpeg.so.62": ("libjpeg62",),
    "libreadline.so.8": ("libreadline8",),
    "libzstd.so.1": ("libzstd1",),
    "liblost.so.1": ("liblost1",),
}
ESSENTIAL = ("libreadline8",)
SITE = "app/lib/python3.13/site-packages"
MODULE, PLUGIN = "m.cpython-313-x86_64-linux-gnu.so", "plugins/libplugin.so"


def make(
    folder: Path,
    *needs: str,
    plugin: tuple[str, ...] = (),
    has: Mapping[str, str] | None = None,
    known: Mapping[str, Requirement] | None = KNOWN,
) -> dict[str, str]:
    """Make a root, and return the options by which it is scanned.

    Args:
        folder: where the files are made.
        needs: the libraries that an extension module in its virtualenv ``/app`` needs.
        plugin: those that a plugin beside it needs; there is none if it is empty.
        has: the packages of the target, with more lines of their status; None if it is not known.
        known: what the index says of packages; None if it says nothing.
    """
    root, index = folder / "root", folder / "index"
    site = root / SITE
    (site / "plugins").mkdir(parents=True)
    (site / MODULE).write_bytes(small_elf(needs))
    if plugin:
        (site / PLUGIN).write_bytes(small_elf(plugin))
    second = None if known is None else {"amd64": known}
    data = encode_index(RELEASE, "2026-05-01", ESSENTIAL, {"amd64": SONAMES}, requirements=second)
    index.write_bytes(data)
    options = {"root": str(root), "release": str(RELEASE), "index": str(index)}
    if has is None:
        return options
    database = folder / "target/var/lib/dpkg"
    (database / "info").mkdir(parents=True)
    texts = [_status(name, more) for name, more in {"dpkg": "", **has}.items()]
    (database / "status").write_text("\n".join(texts))
    for name in ("dpkg", *has):
        (database / f"info/{name}.list").write_text("/.\n")
    return {**options, "target": str(folder / "target")}


def _status(name: str, more: str) -> str:
    """The stanza of an installed package."""
    plain, _, architecture = name.partition(":")
    state = "" if "Status:" in more else "Status: install ok installed\n"
    own = f"Architecture: {architecture or 'amd64'}\nVersion: 1.0\n"
    return f"Package: {plain}\n{state}{own}{more}"


def scanned(
    folder: Path,
    *needs: str,
    has: Mapping[str, str] | None = None,
    known: Mapping[str, Requirement] | None = KNOWN,
) -> Report:
    """A report on the module of such a root; see `make`."""
    options = make(folder, *needs, has=has, known=known)
    given = (options.get(name) for name in ("root", "target", "release", "index"))
    root, target, release, index = given
    return scan_paths(["/app"], root=root or "/", target=target, release=release, index=index)
