"""Finders of modules that packages put on ``sys.meta_path``.

Source: Python's language reference, 5.3.3 "The meta path".
"""

from __future__ import annotations

from find_libdeps.importing.machine import Machine
from find_libdeps.importing.modules import Module
from find_libdeps.importing.operands import each_way
from find_libdeps.importing.values import MISSING, Alternatives, Instance, Raised, Value


def own_finders(machine: Machine) -> tuple[list[Value], int]:
    """The finders on ``sys.meta_path`` that packages put there; how many come before ours."""
    system, machinery = machine.modules().get("sys"), machine.modules().get("importlib.machinery")
    if not (isinstance(system, Module) and isinstance(machinery, Module)):
        return [], 0
    listed = system.names.get("meta_path")
    own = machinery.names.get("PathFinder")
    if not isinstance(listed, list) or own not in listed:
        return [], 0
    place = listed.index(own)
    return [each for each in listed if each is not own], place


def made_by_finder(
    machine: Machine, finders: list[Value], name: str, directories: list[str]
) -> Value:
    """The module that a finder finds; `MISSING` if none does. Raises Raised."""
    path = directories if "." in name else None
    for finder in finders:
        try:
            method = machine.attribute(finder, "find_spec")
        except Raised:
            continue
        found = machine.call(method, [name, path, None], {})
        made = _by_specifications(machine, name, found)
        if made is not MISSING:
            return made
    return MISSING


def _by_specifications(machine: Machine, name: str, found: Value) -> Value:
    """The module that a spec describes; `MISSING` if it is none.

    Of several that it may be, only those of extension modules count: which of these is loaded
    matters, and it costs little to follow them.
    """
    specs: tuple[Value, ...] = (found,)
    if isinstance(found, Alternatives):
        specs = tuple(filter(_is_of_extension, found.values))
    loaded = machine.attribute(machine.import_module("importlib.util"), "_loaded")

    def load(spec: Value) -> Value:
        machine.modules().pop(name, None)
        return machine.call(loaded, [spec], {})

    known = [spec for spec in specs if isinstance(spec, Instance)]
    if len(known) == 1:
        return load(known[0])
    return each_way(machine, known, load) if known else MISSING


def _is_of_extension(spec: Value) -> bool:
    """Whether a spec is of an extension module, in one file or in one of several."""
    origin = spec.names.get("origin") if isinstance(spec, Instance) else None
    paths = origin.values if isinstance(origin, Alternatives) else (origin,)
    return all(isinstance(path, str) and path.endswith(".so") for path in paths)
