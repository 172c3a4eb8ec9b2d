"""The built-in functions and classes, as the evaluated program sees them.

Source: Python's library reference, "Built-in Functions".
"""

from __future__ import annotations

import ast
import builtins as own
import warnings
from collections.abc import Callable, Iterator
from typing import Any, cast
from zlib import crc32

from find_libdeps.importing import classes, methods, operators, texts
from find_libdeps.importing.expressions import taken
from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.machine import MAX_ITEMS, Machine
from find_libdeps.importing.modules import Module
from find_libdeps.importing.values import (
    MISSING,
    Alternatives,
    Class,
    ClassMethod,
    Function,
    Host,
    Instance,
    Items,
    Method,
    Names,
    Native,
    Property,
    Raised,
    StaticMethod,
    Super,
    Unknown,
    Value,
    error,
    has_rest,
    join,
)


def _length(machine: Machine, args: list[Value], names: Names) -> Value:
    (value,) = args
    found = operators.special(machine, value, "__len__")
    if found is not MISSING:
        return found
    value = operators.content(value)
    if isinstance(value, str | bytes | list | tuple | dict | set | frozenset | range):
        return machine.unknown("how many items there are") if has_rest(value) else len(value)
    if isinstance(value, Alternatives):
        return join([_length(machine, [each], {}) for each in value.values])
    if isinstance(value, Unknown):
        return value
    raise error(TypeError, f"object of type {type(value).__name__!r} has no len()")


def _is_instance(machine: Machine, args: list[Value], names: Names) -> Value:
    value, kind = args
    kinds = kind if isinstance(kind, tuple) else (kind,)
    answers = [_is_of(machine, value, each) for each in kinds]
    if True in answers:
        return True
    return machine.unknown("what kind of object it is") if None in answers else False


def _is_of(machine: Machine, value: Value, kind: Value) -> bool | None:
    if isinstance(kind, tuple):
        return machine.truth(_is_instance(machine, [value, kind], {}))
    check = operators.special(machine, kind, "__instancecheck__", value)
    return classes.is_instance(machine, value, kind) if check is MISSING else machine.truth(check)


def _is_subclass(machine: Machine, args: list[Value], names: Names) -> Value:
    kind, base = args
    bases = base if isinstance(base, tuple) else (base,)
    answers = [_inherits(machine, kind, each) for each in bases]
    if True in answers:
        return True
    return machine.unknown("what a class inherits") if None in answers else False


def _inherits(machine: Machine, kind: Value, base: Value) -> bool | None:
    if not isinstance(kind, Class | type | Unknown | Alternatives):
        raise error(TypeError, "issubclass() arg 1 must be a class")
    check = operators.special(machine, base, "__subclasscheck__", kind)
    return classes.is_subclass(kind, base) if check is MISSING else machine.truth(check)


def _get_attribute(machine: Machine, args: list[Value], names: Names) -> Value:
    value, name, *default = args
    if isinstance(name, Alternatives):
        return join([_get_attribute(machine, [value, n, *default], {}) for n in name.values])
    if not isinstance(name, str):
        return name if isinstance(name, Unknown) else machine.unknown("an attribute")
    try:
        return machine.attribute(value, name)
    except Raised as raised:
        if default and classes.handles(machine, AttributeError, raised.value):
            return default[0]
        raise


def _has_attribute(machine: Machine, args: list[Value], names: Names) -> Value:
    value, name = args
    if isinstance(value, Unknown) or not isinstance(name, str):
        return machine.unknown("whether an object has an attribute")
    if isinstance(value, Module | Instance | Class) and name in value.names:
        return True
    if isinstance(value, Class) and classes.has_slot(value, name):
        return True
    try:
        found = machine.attribute(value, name)
    except Raised as raised:
        if classes.handles(machine, AttributeError, raised.value) is False:
            raise
        return False
    return found if isinstance(found, Unknown) else True


def _set_attribute(machine: Machine, args: list[Value], names: Names) -> Value:
    value, name, new = args
    if isinstance(name, str):
        machine.set_attribute(value, name, new)
    elif isinstance(value, Module):
        value.is_open = True
    return None


def _delete_attribute(machine: Machine, args: list[Value], names: Names) -> Value:
    classes.delete_attribute(machine, args[0], str(args[1]))
    return None


