"""What installing packages takes: their sizes and dependencies, the second part of an index.

Few commands ask for that, so it is compressed by itself, and unpacked when it is first asked for.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from find_libdeps.errors import ReleaseError

_MAGIC = "find-libdeps packages 1"
MAX_UNPACKED = 64 << 20
"""Most bytes of this part, unpacked; real ones have about 150,000."""
_STEP = math.log(1.05)
"""Sizes are kept in steps of 5 %: exact ones would take more room than all dependencies."""
ROUNDING = math.exp(_STEP / 2) - 1
"""By which share of it a size may be too small."""
_MOST_STEPS = 600
"""More than any file system holds."""
_FIRST = 33
"""The character that stands for 0. Those before it separate numbers, lists and blocks."""
_DEPENDENCY = re.compile(r"[^ ](?: [^ ])*")


@dataclass(frozen=True, slots=True)
class Requirement:
    """What installing one package takes."""

    size: int
    """How much it takes, in KiB; in an index within 3 %."""
    needs: tuple[tuple[str, ...], ...]
    """Its direct dependencies as they are written, each with the packages that meet it: first the
    one that apt chooses where none is installed. Left out are those that the system meets; in an
    index also those that an earlier dependency brings, and what every system meets.
    """
    is_at_most: bool = False
    """Whether the system leaves out files of the package, of which it is not known how much they
    take; then the size is with them, and as large as it may be.
    """


@dataclass(frozen=True)
class Requirements:
    """The second part of an index."""

    packed: bytes
    source: str
    """The index, for messages."""
    named: Callable[[], Collection[str]] = field(compare=False)
    """The packages that the first part names."""

    def of(self, package: str, architecture: str) -> Requirement | None:
        """What installing a package takes; None if this part does not have it.

        Raises:
            ReleaseError: this part is damaged.
        """
        number = self._numbers.get(package)
        steps = self._sizes.get(architecture)
        if number is None or steps is None or not steps[number]:
            return None
        own = self._lists[architecture].get(number)
        text = self._lists["*"][number] if own is None else own
        needs = tuple(
            tuple(self._names[ord(each) - _FIRST] for each in dependency[::2])
            for dependency in _DEPENDENCY.findall(text)
        )
        return Requirement(_size(steps[number]), needs)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self._names)}

    @property
    def _names(self) -> list[str]:
        return self._unpacked[0]

    @property
    def _sizes(self) -> dict[str, list[int]]:
        return self._unpacked[1]

    @property
    def _lists(self) -> dict[str, dict[int, str]]:
        return self._unpacked[2]

    @cached_property
    def _unpacked(self) -> tuple[list[str], dict[str, list[int]], dict[str, dict[int, str]]]:
        try:
            return self._unpack()
        except (zlib.error, ValueError, IndexError):
            cause = "its part with sizes and dependencies is damaged"
            raise ReleaseError("read the index", self.source, cause) from None

    def _unpack(self) -> tuple[list[str], dict[str, list[int]], dict[str, dict[int, str]]]:
        """The names, the steps of sizes and the lists of dependencies; see `encode_requirements`.

        Raises:
            zlib.error, ValueError, IndexError: it is damaged.
        """
        stream = zlib.decompressobj()
        text = stream.decompress(self.packed, MAX_UNPACKED).decode("utf-8", "surrogatepass")
        lines = text.split("\n")
        if not stream.eof or lines[0] != _MAGIC:
            raise ValueError
        architectures, others = lines[1].split(), lines[2].split()
        names = sorted({*self.named(), *others})
        sizes: dict[str, list[int]] = {}
        for architecture, line in zip(architectures, lines[3:], strict=False):
            first = next(iter(sizes.values()), None)
            sizes[architecture] = list(_steps(line, first))
        first_list = 3 + len(architectures)
        blocks = dict(_blocks(lines[first_list:], len(names)))
        is_whole = sizes.keys() == set(architectures) and blocks.keys() == {"*", *architectures}
        used = set[str]().union(*(text for block in blocks.values() for text in block.values()))
        numbers = [ord(each) - _FIRST for each in used - {" "}]
        if not is_whole or any(not 0 <= number < len(names) for number in numbers):
            raise ValueError
        if any(len(steps) != len(names) for steps in sizes.values()):
            raise ValueError
        if any(not 0 <= each <= _MOST_STEPS for steps in sizes.values() for each in steps):
            raise ValueError
        return names, sizes, blocks


def _blocks(lines: Sequence[str], count: int) -> Iterator[tuple[str, dict[int, str]]]:
    yield "*", dict(enumerate(lines[:count]))
    name, found = "", dict[int, str]()
    for line in lines[count:]:
        if line.startswith("\t"):
            if name:
                yield name, found
            name, found = line[1:], {}
        elif line:
            found[ord(line[0]) - _FIRST] = line[1:]
    if name:
        yield name, found


def encode_requirements(
    known: Mapping[str, Mapping[str, Requirement]], named: Collection[str]
) -> bytes:
    """The second part of an index. Equal input gives equal bytes.

    Packages are numbered in the order of their names, and each number is a character. The first
    line has the architectures, the second one the names that the first part lacks. A line for each
    architecture has the sizes in steps, 0 for what it does not have. All but the first of these
    lines have differences to the first. A line for each package has the numbers of what it needs,
    with blanks between those that meet the same dependency. Last, each architecture has a block of
    the lines that differ, each behind the number of its package.

    Args:
        known: architecture to package to what installing it takes.
        named: the packages that the first part names.
    """
    architectures = sorted(known)
    others = sorted(set().union(*known.values()) - set(named))
    names = sorted({*named, *others})
    numbers = {name: number for number, name in enumerate(names)}
    lists = {a: {n: _text(r, numbers) for n, r in known[a].items()} for a in architectures}
    shared = {n: next((lists[a][n] for a in architectures if n in lists[a]), "") for n in names}
    lines = [_MAGIC, " ".join(architectures), " ".join(others)]
    steps = {a: [_steps_of(known[a].get(name)) for name in names] for a in architectures}
    for name in architectures:
        first = [0] * len(names) if name == architectures[0] else steps[architectures[0]]
        pairs = zip(steps[name], first, strict=True)
        lines.append("".join(_character(_unsigned(own - other)) for own, other in pairs))
    lines += shared.values()
    for architecture in architectures:
        own = lists[architecture]
        lines.append(f"\t{architecture}")
        lines += [_character(numbers[n]) + own[n] for n in sorted(own) if own[n] != shared[n]]
    return zlib.compress("\n".join(lines).encode("utf-8", "surrogatepass"), level=9)


def _text(requirement: Requirement, numbers: Mapping[str, int]) -> str:
    lists = ([numbers[name] for name in names] for names in requirement.needs)
    return "".join(" ".join(map(_character, each)) for each in lists)


def _character(number: int) -> str:
    return chr(_FIRST + number)


def _unsigned(number: int) -> int:
    """0, -1, 1, -2, 2 ... as 0, 1, 2, 3, 4 ..."""
    return 2 * number if number >= 0 else -2 * number - 1


def _steps(line: str, first: Sequence[int] | None) -> Iterator[int]:
    """The sizes of a line, in steps from 1; 0 for packages that are not there."""
    for at, character in enumerate(line):
        number = ord(character) - _FIRST
        difference = -(number + 1) // 2 if number % 2 else number // 2
        yield difference + (first[at] if first else 0)


def _steps_of(requirement: Requirement | None) -> int:
    if requirement is None:
        return 0
    return 1 + round(math.log(max(requirement.size, 1)) / _STEP)


def _size(steps: int) -> int:
    """The size in KiB; see `_steps_of`."""
    return round(math.exp((steps - 1) * _STEP))
