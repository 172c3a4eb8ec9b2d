"""The first line of a script, by which the kernel finds its interpreter (execve(2))."""

from __future__ import annotations

from pathlib import PurePosixPath

from find_libdeps.errors import TreeError
from find_libdeps.roots.tree import Tree

HEAD = 256
"""Bytes of a script that the kernel looks at (BINPRM_BUF_SIZE)."""


def first_line(tree: Tree, script: PurePosixPath) -> list[str]:
    """The words after ``#!`` in a script's first line (execve(2)); empty if it has no such line."""
    try:
        with tree.open(script) as stream:
            head = stream.read(HEAD)
    except (TreeError, OSError):
        return []
    if not head.startswith(b"#!"):
        return []
    line = head[2:].partition(b"\n")[0].decode("utf-8", "surrogateescape")
    return line.split() if line.strip().startswith("/") else []
