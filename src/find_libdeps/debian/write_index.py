"""Write index files, which `find_libdeps.debian.index` reads."""

from __future__ import annotations

import os
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from find_libdeps.debian.index import LINK, MAGIC, OTHER_LINK, SECOND_PART, THIRD_PART, VERSIONS
from find_libdeps.debian.programs import encode_programs
from find_libdeps.debian.release import Release
from find_libdeps.debian.requirements import Requirement, encode_requirements
from find_libdeps.debian.typelibs import Wanted
from find_libdeps.errors import ReleaseError


def encode_index(
    release: Release,
    date: str,
    essential: Iterable[str],
    ranked: Mapping[str, Mapping[str, tuple[str, ...]]],
    links: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
    floor: Mapping[str, Mapping[str, str]] | None = None,
    requirements: Mapping[str, Mapping[str, Requirement]] | None = None,
    programs: Mapping[str, Mapping[str, str]] | None = None,
) -> bytes:
    """The content of an index file: three parts of compressed text. Equal input gives equal bytes.

    Args:
        release: the release that it is for.
        date: when the archive was in this state.
        essential: the packages that every system has.
        ranked: architecture to soname or typelib to packages, the best first.
        links: the same for the links of development packages.
        floor: architecture to the versions of the packages in `FLOOR`.
        requirements: architecture to package to what installing it takes.
        programs: architecture to program to package.
    """
    architectures = sorted(ranked)
    kinds = [each for each in Wanted if each is not Wanted.PROGRAM or programs]
    head = [
        MAGIC,
        f"Release: {release}",
        f"Date: {date}",
        f"Architectures: {' '.join(architectures)}",
        f"Essential: {' '.join(sorted(essential))}",
        f"Kinds: {' '.join(each.value for each in kinds)}",
    ]
    for name, versions in sorted((floor or {}).items()):
        told = " ".join(f"{package}={versions[package]}" for package in sorted(versions))
        head += [f"{VERSIONS}{name}: {told}"] if told else []
    named = {package for each in ranked.values() for names in each.values() for package in names}
    second = encode_requirements(requirements, named) if requirements else b""
    head += [f"{SECOND_PART}: {len(second)}"] if second else []
    third = encode_programs(programs) if programs else b""
    head += [f"{THIRD_PART}: {len(third)}"] if third else []
    marked = {name: _with_links(ranked[name], (links or {}).get(name, {})) for name in ranked}
    text = "\n".join([*head, *_blocks(marked), "\t", ""])
    return zlib.compress(text.encode("utf-8", "surrogateescape"), level=9) + second + third


def _with_links(
    ranked: Mapping[str, tuple[str, ...]], links: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Both in one: next to each other their names take a third of the room."""
    return {name: tuple(map(_link, packages)) for name, packages in links.items()} | dict(ranked)


def _link(package: str) -> str:
    name = package.removesuffix("-dev")
    return f"{OTHER_LINK}{package}" if name == package else f"{LINK}{name}"


def _blocks(entries: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Iterator[str]:
    """The lines of a block for what all architectures have in common, and so on down to one."""
    shared: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for architecture in sorted(entries):
        for entry in entries[architecture].items():
            shared[entry].append(architecture)
    blocks: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (name, packages), having in sorted(shared.items()):
        blocks[tuple(having)].append(f"{name} {' '.join(packages)}")
    for architectures in sorted(blocks, key=lambda names: (-len(names), names)):
        is_all = len(architectures) == len(entries)
        yield f"\t{'*' if is_all else ' '.join(architectures)}"
        yield from blocks[architectures]


def write_index(path: str | os.PathLike[str], data: bytes) -> None:
    """Write an index file, whole or not at all. A device or a pipe is written to directly.

    Raises:
        ReleaseError: it can't be written.
    """
    try:
        place = Path(path).resolve()
        if place.exists() and not place.is_file():
            place.write_bytes(data)
            return
        beside = place.with_name(f".{place.name}.{os.getpid()}")
        with beside.open("xb") as file:
            try:
                file.write(data)
                file.flush()
                beside.replace(place)
            finally:
                beside.unlink(missing_ok=True)
    except OSError as error:
        raise ReleaseError("write the index", path, error.strerror) from None
