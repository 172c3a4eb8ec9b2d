"""Which libraries and typelibs Python finds: those that packages can bring, or those of a root."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath
from typing import Protocol

from find_libdeps.debian.package import Package
from find_libdeps.debian.typelibs import is_open, open_name, typelib_of
from find_libdeps.elf.objects import Abi
from find_libdeps.elf.outcome import Found, Need
from find_libdeps.elf.sonames import Soname, is_any_version, is_host_injected
from find_libdeps.needs.scanned_objects import ScannedObjects
from find_libdeps.needs.target import Target
from find_libdeps.needs.use import InTarget, NotOffered, Nowhere, Offered, Role, Use, packages_of

_REQUESTER = PurePosixPath("/")


class Libraries(Protocol):
    """What a host has for Python to find."""

    def find(self, name: Soname) -> Soname | None:
        """The name that a library, or a typelib, really has; None if it is not there.

        Args:
            name: a soname or the name of a typelib, which may stand for any version.
        """

    def typelib(self, namespace: str, version: str, loaded: Sequence[str]) -> Soname | None:
        """See `World.typelib`."""


class OwnLibraries:
    """What a root has, as it is."""

    def __init__(self, scanned: ScannedObjects, abi: Abi) -> None:
        """Answer for one environment."""
        self._scanned = scanned
        self._abi = abi

    def find(self, name: Soname) -> Soname | None:
        """See `Libraries`."""
        if self._scanned.is_ignored(name):
            return name
        system = self._scanned.system
        if is_any_version(name) and not system.can_complete_names:
            return None
        return _name_found(name, system.find(name, self._abi))

    def typelib(self, namespace: str, version: str, loaded: Sequence[str]) -> Soname | None:
        """See `Libraries`."""
        name = typelib_of(namespace, version)
        if name is None:
            return None
        names = self._scanned.system.typelibs(name, self._abi)
        return _chosen(names, loaded, self._packages) or self.find(name)

    def _packages(self, name: Soname) -> Sequence[Package]:
        outcome = self._scanned.system.find(name, self._abi)
        if isinstance(outcome, Found):
            return packages_of(self._scanned.origins.of_path(outcome.path))
        return ()


class Provision:
    """What will be there once the list is installed: the builder's, and what packages can bring."""

    def __init__(
        self, scanned: ScannedObjects, abi: Abi, target: Target, *, is_hopeful: bool = False
    ) -> None:
        """Prepare to answer for one environment and its target.

        Args:
            scanned: the environment.
            abi: that of its Python.
            target: where it goes.
            is_hopeful: whether a library that nothing can be known of counts as one to be had.
        """
        self._is_hopeful = is_hopeful
        self._scanned = scanned
        self._abi = abi
        self._target = target
        self._known: dict[Soname, Use] = {}
        self._newest: set[Soname] = set()

    def prepare(self, sonames: Iterable[Soname]) -> None:
        """Look up several libraries at once, which takes as long as one."""
        uses = {soname: self._use(soname) for soname in sonames if soname not in self._known}
        answer = self._target.answers_for(uses.values())
        self._known |= {soname: answer(use) for soname, use in uses.items()}

    def find(self, name: Soname) -> Soname | None:
        """See `Libraries`."""
        if self._scanned.is_ignored(name) or is_host_injected(name):
            return name
        use = self._answered(name)
        match use.origin:
            case Nowhere(is_own=False) if self._is_hopeful and not self._target.can_look_up(use):
                return name
            case Nowhere() | NotOffered():
                return None
            case Offered():
                found = self._target.versions(name, self._abi) if is_open(name) else ()
                return found[0] if found else name
            case InTarget() if self._target.system:
                return _name_found(name, self._target.system.find(name, self._abi))
        return _name_found(name, use.need.outcome) or name

    def typelib(self, namespace: str, version: str, loaded: Sequence[str]) -> Soname | None:
        """See `Libraries`."""
        name = typelib_of(namespace, version)
        if name is None or not is_open(name):
            return self.find(name) if name else None
        names = self._versions(name)
        found = _chosen(names, loaded, lambda each: packages_of(self._answered(each).origin))
        if found is None:
            found = self.find(name)
            self._newest |= {found} if found else set()
        return found

    def is_own(self, name: Soname) -> bool:
        """Whether the target has a library already, or else the builder has it."""
        use = self._answered(name)
        if self._target.system:
            return isinstance(use.origin, InTarget)
        return isinstance(use.need.outcome, Found) and self.find(name) is not None

    def passed_over(self, typelib: Soname) -> tuple[Soname, ...]:
        """The typelibs of a namespace in other versions, if this one was taken as the newest."""
        if typelib not in self._newest or is_open(typelib):
            return ()
        return tuple(name for name in self._versions(open_name(typelib)) if name != typelib)

    def _versions(self, name: Soname) -> list[Soname]:
        """The versions of a namespace: those of the target, of the builder, of the release."""
        own = self._target.system.typelibs(name, self._abi) if self._target.system else []
        built = self._scanned.system.typelibs(name, self._abi)
        known = self._target.versions(name, self._abi)
        return list(dict.fromkeys((*own, *built, *known)))

    def _answered(self, name: Soname) -> Use:
        if name not in self._known:
            self.prepare([name])
        return self._known[name]

    def _use(self, soname: Soname) -> Use:
        scanned = self._scanned
        need = Need(_REQUESTER, soname, scanned.system.find(soname, self._abi))
        return Use(need, self._abi, Role.DLOPEN, scanned.origins.of(need, self._abi))


def _name_found(name: Soname, outcome: object) -> Soname | None:
    """The name of the file that a search has found; None if it found none."""
    if not isinstance(outcome, Found):
        return None
    return Soname(outcome.path.name) if is_open(name) else name


def _chosen(
    names: Iterable[Soname],
    loaded: Sequence[str],
    packages: Callable[[Soname], Sequence[Package]],
) -> Soname | None:
    """The version of a namespace that is loaded already, together with another one that needs it.

    What one package ships belongs together: ``Gdk-3.0.typelib`` to ``Gtk-3.0.typelib``.
    """
    if not loaded:
        return None
    there = {package for name in loaded for package in packages(Soname(name))}
    return next((name for name in names if not there.isdisjoint(packages(name))), None)