def _is_callable(machine: Machine, args: list[Value], names: Names) -> Value:
    match args[0]:
        case Function() | Native() | Method() | Class() | type() | StaticMethod():
            return True
        case Unknown() | Alternatives():
            return machine.unknown("whether it can be called")
        case Instance() as value:
            return classes.in_class(value, "__call__") is not MISSING
    return False


def _iterator(machine: Machine, args: list[Value], names: Names) -> Value:
    if len(args) == 2:
        return Items(_until(machine, args[0], args[1]))
    value = args[0]
    if isinstance(value, Items | Unknown):
        return value
    if isinstance(value, Instance) and classes.in_class(value, "__iter__") is not MISSING:
        return machine.call(machine.attribute(value, "__iter__"), [], {})
    return Items(machine.iterate(value))


def _until(machine: Machine, function: Value, last: Value) -> Iterator[Value]:
    while True:
        machine.step()
        value = machine.call(function, [], {})
        if machine.truth(operators.compare(machine, ast.Eq(), value, last)) is not False:
            return
        yield value


def _next(machine: Machine, args: list[Value], names: Names) -> Value:
    value, *default = args
    try:
        if isinstance(value, Items):
            machine.step()
            item = next(value.items, MISSING)
            if item is not MISSING:
                return item
            raise error(StopIteration, value.returned)
        if isinstance(value, Unknown):
            return value
        return machine.call(machine.attribute(value, "__next__"), [], {})
    except Raised as raised:
        if default and classes.handles(machine, StopIteration, raised.value):
            return default[0]
        raise


def _lazy(function: Callable[[Machine, list[Value], Names], Iterator[Value]]) -> Host:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        return Items(function(machine, args, names))

    return call


def _enumerated(machine: Machine, args: list[Value], names: Names) -> Iterator[Value]:
    start = args[1] if len(args) > 1 else names.get("start", 0)
    for number, item in enumerate(machine.iterate(args[0]), start if isinstance(start, int) else 0):
        machine.step()
        yield (number, item)


def _zipped(machine: Machine, args: list[Value], names: Names) -> Iterator[Value]:
    if args:
        for row in zip(*map(machine.iterate, args), strict=False):
            machine.step()
            yield row


def _mapped(machine: Machine, args: list[Value], names: Names) -> Iterator[Value]:
    for row in zip(*map(machine.iterate, args[1:]), strict=False):
        machine.step()
        yield machine.call(args[0], list(row), {})


def _filtered(machine: Machine, args: list[Value], names: Names) -> Iterator[Value]:
    function, items = args
    for item in machine.iterate(items):
        machine.step()
        value = item if function is None else machine.call(function, [item], {})
        if machine.truth(value) is not False:
            yield item


def _sorted(machine: Machine, args: list[Value], names: Names) -> Value:
    return methods.ordered(machine, taken(machine, args[0]), names)


def _reversed(machine: Machine, args: list[Value], names: Names) -> Value:
    return Items(iter(taken(machine, args[0])[::-1]))


def _any(machine: Machine, args: list[Value], names: Names) -> Value:
    is_unknown = False
    for item in machine.iterate(args[0]):
        machine.step()
        truth = machine.truth(item)
        if truth:
            return True
        is_unknown = is_unknown or truth is None
    return machine.unknown("whether any is true") if is_unknown else False


def _all(machine: Machine, args: list[Value], names: Names) -> Value:
    is_unknown = False
    for item in machine.iterate(args[0]):
        machine.step()
        truth = machine.truth(item)
        if truth is False:
            return False
        is_unknown = is_unknown or truth is None
    return machine.unknown("whether all are true") if is_unknown else True


def _sum(machine: Machine, args: list[Value], names: Names) -> Value:
    total = args[1] if len(args) > 1 else names.get("start", 0)
    for item in machine.iterate(args[0]):
        machine.step()
        total = operators.binary(machine, ast.Add(), total, item)
    return total


