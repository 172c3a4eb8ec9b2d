"""Records what the ELF files of a directory ask for, so that tests can make files that ask alike.

    .venv/bin/python tests/tools/record_objects.py DIRECTORY > fixtures/pages/NAME.txt

A line for each file: its path, then what it has of ``soname=NAME``, ``rpath=DIRS``,
``runpath=DIRS`` and ``needed=NAME,NAME``. `pages.recorded_root` makes a root of it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile


def line_of(path: Path, name: str) -> str:
    """What a file says of itself, by pyelftools."""
    told: dict[str, list[str]] = {"soname": [], "rpath": [], "runpath": [], "needed": []}
    with path.open("rb") as stream:
        for section in ELFFile(stream).iter_sections():
            for tag in section.iter_tags() if isinstance(section, DynamicSection) else ():
                key = tag.entry.d_tag.removeprefix("DT_").lower()
                if key in told:
                    told[key].append(getattr(tag, key))
    words = [f"{key}={','.join(values)}" for key, values in told.items() if values]
    return " ".join([name, *words])


def main(directory: str) -> None:
    """Print a line for each ELF file."""
    top = Path(directory)
    for path in sorted(top.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.read_bytes()[:4] == b"\x7fELF":
            print(line_of(path, str(path.relative_to(top))))


if __name__ == "__main__":
    main(sys.argv[1])
