"""What an application's own code reaches: its modules are imported, and its functions called.

Functions of other packages run only if they are called from there. What is called of a value that
nobody knows, of an argument mostly, may be any method of that name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from find_libdeps.importing.applications import Program
from find_libdeps.importing.calling import any_object, call_with_anything, class_of
from find_libdeps.importing.evaluator import Evaluation, Evaluator, GivenUp
from find_libdeps.importing.machine import Exhausted
from find_libdeps.importing.modules import Module
from find_libdeps.importing.sources import trees
from find_libdeps.importing.values import (
    Class,
    Function,
    Instance,
    Method,
    Place,
    Raised,
    Value,
    name_of_class,
)
from find_libdeps.importing.world import Ask, World

MAX_STEPS_OF_OWN_MODULE = 200_000
"""Most steps for the import of one of its modules."""
MAX_STEPS_OF_OWN_CALL = 40_000
"""Most steps for a call of one of its functions."""
MAX_STEPS_OF_NAMED_CALL = 5_000
"""Most steps for a call of a function of a module that a text in it names."""
_FAILURES = frozenset({"OSError", "ImportError", "ModuleNotFoundError", "FileNotFoundError"})
"""The exceptions that a missing library leads to."""


class Call(NamedTuple):
    """One of its functions, called; or one of its modules, imported."""

    asks: tuple[Ask, ...]
    """What that asks for, in order."""
    fails: bool
    """Whether it ends with an exception that a missing library leads to."""


class Reached(NamedTuple):
    """What an application's own code reaches."""

    evaluation: Evaluation
    """What own code decides was given up, too."""
    calls: tuple[Call, ...]
    doubtful: tuple[GivenUp, ...] = ()
    """Calls of what own code may call that took too many steps."""


NOTHING_REACHED = Reached(Evaluation((), "imported", Place("", 0), (), (), 0, frozenset()), ())


def reach(world: World, program: Program) -> Reached:
    """Evaluate what an application's own code reaches."""
    return _Reaching(world, program).all()


