"""Hears, inside a Python that is watched, which line asks for which library.

It is copied out of this package, and runs in each Python from 3.8 on that the watched command
starts. So it imports nothing but what every Python has loaded at its start, no error of its own
gets out, and the program finds everything as it would be without it, but for an audit hook, and a
finder on ``sys.meta_path`` that waits for two modules.

What it hears goes to a file of each process: a tuple a line, as `ascii` writes it. First is always
the number of the process that started this Python: its forks have other numbers, and the dynamic
loader writes all of theirs into one file, too.
"""

from __future__ import annotations

import os
import sys
from posix import O_APPEND, O_CLOEXEC, O_CREAT, O_NOFOLLOW, O_WRONLY, close, getpid, write
from posix import open as open_file  # a program may replace those of `os`

TYPE_CHECKING = False  # importing typing, or collections, would take time, and be seen
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType, ModuleType
    from typing import Any

MAX_ASKS = 10_000
"""Different asks of one process that are written down."""
_SOURCES = ("/ctypes/__init__.py", "/ctypes/util.py", "/cffi/api.py")
"""Ends of the names of sources that ask for others: the line that calls them is the one to know."""


class Listener:
    """Hears one process, and those that it forks."""

    def __init__(self, output: str) -> None:
        """Prepare to listen.

        Args:
            output: what the names of the files to write start with; numbers of processes follow.
        """
        self._output = output
        self._image = getpid()
        self._told: set[tuple[object, ...]] = set()

    def tell(self, how: str, *facts: object) -> None:
        """Write down a fact, once. A file that can't be written is not the program's trouble."""
        if (how, *facts) in self._told or len(self._told) >= MAX_ASKS:
            return
        self._told.add((how, *facts))
        line = f"{(self._image, how, *facts)!a}\n"
        flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        file = open_file(f"{self._output}.{getpid()}", flags, 0o666)
        try:
            write(file, line.encode("ascii"))
        finally:
            close(file)

    def tell_ask(self, how: str, name: object, answer: object = None) -> None:
        """Write down that the program asks for a library, and on which line."""
        try:
            if name is not None:  # the program itself
                text = os.fsdecode(name)  # type: ignore[arg-type]
                self.tell(how, text, answer, *_asking_line())
        except Exception:  # noqa: S110 - see the module
            pass

    def hear(self, event: str, arguments: Sequence[object]) -> None:
        """The audit hook."""
        if event == "ctypes.dlopen":
            self.tell_ask("ctypes", arguments[0])
        elif event == "sqlite3.load_extension":
            self.tell_ask("sqlite", arguments[1])


def _asking_line() -> tuple[str, int]:
    """The innermost line of a source that is neither this one nor one of `_SOURCES`."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if path != __file__ and not path.startswith("<") and not path.endswith(_SOURCES):
            return os.path.abspath(path), frame.f_lineno  # noqa: PTH100
        frame = frame.f_back
    return "<string>", 0  # python -c


class Finder:
    """Finds modules as the other finders do, and has some of them changed once they are loaded."""

    def __init__(self, changes: dict[str, Callable[[Any], None]]) -> None:
        """Take a function for each module that is to be changed: it gets the module."""
        self._changes = changes

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """See `importlib.abc.MetaPathFinder`."""
        change = self._changes.get(name)
        if change is None:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                _change_when_loaded(spec.loader, name, change)
                return spec
        return None


def _change_when_loaded(loader: Any, name: str, change: Callable[[Any], None]) -> None:
    """Let a loader load a module as it does, and then change the module."""
    load = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        load(module)
        try:
            if module.__name__ == name:
                change(module)
                del loader.exec_module  # the class's own is left
        except Exception:  # noqa: S110 - see the module
            pass

    try:  # noqa: SIM105 - contextlib may not be loaded yet
        loader.exec_module = exec_module
    except AttributeError:  # of a class that takes none: the dynamic loader is heard all the same
        pass


def _like(function: Any, original: Any) -> Any:
    """A function that says that it is another; `functools` may not be loaded yet."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(function, name, getattr(original, name))
    function.__wrapped__ = original
    return function


def _first(arguments: Sequence[object], named: dict[str, object]) -> object:
    """The first argument of a call: the name of a library."""
    return next(iter((*arguments, *named.values())), None)


def _changes(listener: Listener) -> dict[str, Callable[[Any], None]]:
    """What is changed of which module, so that the listener hears of calls."""

    def change_util(module: Any) -> None:
        find = module.find_library

        def find_library(*arguments: Any, **named: Any) -> Any:
            answer = find(*arguments, **named)
            listener.tell_ask("find_library", _first(arguments, named), answer)
            return answer

        module.find_library = _like(find_library, find)

    def change_cffi(module: Any) -> None:
        original = module.FFI.dlopen

        def dlopen(ffi: Any, *arguments: Any, **named: Any) -> Any:
            listener.tell_ask("cffi", _first(arguments, named))
            return original(ffi, *arguments, **named)

        module.FFI.dlopen = _like(dlopen, original)

    return {"ctypes.util": change_util, "cffi.api": change_cffi}


def start() -> None:
    """Listen from now on, if this process is one of a command that is watched."""
    loaders_output = os.environ.get("LD_DEBUG_OUTPUT", "")
    if not loaders_output:
        return
    listener = Listener(f"{loaders_output.rpartition('/')[0]}/python")
    listener.tell("start", sys.prefix)
    sys.addaudithook(listener.hear)
    sys.meta_path.insert(0, Finder(_changes(listener)))