def _extreme(symbol: ast.cmpop) -> Host:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        items = taken(machine, args[0]) if len(args) == 1 else args
        if not items:
            if "default" in names:
                return names["default"]
            raise error(ValueError, "iterable argument is empty")
        function = names.get("key")
        best = best_key = MISSING
        for item in items:
            machine.step()
            key = machine.call(function, [item], {}) if function is not None else item
            if best is MISSING:
                best, best_key = item, key
                continue
            truth = machine.truth(operators.compare(machine, symbol, key, best_key))
            if truth is None:
                return machine.unknown("the largest or smallest of some values")
            if truth:
                best, best_key = item, key
        return best

    return call


def _text(machine: Machine, args: list[Value], names: Names) -> Value:
    if not args and not names:
        return ""
    value = operators.content(args[0]) if args else names.get("object", "")
    if isinstance(value, bytes) and (len(args) > 1 or names):
        return methods.plain_call(machine, str, [value, *args[1:]], names)
    return texts.text_of(machine, args[0] if args else value)


def _shown(machine: Machine, args: list[Value], names: Names) -> Value:
    return texts.text_of(machine, args[0], "r")


def _formatted(machine: Machine, args: list[Value], names: Names) -> Value:
    return texts.formatted(machine, args[0], -1, args[1] if len(args) > 1 else "")


def _number(kind: type) -> Host:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        for name in ("__int__", "__index__", "__float__"):
            found = operators.special(machine, args[0], name) if args else MISSING
            if found is not MISSING:
                return found
        value = operators.content(args[0]) if args else 0
        if isinstance(value, str | bytes) and len(value) > 1000:
            return machine.cut("a number of that many digits")
        return methods.plain_call(machine, kind, [value, *args[1:]] if args else [], names)

    return call


def _truth(machine: Machine, args: list[Value], names: Names) -> Value:
    truth = machine.truth(args[0]) if args else False
    if truth is not None:
        return truth
    return args[0] if isinstance(args[0], Unknown) else machine.unknown("a condition")


def _list(machine: Machine, args: list[Value], names: Names) -> Value:
    return taken(machine, args[0]) if args else []


def _tuple(machine: Machine, args: list[Value], names: Names) -> Value:
    return tuple(taken(machine, args[0])) if args else ()


def _set(kind: type) -> Host:
    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        made = operators.make_set(machine, taken(machine, args[0]) if args else [])
        return made if kind is set else frozenset(made)

    return call


def _dict(machine: Machine, args: list[Value], names: Names) -> Value:
    return {**(methods.pairs(machine, args[0]) if args else {}), **names}


def _bytes(machine: Machine, args: list[Value], names: Names) -> Value:
    match args:
        case []:
            return b""
        case [int(size)] if size > MAX_ITEMS:
            return machine.cut("a value of that size")
        case [str() | bytes() | int(), *_]:
            return methods.plain_call(machine, bytes, args, names)
        case [Unknown() as value, *_]:
            return value
    return methods.plain_call(machine, bytes, [taken(machine, args[0])], {})


def _type(machine: Machine, args: list[Value], names: Names) -> Value:
    match args:
        case [value]:
            return classes.class_of(value)
        case [str(name), tuple(bases), dict(inner)]:
            own_names = {key: value for key, value in inner.items() if isinstance(key, str)}
            kind = next((b.kind for b in bases if isinstance(b, Class)), type)
            if isinstance(kind, Class):
                return machine.call(kind, [name, bases, own_names], names)
            return classes.make_class(machine, name, bases, own_names, type, names)
    return machine.unknown("a class that type() makes")


def _object(machine: Machine, args: list[Value], names: Names) -> Value:
    return Instance(object)


def _super(machine: Machine, args: list[Value], names: Names) -> Value:
    if len(args) < 2:
        return machine.unknown("what super() leads to")
    return Super(args[0], args[1])


def _property(machine: Machine, args: list[Value], names: Names) -> Value:
    getter = args[0] if args else names.get("fget")
    return Property(getter, args[1] if len(args) > 1 else names.get("fset"))


def _slice(machine: Machine, args: list[Value], names: Names) -> Value:
    unknown = operators.uncertain(*args)
    return unknown if unknown is not None else slice(*args)


def _print(machine: Machine, args: list[Value], names: Names) -> Value:
    return None


def _hash(machine: Machine, args: list[Value], names: Names) -> Value:
    """Of a text some number: Python's own differs from process to process."""
    value = operators.content(args[0]) if args else None
    if isinstance(value, str):
        return crc32(value.encode("utf-8", "replace"))
    if isinstance(value, int):
        return hash(value)
    return machine.unknown("a hash")


