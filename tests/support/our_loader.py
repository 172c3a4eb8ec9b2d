"""What our loader makes of an object in a root, told as `mini_root` tells it of the real one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import mini_root
from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.ldconf import configured_directories
from find_libdeps.elf.loader import Loader
from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import Found, LinkMap
from find_libdeps.elf.readers import Reader
from find_libdeps.elf.search_list import SearchPath
from find_libdeps.needs.object_reader import ObjectReader
from find_libdeps.roots.directory import DirectoryTree


def resolve(
    root: Path, name: str, library_path: Sequence[str], reader: Reader = Reader.STRUCT
) -> list[mini_root.Need]:
    """What our loader makes of an object in a root."""
    tree = DirectoryTree(root)
    read = ObjectReader(tree, reader)
    path = PurePosixPath("/" + name.lstrip("/"))
    elf = read(path)
    assert isinstance(elf, ElfObject)
    # what the real loader takes from the CPU that it runs on
    words = mini_root.words()
    architecture = architecture_of(elf.abi)._replace(platform=words["PLATFORM"])
    search = SearchPath(
        architecture,
        configured_directories(tree),
        library_path=":".join(library_path),
        working_directory=PurePosixPath("/"),
    )
    loader = Loader(search, read, read.look_into)
    needs, _ = loader.load(LinkMap(path, elf), follow=lambda p: p.name != "libc.so.6")
    told = []
    for need in needs:
        outcome = need.outcome
        found = (
            (str(outcome.path), outcome.how.value) if isinstance(outcome, Found) else (None, None)
        )
        told.append(mini_root.Need(str(need.requester), str(need.soname), *found))
    return told


def absolute(path: str) -> str:
    """A path as we spell it: seen from the root, and without needless slashes."""
    return str(PurePosixPath("/" + path.lstrip("/")))
