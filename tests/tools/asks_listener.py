"""Imports every public module of a distribution, and notes what is asked of the dynamic loader.

    LD_DEBUG=files LD_DEBUG_OUTPUT=FOLDER/loader python -IB asks_listener.py FOLDER NAME SECONDS

It imports whatever is in the environment, so it is for a container that has nothing to lose. The
root modules of all distributions are imported, because an import of one is what find-libdeps
follows; below the roots only the modules of the distribution NAME. After SECONDS no more imports
begin.

The tree of processes is the tree of modules: one forked process imports a package, and forks one
for each module in it. ``import a.b`` imports ``a`` first in any case, so each module is heard as if
a fresh Python imported it alone, while the cost of ``a`` is paid once. A crash, an exit or a hang
ends one branch.

It writes a JSON object a line to FOLDER/log, when it happens:

- ``{"pid", "module", "is_root"}``: this process begins to import
- ``{"pid", "how", "name", "line", "loaded"}``: it asks for a library
- ``{"module", "end"}``: the import ended: ``imported``, the exception, or the signal

Heard are ctypes (``dlopen``), ``find_library`` and cffi. What C code asks for stands in
FOLDER/loader.PID, in glibc's words; `asks_heard` reads both.
"""

from __future__ import annotations

import _ctypes
import contextlib
import ctypes
import ctypes.util
import importlib
import importlib.metadata
import json
import os
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import Distribution
from typing import Any

TIME_LIMIT = 60
"""Seconds for one import; a slow machine needs ten for the slowest that returns at all."""

SOURCE = re.compile(r"((?:[A-Za-z_]\w*/)*[A-Za-z_]\w*)(?:\.so|(\.py|\.(?:cpython-3.*|abi3)\.so))")
NOT_PUBLIC = re.compile(r"(^|\.)(tests?|testing|examples?|conftest|setup|__main__)(\.|$)|\._")
"""Modules that are not imported: those of the developers, and private ones below a root."""

BETWEEN = (
    "<frozen ",
    __file__,
    f"{os.path.dirname(ctypes.__file__)}/",  # noqa: PTH120 -- it is imported, not read
)
"""Where the frames between a library and the line that asks for it come from; cffi's join them."""


class Log:
    """Writes each event at once: the process may be killed in the next moment."""

    def __init__(self, path: str) -> None:
        """Open the file for all processes; each line is one write, so they don't mix."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, **event: object) -> None:
        """Append a line."""
        os.write(self._file, json.dumps(event).encode() + b"\n")


class Ears:
    """Stands in the places of the functions that ask for libraries."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._dlopen = _ctypes.dlopen
        self._find_library = ctypes.util.find_library
        self._load_library: Callable[..., Any] | None = None
        self._between: tuple[str, ...] = BETWEEN

    def attach(self) -> None:
        """Take the places."""
        ctypes._dlopen = _ctypes.dlopen = self.dlopen  # type: ignore[attr-defined]
        ctypes.util.find_library = self.find_library
        try:
            import _cffi_backend  # type: ignore[import-untyped]
        except ImportError:
            return
        with contextlib.suppress(ImportError):
            import cffi  # type: ignore[import-untyped]

            self._between += (f"{os.path.dirname(cffi.__file__)}/",)  # noqa: PTH120
        self._load_library = _cffi_backend.load_library
        _cffi_backend.load_library = self.load_library
        _cffi_backend.FFI = ffi_that_is_heard(_cffi_backend.FFI, self)

    def dlopen(self, name: Any, *flags: Any) -> Any:
        """The function below all classes of ctypes."""
        return self.heard("dlopen", name, self._dlopen, name, *flags)

    def find_library(self, name: Any) -> Any:
        """That of ctypes.util."""
        return self.heard("find_library", name, self._find_library, name)

    def load_library(self, name: Any = None, *flags: Any) -> Any:
        """The function below ``cffi.FFI().dlopen``."""
        return self.heard("cffi", name, self._load_library, name, *flags)

    def heard(self, how: str, name: Any, ask: Any, *arguments: Any) -> Any:
        """Ask, and note whether it worked."""
        answer = None
        try:
            answer = ask(*arguments)
            return answer
        finally:
            if isinstance(name, str | bytes | os.PathLike):
                text, line = os.fsdecode(name), self._line()
                loaded = answer is not None
                self._log.write(pid=os.getpid(), how=how, name=text, line=line, loaded=loaded)

    def _line(self) -> str:
        """The nearest line of source that is not ctypes' or cffi's own."""
        frame = sys._getframe(2)
        while frame.f_back and frame.f_code.co_filename.startswith(self._between):
            frame = frame.f_back
        return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def ffi_that_is_heard(compiled: Any, ears: Ears) -> Any:
    """A subclass of cffi's compiled class, which generated modules make objects of."""

    class FFI(compiled):  # type: ignore[misc]
        def dlopen(self, name: Any = None, *flags: Any) -> Any:
            return ears.heard("cffi", name, super().dlopen, name, *flags)

    return FFI


