"""A host of few files and libraries, for the evaluator of importing."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from posixpath import dirname

from find_libdeps.importing.evaluator import Evaluation, Evaluator, evaluate_import
from find_libdeps.importing.values import Unknown
from find_libdeps.importing.world import Host

SITE = "/env/lib/python3/site-packages"
"""The directory of the modules."""


class SmallWorld:
    """A `World` whose files are given as texts, and whose libraries as names."""

    def __init__(self, files: Mapping[str, str | bytes], libraries: Iterable[str] = ()) -> None:
        """Make the host.

        Args:
            files: for each path below `SITE` its content.
            libraries: the sonames that are there.
        """
        self._files = {
            f"{SITE}/{path}": text.encode("utf-8", "surrogatepass")
            if isinstance(text, str)
            else text
            for path, text in files.items()
        }
        self._directories = dict[str, set[str]]()
        for path in self._files:
            while path != "/":
                path, name = dirname(path), path.rpartition("/")[2]
                self._directories.setdefault(path, set()).add(name)
        self._libraries = frozenset(libraries)
        self.host = Host(sys.version_info[:2], "x86_64", 64, "/env", (SITE,))

    def kind(self, path: str) -> str | None:
        """See `World`."""
        if path in self._files:
            return "file"
        return "directory" if path in self._directories else None

    def listing(self, path: str) -> tuple[str, ...]:
        """See `World`."""
        return tuple(sorted(self._directories.get(path, ())))

    def content(self, path: str) -> bytes | None:
        """See `World`."""
        return self._files.get(path)

    def opens(self, name: str) -> bool:
        """See `World`."""
        return name in self._libraries or name in self._files

    def finds(self, stem: str) -> str | None:
        """See `World`."""
        expected = re.compile(rf"lib{re.escape(stem)}\.\S+")
        return max(filter(expected.fullmatch, self._libraries), default=None)

    def defines(self, name: str | None, symbol: str) -> bool | None:
        """See `World`."""
        return None

    def typelib(self, namespace: str, version: str, loaded: Sequence[str]) -> str | None:
        """See `World`."""
        return None

    def imports(self, path: str) -> bool:
        """See `World`."""
        return True


def evaluated(source: str | bytes, libraries: Iterable[str] = ()) -> Evaluation:
    """What importing a module with that source asks for."""
    return evaluate_import(SmallWorld({"rule.py": source}, libraries), "rule")


def asked(source: str | bytes, libraries: Iterable[str] = ()) -> list[str | None]:
    """The names that such a module asks for; ``?`` stands for an unknown one."""
    asks = evaluated(source, libraries).asks
    return ["?" if isinstance(ask.name, Unknown) else ask.name for ask in asks]


def evaluator(source: str | bytes) -> Evaluator:
    """An evaluator that is about to import such a module, as `rule`."""
    return Evaluator(SmallWorld({"rule.py": source}))
