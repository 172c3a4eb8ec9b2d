"""A run is watched, and its document is read when its environment is scanned: by the command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

import programs
from project import COMMAND
from watched import opener

LOADED, MISSED = "libz.so.1", "libbroken-by-intent.so.9"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with a module that loads what it is told, which no reading can know."""
    programs.need("dpkg-query")
    made = tmp_path_factory.mktemp("observed") / "venv"
    venv.create(made)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    module = made / "lib" / version / "site-packages" / "codec.py"
    module.write_text("import ctypes\n\ndef load(name):\n    return ctypes.CDLL(name)\n")
    return made


def observe(environment: Path, *command: str) -> str:
    """Watch a command that starts in an environment's bin; the file that is written."""
    file = str(environment.parent / "observed.json")
    words = [str(environment / "bin" / command[0]), *command[1:]]
    subprocess.run([COMMAND, "observe", "-o", file, "--", *words], check=True)
    return file


def scanned(environment: Path, *options: str) -> Any:
    """The report on it, with all packages: what every machine has is essential."""
    command = [COMMAND, "--no-config", "--essential", "-f", "json", *options, str(environment)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def owner(soname: str) -> str:
    """The package that has a library which this Python loads, by its own maps and by dpkg."""
    source = f"import ctypes; ctypes.CDLL({soname!r}); print(open('/proc/self/maps').read())"
    maps = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True).stdout
    (path,) = {line.split()[-1] for line in maps.splitlines() if "/libz.so" in line}
    for spelling in (path, path.removeprefix("/usr")):
        done = subprocess.run(["dpkg-query", "-S", spelling], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.partition(":")[0]
    pytest.skip(f"no package has {path}")


def test_what_a_run_loads_is_listed(environment: Path) -> None:
    """With the line of Python that asks, and with the package that dpkg knows."""
    source = f"import codec; codec.load('{LOADED}')"
    file = observe(environment, "python", "-c", source)
    alone, report = scanned(environment), scanned(environment, "--observed", file)
    package = owner(LOADED)
    names = [each["name"] for each in alone["packages"]]
    assert package not in names
    (found,) = (each for each in report["packages"] if each["name"] == package)
    (need,) = found["needs"]
    assert (need["soname"], need["line"], need["observed"]) == (LOADED, 4, "loaded")
    assert Path(need["requester"]).name == "codec.py"


def test_environment_may_be_elsewhere_now(environment: Path, tmp_path: Path) -> None:
    """What was below the sys.prefix of the run is below that of the copy."""
    file = observe(environment, "python", "-c", f"import codec; codec.load('{LOADED}')")
    copy = tmp_path / "copy"
    shutil.copytree(environment, copy, symlinks=True)
    report = scanned(copy, "--observed", file)
    requesters = {need["requester"] for each in report["packages"] for need in each["needs"]}
    assert any(each.startswith(f"{copy}/") for each in requesters)
    assert owner(LOADED) in [each["name"] for each in report["packages"]]


def test_program_of_the_environment_asks(environment: Path) -> None:
    """An object that calls dlopen(3) itself; what it does not find is not listed."""
    programs.need("cc")
    program = environment / "bin" / "opener"
    program.write_bytes(opener())
    program.chmod(0o755)
    file = observe(environment, "opener", LOADED, MISSED)
    report = scanned(environment, "--observed", file)
    program.unlink()
    (found,) = (each for each in report["packages"] if each["name"] == owner(LOADED))
    assert [(need["requester"], need["observed"]) for need in found["needs"]] == [
        (os.path.realpath(program), "loaded")
    ]
    assert report["unresolved"] == []


def test_what_others_ask_for_does_not_count(environment: Path) -> None:
    """A line outside of what is scanned, and what Python and the system load for themselves."""
    file = observe(
        environment, "python", "-c", "import ctypes, ssl, zlib; ctypes.CDLL('libz.so.1')"
    )
    report = scanned(environment, "--observed", file)
    assert report["packages"] == scanned(environment)["packages"]
