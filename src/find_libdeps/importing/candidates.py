"""Which sources have the name of something that asks, and import the module that has it.

They are found by their words, without parsing them: first those that name the module, then those
that name another module which imports the thing by its name.
"""

from __future__ import annotations

import builtins
import io
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple, TypeAlias

from find_libdeps.python.code_words import has_word
from find_libdeps.python.import_words import ImportedNames, is_dynamic
from find_libdeps.python.reach import names_imported_by
from find_libdeps.python.survey import PackageSurvey, Source

OF_ANYTHING = frozenset((*dir(builtins), *dir(dict), *dir(list), *dir(str), *dir(io.TextIOWrapper)))
"""Names of functions and methods that say nothing of what has them."""
_STAR = b"import *"
PART = 200
"""Sources of a package that one process searches at a time."""
Askers: TypeAlias = "Mapping[str, Collection[bytes]]"
"""Modules with functions and classes that ask, and the names of these."""


class Candidate(NamedTuple):
    """A source that has the name of something that asks."""

    source: Source
    imports: ImportedNames
    has_star: bool
    """Whether it imports all names of some module."""


class Candidates(NamedTuple):
    """The candidates of one package."""

    sources: Sequence[Candidate]
    hidden: frozenset[str] = frozenset()
    """Its modules that ask, but that no statement imports, if some of its code imports modules by
    computed names: each module of the package may use what they have.
    """


class FoundInPart(NamedTuple):
    """What a part of the sources of a package has."""

    candidates: Sequence[Candidate]
    not_imported: frozenset[bytes]
    """The last parts of the modules of the package that no statement here imports."""
    computes_imports: bool
    """Whether some code imports modules by computed names."""


def named_askers(asking: Mapping[str, Collection[str]]) -> Askers:
    """Modules, each with the names of its functions and classes that ask, if these tell enough.

    What any name of a module asks for, by its ``__getattr__``, goes by the name of the module.
    """
    return {
        module: frozenset(
            last_of(module) if name == "__getattr__" else name.encode()
            for name in names
            if name not in OF_ANYTHING
        )
        for module, names in asking.items()
    }


def top_of(module: str) -> bytes:
    """The package that a module is in."""
    return module.partition(".")[0].encode()


def last_of(module: str) -> bytes:
    """The last part of the name of a module."""
    return module.rpartition(".")[2].encode()


def parts_of(packages: Iterable[PackageSurvey]) -> list[PackageSurvey]:
    """The packages in parts that several processes can search."""
    return [
        package._replace(sources=package.sources[start : start + PART])
        for package in packages
        for start in range(0, len(package.sources), PART)
    ]


def merged(
    askers: Askers, parts: Iterable[PackageSurvey], results: Iterable[FoundInPart]
) -> list[Candidates]:
    """What was found in the parts, for each package."""
    found = defaultdict[tuple[PurePosixPath, str], list[FoundInPart]](list)
    for part, result in zip(parts, results, strict=True):
        found[part.site, part.name].append(result)
    return [
        Candidates([each for part in some for each in part.candidates], _hidden(askers, name, some))
        for (_, name), some in found.items()
    ]


def _hidden(askers: Askers, package: str, parts: Sequence[FoundInPart]) -> frozenset[str]:
    if not any(part.computes_imports for part in parts):
        return frozenset()
    not_imported = frozenset.intersection(*(part.not_imported for part in parts))
    return frozenset(
        module
        for module in askers
        if module.partition(".")[0] == package and last_of(module) in not_imported
    )


def with_facades(askers: Askers, candidates: Sequence[Candidate]) -> Askers:
    """What asks, and the modules that import it by its name, for others to import it from them."""
    found = {module: set(names) for module, names in askers.items()}
    pending = list(found)
    while pending:
        module = pending.pop()
        for source, imports, has_star in candidates:
            if module in imports.at_import:
                names = {
                    name
                    for name in found[module]
                    if has_star or f"{module}.{name.decode()}" in imports.at_import
                }
                known = found.setdefault(source.module, set())
                if not names <= known:
                    known |= names
                    pending.append(source.module)
    return found


def search_part(
    askers: Askers, content: Callable[[str], bytes | None], part: PackageSurvey
) -> FoundInPart:
    """Search the sources of a part of a package."""
    words = defaultdict[bytes, set[bytes]](set)
    for module, names in askers.items():
        words[top_of(module)].update(names)
    own = part.name.encode()
    lasts = {last_of(module) for module in askers if top_of(module) == own}
    not_imported, computes_imports = lasts, False
    found = list[Candidate]()
    for source in part.sources:
        text = content(source.path) or b""
        computes_imports = computes_imports or (bool(lasts) and is_dynamic(text))
        not_imported = {last for last in not_imported if not _imports(text, last)}
        if any(
            has_word(text, word)
            for top, names in words.items()
            if top == own or top in text
            for word in names
        ) or (any(last in text for last in lasts) and _STAR in text):
            found.append(Candidate(source, names_imported_by(source, text), _STAR in text))
    return FoundInPart(found, frozenset(not_imported), computes_imports)


def _imports(text: bytes, last: bytes) -> bool:
    return last in text and (b"import " + last in text or last + b" import " in text)
