"""The libraries that something loads by name, by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from find_libdeps.needs.environment import ScannedEnvironment
from find_libdeps.needs.use import NotOffered, Nowhere, Role, Use


class Dlopen(Enum):
    """Which libraries count that Python source loads by name."""

    NONE = "none"
    AT_IMPORT = "import"
    """Those that importing a package loads; the others are hints."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Wish:
    """A library that something loads by itself, by one of several names."""

    is_urgent: Callable[[], bool]
    """Whether it is loaded at import, or required. Finding out may take long."""
    uses: Sequence[Use]

    @property
    def fulfilled(self) -> Use | None:
        """The first of its names that leads somewhere."""
        return next((u for u in self.uses if not isinstance(u.origin, Nowhere | NotOffered)), None)


def wishes_of(scene: ScannedEnvironment, roles: Collection[Role] = tuple(Role)) -> Iterator[Wish]:
    """What the sources of a scene ask for, and the dlopen notes of objects in some roles."""
    for package in scene.packages:
        for load in package.loads:
            yield Wish(partial(package.loads_at_import, load), scene.uses_of(package, load))
    for required, uses in scene.uses_of_notes(roles):
        yield Wish(partial(bool, required), uses)
