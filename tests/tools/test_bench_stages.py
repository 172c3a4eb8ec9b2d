"""The benchmark's timers are where the work is done. What they say is nobody's matter here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import bench_stages
from programs import need

SOURCE = "import ctypes\nctypes.CDLL('libm.so.6')\n"


def test_each_stage_is_timed(tmp_path: Path) -> None:
    """A package with an extension module and a library that it loads by name goes by all stages."""
    package = tmp_path / "lib/python3.11/site-packages/package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(SOURCE)
    source, module = tmp_path / "module.c", package / "module.abi3.so"
    source.touch()
    need("cc")
    subprocess.run(["cc", "-shared", "-o", str(module), str(source)], check=True)
    (tmp_path / "pyvenv.cfg").touch()
    output = tmp_path / "stages.json"
    command = [sys.executable, bench_stages.__file__, str(output), "--quiet", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    spent = json.loads(output.read_text())
    assert list(spent) == [*bench_stages.STAGES, bench_stages.REST]
    assert all(spent.values()), spent
