"""Runs programs that `made_programs` made, and writes down what they ask `find_library` for.

    python -I recorded.py < SOURCES > ASKS

Both are JSON: a list of sources; for each the names in order, and how it ended.
"""

from __future__ import annotations

import ctypes.util
import json
import sys
from types import ModuleType

MOST_ASKS = 2_000
"""Of a program that asks more often: it may append to the list that it goes through."""


class EndlessError(BaseException):
    """No handler of a program catches it."""


def recorded(source: str) -> tuple[list[str], str]:
    """What a program asks for, and the class of the exception that ends it, or ``imported``."""
    asks = list[str]()

    def ask(name: str) -> None:
        asks.append(name)
        if len(asks) > MOST_ASKS:
            raise EndlessError

    ctypes.util.find_library = ask
    module = sys.modules["rule"] = ModuleType("rule")
    try:
        exec(compile(source, "rule.py", "exec"), module.__dict__)  # noqa: S102 - it is ours
    except (Exception, EndlessError) as error:
        return asks, type(error).__name__
    return asks, "imported"


if __name__ == "__main__":
    json.dump([recorded(source) for source in json.load(sys.stdin)], sys.stdout)
