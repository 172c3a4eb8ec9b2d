"""Statements: what each of Python's does.

Each function is a generator, which yields what the evaluated program's generators yield, and whose
result says how the statement ended. A branch on an unknown condition is followed both ways: what
the two ways set is joined, and a way that ends by an exception is left out if the other goes on.

Source: Python's language reference, 7 "Simple statements" and 8 "Compound statements".
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from find_libdeps.importing import classes, operators, patterns
from find_libdeps.importing.calls import make_function
from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.imports import import_from, import_names
from find_libdeps.importing.machine import (
    MAX_TURNS,
    Break,
    Continue,
    Machine,
    Return,
    Running,
    Signal,
)
from find_libdeps.importing.scopes import nodes_of, yields_of
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Instance,
    Items,
    Names,
    Place,
    Raised,
    Unknown,
    Value,
    error,
    join,
    name_of_class,
    sure_error,
)

MAX_UNSURE_TURNS = 4
"""Most turns of a loop that goes on or ends by a condition that is unknown."""
Simple: TypeAlias = Callable[[Machine, Frame, Any], Signal]
Compound: TypeAlias = Callable[[Machine, Frame, Any], Running]


def run(machine: Machine, frame: Frame, body: Sequence[ast.stmt]) -> Running:
    """Evaluate statements one after the other, until one of them ends the block."""
    path = frame.module.path
    is_model = frame.module.is_model
    is_generator = frame.scope is not None and frame.scope.is_generator
    for statement in body:
        machine.step()
        if not is_model:
            machine.place = Place(path, statement.lineno)
            machine.frame = frame
        if is_generator:
            yield from _yield_first(machine, frame, statement)
        try:
            simple = SIMPLE.get(type(statement))
            if simple is not None:
                signal = simple(machine, frame, statement)
            else:
                signal = yield from COMPOUND[type(statement)](machine, frame, statement)
        except Raised as raised:
            if raised.is_sure or frame.kind is not Kind.MODULE or is_model:
                raise
            if _may_be_handled(machine, raised):
                raise
            _pass_over(machine, frame, statement, raised)
            signal = None
        except RecursionError:
            machine.cut("a statement that is nested too deeply")
            signal = None
        if signal is not None:
            return signal
    return None


def _may_be_handled(machine: Machine, raised: Raised) -> bool:
    """Whether a ``try`` that is being evaluated may handle an exception."""
    for frame, node in reversed(machine.tries):
        for handler in node.handlers:
            try:
                wanted = machine.evaluate(frame, handler.type) if handler.type else BaseException
            except Raised:
                return True
            if classes.handles(machine, wanted, raised.value) is not False:
                return True
    return False


def _pass_over(machine: Machine, frame: Frame, statement: ast.stmt, raised: Raised) -> None:
    """Go on after a statement that raised what nobody handles, and that Python may not raise.

    What is installed can be imported, as a rule: then the evaluator knows less than Python.
    """
    kind = raised.value.kind if isinstance(raised.value, Instance) else None
    unknown = machine.cut(f"a statement that seems to raise {name_of_class(kind)}")
    for target in statement.targets if isinstance(statement, ast.Assign) else ():
        if isinstance(target, ast.Attribute | ast.Subscript):
            try:
                machine.assign(frame, target, unknown)
            except Raised:
                continue
    for node in nodes_of([statement]):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                frame.names.setdefault(name, unknown)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                frame.names.setdefault(node.name, unknown)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for alias in names:
                    frame.names.setdefault(alias.asname or alias.name.partition(".")[0], unknown)


def _yield_first(machine: Machine, frame: Frame, statement: ast.stmt) -> Running:
    """Evaluate the ``yield`` expressions in a statement, before the rest of it."""
    for part in _heads(statement):
        for node in yields_of(part):
            if isinstance(node, ast.Yield):
                value = machine.evaluate(frame, node.value) if node.value else None
                frame.sent[node] = yield value
                continue
            inner = machine.evaluate(frame, node.value)
            for item in machine.iterate(inner):
                machine.step()
                yield item
            frame.sent[node] = inner.returned if isinstance(inner, Items) else None
    return None


def _heads(statement: ast.stmt) -> list[ast.AST]:
    """The parts of a statement that are evaluated once, before its blocks."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return []
        case ast.If(test=test):
            return [test]
        case ast.For(iter=items):
            return [items]
        case ast.With(items=managers):
            return [item.context_expr for item in managers]
        case ast.Match(subject=subject):
            return [subject]
        case ast.While() | ast.Try():
            return []
    return [statement]


