"""What our loader makes of an object in a root, told as `real_loader` tells it of the real one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.ldconf import LD_SO_CACHE, configured_directories
from find_libdeps.elf.loader import Loader
from find_libdeps.elf.objects import Dependency, ElfObject
from find_libdeps.elf.outcome import Found, LinkMap
from find_libdeps.elf.outcome import Need as OurNeed
from find_libdeps.elf.readers import Reader
from find_libdeps.elf.search_list import SearchPath
from find_libdeps.elf.sonames import Soname
from find_libdeps.needs.object_reader import ObjectReader
from find_libdeps.needs.system import glibc_release
from find_libdeps.roots.directory import DirectoryTree
from glibc import LIBC, MACHINE, Glibc
from real_loader import Need


def resolve(
    root: Path,
    name: str,
    library_path: Sequence[str],
    reader: Reader = Reader.STRUCT,
    glibc: Glibc = MACHINE,
) -> list[Need]:
    """What our loader makes of an object in a root."""
    loader, main = _start(root, name, library_path, reader, glibc)
    return _told(loader.load(main, follow=_is_followed)[0])


def opened(
    root: Path,
    name: str,
    opens: tuple[str, str],
    library_path: Sequence[str],
    glibc: Glibc = MACHINE,
) -> list[Need]:
    """What our loader makes of a library that is opened by dlopen(3), once a program has started.

    Args:
        root: the root.
        name: the program.
        opens: the object that calls dlopen(3), and what it opens.
        library_path: LD_LIBRARY_PATH.
        glibc: whose loader would run.
    """
    loader, main = _start(root, name, library_path, Reader.STRUCT, glibc)
    _, process = loader.load(main, follow=_is_followed)
    caller = next(link for link in process if str(link.path) == opens[0])
    asks = replace(caller.elf, dependencies=(Dependency(Soname(opens[1])),))
    asked = LinkMap(caller.path, asks, caller.loader)
    need = loader.load(asked, process, lambda path: False)[0][0]
    found = need.outcome
    if not isinstance(found, Found) or any(found.elf is link.elf for link in process):
        return _told([need])
    # the RPATH of who calls dlopen(3) is not inherited: the library has no loader
    link = LinkMap(found.path, found.elf, names={need.soname})
    return _told([need, *loader.load(link, process, _is_followed)[0]])


def _start(
    root: Path, name: str, library_path: Sequence[str], reader: Reader, glibc: Glibc
) -> tuple[Loader, LinkMap]:
    tree = DirectoryTree(root)
    read = ObjectReader(tree, reader)
    path = PurePosixPath("/" + name.lstrip("/"))
    elf = read(path)
    assert isinstance(elf, ElfObject)
    # what the real loader takes from the CPU that it runs on
    architecture = architecture_of(elf.abi)
    architecture = architecture._replace(
        platform=glibc.words["PLATFORM"],
        features=tuple(each for each in architecture.features if each in glibc.features),
    )
    search = SearchPath(
        architecture,
        configured_directories(tree),
        library_path=":".join(library_path),
        working_directory=PurePosixPath("/"),
        has_cache=tree.has_file(LD_SO_CACHE),
        release=lambda: glibc_release(tree, read, elf.abi),
    )
    return Loader(search, read, read.look_into), LinkMap(path, elf)


def _is_followed(path: PurePosixPath) -> bool:
    return path.name != LIBC


def _told(needs: Iterable[OurNeed]) -> list[Need]:
    told = []
    for need in needs:
        outcome = need.outcome
        found = (
            (str(outcome.path), outcome.how.value) if isinstance(outcome, Found) else (None, None)
        )
        told.append(Need(str(need.requester), str(need.soname), *found))
    return told
