"""What a soname tells by itself: whose library it is, and which version."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from math import inf
from typing import NewType

Soname = NewType("Soname", str)
"""The name that an object asks for (DT_NEEDED) or goes by (DT_SONAME)."""

HOST_INJECTED = (
    "libcuda.so*",
    "libcudadebugger.so*",
    "libnvcuvid.so*",
    "libnvidia-*.so*",
    "libnvoptix.so*",
    "libGLX_nvidia.so*",
    "libEGL_nvidia.so*",
    "libGLESv1_CM_nvidia.so*",
    "libGLESv2_nvidia.so*",
    "libvdpau_nvidia.so*",
)
"""Parts of the host's graphics driver, which the NVIDIA container runtime mounts into a container:
they must fit the kernel, so no image can bring them."""
_SET = re.compile(r"libQt[56]")
_HASHED = re.compile(r"lib.+-[0-9a-f]{8}\.so(?:\.\d+)*\Z")
"""A library as auditwheel renames it when it copies it into a wheel."""


def library_set(soname: str) -> str | None:
    """What a library has to come from one source with: Qt's, whose parts use each other's private
    interfaces, and refuse those of another Qt (its symbol version ``Qt_6_PRIVATE_API``).
    """
    found = _SET.match(soname)
    return found[0] if found else None


@cache
def can_be_packaged(soname: Soname) -> bool:
    """Whether it makes sense to ask a distribution for a library of this name."""
    return not ("/" in soname or _HASHED.match(soname) or is_host_injected(soname))


@cache
def is_host_injected(soname: Soname) -> bool:
    """Whether the container runtime brings it."""
    return any(fnmatchcase(soname, pattern) for pattern in HOST_INJECTED)


def by_version(version: str) -> tuple[float, ...] | None:
    """What orders the versions behind ``.so.``: the newest last, and a soname after the longer
    names of the files that it leads to. None: it is no version.
    """
    if not version[:1].isdigit():
        return None
    return (*map(float, re.findall(r"\d+", version)), inf)
