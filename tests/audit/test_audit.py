"""Audits of whole systems that this machine could not run, and what an audit does meanwhile."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from programs import need
from project import COMMAND

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def arm64(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a Debian for arm64, its packages unpacked: Python, and a module for libpq."""
    need("mmdebstrap")
    if os.geteuid() != 0:
        pytest.skip("mmdebstrap unpacks packages for root only")
    root = tmp_path_factory.mktemp("arm64") / "root"
    packages = "--include=base-files,dash,libc6,python3-psycopg2"
    command = ["mmdebstrap", "--architectures=arm64", "--variant=extract", packages, "trixie"]
    done = subprocess.run([*command, str(root)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return root


def audited(*arguments: str | Path) -> dict[str, Any]:
    """What the command prints of a root, as JSON."""
    command = [COMMAND, "audit", "--format", "json", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def missing(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The libraries that an audit misses, and who asks for each."""
    return [
        (each["name"], [Path(spot["path"]).name for spot in each["spots"]])
        for each in found["findings"]
        if each["code"] == "missing-library"
    ]


def test_a_system_for_another_machine_is_audited_like_any(arm64: Path) -> None:
    """Of an arm64 root nothing is missing; without libpq it is what the module's file misses."""
    found = audited("--all", arm64)
    assert found["objects"] > 50
    assert missing(found) == []
    module = "_psycopg.cpython-313-aarch64-linux-gnu.so"
    libraries = arm64 / "usr/lib/aarch64-linux-gnu"
    for library in libraries.glob("libpq.so.5*"):
        library.rename(library.with_name(f"away-{library.name}"))
    try:
        found = audited(arm64, "/usr/lib/python3")
    finally:
        for library in libraries.glob("away-*"):
            library.rename(library.with_name(library.name.removeprefix("away-")))
    assert missing(found) == [("libpq.so.5", [module])]
    assert found["install"] == ["libpq5"]


def test_nothing_is_run_and_nothing_written(arm64: Path, tmp_path: Path) -> None:
    """In a whole audit no program is started but ourselves, and no file opened for writing."""
    need("strace")
    log = tmp_path / "log"
    calls = "trace=execve,execveat,open,openat,creat,mkdir,rename,unlink,symlink,link,chmod,chown"
    subprocess.run(
        ["strace", "-f", "-s", "4096", "-o", str(log), "-e", calls, COMMAND, "audit", str(arm64)],
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=True,
    )
    calls_made = [line.partition(" ")[2].strip() for line in log.read_text().splitlines()]
    started = [call for call in calls_made if call.startswith("exec")]
    assert len(started) == 1, started
    # calls of helpers may come between the two halves of others'; the first half has the flags
    reading = re.compile(
        r"open(?:at)?\(.*, O_RDONLY|<\.\.\. open(?:at)? resumed|exec|\+\+\+ |--- SIG(?:CHLD|ALRM)"
    )
    assert [call for call in calls_made if not reading.match(call)] == []
