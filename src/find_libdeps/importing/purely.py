"""Python's own pure functions, applied to constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from find_libdeps.importing import operands, walking
from find_libdeps.importing.machine import MAX_BITS, Machine
from find_libdeps.importing.values import Names, Native, Value, error
from find_libdeps.process.memory import check_room

ERRORS = (
    *(TypeError, ValueError, IndexError, KeyError, LookupError, AttributeError),
    *(OverflowError, ZeroDivisionError, ArithmeticError),
)


def plain_call(
    machine: Machine, function: Callable[..., Any], args: list[Value], names: Names
) -> Value:
    """What one of Python's own pure functions makes of constants; unknown for other values.

    Raises Raised for the errors that the function raises.
    """
    spread = operands.distributed(
        machine, args, lambda *each: plain_call(machine, function, list(each), names)
    )
    if spread is not None:
        return spread
    plain = [operands.content(arg) for arg in args]
    unknown = operands.uncertain(*plain, *names.values())
    if unknown is not None:
        return unknown
    given = (*plain, *names.values())
    if not all(walking.is_plain(machine, each) for each in given):
        return machine.unknown(f"what {function.__name__}() makes of an object")
    if any(isinstance(each, int) and each.bit_length() > 2 * MAX_BITS for each in given):
        return machine.cut("a number that is too large")
    try:
        made: Value = function(*plain, **names)
    except UnicodeError as problem:
        raise error(type(problem), "cannot encode or decode") from None
    except ERRORS as problem:
        kind = type(problem) if type(problem) in ERRORS else ValueError
        raise error(kind, *problem.args) from None
    except (MemoryError, RecursionError):
        check_room()
        return machine.unknown(f"what {function.__name__}() makes of so long a text")
    machine.weigh(made)
    return made


def pure(function: Callable[..., Any], name: str = "") -> Native:
    """One of Python's own functions that has no effect and does little work."""

    def call(machine: Machine, args: list[Value], names: Names) -> Value:
        return plain_call(machine, function, args, names)

    return Native(name or function.__name__, call)
