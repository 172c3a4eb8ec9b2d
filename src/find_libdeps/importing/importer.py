"""Imports modules of the evaluated program: from the tree, or from a model of one.

A model is Python source of the evaluator's own (in `models`), which stands in for a module of the
standard library, or for a compiled module, as far as matters to what is loaded.
"""

from __future__ import annotations

import ast
import sys

from find_libdeps.importing.finders import made_by_finder, own_finders
from find_libdeps.importing.imports import is_missing
from find_libdeps.importing.machine import BYTES_A_STEP, Exhausted, Machine
from find_libdeps.importing.modelled import REPOSITORY, is_modelled
from find_libdeps.importing.modules import Module, Spec, What, find
from find_libdeps.importing.sources import (
    NOT_PARSED,
    TOO_LARGE,
    parse,
    parsed_model,
    source_of_model,
    why_not_parsed,
)
from find_libdeps.importing.values import (
    MISSING,
    Deferred,
    Place,
    Raised,
    Unknown,
    Value,
    error,
    sure_error,
)
from find_libdeps.importing.walking import taken
from find_libdeps.importing.world import Ask, By
from find_libdeps.python.standard_library import SELDOM_THERE
from find_libdeps.python.survey import BYTE_CODE

_NOT_LATER = frozenset(("sys", "builtins", "importlib.machinery", "gi"))
"""Models that are evaluated when they are imported, since the evaluator itself uses what they have;
others, when one of their names is used."""


