"""Extension modules in several variants: an import loads the one for a library that is there.

mpi4py has ``MPI.mpich.cpython-313-x86_64-linux-gnu.so`` and one for Open MPI, and its own finder,
which asks the loader for one library after the other. That only one variant is loaded is believed
only where the evaluator shows two things. Where none of these libraries is there, the import asks
for them in turn. Where one of them is, it loads the one variant that needs it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.debian.typelibs import names_for
from find_libdeps.elf.sonames import Soname, any_version_of
from find_libdeps.importing.evaluator import Evaluation, evaluate_import
from find_libdeps.importing.machine import Limits
from find_libdeps.importing.packages import MAX_OTHER_STEPS
from find_libdeps.importing.world import By, LikeAnother, World

_VARIANT = re.compile(r"([^.]+)\.[^.]+\.(?:cpython-3(\d+)t?-[^.]+|abi3)\.so\Z")
"""A name that the import system itself does not look for: a part stands before the tag."""
MAX_VARIANTS = 8
"""Most variants of one module that are compared: each takes an evaluation of its import."""


class Variants(NamedTuple):
    """The files of one module, of which an import may load one."""

    module: str
    needs: Mapping[str, frozenset[Soname]]
    """For the path of each file, the libraries that it needs and not all of them do."""

    @property
    def contested(self) -> frozenset[Soname]:
        """The libraries that some of the files need."""
        return frozenset[Soname]().union(*self.needs.values())


class Choice(NamedTuple):
    """Which variant of a module is loaded."""

    module: str
    chosen: PurePosixPath
    others: tuple[PurePosixPath, ...]
    """Those that would be loaded where other libraries are."""
    evaluation: Evaluation
    """What importing the module asks for then."""


def find_variants(
    paths: Iterable[PurePosixPath],
    sites: Collection[PurePosixPath],
    python: int,
    needs_of: Callable[[PurePosixPath], frozenset[Soname]],
) -> Iterator[Variants]:
    """The modules that are there in several variants.

    Args:
        paths: the objects of an environment.
        sites: its directories on ``sys.path``.
        python: the minor version of its Python.
        needs_of: the libraries that an object needs, and that the environment does not bring.
    """
    groups = defaultdict[str, list[PurePosixPath]](list)
    for path in paths:
        match = _VARIANT.match(path.name)
        site = next((site for site in sites if site in path.parents), None)
        if match and site and match[2] in (None, str(python)):
            package = path.parent.relative_to(site).parts
            groups[".".join((*package, match[1]))].append(path)
    for module, files in sorted(groups.items()):
        if 1 < len(files) <= MAX_VARIANTS:
            needs = {str(path): needs_of(path) for path in sorted(files)}
            common = frozenset.intersection(*needs.values())
            yield Variants(module, {path: names - common for path, names in needs.items()})


def choose(variants: Variants, world: World, is_own: Callable[[Soname], bool]) -> Choice | None:
    """Find out which variant is loaded; None if it can't be shown that only one is.

    Args:
        variants: the files of a module.
        world: the host, with the libraries that packages can bring.
        is_own: whether a library is there without a package of the list.
    """
    loaded = dict[Soname, tuple[str, Evaluation]]()
    for name in _asked_in_turn(variants, _imported(variants, world, frozenset())):
        evaluation = _imported(variants, world, frozenset({name}))
        found = {ask.answer for ask in evaluation.asks if ask.by is By.EXTENSION and ask.answer}
        files = [path for path in variants.needs if path in found]
        is_shown = evaluation.end == "imported" and len(files) == 1
        if is_shown and name in variants.needs[files[0]]:
            loaded[name] = files[0], evaluation
    usable = [name for name in loaded if world.opens(name)]
    if len({path for path, _ in loaded.values()}) < 2 or not usable:
        return None
    path, evaluation = loaded[next(filter(is_own, usable), usable[0])]
    others = dict.fromkeys(other for other, _ in loaded.values() if other != path)
    return Choice(
        variants.module, PurePosixPath(path), tuple(map(PurePosixPath, others)), evaluation
    )


def _asked_in_turn(variants: Variants, evaluation: Evaluation) -> Sequence[Soname]:
    """The libraries that an import asks for by their names, one after the other, in vain."""
    if evaluation.given_up:
        return ()
    names = dict[Soname, None]()
    for ask in evaluation.asks:
        match ask.by:
            case By.DLOPEN | By.CFFI if ask.name in variants.contested:
                names[Soname(str(ask.name))] = None
            case By.FIND_LIBRARY:
                stem = any_version_of(f"lib{ask.name}")
                names |= dict.fromkeys(names_for(stem, variants.contested))
    return tuple(names)


def _imported(variants: Variants, world: World, present: frozenset[Soname]) -> Evaluation:
    top = variants.module.partition(".")[0]
    limits = Limits(
        is_cold=lambda path: f"/{top}/" not in path,
        is_far=lambda name: name.partition(".")[0] != top,
        max_steps=MAX_OTHER_STEPS,
    )
    return evaluate_import(_Narrowed(variants, world, present), variants.module, limits)


class _Narrowed(LikeAnother):
    """A world in which only some of the libraries are there that variants need."""

    def __init__(self, variants: Variants, world: World, present: frozenset[Soname]) -> None:
        super().__init__(world)
        self._variants = variants
        self._present = present

    def opens(self, name: str) -> bool:
        """See `World`."""
        if name in self._variants.contested:
            return name in self._present
        return super().opens(name)

    def finds(self, stem: str) -> str | None:
        """See `World`."""
        found = names_for(any_version_of(f"lib{stem}"), self._present)
        if found:
            return found[0]
        other = super().finds(stem)
        return None if other in self._variants.contested else other

    def imports(self, path: str) -> bool:
        """See `World`."""
        needs = self._variants.needs.get(path)
        return super().imports(path) if needs is None else needs <= self._present
