"""Targets that an audit can say nothing of: no roots, virtual environments, roots with musl."""

from __future__ import annotations

from os import PathLike
from pathlib import Path, PurePosixPath

from find_libdeps.audit.scope import AuditScope, files_to_look_at
from find_libdeps.debian.release import OS_RELEASE
from find_libdeps.errors import TreeError, quoted
from find_libdeps.needs.inventory import take_inventory
from find_libdeps.needs.system import System
from find_libdeps.python.venv import MARK
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Tree

_TOP = PurePosixPath("/")
_DIRECTORIES = frozenset({"etc", "usr"})
"""What a root has that has more than a program (hier(7))."""
_EXPECTED = (
    "expected an image's name, an archive of docker save or docker export, or the root directory"
    " of a system"
)


def refuse_no_root(tree: Tree, name: str | PathLike[str]) -> None:
    """Refuse what is beside, above or inside a root, and what audits the root instead.

    Args:
        tree: the files of the target.
        name: what the caller calls it.

    Raises:
        TreeError: it is a virtual environment, or a directory with a root in it.
    """
    if _is_root(tree, _TOP):
        return
    if tree.has_file(_TOP / MARK):
        raise TreeError("audit", name, f"it is a virtual environment; {_of_environment(tree)}")
    names = tree.names(_TOP)
    for below in names if _DIRECTORIES.isdisjoint(names) else ():
        if _is_root(tree, _TOP / below):
            command = f"find-libdeps audit {quoted(str(Path(name, below)))}"
            what = f"run {command}" if isinstance(tree, DirectoryTree) else "audit that alone"
            raise TreeError("audit", name, f"the root of a system is below it, in {below}; {what}")


def _is_root(tree: Tree, top: PurePosixPath) -> bool:
    """Whether os-release(5) is in a directory as it is in the root of a system."""
    return any(tree.has_file(top.joinpath(*path.parts[1:])) for path in OS_RELEASE)


def _of_environment(tree: Tree) -> str:
    """What audits a virtual environment: its root, with the environment's path there."""
    if not isinstance(tree, DirectoryTree):
        return "audit the image that it is in"
    here = tree.root.absolute()
    for root in here.parents[:-1]:
        if _is_root(DirectoryTree(root), _TOP):
            inside = quoted(f"/{here.relative_to(root)}")
            return f"run find-libdeps audit {quoted(str(root))} {inside}"
    return f"run find-libdeps audit / {quoted(str(tree.root))}"


def refuse_musl(tree: Tree, name: str | PathLike[str]) -> None:
    """Refuse a root whose C library is musl. Raises TreeError."""
    musl = [each for each in tree.names(PurePosixPath("/lib")) if each.startswith("ld-musl-")]
    if musl and not any(tree.resolve(PurePosixPath(p)) for p in ("/etc/ld.so.conf", "/lib64")):
        cause = f"its C library is musl (/lib/{musl[0]}), whose loader has other rules than glibc's"
        raise TreeError("audit", name, cause)


def refuse_nothing(system: System, name: str | PathLike[str]) -> None:
    """Refuse a target in which nothing shows that it is the root of a system.

    Raises:
        TreeError: it has neither an ELF file nor an os-release(5), or may not be listed.
    """
    tree = system.tree
    if _is_root(tree, _TOP):
        return
    found = take_inventory(tree, files_to_look_at(tree, AuditScope(), python=False), system.read)
    if found.names or found.problems:
        return
    cause = f"it has neither an ELF file nor an os-release; {_EXPECTED}"
    raise TreeError("audit", name, "Permission denied" if str(_TOP) in tree.denied else cause)