class Importer:
    """The import system of one evaluation."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.modules: dict[Value, Value] = {}
        """``sys.modules``."""
        self.typelibs: list[Value] = []
        """The names of the typelibs that GObject's repository has loaded."""
        self._interrupted: list[str] = []
        """The modules that were being evaluated when the steps for it ran out."""

    def import_module(self, name: str) -> Value:
        """Import a module, and the packages that it is in. Raises Raised (ImportError)."""
        known = self.modules.get(name, MISSING)
        if known is None:
            raise sure_error(ModuleNotFoundError, f"import of {name} halted", name=name)
        if known is not MISSING:
            return known
        if not name:
            raise error(ValueError, "Empty module name")
        parent_name, _, last = name.rpartition(".")
        parent = self.import_module(parent_name) if parent_name else None
        if name in self.modules:
            return self.modules[name]
        made = self._loaded(name, parent)
        if isinstance(parent, Module) and parent.pending:
            parent.names[last] = made
        elif parent is not None:
            self._machine.set_attribute(parent, last, made)
        return made

    def _loaded(self, name: str, parent: Value) -> Value:
        machine = self._machine
        with machine.deeper() as is_followed:
            if not is_followed:
                return Module(name, is_open=True)
            place, frame, length = machine.place, machine.frame, len(machine.way)
            machine.way += machine.lines()
            try:
                return self._load(name, parent)
            finally:
                del machine.way[length:]
                machine.place, machine.frame = place, frame

    def _load(self, name: str, parent: Value) -> Value:
        if name.startswith(f"{REPOSITORY}."):
            return self._namespace(name)
        if is_modelled(self._machine.world, name):
            return self._model(name)
        if isinstance(parent, Module) and parent.is_open and "__path__" not in parent.names:
            return self._kept(Module(name, is_open=True))
        directories = self._directories(parent)
        if directories is None:
            raise sure_error(ModuleNotFoundError, f"No module named {name!r}", name=name)
        finders, own = own_finders(self._machine)
        made = made_by_finder(self._machine, finders[:own], name, directories)
        if made is not MISSING:
            return made
        found = find(self._machine.world, name.rpartition(".")[2], directories)
        if found is None:
            made = made_by_finder(self._machine, finders[own:], name, directories)
            if made is not MISSING:
                return made
            raise sure_error(ModuleNotFoundError, f"No module named {name!r}", name=name)
        return self.load_file(name, found)

    def _directories(self, parent: Value) -> list[str] | None:
        """Where to look for a module; None if its parent is no package."""
        names = getattr(parent, "names", None)
        places: Value = list(self._machine.world.host.search)
        if parent is None:
            system = self.modules.get("sys")
            if isinstance(system, Module):
                places = system.names.get("path", places)
        else:
            places = names.get("__path__") if isinstance(names, dict) else None
            if places is None:
                return None
        return [
            place for place in taken(self._machine, places, limit=1_000) if isinstance(place, str)
        ]

    def load_file(self, name: str, found: Spec) -> Value:
        """Make the module that is in a file, and evaluate it. Raises Raised."""
        machine, module = self._machine, Module(name, found.path)
        module.names["__package__"] = name if found.directories else name.rpartition(".")[0]
        if found.path:
            module.names["__file__"] = found.path
        if found.directories:
            module.names["__path__"] = list(found.directories)
        self._kept(module)
        module.names["__spec__"] = self._specification(name, found)
        match found.what:
            case What.NAMESPACE:
                return module
            case What.COMPILED:
                module.is_open = True
                machine.cut(BYTE_CODE, Place(found.path, 0))
                return module
            case What.EXTENSION:
                return self._extension(module)
        if machine.limits.is_cold(found.path):
            module.pending = not machine.limits.is_far(name)
            module.is_open = not module.pending
            if self._is_tried():
                self.settle(module, raises=True)
            return module
        try:
            self.run(module, machine.world.content(found.path))
        except Raised:
            self.modules.pop(name, None)
            raise
        except Exhausted:
            self._interrupted.append(name)
            raise
        return self.modules.get(name, module)

    def forget_interrupted(self) -> None:
        """Let imports of modules that were not evaluated to their ends begin again."""
        for name in self._interrupted:
            self.modules.pop(name, None)
        self._interrupted.clear()

    def _is_tried(self) -> bool:
        """Whether the import is in a ``try`` of the frame: how it ends decides what follows."""
        machine = self._machine
        return any(trial.frame is machine.frame for trial in machine.possible)

    def settle(self, module: Module, *, raises: bool = False) -> None:
        """Evaluate a module that waits for the use of one of its names.

        That such a module can't be imported was not seen when it was, so what it has is unknown
        then; but for an import that is tried.
        """
        if not module.pending:
            return
        module.pending, known = False, dict(module.names)
        if module.is_model:
            self._settle_model(module)
        elif self._machine.limits.is_far(module.name):
            module.is_open = True
        else:
            self._settle_source(module, raises=raises)
        # modules in a package that were imported before it is evaluated
        module.names.update({n: v for n, v in known.items() if isinstance(v, Module)})

    def _settle_source(self, module: Module, *, raises: bool) -> None:
        machine = self._machine
        steps = machine.limits.max_passive_steps
        with machine.apart(), machine.portion(steps) as portion, machine.deeper() as is_followed:
            try:
                if is_followed:
                    self.run(module, machine.world.content(module.path))
                else:
                    module.is_open = True
            except Raised:
                if raises:
                    self.modules.pop(module.name, None)
                    raise
                module.is_open = True
        is_replaced = self.modules.get(module.name, module) is not module
        module.is_open = module.is_open or is_replaced or portion.given_up is not None

    def _specification(self, name: str, found: Spec) -> Value:
        machinery = self.modules.get("importlib.machinery")
        if not isinstance(machinery, Module):
            return self._machine.unknown(f"the spec of {name}")
        arguments = {"origin": found.path or None, "is_package": bool(found.directories)}
        return self._machine.call(machinery.names["ModuleSpec"], [name, None], dict(arguments))

    def _extension(self, module: Module) -> Value:
        module.is_open = True
        is_loaded = self._machine.world.imports(module.path)
        self._machine.asks.append(
            self._ask(By.EXTENSION, module.path, module.path if is_loaded else None)
        )
        if not is_loaded:
            self.modules.pop(module.name, None)
            raise sure_error(ImportError, "cannot open shared object file", name=module.name)
        return module

    def _namespace(self, name: str) -> Value:
        last = name.rpartition(".")[2]
        versions = getattr(self.modules.get("gi"), "names", {}).get("_versions")
        version = versions.get(last, "") if isinstance(versions, dict) else ""
        found = self.typelib(last, version if isinstance(version, str) else "")
        self._machine.asks.append(self._ask(By.TYPELIB, last, found))
        if found is None:
            raise sure_error(
                ImportError, f"cannot import name {last}, introspection typelib not found"
            )
        self.typelibs.append(found)
        return self._kept(Module(name, is_open=True))

    def typelib(self, namespace: str, version: str) -> str | None:
        """The name of a namespace's typelib; of the newest one, if the version is empty."""
        loaded = [name for name in self.typelibs if isinstance(name, str)]
        return self._machine.world.typelib(namespace, version, loaded)

    def _ask(self, by: By, name: str, answer: str | None) -> Ask:
        machine = self._machine
        # the file that is imported asks; its last way leads there
        *way, place = machine.way
        return Ask(by, name, place, tuple(way), answer, not machine.doubts)

    def _kept(self, module: Module) -> Module:
        self.modules[module.name] = module
        return module

    def _model(self, name: str) -> Value:
        """The model of a module; a module of which nothing is known if there is none."""
        if name in SELDOM_THERE:
            ask = self._ask(By.MODULE, name, name)
            is_needed = ask.is_certain and not self._machine.possible  # no try goes on without it
            self._machine.asks.append(ask._replace(is_certain=is_needed))
        source = source_of_model(name)
        module = Module(name, "", is_open=True)
        module.names["__package__"] = name.rpartition(".")[0]
        module.is_model = True
        self._kept(module)
        module.pending = source is not None
        if name in _NOT_LATER:
            self.settle(module)
        return module

    def _settle_model(self, module: Module) -> None:
        machine = self._machine
        place, frame = machine.place, machine.frame
        with machine.apart():
            self._evaluate(module, parsed_model(module.name))
        machine.place, machine.frame = place, frame

    def run(self, module: Module, source: bytes | None) -> None:
        """Evaluate a module's source. Raises Raised, as for source that does not parse."""
        if source is None:
            module.is_open = True
            self._machine.cut("a source that can't be read", Place(module.path, 0))
            return
        pieces = parse(source)
        while True:
            try:
                piece = next(pieces, None)
            except NOT_PARSED as problem:
                self._pass_over(module, problem)
                return
            if piece is None:
                return
            self._machine.step(piece.size // BYTES_A_STEP)
            self._evaluate(module, piece.tree)

    def _pass_over(self, module: Module, problem: Exception) -> None:
        """Go on after a module that does not parse here. Raises Raised if Python can't, either."""
        python = self._machine.world.host.python
        if isinstance(problem, SyntaxError | ValueError) and (
            sys.version_info[:2] >= python and getattr(problem, "msg", "") != TOO_LARGE
        ):
            raise sure_error(SyntaxError, str(problem)) from None
        module.is_open = True
        reason, line = why_not_parsed(problem, python)
        self._machine.cut(reason, Place(module.path, line))

    def _evaluate(self, module: Module, tree: ast.Module) -> None:
        self._machine.ran.add(module.path)
        if module.names["__doc__"] is None:
            module.names["__doc__"] = ast.get_docstring(tree, clean=False)
        for _ in self._machine.run(module.frame, tree.body):
            pass

    def from_module(self, module: Value, name: str) -> Value:
        """What ``from module import name`` takes. Raises Raised (ImportError)."""
        if isinstance(module, Unknown):
            return module
        is_package = isinstance(module, Module) and "__path__" in module.names
        if isinstance(module, Module) and module.pending:
            is_own = module.is_model or (is_package and self._has_module(module, name))
            if name not in module.names and not is_own and not self._is_tried():
                return Deferred(module, name)
            self.settle(module)
        if (
            isinstance(module, Module)
            and name not in module.names
            and (is_package or module.is_model)
        ):
            full = f"{module.name}.{name}"
            if self._may_be_module(module, full):
                made = self._if_there(full)
                if made is not MISSING:
                    return made
        try:
            return self._machine.attribute(module, name)
        except Raised as raised:
            if getattr(raised.value, "kind", None) is not AttributeError:
                raise
        full = f"{getattr(module, 'name', '')}.{name}"
        if is_package:
            made = self._if_there(full)
            if made is not MISSING:
                return made
        if full in self.modules:
            return self.modules[full]
        raise error(ImportError, f"cannot import name {name!r}", name=getattr(module, "name", ""))

    def _if_there(self, name: str) -> Value:
        """A module, or `MISSING` if there is none of that name. Raises Raised."""
        try:
            return self.import_module(name)
        except Raised as raised:
            if not is_missing(raised, name):
                raise
            return MISSING

    def _has_module(self, module: Module, name: str) -> bool:
        """Whether a package has a module by a name, imported or not."""
        directories = self._directories(module) or []
        return find(self._machine.world, name, directories) is not None

    def _may_be_module(self, module: Module, full: str) -> bool:
        """Whether a name of a package is a module that it has."""
        if module.is_model:
            return source_of_model(full) is not None or module.name == REPOSITORY
        return "__getattr__" not in module.names