def _expression(machine: Machine, frame: Frame, node: ast.Expr) -> Signal:
    machine.evaluate(frame, node.value)
    return None


def _assign(machine: Machine, frame: Frame, node: ast.Assign) -> Signal:
    value = machine.evaluate(frame, node.value)
    for target in node.targets:
        machine.assign(frame, target, value)
    return None


def _annotated(machine: Machine, frame: Frame, node: ast.AnnAssign) -> Signal:
    if node.value is not None:
        machine.assign(frame, node.target, machine.evaluate(frame, node.value))
    if frame.kind is Kind.FUNCTION:
        return None
    note: Value = machine.unknown("an annotation")
    if not frame.module.postpones:
        note = machine.evaluate(frame, node.annotation)
    elif frame.kind is Kind.CLASS:
        note = ast.unparse(node.annotation)
    if isinstance(node.target, ast.Name):
        notes = frame.names.setdefault("__annotations__", {})
        if isinstance(notes, dict):
            notes[node.target.id] = note
    return None


def _augmented(machine: Machine, frame: Frame, node: ast.AugAssign) -> Signal:
    read: ast.expr
    match node.target:
        case ast.Name(id=name):
            read = ast.Name(name, ast.Load())
        case ast.Attribute(value=value, attr=name):
            read = ast.Attribute(value, name, ast.Load())
        case ast.Subscript(value=value, slice=index):
            read = ast.Subscript(value, index, ast.Load())
    left, right = machine.evaluate(frame, read), machine.evaluate(frame, node.value)
    method = f"__i{type(node.op).__name__.lower()}__"
    new = operators.special(machine, left, method, right)
    if new is MISSING or new is NotImplemented:
        new = operators.augment(machine, node.op, left, right)
    machine.assign(frame, node.target, new)
    return None


def _delete(machine: Machine, frame: Frame, node: ast.Delete) -> Signal:
    for target in node.targets:
        match target:
            case ast.Name(id=name):
                frame.delete(name)
            case ast.Attribute(value=value, attr=name):
                classes.delete_attribute(machine, machine.evaluate(frame, value), name)
            case ast.Subscript(value=value, slice=index):
                container = machine.evaluate(frame, value)
                operators.delete_item(machine, container, machine.evaluate(frame, index))
    return None


def _return(machine: Machine, frame: Frame, node: ast.Return) -> Signal:
    return Return(machine.evaluate(frame, node.value) if node.value else None)


def _raise(machine: Machine, frame: Frame, node: ast.Raise) -> Signal:
    if node.exc is None:
        if frame_caught := _caught(frame):
            raise Raised(frame_caught[-1], is_sure=True)
        raise error(RuntimeError, "No active exception to reraise")
    value = machine.evaluate(frame, node.exc)
    if node.cause is not None:
        machine.evaluate(frame, node.cause)
    if classes.is_exception_class(value):
        value = machine.call(value, [], {})
    if isinstance(value, Instance | Unknown):
        raise Raised(value, is_sure=True)
    if isinstance(value, Alternatives):
        raise Raised(machine.unknown("which exception is raised"), is_sure=True)
    raise error(TypeError, "exceptions must derive from BaseException")


def _caught(frame: Frame) -> list[Value]:
    inner: Frame | None = frame
    while inner is not None and not inner.caught:
        inner = inner.parent
    return inner.caught if inner else []