def modules_of(distribution: Distribution) -> Iterator[str]:
    """The modules among its files, in dotted words."""
    for file in distribution.files or ():
        match = SOURCE.fullmatch(str(file))
        if match and (match[2] or b"PyInit_" in file.read_binary()):  # a library is no module
            yield re.sub(r"/__init__$", "", match[1]).replace("/", ".")


def parents_of(module: str) -> Iterator[str]:
    """The packages that a module is in, the nearest first."""
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


def forest(modules: Iterable[str]) -> dict[str | None, list[str]]:
    """The modules below each one; those below None are in no package that has a source."""
    known = set(modules)
    children: dict[str | None, list[str]] = defaultdict(list)
    for module in sorted(known):
        children[next((p for p in parents_of(module) if p in known), None)].append(module)
    return children


def imported_alone(log: Log, module: str) -> bool:
    """Import it, note the end, and tell whether there is a module now."""
    signal.alarm(TIME_LIMIT)
    try:
        importlib.import_module(module)
        end = "imported"
    except BaseException as error:
        end = f"{type(error).__name__}: {error}"[:200]
    signal.alarm(0)
    log.write(module=module, end=end)
    return end == "imported"


def listen(
    log: Log, module: str, children: dict[str | None, list[str]], deadline: float, is_root: bool
) -> None:
    """Import a module in a process of its own, and all modules below it in processes of theirs."""
    if time.monotonic() > deadline:
        log.write(module=module, end="no time")
        return
    process = os.fork()
    if process == 0:
        try:
            log.write(pid=os.getpid(), module=module, is_root=is_root)
            if imported_alone(log, module):
                for child in children.get(module, ()):
                    listen(log, child, children, deadline, is_root=False)
        finally:
            os._exit(0)  # what is loaded at exit is not loaded by the import
    status = os.waitpid(process, 0)[1]
    if os.WIFSIGNALED(status):
        log.write(module=module, end=signal.Signals(os.WTERMSIG(status)).name)


def main(folder: str, name: str, seconds: str) -> None:
    """Listen to one distribution, and to the roots of all."""
    deadline = time.monotonic() + float(seconds)
    for variable in ("LD_DEBUG", "LD_DEBUG_OUTPUT"):
        os.environ.pop(variable, None)  # the loader has read it; programs need not write, too
    log = Log(f"{folder}/log")
    Ears(log).attach()
    named = importlib.metadata.distribution(name)
    roots = {root for each in importlib.metadata.distributions() for root in roots_of(each)}
    own = {module for module in modules_of(named) if not NOT_PUBLIC.search(module)}
    children = forest(own | roots)
    sys.argv[:] = [""]
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    for root in children[None]:
        listen(log, root, children, deadline, is_root=True)


def roots_of(distribution: Distribution) -> list[str]:
    """Its modules that are in no package of its own, private ones too."""
    return forest(m for m in modules_of(distribution) if not NOT_PUBLIC.search(m))[None]


if __name__ == "__main__":
    main(*sys.argv[1:])
