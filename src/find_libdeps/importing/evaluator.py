"""The evaluator: it brings the parts together, and evaluates the import of a module."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

from find_libdeps.importing import (
    attributes,
    builtins,
    classes,
    constructors,
    host,
    indexing,
    merging,
    objects,
    operands,
    setting,
    statements,
    targets,
    texts,
    vague,
    walking,
)
from find_libdeps.importing.calls import call_function
from find_libdeps.importing.expressions import EVALUATORS
from find_libdeps.importing.frames import Frame
from find_libdeps.importing.importer import Importer
from find_libdeps.importing.machine import NO_LIMITS, Exhausted, Limits, Machine, Running
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    ITEMS,
    KEYS,
    MISSING,
    VIEWS,
    Alternatives,
    Class,
    Deferred,
    Function,
    Instance,
    Items,
    Method,
    Names,
    Native,
    Place,
    Raised,
    StaticMethod,
    Unknown,
    Value,
    bare,
    error,
    name_of_class,
)
from find_libdeps.importing.world import Ask, World

_UNFIT = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What functions of the host raise for arguments that do not fit."""
_FALSE = (str, bytes, list, tuple, dict, set, frozenset, range, *VIEWS)
_CHANGING = (dict, set, frozenset, *VIEWS)


class GivenUp(NamedTuple):
    """An import that takes more steps than it may."""

    name: str
    place: Place
    """Where it was given up, or `NOT_BEGUN`."""


NOT_BEGUN = Place("", 0)


class Evaluation(NamedTuple):
    """What importing a module asks for."""

    asks: tuple[Ask, ...]
    """In order."""
    end: str
    """How the import ended: ``imported``, or the name of the class of the exception."""
    ended_at: Place
    """The line that was evaluated last."""
    cuts: tuple[Unknown, ...]
    """What was not evaluated, each once for a place."""
    given_up: tuple[GivenUp, ...]
    """The imports that were not evaluated to their ends."""
    steps: int
    """How many steps it took."""
    ran: frozenset[str]
    """The paths of the sources that were evaluated, to their end or not."""
    programs: tuple[Ask, ...] = ()
    """The programs that are asked for by constant names, each once for a place."""


def evaluate_import(world: World, name: str, limits: Limits = NO_LIMITS) -> Evaluation:
    """Evaluate ``import name`` on a host."""
    machine = Evaluator(world, limits)
    given_up: tuple[GivenUp, ...] = ()
    try:
        machine.import_module(name)
        end = "imported"
    except Raised as raised:
        kind = raised.value.kind if isinstance(raised.value, Instance) else raised.value
        end = name_of_class(kind)
    except Exhausted as exhausted:
        end, given_up = "unknown", (GivenUp(name, exhausted.place),)
    return machine.evaluation(end, given_up)


