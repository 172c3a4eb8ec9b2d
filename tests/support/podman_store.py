"""A store of podman's own for some tests: nothing of this machine's is touched."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from programs import need


@contextmanager
def podman_store(top: Path) -> Iterator[None]:
    """Gives podman an empty store below a directory; skips where podman does not work."""
    need("podman")
    text = f'[storage]\ndriver = "vfs"\ngraphroot = "{top}/store"\nrunroot = "{top}/run"\n'
    (top / "storage.conf").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_STORAGE_CONF", str(top / "storage.conf"))
        if subprocess.run(["podman", "images"], capture_output=True).returncode:
            pytest.skip("podman does not work here")
        yield
    shutil.rmtree(top / "store")
