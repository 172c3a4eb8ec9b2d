"""Libraries that compiled code may load by name: those that its data names, if it calls dlopen(3).

Stubs that Qt makes for FFmpeg tell it by their own names. Nothing tells whether a name in the data
is ever loaded, so each is a hint at most. These are left out:

- What a DT_NEEDED or a dlopen note asks for, in any version. Another rule tells of that.
- The object itself. OpenSSL names its own library to find out where it is.
- A part of the object itself, without a version (``libonnxruntime_providers_dnnl.so``). Another
  build has it, too, and that does not fit.
- What the environment brings, wherever it is, in any of the versions that are named. A package may
  load it by its path.
- The graphics driver. The container runtime mounts it, and most code that may use a GPU names it.
- A library without a version (``libGL.so``) that the builder has in a development package. Those
  that build with it name it, too, and the release's index knows no such links.

Of the rest, those are hints that a package of the release has. The others are told where all is
told: most are parts of a vendor's SDK, or of a profiler (``libittnotify.so``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.debian.contents import is_for_building
from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import LinkMap, Need
from find_libdeps.elf.sonames import (
    Soname,
    is_host_injected,
    stands_in_for,
    stem_of,
    without_hash,
)
from find_libdeps.needs.by_name import LoadByName
from find_libdeps.needs.environment import ScannedEnvironment
from find_libdeps.needs.scanned_objects import ScannedObjects
from find_libdeps.needs.use import (
    Bundled,
    FromInterpreter,
    InTarget,
    Nowhere,
    Offered,
    Origin,
    Role,
    Shipped,
    Use,
)
from find_libdeps.python.cuda_wheels import cuda_wheels


class MayLoad(NamedTuple):
    """A library that compiled code may load, and of which no package is known."""

    soname: Soname
    uses: tuple[Use, ...]

    @property
    def wheels(self) -> list[str]:
        """NVIDIA's wheels that have it."""
        return cuda_wheels(self.soname)


class Possible(NamedTuple):
    """Libraries that compiled code may load, by what becomes of them."""

    found: list[Use]
    """In packages, or in the builder."""
    met: list[Use]
    """The scanned files, or the target, have them."""
    others: tuple[MayLoad, ...]
    """No package is known that has them."""


def may_loads(environment: ScannedEnvironment, roles: Collection[Role]) -> Iterator[LoadByName]:
    """The libraries that the objects of an environment may load, if they are in one of `roles`.

    Names that differ only in their versions are one load: code tries them one after the other.
    """
    scanned = environment.objects
    counts = {file for entry in environment.entries if entry.role in roles for file in entry.files}
    for path, elf in scanned.by_path.items():
        names = scanned.system.read.library_names(path).names
        if stub_of := stands_in_for(elf.soname or path.name):
            names = (*names, stub_of)
        if names and path in counts:
            for versions in _loadable(path, elf, names):
                uses = _uses(scanned, path, elf, versions)
                brought = [use for use in uses if isinstance(use.origin, Bundled)]
                if uses and not any(map(_is_elsewhere, uses)):
                    yield LoadByName(is_urgent=False, uses=brought[:1] or uses)


def _loadable(
    path: PurePosixPath, elf: ElfObject, names: Iterable[Soname]
) -> Iterator[list[Soname]]:
    """The names that are not asked for in another way, those of one library together."""
    asked = {stem_of(dependency.soname) for dependency in elf.dependencies}
    asked |= {stem_of(name) for note in elf.notes for name in note.sonames}
    own = {without_hash(stem_of(name)) for name in (elf.soname or path.name, path.name)}
    parts = tuple(f"{stem}{separator}" for stem in own for separator in "_-.")
    by_stem: dict[str, list[Soname]] = defaultdict(list)
    for name in names:
        stem = stem_of(name)
        is_part = name == f"{stem}.so" and stem.startswith(parts)
        if stem not in asked | own and not (is_part or is_host_injected(name)):
            by_stem[stem].append(name)
    for stem, versions in by_stem.items():
        yield sorted(versions, key=f"{stem}.so".__eq__)  # the one without a version comes last


def _uses(
    scanned: ScannedObjects, path: PurePosixPath, elf: ElfObject, names: list[Soname]
) -> list[Use]:
    """A use for each name; as with dlopen(3), the object's own RUNPATH counts."""
    loader, link = scanned.system.loader(elf.abi), LinkMap(path, elf)
    uses = list[Use]()
    for name in names:
        need = Need(path, name, loader.find(name, link, link))
        origin = scanned.origins.of(need, elf.abi)
        if not (scanned.is_ignored(name) or _is_for_building(name, origin)):
            others = tuple(each for each in names if each != name)
            uses.append(Use(need, elf.abi, Role.MAY_LOAD, origin, alternatives=others))
    return uses


def _is_for_building(name: Soname, origin: Origin) -> bool:
    """Whether only a development package has the library by this name."""
    packages = origin.packages if isinstance(origin, Shipped) else ()
    return name.endswith(".so") and any(is_for_building(package.name) for package in packages)


def _is_elsewhere(use: Use) -> bool:
    """Whether the environment brings the library, where the loader would not find it."""
    return isinstance(use.origin, Nowhere) and bool(use.origin.elsewhere)


def sorted_out(loads: Iterable[LoadByName]) -> Possible:
    """Sort what may be loaded, with the origins that hold in the target."""
    possible, others = Possible([], [], ()), dict[Soname, list[Use]]()
    for load in loads:
        use = load.first_met
        if use is None:
            in_wheels = (each for each in load.uses if cuda_wheels(each.need.soname))
            use = next(in_wheels, load.uses[0])
        elif isinstance(use.origin, Bundled | FromInterpreter | InTarget):
            possible.met.append(use)
            continue
        else:
            possible.found.append(use)
        if not isinstance(use.origin, Shipped | Offered):
            others.setdefault(use.need.soname, []).append(use)
    named = (MayLoad(name, tuple(sorted(others[name], key=_place))) for name in sorted(others))
    return possible._replace(others=tuple(named))


def unsearched(environments: Iterable[ScannedEnvironment]) -> tuple[tuple[PurePosixPath, int], ...]:
    """The objects whose data was not searched to its end, and how many bytes were not."""
    found = {
        path: left
        for each in environments
        for path in each.objects.by_path
        if (left := each.objects.system.read.library_names(path).unsearched)
    }
    return tuple(sorted(found.items()))


def _place(use: Use) -> PurePosixPath:
    return use.need.requester
