"""Functions of the evaluated program: how they are made, and how they get their arguments.

Source: Python's language reference, 8.7 "Function definitions" and 6.3.4 "Calls".
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from find_libdeps.importing.doubt import Apart, Trial, fail, pause, stay
from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.machine import Machine, Return, Running
from find_libdeps.importing.merging import maybe, take_effect
from find_libdeps.importing.scopes import Code, Scope
from find_libdeps.importing.values import (
    MISSING,
    Function,
    Items,
    Names,
    Raised,
    Value,
    error,
    join,
)


def make_function(machine: Machine, frame: Frame, node: Code, name: str) -> Function:
    """The function that a statement or a lambda defines; its defaults are evaluated."""
    arguments = node.args
    defaults = [machine.evaluate(frame, default) for default in arguments.defaults]
    keyword_defaults = [
        machine.evaluate(frame, default) if default else MISSING
        for default in arguments.kw_defaults
    ]
    function = Function(node, name, frame, defaults, keyword_defaults)
    machine.made.append(function)
    return function


TOO_DEEPLY = "called too deeply"
"""How it ends why a call was not evaluated that is inside of `MAX_DEPTH` others."""
MAX_REPEATED = 2
"""Most calls of a function inside each other that depend on an unknown condition."""


def _scope(node: Any) -> Scope:
    """The scope of a function. It stays with the node: a cache would keep whole trees alive."""
    found: Scope | None = getattr(node, "scope", None)
    if found is None:
        found = node.scope = Scope(node)
    return found


def call_function(machine: Machine, function: Function, args: list[Value], names: Names) -> Value:
    """Call a function. Raises Raised, also for arguments that do not fit."""
    scope = _scope(function.node)
    parent = function.frame
    while parent.kind is Kind.CLASS and parent.parent:
        parent = parent.parent
    outer = parent if parent.kind in (Kind.FUNCTION, Kind.COMPREHENSION) else None
    frame = Frame(Kind.FUNCTION, function.frame.module, {}, outer, scope)
    frame.cell = function.cell
    frame.function = function
    frame.back, frame.called_at = machine.frame, machine.place if machine.place.path else None
    _bind(function, args, names, frame)
    machine.step((len(args) + len(names)) // 4)
    if args:
        frame.first = args[0]
    machine.step()
    machine.called.add(function.node)
    if isinstance(function.node, ast.AsyncFunctionDef) and not machine.limits.runs_coroutines:
        return machine.unknown(f"what the coroutine {function.name}() returns")
    if scope.is_generator:
        items = Items(iter(()))
        items.items = _generated(machine, function, frame, items)
        return items
    if machine.doubts and _is_repeated(frame):
        return machine.unknown(f"what {function.name}() returns, which may call itself")
    value = _in_its_steps(machine, function, lambda: _followed(machine, function, frame))
    if value is MISSING:
        return machine.unknown(f"what {function.name}() returns, after too many steps")
    return value


def _in_its_steps(machine: Machine, function: Function, work: Callable[[], Value]) -> Value:
    """Do what a function does; `MISSING` if it is one of a module that is not active, all calls of
    whose functions share some steps, and these are used up.
    """
    path = function.frame.module.path
    if not path or machine.limits.is_active(path):  # models have none
        return work()
    left = machine.limits.max_passive_steps - machine.passive_steps.get(path, 0)
    start = machine.steps
    try:
        with machine.portion(max(left, 0)):
            return work()
    finally:
        used = machine.steps - start
        machine.passive_steps[path] = machine.passive_steps.get(path, 0) + used
    return MISSING


def _followed(machine: Machine, function: Function, frame: Frame) -> Value:
    with machine.deeper() as is_followed:
        if not is_followed:
            return machine.cut(f"what {function.name}() returns, {TOO_DEEPLY}")
        place, caller = machine.place, machine.frame
        if isinstance(function.node, ast.Lambda):
            return machine.evaluate(frame, function.node.body)
        try:
            return returned(machine, frame, machine.run(frame, function.node.body))
        except Raised as raised:
            if not frame.returned:
                raise
            fail(machine, raised)
            return join(frame.returned)
        finally:
            stay(machine, frame, frame)
            machine.place, machine.frame = place, caller


def _is_repeated(frame: Frame) -> bool:
    """Whether a function that may be called is `MAX_REPEATED` times below itself: it would go on
    like that.
    """
    node = frame.function.node if frame.function else None
    count, caller = 0, frame.back
    while caller is not None and count < MAX_REPEATED:
        count += caller.function is not None and caller.function.node is node
        caller = caller.back
    return count == MAX_REPEATED


def returned(machine: Machine, frame: Frame, running: Running) -> Value:
    """What a function returns that is no generator."""
    try:
        next(running)
    except StopIteration as end:
        return _result(frame, end.value)
    return machine.unknown("what a function with a stray yield returns")


def _result(frame: Frame, signal: object) -> Value:
    value = signal.value if isinstance(signal, Return) else None
    return join([*frame.returned, value]) if frame.returned else value


def _generated(machine: Machine, function: Function, frame: Frame, items: Items) -> Iterator[Value]:
    """What a generator yields; each item is computed when it is taken."""
    node = function.node
    if isinstance(node, ast.Lambda):
        yield machine.evaluate(frame, node.body)
        return
    running = _Suspended(machine, machine.run(frame, node.body))
    sent: Value = None
    thrown: Raised | None = None
    while True:
        with machine.deeper() as is_followed:
            try:
                value = (
                    _in_its_steps(machine, function, partial(running.go_on, sent, thrown))
                    if is_followed
                    else MISSING
                )
            except StopIteration as end:
                items.returned = _result(frame, end.value)
                return
        if value is MISSING:
            if is_followed:
                yield machine.unknown(f"what {function.name}() yields, after too many steps")
            else:
                yield machine.cut(f"what {function.name}() yields, {TOO_DEEPLY}")
            return
        thrown = None
        try:
            yield value if not running.doubts else maybe(machine, value)
        except Raised as raised:
            thrown = raised
        except GeneratorExit:
            running.close()
            raise
        sent, items.send = items.send, None


class _Suspended:
    """The body of a generator, between the items that it yields.

    It may wait inside branches on unknown conditions, and inside its own ``try``. These are no
    conditions of the code that takes the items, so they count only while the body goes on.
    """

    def __init__(self, machine: Machine, running: Running) -> None:
        self._machine = machine
        self._running = running
        self.doubts = 0
        """On how many unknown conditions it depends that the body waits where it does."""
        self._possible = list[Trial]()

    def go_on(self, sent: Value, thrown: Raised | None) -> Value:
        """The next item. Raises StopIteration at the end, and Raised."""
        machine, running = self._machine, self._running
        place, caller = machine.place, machine.frame
        doubts, possible = machine.doubts, machine.possible
        left = machine.left
        machine.doubts = doubts + self.doubts
        machine.possible = possible + self._possible
        outside = sum(trial.doubts for trial in possible)
        step = partial(running.throw, thrown) if thrown else partial(running.send, sent)
        try:
            return self._in_doubt(step) if self.doubts else step()
        finally:
            pause(machine, left)
            # it may have raised what a try around the code that takes the items handles
            outside = sum(trial.doubts for trial in possible) - outside
            self.doubts = machine.doubts - doubts - outside
            self._possible = machine.possible[len(possible) :]
            machine.doubts, machine.possible = doubts + outside, possible
            machine.place, machine.frame = place, caller

    def _in_doubt(self, step: Callable[[], Value]) -> Value:
        """Go on where the body may not wait: what it sets is joined with what was before."""
        apart = Apart(self._machine, None)
        try:
            with apart:
                return step()
        finally:
            take_effect(self._machine, [apart.effect, {}])

    def close(self) -> None:
        """Leave the body where it waits."""
        doubts, possible = self._machine.doubts, self._machine.possible
        try:
            self._running.close()
        finally:
            self._machine.doubts, self._machine.possible = doubts, possible


def _bind(function: Function, args: list[Value], names: Names, frame: Frame) -> None:
    """Give each parameter its value. Raises Raised (TypeError) as Python does."""
    arguments, values = function.node.args, frame.names
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    only = {a.arg for a in arguments.posonlyargs}
    for name, value in zip(positional, args, strict=False):
        values[name] = value
    rest = args[len(positional) :]
    if arguments.vararg:
        values[arguments.vararg.arg] = tuple(rest)
    elif rest:
        raise error(TypeError, f"{function.name}() takes fewer positional arguments")
    known = {*positional, *(a.arg for a in arguments.kwonlyargs)} - only
    extra: Names = {}
    for name, value in names.items():
        if name not in known:
            extra[name] = value
        elif name in values:
            raise error(TypeError, f"{function.name}() got multiple values for {name!r}")
        else:
            values[name] = value
    if arguments.kwarg:
        values[arguments.kwarg.arg] = extra
    elif extra:
        raise error(TypeError, f"{function.name}() got an unexpected keyword argument")
    _complete(function, positional, values)


def _complete(function: Function, positional: list[str], values: Names) -> None:
    """Give parameters without an argument their defaults."""
    arguments = function.node.args
    defaults = zip(reversed(positional), reversed(function.defaults), strict=False)
    for name, value in defaults:
        values.setdefault(name, value)
    for argument, value in zip(arguments.kwonlyargs, function.keyword_defaults, strict=True):
        if value is not MISSING:
            values.setdefault(argument.arg, value)
    wanted = (*positional, *(a.arg for a in arguments.kwonlyargs))
    missing = next((name for name in wanted if name not in values), None)
    if missing is not None:
        raise error(TypeError, f"{function.name}() missing a required argument: {missing!r}")
