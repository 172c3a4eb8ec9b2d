"""Programs: which package has one that is run by its bare name; the third part of an index.

Few commands ask for that, so it is compressed by itself, and unpacked when it is first asked for.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from find_libdeps.debian.contents import NOT_FOR_TARGETS, PRIORITIES, whole_lines
from find_libdeps.errors import ReleaseError

_MAGIC = "find-libdeps programs 1"
MAX_PROGRAMS_SIZE = 64 << 20
"""Most bytes of this part, unpacked; real ones have about 400,000."""
_OWN = "="
"""What stands for the package's name at the start of a program's: ``git = =-shell``."""
_PROGRAM = re.compile(rb"^(?:\./)?(?:usr/)?s?bin/([^/\s=][^/\s]*)[ \t]+(\S+)[ \t]*$", re.MULTILINE)
"""A line of a Contents index for a file in a directory of ``$PATH``. Games are not on root's."""
_CROSS = re.compile(r"-(linux-gnu\w*|w64-mingw32\w*)-")
"""In the names of tools that build for one architecture, which no other program calls."""
ALTERNATIVES = {
    "compare": "imagemagick",
    "composite": "imagemagick",
    "convert": "imagemagick",
    "display": "imagemagick",
    "exiftool": "libimage-exiftool-perl",
    "identify": "imagemagick",
    "java": "default-jre-headless",
    "javac": "default-jdk-headless",
    "latex": "texlive-latex-base",
    "libreoffice": "libreoffice-common",
    "lsb_release": "lsb-release",
    "lualatex": "texlive-latex-base",
    "mogrify": "imagemagick",
    "montage": "imagemagick",
    "mpiexec": "openmpi-bin",
    "mpirun": "openmpi-bin",
    "mvn": "maven",
    "nc": "netcat-openbsd",
    "npm": "npm",
    "pdflatex": "texlive-latex-base",
    "pg_dump": "postgresql-client",
    "pg_restore": "postgresql-client",
    "php": "php-cli",
    "pinentry": "pinentry-curses",
    "psql": "postgresql-client",
    "soffice": "libreoffice-common",
    "telnet": "telnet",
    "traceroute": "traceroute",
    "vi": "vim",
    "vim": "vim",
    "xdg-open": "xdg-utils",
    "xelatex": "texlive-xetex",
}
"""Programs that no Contents index of an architecture lists, and the package that brings them: links
of update-alternatives(1), and scripts in packages for all architectures.
"""


def read_programs(chunks: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """The programs in a Contents index, each with a package that ships it.

    Raises:
        ReleaseError: the index is cut off.
    """
    for block in whole_lines(chunks):
        for name, packages in _PROGRAM.findall(block):
            program = name.decode("utf-8", "surrogateescape")
            if _CROSS.search(program):
                continue
            for package in packages.decode("utf-8", "surrogateescape").split(","):
                bare = package.rpartition("/")[2]
                if not NOT_FOR_TARGETS.search(bare):
                    yield program, bare


def shared(found: Iterable[tuple[str, str]]) -> set[str]:
    """The packages that share a program with another; only their Priority matters."""
    having = defaultdict[str, set[str]](set)
    for program, package in found:
        having[program].add(package)
    return set[str]().union(*(packages for packages in having.values() if len(packages) > 1))


def best_packages(
    found: Iterable[tuple[str, str]], priorities: Mapping[str, str]
) -> dict[str, str]:
    """The package of each program: the one that apt prefers, then the one of that name."""

    def key(program: str, package: str) -> tuple[int, bool, bool, int, str]:
        priority = priorities.get(package, "optional")
        rank = PRIORITIES.index(priority) if priority in PRIORITIES else len(PRIORITIES)
        is_other = package != program
        return rank, is_other, not package.startswith(program), len(package), package

    best = dict[str, str]()
    for program, package in found:
        known = best.setdefault(program, package)
        if key(program, package) < key(program, known):
            best[program] = package
    return best


def with_alternatives(best: Mapping[str, str], is_there: Callable[[str], object]) -> dict[str, str]:
    """The same with the programs of `ALTERNATIVES` whose packages a release has."""
    others = {program: name for program, name in ALTERNATIVES.items() if is_there(name)}
    return others | dict(best)


def encode_programs(programs: Mapping[str, Mapping[str, str]]) -> bytes:
    """This part of an index. Equal input gives equal bytes.

    Args:
        programs: architecture to program to package.
    """
    having = defaultdict[tuple[str, str], list[str]](list)
    for architecture in sorted(programs):
        for program, package in programs[architecture].items():
            having[package, program].append(architecture)
    blocks = defaultdict[tuple[str, ...], dict[str, str]](dict)
    for (package, program), architectures in sorted(having.items()):
        lines = blocks[tuple(architectures)]
        is_own = program.startswith(package)
        word = f"{_OWN}{program.removeprefix(package)}" if is_own else program
        lines[package] = f"{lines.get(package, package)} {word}"
    text = [_MAGIC]
    for names in sorted(blocks, key=lambda names: (-len(names), names)):
        text += [f"\t{' '.join(names)}", *blocks[names].values()]
    return zlib.compress("\n".join(text).encode("utf-8", "surrogateescape"), level=9)


@dataclass(frozen=True)
class Programs:
    """The third part of an index."""

    packed: bytes
    source: str
    """The index, for messages."""

    def package(self, program: str, architecture: str) -> str | None:
        """The package that has a program; None if none has it.

        Raises:
            ReleaseError: this part is damaged.
        """
        found = (b[program] for names, b in self._blocks if architecture in names and program in b)
        return next(found, None)

    @cached_property
    def _blocks(self) -> Sequence[tuple[Sequence[str], Mapping[str, str]]]:
        """For each set of architectures the package of each program."""
        stream = zlib.decompressobj()
        try:
            text = stream.decompress(self.packed, MAX_PROGRAMS_SIZE)
        except zlib.error:
            text = b""
        magic, *lines = text.decode("utf-8", "surrogateescape").split("\n")
        if not stream.eof or magic != _MAGIC:
            cause = "its part with programs is damaged"
            raise ReleaseError("read the index", self.source, cause)
        blocks = list[tuple[Sequence[str], dict[str, str]]]()
        for line in lines:
            if line.startswith("\t"):
                blocks.append((line.split(), {}))
                continue
            package, *words = line.split(" ")
            for word in words if blocks else ():
                is_own = word.startswith(_OWN)
                blocks[-1][1][f"{package}{word[1:]}" if is_own else word] = package
        return blocks
