"""What ldd(1) misses for each ELF file of an image: run inside it, so that its loader is the judge.

The arguments are directories. Prints, as JSON:

    missing   file: the names that ldd does not find, for each ELF file below the directories
    packages  the packages that are installed
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def is_elf(path: Path) -> bool:
    """Whether a regular file starts as ELF files do."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(4) == b"\x7fELF"


def missing(path: str) -> list[str]:
    """The names that ldd does not find when a file is loaded by itself."""
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(["ldd", path], capture_output=True, text=True, env=environment)
    return sorted(set(re.findall(r"^\t(\S+) => not found", done.stdout, re.MULTILINE)))


def packages() -> list[str]:
    """The names of all packages that are installed."""
    form = "${db:Status-Abbrev}${Package}\n"
    command = ["dpkg-query", "--show", "--showformat", form]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split()[1] for line in said.splitlines() if line.startswith("ii")]


def main(*folders: str) -> None:
    """Ask ldd about each file, and print the answers."""
    found = [path for folder in folders for path in Path(folder).rglob("*")]
    paths = sorted(str(path) for path in found if is_elf(path))
    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(paths, pool.map(missing, paths), strict=True))
    json.dump({"missing": answers, "packages": packages()}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