def _assert(machine: Machine, frame: Frame, node: ast.Assert) -> Signal:
    if machine.truth(machine.evaluate(frame, node.test)) is False:
        args = (machine.evaluate(frame, node.msg),) if node.msg else ()
        raise sure_error(AssertionError, *args)
    return None


def _import(machine: Machine, frame: Frame, node: ast.Import) -> Signal:
    import_names(machine, frame, node)
    return None


def _import_from(machine: Machine, frame: Frame, node: ast.ImportFrom) -> Signal:
    import_from(machine, frame, node)
    return None


def _pass(machine: Machine, frame: Frame, node: ast.stmt) -> Signal:
    return None


def _break(machine: Machine, frame: Frame, node: ast.Break) -> Signal:
    return Break()


def _continue(machine: Machine, frame: Frame, node: ast.Continue) -> Signal:
    return Continue()


def _function(
    machine: Machine, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> Signal:
    decorators = [machine.evaluate(frame, decorator) for decorator in node.decorator_list]
    function = make_function(machine, frame, node, node.name)
    if not frame.module.postpones:
        _evaluate_annotations(machine, frame, node)
    value: Value = function
    for decorator in reversed(decorators):
        value = decorated(machine, decorator, value)
    frame.store(node.name, value)
    return None


def decorated(machine: Machine, decorator: Value, value: Value) -> Value:
    """What a decorator makes; one that is unknown is taken to leave its function as it is."""
    made = machine.call(decorator, [value], {})
    return value if isinstance(made, Unknown) else made


def _evaluate_annotations(
    machine: Machine, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> None:
    arguments = node.args
    stars = filter(None, (arguments.vararg, arguments.kwarg))
    every = (*arguments.posonlyargs, *arguments.args, *stars, *arguments.kwonlyargs)
    for note in (*(argument.annotation for argument in every), node.returns):
        if note is not None and not isinstance(note, ast.Name | ast.Constant):
            machine.evaluate(frame, note)


def _class(machine: Machine, frame: Frame, node: ast.ClassDef) -> Signal:
    decorators = [machine.evaluate(frame, decorator) for decorator in node.decorator_list]
    value = classes.define(machine, frame, node)
    for decorator in reversed(decorators):
        value = decorated(machine, decorator, value)
    frame.store(node.name, value)
    return None


def _type_alias(machine: Machine, frame: Frame, node: ast.AST) -> Signal:
    name = getattr(node, "name", None)
    if isinstance(name, ast.Name):
        frame.store(name.id, machine.unknown("an alias of a type"))
    return None


def _if(machine: Machine, frame: Frame, node: ast.If) -> Running:
    # a row of elifs is as deep as it is long
    while True:
        truth = machine.truth(machine.evaluate(frame, node.test))
        if truth is None:
            return (yield from _both(machine, frame, [node.body, node.orelse]))
        if truth or len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            return (yield from run(machine, frame, node.body if truth else node.orelse))
        node = node.orelse[0]
        machine.step()
        if not frame.module.is_model:
            machine.place = Place(frame.module.path, node.lineno)


def _both(machine: Machine, frame: Frame, ways: Sequence[Sequence[ast.stmt]]) -> Running:
    """Follow all ways that may be taken from here, and join what they set."""
    ends = list[tuple[Signal | Raised, Names]]()
    starts = list[int]()
    for way in ways:
        starts.append(len(machine.asks))
        before, frame.journal = frame.journal, {}
        machine.doubts += 1
        end: Signal | Raised
        try:
            end = yield from run(machine, frame, way)
        except Raised as raised:
            end = raised
        finally:
            machine.doubts -= 1
            changed = frame.rollback(before)
        ends.append((end, changed))
    _ask_once(machine, starts)
    return _joined(machine, frame, ends)


def _ask_once(machine: Machine, starts: Sequence[int]) -> None:
    """What two ways ask for alike is asked for once."""
    if len(starts) == 2:
        first, second = machine.asks[starts[0] : starts[1]], machine.asks[starts[1] :]
        if [(ask.by, ask.name) for ask in first] == [(ask.by, ask.name) for ask in second]:
            del machine.asks[starts[1] :]


def _joined(
    machine: Machine, frame: Frame, ends: Sequence[tuple[Signal | Raised, Names]]
) -> Signal:
    """How several ways end together: by one of those that go on, if there is one."""
    failures = [end for end, _ in ends if isinstance(end, Raised)]
    if len(failures) == len(ends):
        raise failures[-1]
    if machine.possible:
        machine.possible[-1] += failures
    going = [(end, names) for end, names in ends if end is None]
    left = [end for end, _ in ends if isinstance(end, Break | Continue)]
    results = [end.value for end, _ in ends if isinstance(end, Return)]
    if going:
        frame.may_leave = frame.may_leave or len(going) + len(failures) < len(ends)
        frame.returned += results
        machine.doubts += bool(results) and frame.kind is Kind.FUNCTION
        _merge(frame, [names for _, names in going], len(going) == len(ends) - len(failures))
        return None
    if left:
        frame.returned += results
        _merge(frame, [n for e, n in ends if isinstance(e, Break | Continue)], True)
        return left[0]
    return Return(join(results))


def _merge(frame: Frame, changes: Sequence[Names], are_all: bool) -> None:
    """Set what the ways that go on have set: what only some of them set may be as before."""
    if len(changes) == 1 and are_all:
        frame.apply(changes[0])
        return
    names = dict.fromkeys(name for changed in changes for name in changed)
    before = {name: frame.names.get(name, MISSING) for name in names}
    for name in names:
        found = [changed.get(name, before[name]) for changed in changes]
        known = [value for value in found if value is not MISSING]
        if known:
            frame.put(name, join(known))


def _for(machine: Machine, frame: Frame, node: ast.For | ast.AsyncFor) -> Running:
    values = machine.evaluate(frame, node.iter)
    if isinstance(values, Alternatives):
        values = values.values[0]
    if isinstance(values, Unknown):
        return (yield from _once(machine, frame, node, values))
    turns = 0
    for item in machine.iterate(values):
        machine.step()
        turns += 1
        if turns > MAX_TURNS:
            return (yield from _once(machine, frame, node, machine.cut("a loop of many turns")))
        machine.assign(frame, node.target, item)
        signal = yield from run(machine, frame, node.body)
        if isinstance(signal, Break):
            return None
        if isinstance(signal, Return):
            return signal
    return (yield from run(machine, frame, node.orelse))


def _once(machine: Machine, frame: Frame, node: ast.For | ast.AsyncFor, value: Value) -> Running:
    """Follow the body of a loop over what is unknown, which may have any number of turns."""
    for target in ast.walk(node.target):
        if isinstance(target, ast.Name):
            frame.store(target.id, value)
    signal = yield from _both(machine, frame, [node.body, ()])
    if isinstance(signal, Return):
        return signal
    return (yield from _both(machine, frame, [node.orelse, ()]))


def _while(machine: Machine, frame: Frame, node: ast.While) -> Running:
    is_generator = frame.scope is not None and frame.scope.is_generator
    unsure = 0
    for _ in range(MAX_TURNS):
        machine.step()
        frame.may_leave = False
        if is_generator:
            yield from _yield_first(machine, frame, ast.Expr(node.test))
        truth = machine.truth(machine.evaluate(frame, node.test))
        if truth is None:
            signal = yield from _both(machine, frame, [node.body, ()])
            _forget(machine, frame, node)
            return signal if isinstance(signal, Return) else None
        if not truth:
            return (yield from run(machine, frame, node.orelse))
        signal = yield from run(machine, frame, node.body)
        if isinstance(signal, Break):
            return None
        if isinstance(signal, Return):
            return signal
        unsure += frame.may_leave
        if unsure == MAX_UNSURE_TURNS:
            break
    else:
        machine.cut("a loop of many turns")
    _forget(machine, frame, node)
    return None


def _forget(machine: Machine, frame: Frame, node: ast.stmt) -> None:
    """Make all names unknown that a loop sets, since nobody knows how often it turns."""
    for part in nodes_of([node]):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            frame.store(part.id, machine.unknown("what a loop sets"))


def _try(machine: Machine, frame: Frame, node: ast.Try) -> Running:
    signal: Signal = None
    try:
        signal = yield from _handled(machine, frame, node)
    except Raised:
        end = yield from run(machine, frame, node.finalbody)
        if end is not None:
            return end
        raise
    end = yield from run(machine, frame, node.finalbody)
    return signal if end is None else end


def _handled(machine: Machine, frame: Frame, node: ast.Try) -> Running:
    possible = list[Raised]()
    machine.possible.append(possible)
    entry = (frame, node)
    machine.tries.append(entry)
    raised: Raised | None = None
    signal: Signal = None
    try:
        signal = yield from run(machine, frame, node.body)
    except Raised as failure:
        raised = failure
    finally:
        # a generator that waits inside its own try may have put another list on top
        machine.possible = [each for each in machine.possible if each is not possible]
        machine.tries = [each for each in machine.tries if each is not entry]
    if raised:
        return (yield from _handle(machine, frame, node, raised))
    for failure in possible[:1]:
        yield from _maybe_handle(machine, frame, node, failure)
    if signal is None:
        signal = yield from run(machine, frame, node.orelse)
    return signal


def _handle(machine: Machine, frame: Frame, node: ast.Try, raised: Raised) -> Running:
    """Run the first handler that fits. Raises Raised if none does."""
    for handler in node.handlers:
        wanted = machine.evaluate(frame, handler.type) if handler.type else BaseException
        fits = classes.handles(machine, wanted, raised.value)
        if fits is False:
            continue
        if handler.name:
            frame.store(handler.name, raised.value)
        frame.caught.append(raised.value)
        try:
            return (yield from run(machine, frame, handler.body))
        finally:
            frame.caught.pop()
            if handler.name and frame.load(handler.name) is not MISSING:
                frame.delete(handler.name)
    raise raised


def _maybe_handle(machine: Machine, frame: Frame, node: ast.Try, raised: Raised) -> Running:
    """Follow the handler of an exception that may have been raised."""
    before, frame.journal = frame.journal, {}
    machine.doubts += 1
    signal: Signal | Raised = None
    try:
        signal = yield from _handle(machine, frame, node, raised)
    except Raised as again:
        signal = again
    finally:
        machine.doubts -= 1
        changed = frame.rollback(before)
    _joined(machine, frame, [(None, {}), (signal, changed)])
    return None


def _with(machine: Machine, frame: Frame, node: ast.With | ast.AsyncWith) -> Running:
    if isinstance(node, ast.AsyncWith):
        return (yield from run(machine, frame, node.body))
    return (yield from _with_items(machine, frame, node.items, node.body))


def _with_items(
    machine: Machine, frame: Frame, items: Sequence[ast.withitem], body: Sequence[ast.stmt]
) -> Running:
    if not items:
        return (yield from run(machine, frame, body))
    item, *rest = items
    manager = machine.evaluate(frame, item.context_expr)
    if isinstance(manager, Unknown | Alternatives):
        if item.optional_vars:
            machine.assign(frame, item.optional_vars, machine.unknown("what a with statement sets"))
        return (yield from _with_items(machine, frame, rest, body))
    leave = machine.attribute(manager, "__exit__")
    entered = machine.call(machine.attribute(manager, "__enter__"), [], {})
    if item.optional_vars:
        machine.assign(frame, item.optional_vars, entered)
    try:
        signal = yield from _with_items(machine, frame, rest, body)
    except Raised as raised:
        kind = raised.value.kind if isinstance(raised.value, Instance) else raised.value
        swallowed = machine.call(leave, [kind, raised.value, None], {})
        if machine.truth(swallowed) is not True:
            raise
        return None
    machine.call(leave, [None, None, None], {})
    return signal


def _match(machine: Machine, frame: Frame, node: ast.Match) -> Running:
    subject = machine.evaluate(frame, node.subject)
    possible = list[Sequence[ast.stmt]]()
    for case in node.cases:
        fits = patterns.fits(machine, frame, case.pattern, subject)
        if fits is not False and case.guard:
            guard = machine.truth(machine.evaluate(frame, case.guard))
            fits = False if guard is False else (fits if guard else None)
        if fits:
            possible.append(case.body)
            break
        if fits is None:
            possible.append(case.body)
    else:
        possible.append(())
    if len(possible) == 1:
        return (yield from run(machine, frame, possible[0]))
    return (yield from _both(machine, frame, possible))


SIMPLE: dict[type[ast.AST], Simple] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Pass: _pass,
    ast.Global: _pass,
    ast.Nonlocal: _pass,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
}
"""For each kind of statement without a block the function that evaluates it."""
COMPOUND: dict[type[ast.AST], Compound] = {
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Try: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
}
"""For each kind of statement with a block the function that evaluates it."""
if hasattr(ast, "TryStar"):  # Python 3.11
    COMPOUND[ast.TryStar] = _try
if hasattr(ast, "TypeAlias"):  # Python 3.12
    SIMPLE[ast.TypeAlias] = _type_alias


def assign(machine: Machine, frame: Frame, target: ast.expr, value: Value) -> None:
    """Assign a value to a target. Raises Raised."""
    match target:
        case ast.Name(id=name):
            frame.store(name, value)
        case ast.Attribute(value=owner, attr=name):
            machine.set_attribute(machine.evaluate(frame, owner), name, value)
        case ast.Subscript(value=owner, slice=index):
            container = machine.evaluate(frame, owner)
            operators.set_item(machine, container, machine.evaluate(frame, index), value)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            _unpack(machine, frame, targets, value)
        case ast.Starred(value=inner):
            machine.assign(frame, inner, value)


def _unpack(machine: Machine, frame: Frame, targets: Sequence[ast.expr], value: Value) -> None:
    star = next((n for n, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
    if isinstance(value, Unknown):
        for target in targets:
            machine.assign(frame, target, value)
        return
    if isinstance(value, Alternatives):
        rows = [_row(machine, targets, star, each) for each in value.values]
        for number, target in enumerate(targets):
            machine.assign(frame, target, join([row[number] for row in rows]))
        return
    for target, item in zip(targets, _row(machine, targets, star, value), strict=True):
        machine.assign(frame, target, item)


def _row(
    machine: Machine, targets: Sequence[ast.expr], star: int | None, value: Value
) -> list[Value]:
    """The items of a value, one for each target. Raises Raised (ValueError, TypeError)."""
    items = list(_bounded(machine.iterate(value), len(targets) if star is None else MAX_TURNS))
    if star is None:
        if len(items) != len(targets):
            if unknown := operators.uncertain(*items):
                return [unknown] * len(targets)  # it may stand for any number of items
            if isinstance(value, Items):
                return [machine.unknown("what a generator yields")] * len(targets)
            raise error(ValueError, f"not {len(targets)} values to unpack")
        return items
    after = len(targets) - star - 1
    if len(items) < len(targets) - 1:
        if unknown := operators.uncertain(*items):
            return [unknown] * len(targets)
        raise error(ValueError, f"not enough values to unpack (expected {len(targets) - 1})")
    end = len(items) - after
    return [*items[:star], items[star:end], *items[end:]]


def _bounded(items: Iterator[Value], limit: int) -> Iterator[Value]:
    for number, item in enumerate(items):
        yield item
        if number >= limit:
            return


