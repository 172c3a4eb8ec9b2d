"""What a soname alone tells: who provides the library, and its version."""

from __future__ import annotations

import re
from collections.abc import Iterable
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
_STUB = re.compile(r"(?<=lib)Qt6FFmpegStub-")
_HASH = "-[0-9a-f]{8}"
"""What auditwheel adds to the stem of a library that it copies into a wheel."""
_HASHED = re.compile(rf"lib.+{_HASH}\.so(?:\.\d+)*\Z")
_ANY_VERSION = ".*"


def stem_of(soname: str) -> str:
    """The part before ``.so``: ``libpq`` of ``libpq.so.5``."""
    return soname.partition(".so")[0]


def without_hash(stem: str) -> str:
    """The stem that a library had before auditwheel renamed it."""
    return re.sub(rf"{_HASH}\Z", "", stem)


def is_hashed(soname: str) -> bool:
    """Whether auditwheel made the name. Only the wheel itself can have that library."""
    return _HASHED.match(soname) is not None


def any_version_of(stem: str) -> Soname:
    """The name for any version, which ``ctypes.util.find_library`` looks for: ``libmagic.so.*``."""
    return Soname(f"{stem}.so{_ANY_VERSION}")


def is_any_version(soname: str) -> bool:
    """Whether a name stands for any version of a library; see `any_version_of`."""
    return soname.endswith(_ANY_VERSION)


def version_prefix(soname: str) -> str:
    """What all versions of a name start with: ``libmagic.so.`` of ``libmagic.so.*``."""
    return soname.removesuffix("*")


def versions_of(soname: str, names: Iterable[str]) -> list[Soname]:
    """The `names` that `soname` may stand for, the best first.

    A name in any version stands for all versions, the newest first, which is the one that
    ``ctypes.util.find_library`` takes. Any other name stands for itself.
    """
    if not is_any_version(soname):
        return [Soname(name) for name in names if name == soname][:1]
    prefix = version_prefix(soname)
    found = {n: version_key(n[len(prefix) :]) for n in names if n.startswith(prefix)}
    versions = {name: version for name, version in found.items() if version}
    return [Soname(n) for n in sorted(versions, key=lambda n: (versions[n], n), reverse=True)]


def stands_in_for(soname: str) -> Soname | None:
    """The library that a stub of Qt's for FFmpeg loads when it is used: that of its own name.

    FFmpeg needs ``libQt6FFmpegStub-va.so.2`` in place of ``libva.so.2``, so that it starts without
    (qtmultimedia, coin/provisioning/common/shared/fix_ffmpeg_dependencies.sh). The stub puts the
    name together, and leaves dlopen(3) to QLibrary.
    """
    name, is_stub = _STUB.subn("", soname)
    return Soname(name) if is_stub else None


def library_set(soname: str) -> str | None:
    """The set of libraries that must come from one source, if the library is in one.

    Only Qt has such sets: its libraries use each other's private interfaces, and refuse those of
    another Qt (by its symbol version ``Qt_6_PRIVATE_API``).
    """
    found = _SET.match(soname)
    return found[0] if found else None


@cache
def can_be_packaged(soname: Soname) -> bool:
    """Whether it makes sense to ask a distribution for a library of this name."""
    return not ("/" in soname or is_hashed(soname) or is_host_injected(soname))


@cache
def is_host_injected(soname: Soname) -> bool:
    """Whether the container runtime mounts it; see `HOST_INJECTED`."""
    return any(fnmatchcase(soname, pattern) for pattern in HOST_INJECTED)


def version_key(version: str) -> tuple[float, ...] | None:
    """The sort key of what follows ``.so.`` in a name, or None if that is no version.

    The newest version comes last; a soname comes after the longer names of the files it links to.
    """
    if not version[:1].isdigit():
        return None
    return (*map(float, re.findall(r"\d+", version)), inf)
