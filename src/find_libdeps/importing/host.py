"""The host as models of the standard library see it: the module ``_host``.

These functions are the only way from the evaluated program to the simulated host, and each asks
the `World`. None does anything real.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeAlias

from find_libdeps.importing import operands
from find_libdeps.importing.builtins import BUILTINS
from find_libdeps.importing.commands import first_program
from find_libdeps.importing.doubt import fail
from find_libdeps.importing.importer import Importer
from find_libdeps.importing.introspection import INTROSPECTION
from find_libdeps.importing.library import FUNCTIONS
from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.modules import Module, Spec, What, find
from find_libdeps.importing.values import (
    Alternatives,
    Implementation,
    Instance,
    Names,
    Native,
    Raised,
    Unknown,
    Value,
    error,
    sure_error,
)
from find_libdeps.importing.world import Ask, By, World

Answer: TypeAlias = "Callable[[Machine, str], Value]"

MAX_STEPS_OF_THREAD = 3_000
"""Most steps for what a thread does."""
MAX_READ = 2_000_000
"""Most bytes of a file that the evaluated program may read."""


def prepare(machine: Machine, importer: Importer) -> None:
    """Make the modules that every program has at its start."""
    host = Module("_host")
    host.names.update(_NATIVES | FUNCTIONS | INTROSPECTION)
    known = machine.world.host
    host.names |= {
        "python": known.python,
        "machine": known.machine,
        "bits": known.bits,
        "prefix": known.prefix,
        "site": list(known.search),
        "modules": importer.modules,
        "typelibs": importer.typelibs,
        "load_file": Native("load_file", partial(_load_file, importer)),
        "has_typelib": Native("has_typelib", partial(_has_typelib, importer)),
    }
    importer.modules["_host"] = host
    for name in ("builtins", "sys", "importlib", "importlib.machinery"):
        importer.import_module(name)
    importer.modules["__main__"] = Module("__main__")
    own = importer.modules["builtins"]
    if isinstance(own, Module):
        own.names.update(BUILTINS)


def _ask(machine: Machine, by: By, name: Value, answer: str | None) -> None:
    shown = name if isinstance(name, str | Unknown) or name is None else str(name)
    *entry, place = machine.lines()
    way = (*machine.way, *entry)
    machine.asks.append(Ask(by, shown, place, way, answer, not machine.doubts))


_METHODS = {
    "dlopen": By.CFFI,
    "CDLL": By.DLOPEN,
    "PyDLL": By.DLOPEN,
    "LoadLibrary": By.DLOPEN,
    "find_library": By.FIND_LIBRARY,
    "load_extension": By.DLOPEN,
}
"""Names of methods that ask the loader, whoever has them."""


def ask_in_doubt(machine: Machine, method: str, name: Value) -> None:
    """Note an ask by a method of something unknown, if the method's name says that it is one."""
    by = _METHODS.get(method)
    if by is None or not isinstance(name, str) or "\0" in name:
        return
    world = machine.world
    if method == "load_extension":
        # of SQLite, which also tries an ending; bots have such a method, too, so it has to be there
        name = next(filter(world.opens, (name, f"{name}.so")), None)
        if name is None:
            return
    machine.doubts += 1
    _ask(machine, by, name, world.finds(name) if by is By.FIND_LIBRARY else _opened(world, name))
    machine.doubts -= 1


def _program(machine: Machine, args: list[Value], names: Names) -> Value:
    """Note that a program is asked for, by its name or as the first word of a shell's command.

    Returns what looking for it finds if the host lacks it.
    """
    name, is_command = args[0], len(args) > 1

    def note(machine: Machine, name: str, *, is_whole: bool = True) -> Value:
        program = first_program(name, is_whole=is_whole) if is_command else name
        if program and "\0" not in program:
            *entry, place = machine.lines() or (machine.place,)
            way = (*machine.way, *entry)
            ask = Ask(By.PROGRAM, program, place, way, None, not machine.doubts)
            machine.programs.setdefault((program, place), ask)
        return None

    if isinstance(name, Unknown) and isinstance(name.start, str) and is_command:
        note(machine, name.start, is_whole=False)
    _each(machine, name, note)
    may_be_there = machine.limits.may_have_programs
    return machine.unknown("whether a program is there") if may_be_there else None


def _words(machine: Machine, args: list[Value], names: Names) -> Value:
    """The words of a command; of a list of which only the start is known, the first."""
    command = args[0]
    if isinstance(command, Unknown) and isinstance(command.start, tuple):
        return [*command.start]
    return machine.call(list, [command], {})


def _opened(world: World, name: str) -> str | None:
    return name if world.opens(name) else None


def _each(machine: Machine, value: Value, answer: Answer, otherwise: Value = None) -> Value:
    """The answers for each name that a value may be."""
    match value:
        case Alternatives():
            spread = operands.distributed(
                machine, (value,), lambda one: _each(machine, one, answer, otherwise)
            )
            return spread
        case str():
            return answer(machine, value)
        case bytes():
            return answer(machine, value.decode("utf-8", "replace"))
        case Instance() if isinstance(operands.content(value), str | bytes):
            return _each(machine, operands.content(value), answer, otherwise)
    return otherwise


