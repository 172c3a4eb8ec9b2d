"""Which libraries Python will find: those of the builder, and those that packages can bring."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from find_libdeps.elf.objects import Abi
from find_libdeps.elf.outcome import Need
from find_libdeps.elf.sonames import Soname, is_host_injected
from find_libdeps.needs.scanned_objects import ScannedObjects
from find_libdeps.needs.target import Target
from find_libdeps.needs.use import NotOffered, Nowhere, Role, Use

_REQUESTER = PurePosixPath("/")


class Provision:
    """Answers whether a library will be there once the list is installed."""

    def __init__(self, scanned: ScannedObjects, abi: Abi, target: Target) -> None:
        """Prepare to answer for one environment and its target."""
        self._scanned = scanned
        self._abi = abi
        self._target = target
        self._known: dict[Soname, bool] = {}

    def prepare(self, sonames: Iterable[Soname]) -> None:
        """Look up several libraries at once, which takes as long as one."""
        uses = {soname: self._use(soname) for soname in sonames if soname not in self._known}
        answer = self._target.answers_for(uses.values())
        for soname, use in uses.items():
            origin = answer(use).origin
            self._known[soname] = is_host_injected(soname) or not isinstance(
                origin, Nowhere | NotOffered
            )

    def __call__(self, soname: Soname) -> bool:
        """Whether a library will be there; a name may stand for any version."""
        if self._scanned.is_ignored(soname):
            return True
        if soname not in self._known:
            self.prepare([soname])
        return self._known[soname]

    def _use(self, soname: Soname) -> Use:
        scanned = self._scanned
        need = Need(_REQUESTER, soname, scanned.system.find(soname, self._abi))
        return Use(need, self._abi, Role.DLOPEN, scanned.origins.of(need, self._abi))
