"""``exec``, ``eval``, ``compile`` and ``__import__``: code and modules by their names.

Source: Python's library reference, "Built-in Functions".
"""

from __future__ import annotations

import ast
from typing import Any, cast

from find_libdeps.importing import classes
from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.machine import BYTES_A_STEP, Machine
from find_libdeps.importing.modules import Module
from find_libdeps.importing.sources import syntax_tree
from find_libdeps.importing.texts import MAX_TEXT
from find_libdeps.importing.values import Instance, Names, Raised, Unknown, Value, error


def imported(machine: Machine, args: list[Value], names: Names) -> Value:
    """``__import__``."""
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


def executed(machine: Machine, args: list[Value], names: Names, mode: str) -> Value:
    """``exec`` and ``eval``: code that is a string, and that is known, is evaluated."""
    code: Any = args[0]
    frame = _frame_for(machine, args)
    if isinstance(code, Instance) and isinstance(code.names.get("_mode"), str):
        # what was compiled as statements runs as such, by eval, too
        code, mode = code.names["_code"], str(code.names["_mode"])
    if not isinstance(code, str | bytes) or frame is None:
        unknown = machine.unknown(f"what {mode}() does")
        for names_of_code in (each for each in args[1:] if isinstance(each, dict)):
            machine.touch(names_of_code)
            names_of_code[unknown] = unknown  # it may have set any name
        return unknown
    machine.step(4 + len(code) // BYTES_A_STEP)
    if len(code) > MAX_TEXT:
        return machine.cut(f"what {mode}() does")
    try:
        tree = syntax_tree(code.strip() if mode == "eval" else code, mode)
    except (SyntaxError, ValueError) as problem:
        raise error(SyntaxError, str(problem)) from None
    except RecursionError:
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


def compiled(machine: Machine, args: list[Value], names: Names) -> Value:
    """``compile``: an object that keeps the source."""
    code, mode = Instance(object), args[2] if len(args) > 2 else names.get("mode")
    code.names.update(_code=args[0], _mode="eval" if mode == "eval" else "exec")
    return code