def _opening(by: By) -> Implementation:
    """A function that opens a library: it returns a handle. Raises Raised (OSError)."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        name = args[0] if args else None
        if name is None:
            _ask(machine, by, None, "")
            return 1
        if isinstance(name, Unknown):
            _ask(machine, by, name, None)
            fail(machine, error(OSError, "cannot open shared object file"))
            return machine.unknown("a handle of a library")
        if isinstance(operands.content(name), int):
            raise error(TypeError, "the name of a library must be a string")
        return _each(machine, name, partial(_open, by), machine.unknown("a handle of a library"))

    return call


def _open(by: By, machine: Machine, name: str) -> Value:
    is_there = "\0" not in name and machine.world.opens(name)
    _ask(machine, by, name, name if is_there else None)
    if not is_there:
        text = f"{name}: cannot open shared object file: No such file or directory"
        raise sure_error(OSError, text)
    return name


def _find_library(machine: Machine, args: list[Value], names: Names) -> Value:
    name = args[0]
    if isinstance(name, Unknown):
        _ask(machine, By.FIND_LIBRARY, name, None)
        return machine.unknown("what find_library() returns")

    def answer(machine: Machine, stem: str) -> Value:
        found = machine.world.finds(stem)
        _ask(machine, By.FIND_LIBRARY, stem, found)
        return found

    return _each(machine, name, answer)


def _defines(machine: Machine, args: list[Value], names: Names) -> Value:
    """Whether a library has a symbol, by the handle that `_open` returned.

    What a program takes from a library that is not here is taken to be in it, and counted: whether
    it is there can't be told to a program that asks.
    """
    handle, symbol = args
    if not isinstance(symbol, str) or not isinstance(handle, str | int):
        return True
    known = machine.world.defines(handle if isinstance(handle, str) else None, symbol)
    machine.guesses += known is None
    return known is not False


def _has_typelib(importer: Importer, machine: Machine, args: list[Value], names: Names) -> Value:
    """Whether GObject's repository has a namespace in a version."""
    namespace, version = args
    for unknown in (namespace, version):
        if isinstance(unknown, Unknown):
            _ask(machine, By.TYPELIB, unknown, None)
    if not isinstance(namespace, str) or not isinstance(version, str):
        return machine.unknown("whether a namespace is there")
    found = importer.typelib(namespace, version)
    _ask(machine, By.TYPELIB, f"{namespace} {version}".strip(), found)
    return found is not None


def _of_path(function: Callable[[Machine, str], Value]) -> Implementation:
    """A function of the path of a file, which is unknown if the path is."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        path = args[0]
        if isinstance(path, Unknown):
            return machine.unknown("what is at an unknown path")
        return _each(machine, path, function, machine.unknown("what is at that path"))

    return call


def _kind(machine: Machine, path: str) -> Value:
    return machine.world.kind(_absolute(machine, path)) if "\0" not in path else None


def _listing(machine: Machine, path: str) -> Value:
    names: Sequence[Value] = machine.world.listing(_absolute(machine, path))
    if len(names) > MAX_ITEMS:
        names = [*names[:MAX_ITEMS], machine.cut(f"what follows the first {MAX_ITEMS} files")]
    return list(names)


def _content(machine: Machine, path: str) -> Value:
    content = machine.world.content(_absolute(machine, path))
    if content is not None and len(content) > MAX_READ:
        return machine.cut(f"the content of {path}, which is too large")
    return content


def _absolute(machine: Machine, path: str) -> str:
    return path if path.startswith("/") else f"{machine.world.host.prefix}/{path}"


def _import_module(machine: Machine, args: list[Value], names: Names) -> Value:
    name = args[0]
    if isinstance(name, str):
        return machine.import_module(name)
    if isinstance(name, Alternatives):
        return operands.distributed(
            machine, (name,), lambda one: _import_module(machine, [one], {})
        )
    return machine.unknown("a module with an unknown name")


def _load_file(importer: Importer, machine: Machine, args: list[Value], names: Names) -> Value:
    """Evaluate the source of a file in a module that is there."""
    match args:
        case [Module() as module, Alternatives(values=paths)]:
            # whoever makes a path looks whether there is such a file
            there = [path for path in paths if _is_file(machine, path)]
            if not there:
                raise error(ImportError, "cannot open shared object file")
            operands.each_way(
                machine, there, lambda path: _load_file(importer, machine, [module, path], {})
            )
            module.is_open = True
            importer.modules[module.name] = module  # one way may have failed, and removed it
        case [Module() as module, str(path)] if path.endswith(".py"):
            importer.run(module, machine.world.content(path))
        case [Module() as module, str(path)]:
            importer.load_file(module.name, Spec(What.EXTENSION, path))
            module.is_open = True
    return None


def _is_file(machine: Machine, path: Value) -> bool:
    return isinstance(path, str) and _kind(machine, path) == "file"


def _new_module(machine: Machine, args: list[Value], names: Names) -> Value:
    name, *rest = args
    return Module(str(name), str(rest[0]) if rest else "")


def _where(machine: Machine, args: list[Value], names: Names) -> Value:
    """Where a module is: its file, and its directories if it is a package; or None."""
    match args:
        case [str(name), list(directories)]:
            places = [each for each in directories if isinstance(each, str)]
            found = find(machine.world, name, places)
            return (found.path or None, list(found.directories)) if found else None
    return None


def _beside(machine: Machine, args: list[Value], names: Names) -> Value:
    """Call a function as another thread does: what it raises ends no import, nor do its loops."""
    with machine.apart(), suppress(Raised), machine.portion(MAX_STEPS_OF_THREAD):
        machine.call(args[0], [], {})
    return None


_NATIVES: Names = {
    native.name: native
    for native in (
        Native("dlopen", _opening(By.DLOPEN)),
        Native("cffi_open", _opening(By.CFFI)),
        Native("find_library", _find_library),
        Native("defines", _defines),
        Native("program", _program),
        Native("words", _words),
        Native("kind", _of_path(_kind)),
        Native("listing", _of_path(_listing)),
        Native("content", _of_path(_content)),
        Native("import_module", _import_module),
        Native("new_module", _new_module),
        Native("where", _where),
        Native("beside", _beside),
    )
}
