"""Runs programs that `made_programs` and `doubtful_programs` made, and writes down what they ask
`find_library` for.

    python -I recorded.py RUNS < SOURCES > ASKS

Both are JSON: a list of sources; for each, for each of so many runs, the names in order, and how it
ended. The runs differ in what the module ``chance`` says.
"""

from __future__ import annotations

import ctypes.util
import json
import sys
from random import Random
from types import ModuleType

MOST_ASKS = 2_000
"""Of a program that asks more often: it may append to the list that it goes through."""
MOST_TOSSES = 60
"""After them, each coin says no, so that loops end."""


class EndlessError(BaseException):
    """No handler of a program catches it."""


def recorded(source: str, run: int) -> tuple[list[str], str]:
    """What a program asks for, and the class of the exception that ends it, or ``imported``."""
    asks = list[str]()

    def ask(name: str) -> None:
        asks.append(name)
        if len(asks) > MOST_ASKS:
            raise EndlessError

    ctypes.util.find_library = ask
    sys.modules["chance"] = chance(run)
    module = sys.modules["rule"] = ModuleType("rule")
    try:
        exec(compile(source, "rule.py", "exec"), module.__dict__)  # noqa: S102 - it is ours
    except (Exception, EndlessError) as error:
        return asks, type(error).__name__
    return asks, "imported"


def chance(run: int) -> ModuleType:
    """A module that tosses coins; in the first run each says yes, in the second one no."""
    random, tosses = Random(run), iter(range(MOST_TOSSES))  # noqa: S311 - it is no secret

    def coin() -> bool:
        if next(tosses, None) is None:
            return False
        return run == 0 if run < 2 else random.random() < 0.5

    made = ModuleType("chance")
    made.coin = coin  # type: ignore[attr-defined]
    made.some = lambda: ["ab"] * (0 if run == 1 else random.choice((0, 1, 1, 2, 3)))  # type: ignore[attr-defined]
    return made


if __name__ == "__main__":
    runs = range(int(sys.argv[1]))
    sources = json.load(sys.stdin)
    json.dump([[recorded(source, run) for run in runs] for source in sources], sys.stdout)
