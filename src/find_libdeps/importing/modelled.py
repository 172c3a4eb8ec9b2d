"""Which modules a model of the evaluator's own stands in for."""

from __future__ import annotations

import sys

from find_libdeps.importing.modules import find
from find_libdeps.importing.world import World

_NOT_ON_LINUX = frozenset(
    "_msi _overlapped _scproxy _winapi _winreg msilib msvcrt nt winreg winsound".split()  # noqa: SIM905
)
_REMOVED = {
    (3, 12): "asynchat asyncore distutils imp smtpd",
    (3, 13): """aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap nis nntplib ossaudiodev
    pipes sndhdr spwd sunau telnetlib uu xdrlib""",
}
"""Modules of the standard library by the version of Python that no longer has them (PEP 594)."""
_IN_PLACE = {"cffi": "cffi", "_cffi_backend": "cffi", "gi": "gi", "_gi": "gi",
             "numpy.ctypeslib": "numpy", "pkg_resources": "pkg_resources"}  # fmt: skip
"""Modules that a model stands in for if the environment has a package: they are compiled, or much
larger than what they load."""
REPOSITORY = "gi.repository"
"""The package whose modules are the namespaces of GObject's repository."""


def is_modelled(world: World, name: str) -> bool:
    """Whether a model stands in for a module: for the standard library's, and a few others."""
    top = name.partition(".")[0]
    if name in _IN_PLACE:
        return any(find(world, each, world.host.search) for each in {top, _IN_PLACE[name]})
    if top == "gi":
        return is_modelled(world, "gi")
    if top in _NOT_ON_LINUX or any(
        top in removed.split() and world.host.python >= version
        for version, removed in _REMOVED.items()
    ):
        return False
    return top in sys.stdlib_module_names or name == "_host"