def _identity(machine: Machine, args: list[Value], names: Names) -> Value:
    return machine.unknown("where an object is")


def _vars(machine: Machine, args: list[Value], names: Names) -> Value:
    if not args:
        return machine.unknown("the names of a function")
    return machine.attribute(args[0], "__dict__")


def _directory(machine: Machine, args: list[Value], names: Names) -> Value:
    value = args[0] if args else None
    if isinstance(value, Module | Class) and not value.is_open:
        names_of_value: dict[Any, Value] = value.names  # vars() may be given other keys
        return sorted(name for name in names_of_value if isinstance(name, str))
    return machine.unknown("the names of an object")


def _names_of(machine: Machine, args: list[Value], names: Names) -> Value:
    return machine.unknown("the names of a function")


def _import(machine: Machine, args: list[Value], names: Names) -> Value:
    name = args[0] if args else names.get("name")
    given = dict(zip(("globals", "locals", "fromlist", "level"), args[1:], strict=False)) | names
    if not isinstance(name, str):
        return name if isinstance(name, Unknown) else machine.unknown("a module")
    level, wanted = given.get("level", 0), given.get("fromlist") or ()
    scope = given.get("globals")
    if isinstance(level, int) and level > 0 and isinstance(scope, dict):
        package = str(scope.get("__package__") or scope.get("__name__", ""))
        base = ".".join(package.split(".")[: package.count(".") + 2 - level])
        name = f"{base}.{name}" if name else base
    if machine.truth(wanted) is not True:
        return machine.import_top(name)
    module = machine.import_module(name)
    for part in machine.iterate(wanted):
        if isinstance(part, str) and isinstance(module, Module) and "__path__" in module.names:
            try:
                machine.from_module(module, part)
            except Raised as raised:
                if classes.handles(machine, ImportError, raised.value) is False:
                    raise
    return module


def _executed(machine: Machine, args: list[Value], names: Names, mode: str) -> Value:
    """``exec`` and ``eval``: code that is a string, and that is known, is evaluated."""
    code, frame = args[0], _frame_for(machine, args)
    if isinstance(code, Instance) and isinstance(code.names.get("_mode"), str):
        code, mode = code.names["_code"], str(code.names["_mode"])
    if not isinstance(code, str | bytes) or frame is None:
        _open_names(machine, args[1:])
        return machine.unknown(f"what {mode}() does")
    if len(code) > methods.MAX_TEXT:
        return machine.cut(f"what {mode}() does")
    try:
        text = code.strip() if mode == "eval" else code
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escape sequences
            tree = ast.parse(text, mode=mode)
            compile(text, "<string>", mode)  # finds two parameters of one name, for example
    except (SyntaxError, ValueError) as problem:
        if machine.tries:
            raise error(SyntaxError, str(problem)) from None
        # code that was put together on ways of which only one is taken
        _open_names(machine, args[1:])
        return machine.unknown(f"what {mode}() does")
    except (RecursionError, MemoryError):
        return machine.cut(f"what {mode}() does")
    with machine.deeper() as is_followed:
        if not is_followed:
            return machine.cut(f"what {mode}() does")
        if isinstance(tree, ast.Expression):
            return machine.evaluate(frame, tree.body)
        place = machine.place
        for _ in machine.run(frame, cast(ast.Module, tree).body):
            pass
        machine.place = place
    return None


def _open_names(machine: Machine, scopes: list[Value]) -> None:
    """Note that unknown code may have set any name in the dicts that it was given."""
    unknown = machine.unknown("a name that unknown code sets")
    if not scopes and machine.frame:
        machine.frame.module.is_open = True
    for scope in scopes:
        if isinstance(scope, dict):
            scope[unknown] = unknown
            operators.open_names(machine, scope)


def _frame_for(machine: Machine, args: list[Value]) -> Frame | None:
    """The frame in which code runs: that of the caller, or one with the given names."""
    if len(args) == 1:
        return machine.frame
    module = Module("<string>")
    if not isinstance(args[1], dict):
        return None
    module.names = args[1]
    module.frame = Frame(Kind.MODULE, module, args[1])
    if len(args) > 2 and isinstance(args[2], dict):
        return Frame(Kind.CLASS, module, args[2])
    return module.frame


