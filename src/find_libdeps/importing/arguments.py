"""The arguments of a call.

Source: Python's language reference, 6.3.4 "Calls".
"""

from __future__ import annotations

import ast

from find_libdeps.importing.frames import Frame
from find_libdeps.importing.machine import Machine
from find_libdeps.importing.values import Names, Value
from find_libdeps.importing.walking import taken


def arguments(
    machine: Machine, frame: Frame, node: ast.Call | ast.ClassDef
) -> tuple[list[Value], Names]:
    """The arguments of a call, or the bases of a class, and those that have names."""
    args = list[Value]()
    for part in node.args if isinstance(node, ast.Call) else node.bases:
        if isinstance(part, ast.Starred):
            args += taken(machine, machine.evaluate(frame, part.value))
        else:
            args.append(machine.evaluate(frame, part))
    names: Names = {}
    for keyword in node.keywords:
        value = machine.evaluate(frame, keyword.value)
        if keyword.arg is not None:
            names[keyword.arg] = value
        elif isinstance(value, dict):
            machine.weigh(value)
            names |= {key: each for key, each in value.items() if isinstance(key, str)}
    return args, names
