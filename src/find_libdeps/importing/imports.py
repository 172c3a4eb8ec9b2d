"""Import statements, and the import system behind them.

Source: Python's language reference, 5 "The import system" and 7.11 "The import statement".
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    MISSING,
    Instance,
    Raised,
    Unknown,
    Value,
    error,
)

if TYPE_CHECKING:
    from find_libdeps.importing.machine import Machine


def import_names(machine: Machine, frame: Frame, node: ast.Import) -> None:
    """Evaluate ``import a.b as c``. Raises Raised (ImportError)."""
    for alias in node.names:
        if alias.asname:
            frame.store(alias.asname, machine.import_module(alias.name))
        else:
            frame.store(alias.name.partition(".")[0], machine.import_top(alias.name))


def import_from(machine: Machine, frame: Frame, node: ast.ImportFrom) -> None:
    """Evaluate ``from a import b``. Raises Raised (ImportError)."""
    if node.module == "__future__" and not node.level:
        names = {alias.name for alias in node.names}
        frame.module.postpones = frame.module.postpones or "annotations" in names
        return
    base = machine.import_module(absolute_name(frame, node.module or "", node.level))
    for alias in node.names:
        if alias.name == "*":
            _import_star(machine, frame, base)
        else:
            frame.store(alias.asname or alias.name, machine.from_module(base, alias.name))


def absolute_name(frame: Frame, name: str, level: int) -> str:
    """The absolute name of a module that a frame's module names. Raises Raised (ImportError)."""
    if not level:
        return name
    names = frame.module.names
    package = names.get("__package__")
    if not isinstance(package, str):
        own = str(names.get("__name__", ""))
        package = own if "__path__" in names else own.rpartition(".")[0]
    parts = package.split(".")
    if not package or level > len(parts):
        raise error(ImportError, "attempted relative import beyond top-level package")
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{name}" if name else base


def _import_star(machine: Machine, frame: Frame, base: Value) -> None:
    if isinstance(base, Module):
        machine.settle(base)
    names = base.names if hasattr(base, "names") else {}
    listed = names.get("__all__", MISSING) if isinstance(names, dict) else MISSING
    if listed is MISSING:
        known = [name for name in names if isinstance(name, str)]  # globals() may be given others
        for public in [name for name in known if not name.startswith("_")]:
            frame.store(public, machine.from_module(base, public))
    else:
        for name in machine.iterate(listed):
            machine.step()
            if isinstance(name, str):
                frame.store(name, machine.from_module(base, name))
            elif isinstance(name, Unknown):
                frame.module.is_open = True
    if getattr(base, "is_open", False) and frame.kind is Kind.MODULE:
        frame.module.is_open = True


def is_missing(raised: Raised, name: str) -> bool:
    """Whether an exception says that this very module, and no other, was not found."""
    value = raised.value
    return (
        isinstance(value, Instance)
        and value.kind is ModuleNotFoundError
        and value.names.get("name") == name
    )