def _compiled(machine: Machine, args: list[Value], names: Names) -> Value:
    if len(args) > 3 or "flags" in names:
        return machine.unknown("what compile() makes")  # a syntax tree, perhaps
    code, mode = Instance(object), args[2] if len(args) > 2 else names.get("mode")
    code.names.update(_code=args[0], _mode="eval" if mode == "eval" else "exec")
    return code


def _open(machine: Machine, args: list[Value], names: Names) -> Value:
    opened = machine.attribute(machine.import_module("io"), "open")
    return machine.call(opened, args, names)


def _unknown(name: str) -> Host:
    return lambda machine, args, names: machine.unknown(f"what {name}() returns")


_FUNCTIONS: dict[str, Host] = {
    "len": _length,
    "isinstance": _is_instance,
    "issubclass": _is_subclass,
    "getattr": _get_attribute,
    "hasattr": _has_attribute,
    "setattr": _set_attribute,
    "delattr": _delete_attribute,
    "callable": _is_callable,
    "iter": _iterator,
    "next": _next,
    "sorted": _sorted,
    "any": _any,
    "all": _all,
    "sum": _sum,
    "min": _extreme(ast.Lt()),
    "max": _extreme(ast.Gt()),
    "repr": _shown,
    "ascii": _shown,
    "format": _formatted,
    "print": _print,
    "hash": _hash,
    "id": _identity,
    "vars": _vars,
    "dir": _directory,
    "globals": _names_of,
    "locals": _names_of,
    "__import__": _import,
    "exec": lambda machine, args, names: _executed(machine, args, names, "exec"),
    "eval": lambda machine, args, names: _executed(machine, args, names, "eval"),
    "compile": _compiled,
    "open": _open,
    "input": _unknown("input"),
    "__build_class__": _unknown("__build_class__"),
}
_PURE = (abs, round, divmod, ord, chr, hex, oct, bin)
CONSTRUCTORS: dict[type, Host] = {
    str: _text,
    int: _number(int),
    float: _number(float),
    complex: _number(complex),
    bool: _truth,
    list: _list,
    tuple: _tuple,
    dict: _dict,
    set: _set(set),
    frozenset: _set(frozenset),
    bytes: _bytes,
    bytearray: _unknown("bytearray"),
    memoryview: _unknown("memoryview"),
    range: lambda machine, args, names: methods.plain_call(machine, range, args, names),
    slice: _slice,
    type: _type,
    object: _object,
    super: _super,
    property: _property,
    staticmethod: lambda machine, args, names: StaticMethod(args[0]),
    classmethod: lambda machine, args, names: ClassMethod(args[0]),
    enumerate: _lazy(_enumerated),
    zip: _lazy(_zipped),
    map: _lazy(_mapped),
    filter: _lazy(_filtered),
    reversed: _reversed,
}
"""For each of Python's own classes that can be called: what makes its objects."""


def _power(machine: Machine, args: list[Value], names: Names) -> Value:
    if len(args) == 2:
        return operators.binary(machine, ast.Pow(), args[0], args[1])
    return methods.plain_call(machine, pow, args, names)


def new_error(machine: Machine, kind: type, args: list[Value], names: Names) -> Value:
    """An exception of one of Python's own classes."""
    if kind is OSError and len(args) > 1 and isinstance(args[0], int):
        made = methods.plain_call(machine, lambda number: type(OSError(number, "")), args[:1], {})
        kind = made if isinstance(made, type) else kind
    return error(kind, *args, **names).value


def _all_builtins() -> Names:
    found: Names = {name: Native(name, call) for name, call in _FUNCTIONS.items()}
    found |= {function.__name__: methods.pure(function) for function in _PURE}
    found["pow"] = Native("pow", _power)
    found |= {kind.__name__: kind for kind in CONSTRUCTORS}
    for name, value in vars(own).items():
        if isinstance(value, type) and issubclass(value, BaseException):
            found[name] = value
    constants: Names = {"None": None, "True": True, "False": False, "Ellipsis": Ellipsis}
    constants |= {"NotImplemented": NotImplemented, "__debug__": True}
    return found | constants


BUILTINS: Names = _all_builtins()
"""The names that every module sees."""

