"""The state of files, to show that a command leaves them as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

STATE = [Path("/var/lib/apt"), Path("/var/cache/apt"), Path("/etc/apt")]
"""What belongs to the system's own apt."""


def snapshot(places: Sequence[Path]) -> dict[str, tuple[object, ...]]:
    """Everything below some directories: kind, size, times, and what small files hold."""
    state: dict[str, tuple[object, ...]] = {}
    for place in places:
        for path in (place, *place.rglob("*")):
            status = path.lstat()
            is_small = path.is_file() and status.st_size < 1 << 20
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if is_small else ""
            times = (status.st_mtime_ns, status.st_ctime_ns)
            state[str(path)] = (status.st_mode, status.st_size, *times, digest)
    return state
