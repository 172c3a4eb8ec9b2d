"""The judge of `fixtures/asks`: what ``import rule`` asks the dynamic loader for, in this Python.

    LD_LIBRARY_PATH=LINK python -ISB asked.py LINK

It reads pairs of lines, a ``site-packages`` and the one directory that has libraries, which LINK
leads to meanwhile. Each time it prints a line for each ask, in order, then how the import ended
(``imported``, or the class of the exception that came out), and an empty line. Each import has a
process of its own, forked because starting Python takes longer than the import. Packages that
nobody has read are not for this: they run.

Heard are ctypes, the imports of extension modules and what runs programs, by Python's audit events;
``find_library``, which is replaced by one that knows that directory only; and the C functions below
cffi and gi, whose Python parts are in `fixtures/asks/stand_ins`.
"""

from __future__ import annotations

import _ctypes
import ctypes.util
import importlib
import os
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

GLIBC = ("libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1")
"""Libraries that every Debian system has."""


PROGRAMS: dict[str, Callable[..., tuple[object, ...]]] = {
    "os.exec": lambda path, _args, _env: (path,),
    "os.posix_spawn": lambda path, _args, _env: (path,),
    "os.spawn": lambda _mode, path, _args, _env: (path,),
    "os.system": lambda command: (None, command),
    "subprocess.Popen": lambda file, args, _cwd, _env: (
        (None, args[2]) if list(args)[:2] == ["/bin/sh", "-c"] else (file,)
    ),
}
"""The audit events of what runs programs, and which program each tells."""
RUNNERS = ("__main__", "asyncio", "os", "shutil", "subprocess")
"""The modules by which programs are run, and this one."""


class Listener:
    """Hears what is asked for, in a world that has some libraries and no others."""

    def __init__(self, site: str, present: Iterable[str]) -> None:
        """Listen for the packages in the directory `site`."""
        self.asks: list[str] = []
        self.programs: list[str] = []
        self._site = site
        self._present = (*present, *GLIBC)
        self._hears = True

    def attach(self) -> None:
        """Take the places of the functions that are to be heard."""
        ctypes.util.find_library = self.find_library
        self._which = shutil.which
        shutil.which = self.which  # type: ignore[assignment]
        put_module("_cffi_backend", load_library=self.load_library, FFI=lambda *_, **__: self)
        put_module("_gi", has_typelib=self.has_typelib, newest=self.newest)
        sys.addaudithook(self._hear)

    def _note(self, how: str, name: object) -> None:
        text = os.fsdecode(name) if isinstance(name, str | bytes | os.PathLike) else str(name)
        self.asks.append(f"{how} {text}")

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._hears:
            return
        if event == "ctypes.dlopen":
            self._note("dlopen", arguments[0])
        elif event in PROGRAMS:
            self._note_program(*PROGRAMS[event](*arguments))
        elif event == "import" and str(arguments[1]).startswith(f"{self._site}/"):
            self._note("extension", arguments[1])

    def _note_program(self, name: object, command: object = None) -> None:
        """Note a program, or the first word of the command that a shell runs.

        What other modules of the standard library run by themselves, such as platform, is theirs.
        """
        frame = sys._getframe()
        while frame.f_back and frame.f_globals["__name__"].partition(".")[0] in RUNNERS:
            frame = frame.f_back
        if not frame.f_code.co_filename.startswith(f"{self._site}/"):
            return
        program = os.fsdecode(name if command is None else command)  # type: ignore[arg-type]
        if command is not None:
            words = shlex.shlex(program, posix=True, punctuation_chars=True)
            program = next(word for word in words if not re.match(r"\w+=", word))
        if program not in self.programs:
            self.programs.append(program)

    def which(self, cmd: str, *args: object, **names: object) -> str | None:
        """What looks for a program in the directories of ``$PATH``, of which there are none."""
        self._note_program(cmd)
        return self._which(cmd, *args, **names)  # type: ignore[call-overload, no-any-return]

    def find_library(self, name: str) -> str | None:
        """What ctypes finds by ldconfig's cache, whose newest versions come first."""
        self._note("find_library", name)
        expected = re.compile(rf"lib{re.escape(name)}\.\S+")
        found = filter(expected.fullmatch, self._present)
        return max(found, key=lambda soname: [*map(int, re.findall(r"\d+", soname))], default=None)

    def load_library(self, name: str | None, _flags: int = 0) -> object:
        """The function of cffi's compiled half that opens a library by the name as it is."""
        self._note("cffi", name)
        self._hears = False
        try:
            return _ctypes.dlopen(name, os.RTLD_NOW)  # type: ignore[arg-type]
        finally:
            self._hears = True

    dlopen = load_library
    """The method of the FFI that cffi's generated modules make."""

    def has_typelib(self, namespace: str, version: str = "") -> bool:
        """Whether GObject's repository has a namespace (in that version)."""
        self._note("typelib", f"{namespace} {version}".strip())
        return any(name.startswith(f"{namespace}-{version}") for name in self._present)

    def newest(self, namespace: str) -> str:
        """The version of a namespace that is loaded if none is required."""
        expected = re.compile(rf"{re.escape(namespace)}-([\d.]+)\.typelib")
        found = [match[1] for match in map(expected.fullmatch, self._present) if match]
        return max(found, key=lambda version: [*map(int, version.split("."))])


def put_module(name: str, **names: object) -> None:
    """Put a module in the place from which others import it."""
    module = ModuleType(name)
    module.__dict__.update(names)
    sys.modules[name] = module


def end_of_import() -> str:
    """Import `rule`, and say how that ended."""
    try:
        importlib.import_module("rule")
    except BaseException as error:
        return type(error).__name__
    return "imported"


def spelled(asks: Iterable[str], site: str) -> str:
    """The asks, a line each, with names for what differs between environments and Pythons."""
    text = "".join(f"{line}\n" for line in asks)
    suffix = EXTENSION_SUFFIXES[0]
    for place, name in ((site, "{site}"), (sys.prefix, "{env}"), (suffix, "{suffix}")):
        text = text.replace(place, name)
    return text


def asks_of(site: str, libraries: str) -> str:
    """Import `rule` from a directory, and tell what was asked for."""
    # not by `site`, which would run what the machine adds to it
    sys.prefix = sys.exec_prefix = site.partition("/lib/python3")[0]
    sys.path.append(site)
    del sys.argv[1:]
    os.chdir(sys.prefix)
    listener = Listener(site, os.listdir(libraries))
    listener.attach()
    end = end_of_import()
    told = [*listener.asks, *(f"program {name}" for name in listener.programs), end]
    return spelled(told, site)


def in_a_fork(site: str, libraries: str) -> str:
    """What `asks_of` says in a process of its own; empty if that dies."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        signal.alarm(60)
        os.dup2(2, 1)  # what the package prints is not the judge's
        os.write(writing, asks_of(site, libraries).encode())
        os._exit(0)  # what is loaded at exit is not loaded by the import
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    os.wait()
    return text


def main(link: Path) -> None:
    """Answer until there are no more questions."""
    del os.environ["LD_LIBRARY_PATH"]  # the loader has read it already
    while site := sys.stdin.readline().rstrip("\n"):
        libraries = sys.stdin.readline().rstrip("\n")
        link.unlink()
        link.symlink_to(libraries)
        print(in_a_fork(site, libraries), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