class _Reaching:
    """An evaluation of own code that is under way."""

    def __init__(self, world: World, program: Program) -> None:
        self._machine = Evaluator(world, program.limits)
        self._program = program
        self._is_own = program.limits.is_own
        self._given_up = list[GivenUp]()
        self._doubtful = list[GivenUp]()
        self._calls = list[Call]()
        self._done = set[ast.AST]()
        self._failed = dict[str, None]()
        """The modules whose imports ended with exceptions."""
        self._objects = dict[Class, Instance]()
        """An object of each class of those modules that texts name: a framework makes one, and then
        calls its methods.
        """
        self._is_late = False
        """Whether functions of modules that texts name are called: what they do costs most."""

    def all(self) -> Reached:
        modules = [source.module for source in self._program.modules]
        try:
            self._set_variables()
            self._do_all(self._import, (*modules, *self._program.named))
            # last, since a program sets up what functions find as it is
            self._do_all(self._run, modules)
            if self._failed:  # what those lacked may be set up now, and by others if it is not
                self._machine.goes_on = True
                self._do_all(self._import, [*self._failed])
            self._is_late = True
            self._call_all()
        except Exhausted as exhausted:
            self._given_up.append(GivenUp(modules[0] if modules else "", exhausted.place))
        evaluation = self._machine.evaluation("imported", tuple(self._given_up))
        return Reached(evaluation, tuple(self._calls), tuple(self._doubtful))

    def _do_all(self, work: Callable[[str], Raised | None], names: Iterable[str]) -> None:
        """Do some work with modules, then call what own code may call."""
        for name in names:
            self._within(name, MAX_STEPS_OF_OWN_MODULE, partial(work, name))
        self._call_all()

    def _within(
        self, name: str, steps: int, work: Callable[[], Raised | None], *, is_own: bool = True
    ) -> None:
        """Do some work in a number of steps. Raises Exhausted if none are left at all."""
        machine = self._machine
        start, raised = len(machine.asks), None
        with machine.apart(), machine.portion(steps) as portion:
            machine.frame, machine.place, machine.way = None, Place("", 0), []
            raised = work()
        if portion.given_up is not None:
            given_up = self._given_up if is_own else self._doubtful
            given_up.append(GivenUp(name, portion.given_up))
        if len(machine.asks) > start:
            self._calls.append(Call(tuple(machine.asks[start:]), _is_failure(raised)))

    def _set_variables(self) -> None:
        machine = self._machine
        set_default = machine.attribute(
            machine.attribute(machine.import_module("os"), "environ"), "setdefault"
        )
        for name, value in self._program.variables:
            machine.call(set_default, [name, value], {})

    def _import(self, name: str) -> Raised | None:
        try:
            self._machine.import_module(name)
        except Raised as raised:
            self._failed[name] = None
            return raised
        return None

    def _run(self, name: str) -> Raised | None:
        """Do what a module does as a program only."""
        module = self._machine.modules().get(name)
        try:
            if isinstance(module, Module) and self._is_own(module.path):
                _run_as_program(self._machine, module)
        except Raised as raised:
            return raised
        return None

    def _call_all(self) -> None:
        """Call what own code may call, until there is nothing else."""
        while functions := list(self._next()):
            for function, way in functions:
                if function.node not in self._done:
                    self._done.add(function.node)
                    work = partial(self._call, function, way)
                    module = function.frame.module
                    is_own = not way and self._is_own(module.path)
                    steps = MAX_STEPS_OF_OWN_CALL if is_own or way else MAX_STEPS_OF_NAMED_CALL
                    name = f"{module.name}.{function.name}()"
                    self._within(name, steps, work, is_own=is_own)

    def _next(self) -> Iterator[tuple[Function, list[Place]]]:
        """Own functions, and others that own code may call, each with the line that does."""
        machine = self._machine
        for function in machine.made:
            module = function.frame.module
            if self._is_own(module.path) or (self._is_late and module.name in self._program.named):
                if function.node not in self._done:
                    yield function, []
            elif (
                function.name in machine.sought
                and class_of(function) is not None
                and self._may_ask(function)
            ):
                yield function, [machine.sought[function.name]]
        for value, place in machine.handed:
            for function in _called_as(value):
                if self._may_ask(function):
                    yield function, [place]

    def _may_ask(self, function: Function) -> bool:
        is_done = function.node in self._done or function.node in self._machine.called
        return not is_done and self._program.limits.is_active(function.frame.module.path)

    def _call(self, function: Function, way: list[Place]) -> Raised | None:
        self._machine.way = way
        owner, module, first = class_of(function), function.frame.module, None
        if owner and module.name in self._program.named and not self._is_own(module.path):
            first = self._objects.setdefault(owner, any_object(owner))
        return call_with_anything(self._machine, function, owner, first)


def _called_as(value: Value) -> list[Function]:
    """The functions that run if somebody calls a value."""
    match value:
        case Function():
            return [value]
        case Method(function=Function() as function):
            return [function]
        case Class(mro=bases):
            found = (base.names.get("__init__") for base in bases if isinstance(base, Class))
            return [each for each in found if isinstance(each, Function)][:1]
    return []


def _run_as_program(machine: Evaluator, module: Module) -> None:
    """Evaluate what a module does as a program only, if its name is ``__main__``. Raises Raised."""
    source = machine.world.content(module.path) or b""
    for statement in (statement for tree in trees(source) for statement in tree.body):
        match statement:
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), body=body):
                machine.place = Place(module.path, statement.lineno)
                for _ in machine.run(module.frame, body):
                    pass


def _is_failure(raised: Raised | None) -> bool:
    if raised is None:
        return False
    value = raised.value
    kind = value.kind if isinstance(value, Instance) else value
    return name_of_class(kind) in _FAILURES
