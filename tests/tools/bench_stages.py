"""Where one run of find-libdeps spends its time, stage by stage, timed from outside.

Usage: bench_stages.py OUTPUT ARGUMENT...

Runs the command with these arguments, and writes the seconds of each stage to OUTPUT, as JSON. A
stage that calls into another one is not charged for it. Here all is done by one process; the
command itself has others help with the sources (`find_libdeps.process.workers`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any

from find_libdeps.commands import main as cli
from find_libdeps.debian import dpkg
from find_libdeps.elf import loader
from find_libdeps.needs import environment, packages, system, target
from find_libdeps.process.workers import forked_helpers
from find_libdeps.scan import results, scan

REST = "rest"
"""What belongs to no stage."""

STAGES: dict[str, list[tuple[Any, str]]] = {
    "walk": [(scan, "list_files")],
    "read": [(scan, "take_inventory")],
    "resolve": [
        (scan, "objects_by_environment"),
        (scan, "scanned_environments"),
        (environment.ScannedEnvironment, "uses"),
        (results, "loads_by_name"),
        (loader.Loader, "load"),
        (loader.Loader, "find"),
    ],
    "own": [
        (system, "read_database"),
        (dpkg.Database, "owners"),
        (scan, "choose_target"),
        (target.Target, "answers_for"),
        (results, "find_distributions"),
    ],
    "dlopen": [
        (scan, "by_package"),
        (scan, "survey"),
        (scan, "loads_with_packages"),
    ],
}
"""The functions of each stage, by where their callers find them."""


class Stopwatch:
    """Charges the time that passes to the stage that was entered last."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys((*STAGES, REST), 0.0)
        self._stages = [REST]
        self._since = time.perf_counter()

    @contextmanager
    def inside(self, stage: str) -> Iterator[None]:
        """Charge a stage meanwhile."""
        self._charge()
        self._stages.append(stage)
        try:
            yield
        finally:
            self._charge()
            self._stages.pop()

    def _charge(self) -> None:
        now = time.perf_counter()
        self.spent[self._stages[-1]] += now - self._since
        self._since = now

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, charged to a stage; an iterator only while it looks for its next item."""

        @wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            with self.inside(stage):
                return function(*args, **options)

        @wraps(function)
        def iterate(*args: Any, **options: Any) -> Iterator[Any]:
            items = function(*args, **options)
            while True:
                with self.inside(stage):
                    item = next(items, call)
                if item is call:
                    return
                yield item

        return iterate if isgeneratorfunction(function) else call


def _alone(
    work: Callable[[Any], Any], items: Sequence[Any], *, can_fork: bool = True
) -> AbstractContextManager[Callable[[], list[Any]]]:
    """`forked_helpers` without helpers, whose time would count twice."""
    return forked_helpers(work, items, can_fork=False)


def main(output: str, arguments: list[str]) -> None:
    """Run the command, and write what each stage took."""
    watch = Stopwatch()
    for stage, functions in STAGES.items():
        for place, name in functions:
            setattr(place, name, watch.timed(stage, getattr(place, name)))
    for user in (scan, packages):
        setattr(user, "forked_helpers", _alone)  # noqa: B010 -- mypy allows no other function there
    try:
        with watch.inside(REST):
            cli.main(arguments, prog_name="find-libdeps")
    finally:
        Path(output).write_text(json.dumps(watch.spent))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
