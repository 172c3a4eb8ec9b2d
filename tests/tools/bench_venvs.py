"""The virtualenvs of the benchmark, each made once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from bench_timing import CannotRun

MAGIC = b"\x7fELF"
"""Not imported from find_libdeps: whatever this process holds, its children are charged for."""

TORCH = "torch==2.13.0+cpu"
"""The build without CUDA, that would be 4 GB more. pip has to be told where to find it
(PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL)."""

LARGE = (
    *("tensorflow-cpu", "scipy", "pandas", "pyarrow", "PySide6-Essentials", "opencv-python"),
    *("scikit-learn", "matplotlib", "lxml", "pillow", "grpcio", "psycopg2-binary"),
)

MEDIUM = (
    *("scipy", "pandas", "opencv-python", "PySide6-Essentials"),
    *("scikit-learn", "lxml", "grpcio"),
)

WHEELS = (*MEDIUM, "pyarrow", "matplotlib")

PLACEHOLDER = b"########"
"""Stands in the sonames of the two files that all of a growing environment are copied from."""

PAIRS = 10
"""How many extension modules a package of a growing environment has, and libraries for these."""

RUNPATH = "$ORIGIN/../bench_libs"


def large(folder: Path) -> Path:
    """Machine learning, Qt, and a dozen others: about a thousand ELF files in 3.4 GB.

    Raises:
        CannotRun: pip can't install them.
    """
    if not _is_ready(venv := folder / "large"):
        _make_venv(venv)
        try:
            _install(venv, TORCH, *LARGE)
        except CannotRun:
            print(f"    {TORCH} is left out: pip does not find it (PIP_EXTRA_INDEX_URL)")
            _install(venv, *LARGE)
        _set_ready(venv)
    return venv


def medium(folder: Path) -> Path:
    """Science and Qt: about 600 ELF files in 850 MB.

    Raises:
        CannotRun: pip can't install them.
    """
    if not _is_ready(venv := folder / "medium"):
        _make_venv(venv)
        _install(venv, *MEDIUM)
        _set_ready(venv)
    return venv


def wheels(folder: Path) -> list[Path]:
    """The wheels of nine projects: six hundred ELF files, which inflate to 0.7 GB.

    Raises:
        CannotRun: pip can't download them.
    """
    if not _is_ready(place := folder / "wheels"):
        download = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d", str(place)]
        _checked([sys.executable, "-m", "pip", *download, *WHEELS])
        _set_ready(place)
    return sorted(place.glob("*.whl"))


def small(folder: Path) -> Path:
    """Only psycopg2, from source.

    Raises:
        CannotRun: it can't be built here.
    """
    if not _is_ready(venv := folder / "small"):
        header = Path(sysconfig.get_path("include"), "Python.h")
        lacks = [p for p, tool in (("libpq-dev", "pg_config"), ("gcc", "cc")) if not _has(tool)]
        lacks += [] if header.exists() else ["python3-dev"]
        if lacks:
            raise CannotRun(f"psycopg2 can't be built: apt-get install {' '.join(lacks)}")
        _make_venv(venv)
        _install(venv, "--no-binary", "psycopg2", "psycopg2")
        _set_ready(venv)
    return venv


def growing(folder: Path, count: int) -> Path:
    """So many ELF files, half extension modules, half libraries, each with a name of its own.

    Raises:
        CannotRun: there is no compiler.
    """
    if not _is_ready(venv := folder / f"elf-{count}"):
        if not _has("cc"):
            raise CannotRun("there is no compiler: apt-get install gcc libc6-dev")
        _make_venv(venv, "--without-pip")
        site = next(venv.glob("lib/python*/site-packages"))
        library, module = _templates(venv)
        for first in range(0, count // 2, PAIRS):
            numbers = range(first, min(first + PAIRS, count // 2))
            _write_package(site, f"bench{first}", numbers, library, module)
        _set_ready(venv)
    return venv


def _write_package(site: Path, name: str, numbers: range, library: bytes, module: bytes) -> None:
    """A package with its libraries and its RECORD, as a wheel brings them."""
    files = {f"{name}/__init__.py": b""}
    for number in numbers:
        digits = f"{number:0{len(PLACEHOLDER)}}"
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        files[f"{name}/part{digits}{suffix}"] = module.replace(PLACEHOLDER, digits.encode())
        soname = f"libbench-{digits}.so"
        files[f"bench_libs/{soname}"] = library.replace(PLACEHOLDER, digits.encode())
    info = f"{name}-1.0.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    record = [f"{path},," for path in (*files, f"{info}/RECORD")]
    files[f"{info}/RECORD"] = "\n".join(record).encode()
    for path, content in files.items():
        place = site / path
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)


def _templates(folder: Path) -> tuple[bytes, bytes]:
    """A library, and a module that needs it, libm, and libpq as psycopg2 does."""
    soname = f"libbench-{PLACEHOLDER.decode()}.so"
    source, stub = folder / "empty.c", folder / "libpq.so.5"
    library, module = folder / soname, folder / "module.so"
    source.touch()
    cc = ["cc", "-shared", "-s", "-Wl,-z,noseparate-code", "-Wl,--no-as-needed"]
    _checked([*cc, "-Wl,-soname,libpq.so.5", "-o", str(stub), str(source)])
    _checked([*cc, f"-Wl,-soname,{soname}", "-o", str(library), str(source), "-lm"])
    needed = [str(library), str(stub), "-lm", "-Wl,--enable-new-dtags", f"-Wl,-rpath,{RUNPATH}"]
    _checked([*cc, "-o", str(module), str(source), *needed])
    contents = library.read_bytes(), module.read_bytes()
    for file in (source, stub, library, module):
        file.unlink()
    return contents


def files_in(venv: Path) -> Iterator[Path]:
    """Its regular files."""
    for directory, _, names in os.walk(venv):
        for name in names:
            path = Path(directory, name)
            if not path.is_symlink():
                yield path


def is_elf(path: Path) -> bool:
    """Whether a file starts like one."""
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def _is_ready(venv: Path) -> bool:
    """Whether it was made to the end; what is left of one that was not is removed."""
    if _marker(venv).exists():
        return True
    shutil.rmtree(venv, ignore_errors=True)
    print(f"    making {venv}", flush=True)
    return False


def _set_ready(venv: Path) -> None:
    _marker(venv).touch()


def _marker(venv: Path) -> Path:
    """Stands beside an environment that was made to the end."""
    return venv.with_suffix(".ready")


def _make_venv(venv: Path, *options: str) -> None:
    _checked([sys.executable, "-m", "venv", *options, str(venv)])


def _install(venv: Path, *requirements: str) -> None:
    python = str(venv / "bin/python")
    _checked([python, "-m", "pip", "install", "--quiet", "--no-cache-dir", *requirements])


def _has(tool: str) -> bool:
    return shutil.which(tool) is not None


def _checked(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).splitlines() or [""]
        raise CannotRun(f"{' '.join(command[:4])} fails: {lines[-1]}")