class Evaluator(Machine):
    """An evaluation on a host, with the modules that have been imported."""

    def __init__(self, world: World, limits: Limits = NO_LIMITS) -> None:
        super().__init__(world, limits)
        self._importer = Importer(self)
        host.prepare(self, self._importer)

    def forget_interrupted(self) -> None:
        """See `Importer`."""
        self._importer.forget_interrupted()

    def evaluation(self, end: str, given_up: tuple[GivenUp, ...] = ()) -> Evaluation:
        """What has been asked for so far, and how the import ended."""
        asks, cuts, ran = tuple(self.asks), tuple(self.cuts), frozenset(self.ran)
        programs = tuple(self.programs.values())
        return Evaluation(asks, end, self.place, cuts, given_up, self.steps, ran, programs)

    def evaluate(self, frame: Frame, node: ast.expr) -> Value:
        """See `Machine`."""
        self._expressions += 1
        if self._expressions > self._max_expressions:
            raise Exhausted(self.place)
        return EVALUATORS[type(node)](self, frame, node)

    def run(self, frame: Frame, body: Sequence[ast.stmt]) -> Running:
        """See `Machine`."""
        return statements.run(self, frame, body)

    def assign(self, frame: Frame, target: ast.expr, value: Value) -> None:
        """See `Machine`."""
        targets.assign(self, frame, target, value)

    def call(self, function: Value, args: list[Value], names: Names) -> Value:
        """See `Machine`."""
        match function:
            case Function():
                return call_function(self, function, args, names)
            case Method(function=inner, owner=owner):
                return self.call(inner, [owner, *args], names)
            case Native(call=call):
                return self._call_native(function, call, args, names)
            case Class():
                self.step(2)
                return objects.instantiate(self, function, args, names)
            case type():
                return self._call_type(function, args, names)
            case Instance():
                method = classes.in_class(function, "__call__")
                if method is not MISSING:
                    bound = classes.bound(self, method, function, function.kind)
                    return self.call(bound, args, names)
                if isinstance(function.kind, Class) and function.kind.is_open:
                    return self.unknown(f"what a {function.kind.name} returns")
            case Unknown():
                if self.limits.is_own(self.place.path):
                    self.handed += [(each, self.place) for each in (*args, *names.values())]
                return bare(function)
            case StaticMethod(function=inner):
                return self.call(inner, args, names)
            case Alternatives(values=values):
                return self._call_each(values, args, names)
        raise error(TypeError, f"'{type(function).__name__}' object is not callable")

    def call_unknown(self, name: str, argument: Value) -> None:
        """See `Machine`."""
        host.ask_in_doubt(self, name, argument)

    def _call_native(self, function: Native, call: Any, args: list[Value], names: Names) -> Value:
        try:
            return call(self, args, names)
        except _UNFIT as problem:
            # the arguments are too few or too many, as `a, b = args` finds out
            raise error(TypeError, f"{function.name}(): {problem}") from None

    def _call_each(self, values: Sequence[Value], args: list[Value], names: Names) -> Value:
        return operands.each_way(
            self, values, lambda value: self.call(value, list(args), dict(names))
        )

    def _call_type(self, kind: type, args: list[Value], names: Names) -> Value:
        self.step()
        if issubclass(kind, BaseException):
            return constructors.new_error(self, kind, args, names)
        make = constructors.CONSTRUCTORS.get(kind)
        if make is None:
            return self.unknown(f"what {kind.__name__}() returns")
        try:
            return make(self, args, names)
        except _UNFIT as problem:
            raise error(TypeError, f"{kind.__name__}(): {problem}") from None

    def attribute(self, value: Value, name: str) -> Value:
        """See `Machine`."""
        return attributes.attribute(self, value, name)

    def set_attribute(self, value: Value, name: str, new: Value) -> None:
        """See `Machine`."""
        setting.set_attribute(self, value, name, new)

    def truth(self, value: Value) -> bool | None:
        """See `Machine`."""
        match value:
            case None | bool() | int() | float() | complex():
                return bool(value)
            case Unknown():
                return None
            case Alternatives(values=values):
                truths = {self.truth(each) for each in values}
                return truths.pop() if len(truths) == 1 else None
            case Instance() | Class():
                return self._truth_of_object(value)
        if isinstance(value, _FALSE):
            return None if value and vague.may_be_empty(self, value) else bool(value)
        return value is not NotImplemented

    def _truth_of_object(self, value: Instance | Class) -> bool | None:
        for name in ("__bool__", "__len__"):
            found = operands.special(self, value, name)
            if found is not MISSING:
                return self.truth(found)
        if isinstance(value, Instance) and value.content is not None:
            return self.truth(value.content)
        is_open = (
            isinstance(value, Instance) and isinstance(value.kind, Class) and value.kind.is_open
        )
        return None if is_open else True

    def iterate(self, value: Value) -> Iterator[Value]:
        """See `Machine`."""
        match value:
            case Items(items=items):
                return items
            case list() | tuple() | str() | bytes() | range():
                return iter(value)
            case Unknown():
                return iter((merging.maybe(self, value),))
            case Alternatives(values=values):
                every = [list(walking.bounded(self, self.iterate(each))) for each in values]
                return iter(cast(list[Value], merging.merged(self, every)))
            case Instance() | Class():
                return self._iterate_object(value)
        if isinstance(value, _CHANGING):
            found = _unchanged(value)
            is_of_dict = self.is_vague and isinstance(value, dict | KEYS | ITEMS)
            return vague.entries(self, value, found) if is_of_dict else found
        if classes.in_class(value, "__iter__") is MISSING:
            raise error(TypeError, f"'{type(value).__name__}' object is not iterable")
        return iter(())

    def _iterate_object(self, value: Instance | Class) -> Iterator[Value]:
        found = operands.special(self, value, "__iter__")
        if found is value or (
            found is MISSING and classes.in_class(value, "__next__") is not MISSING
        ):
            return self._next_items(value)
        if found is not MISSING:
            return self.iterate(found)
        if isinstance(value, Instance) and value.content is not None:
            return self.iterate(value.content)
        if classes.in_class(value, "__getitem__") is not MISSING:
            return self._numbered_items(value)
        if operands.is_open(value):
            return iter((self.unknown("an item of an object"),))
        raise error(TypeError, "object is not iterable")

    def _next_items(self, value: Value) -> Iterator[Value]:
        """The items of an object with ``__next__``."""
        following = self.attribute(value, "__next__")
        while True:
            self.step()
            try:
                item = self.call(following, [], {})
            except Raised as raised:
                if classes.handles(self, StopIteration, raised.value):
                    return
                raise
            yield item
            if isinstance(item, Unknown):
                return

    def _numbered_items(self, value: Value) -> Iterator[Value]:
        """The items of an object with ``__getitem__`` and without ``__iter__``."""
        number = 0
        while True:
            self.step()
            try:
                item = indexing.item(self, value, number)
            except Raised as raised:
                if classes.handles(self, IndexError, raised.value):
                    return
                raise
            yield item
            if isinstance(item, Unknown):
                return
            number += 1

    def text(self, value: Value) -> Value:
        """See `Machine`."""
        return texts.text_of(self, value)

    def import_module(self, name: str) -> Value:
        """See `Machine`."""
        return self._importer.import_module(name)

    def import_top(self, name: str) -> Value:
        """See `Machine`."""
        self._importer.import_module(name)
        return self._importer.import_module(name.partition(".")[0])

    def from_module(self, module: Value, name: str) -> Value:
        """See `Machine`."""
        return self._importer.from_module(module, name)

    def settle(self, module: Module) -> None:
        """See `Machine`."""
        self._importer.settle(module)

    def modules(self) -> dict[Value, Value]:
        """See `Machine`."""
        return self._importer.modules

    def name_of(self, frame: Frame, name: str) -> Value:
        """See `Machine`."""
        value = frame.load(name)
        if isinstance(value, Deferred):
            return attributes.resolved(self, value)
        if value is not MISSING:
            return value
        if name in builtins.BUILTINS:
            return builtins.BUILTINS[name]
        if frame.module.is_open:
            return self.unknown(f"what {name} is")
        raise error(NameError, f"name {name!r} is not defined", name=name)


def _unchanged(values: Iterable[Value]) -> Iterator[Value]:
    """The keys of a dict, or the items of a set, which may get no others meanwhile."""
    try:
        yield from values
    except RuntimeError as problem:
        raise error(RuntimeError, str(problem)) from None
