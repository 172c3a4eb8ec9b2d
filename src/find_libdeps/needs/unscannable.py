"""Why a path can't be scanned, and what to do instead."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from find_libdeps.errors import quoted

_INSTALLED = "it names packages, but has no file of theirs: install them, and scan the virtualenv"
_BUILT = "it tells how to build an image: build that, and audit it with find-libdeps audit IMAGE"
_WAYS = (
    (("*requirements*.txt", "*requirements*.in", "constraints*.txt"), _INSTALLED),
    (
        ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "*.lock", "environment.y*ml"),
        _INSTALLED,
    ),
    (("*Dockerfile*", "*Containerfile*", "*compose*.y*ml"), _BUILT),
    (("*-[0-9]*.tar.gz",), "it has sources: make a wheel of them (pip wheel {}), and scan that"),
    (
        ("*.tar", "*.tar.*", "*.tgz"),
        "it is an archive: find-libdeps audit {} reads one of an image",
    ),
    (("*.zip", "*.egg", "*.conda"), "it is an archive: unpack it, and scan the directory"),
    (("*.py",), "a source does not say all by itself: scan the directory that it is in"),
)
"""Patterns of the names of files that people pass, and what to do with these."""
_IMAGE = re.compile(r"[a-z0-9][\w./-]*(:[\w.-]+|@sha256:[0-9a-f]{64})")
"""A reference with a tag or a digest (the OCI distribution specification)."""


def why_not(path: PurePosixPath) -> str:
    """Why a file that is not ELF can't be scanned, by its name."""
    for patterns, advice in _WAYS:
        if any(fnmatchcase(path.name, pattern) for pattern in patterns):
            return advice.format(quoted(path))
    return "it is no ELF file, no wheel and no directory: scan the virtualenv that it is in"


def why_missing(path: str, cause: str) -> str:
    """Why a path that leads nowhere can't be scanned; an image has no path."""
    if not _IMAGE.fullmatch(path):
        return cause
    return f"{cause}; an image is audited with find-libdeps audit {path}, or named by --target"
