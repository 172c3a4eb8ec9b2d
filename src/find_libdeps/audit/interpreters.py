"""Finds virtual environments without their Python, and scripts without their interpreter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from find_libdeps.audit.scope import AuditScope, is_wanted
from find_libdeps.needs.inventory import FileListing, Inventory, environments_of
from find_libdeps.needs.system import System
from find_libdeps.python.venv import python_versions
from find_libdeps.report.findings import Code, Finding, Level, Spot
from find_libdeps.roots.paths import missing_end
from find_libdeps.roots.script import first_line
from find_libdeps.roots.tree import Kind, Tree

_VERSION = re.compile(r"python(\d\.\d+)\Z")


def broken_environments(tree: Tree, prefixes: Iterable[PurePosixPath]) -> Iterator[Finding]:
    """Virtual environments whose Python is missing, or has another version than their packages."""
    for prefix in prefixes:
        python = prefix / "bin" / "python"
        interpreter = tree.resolve(python)
        versions = python_versions(tree, prefix)
        if interpreter is None:
            yield _without_python(tree, python)
            continue
        found = _VERSION.search(interpreter.name)
        if found and versions and found[1] not in versions:
            yield Finding(
                Level.ERROR,
                Code.WRONG_PYTHON,
                f"Python {found[1]}",
                (Spot(prefix),),
                f"its packages are for Python {', '.join(versions)}, and {python} is {interpreter}",
                "make the environment with the Python that runs it",
            )


def _without_python(tree: Tree, python: PurePosixPath) -> Finding:
    entry = tree.entry(python)
    cause = "the environment has no such file"
    if entry is not None and entry.kind is Kind.LINK:
        cause = f"it leads to {missing_end(tree, python)}, which does not exist"
    solution = "copy the environment into an image that has the same Python at the same place"
    spots = (Spot(python.parent.parent),)
    return Finding(Level.ERROR, Code.MISSING_INTERPRETER, str(python), spots, cause, solution)


def scripts_without_interpreter(
    tree: Tree,
    scripts: Iterable[PurePosixPath],
    search_path: Sequence[str],
    is_known: Callable[[str], bool],
) -> Iterator[Finding]:
    """Scripts whose first line names a program that does not exist.

    Args:
        tree: the root.
        scripts: files; those that do not start with ``#!`` are skipped.
        search_path: the directories in which env(1) looks.
        is_known: whether a missing interpreter has been reported already.
    """
    for script in scripts:
        words = first_line(tree, script)
        if not words or is_known(words[0]):
            continue
        missing = _missing_program(tree, words, search_path)
        if missing:
            yield Finding(
                Level.WARNING,
                Code.MISSING_INTERPRETER,
                missing,
                (Spot(script),),
                "the first line of the script names it, and it does not exist",
                "install it, or make the script where it will run",
            )


def _missing_program(tree: Tree, words: Sequence[str], search_path: Sequence[str]) -> str | None:
    if tree.resolve(PurePosixPath("/", words[0])) is None:
        return words[0]
    if words[0].rpartition("/")[2] != "env":
        return None
    named = [word for word in words[1:] if not word.startswith("-") and "=" not in word][:1]
    for name in named:
        places = (PurePosixPath("/", directory, name) for directory in search_path)
        return None if any(map(tree.resolve, places)) else name
    return None


def interpreters(
    system: System, inventory: Inventory, listing: FileListing, scope: AuditScope
) -> Iterator[Finding]:
    """All findings about the interpreters of virtual environments and scripts."""
    prefixes = environments_of(system.tree, listing)
    broken = list(broken_environments(system.tree, prefixes))
    yield from broken
    directories = [prefix / "bin" for prefix in prefixes]
    directories += [PurePosixPath(directory) for directory in scope.search_path]
    scripts = {
        place: None
        for directory in directories
        for name in system.tree.names(directory)
        if (place := system.tree.resolve(directory / name))
        and inventory.holds(place)
        and is_wanted(system, scope, place)
    }
    broken_directories = {str(spot.path / "bin") for finding in broken for spot in finding.spots}
    yield from scripts_without_interpreter(
        system.tree,
        scripts,
        scope.search_path,
        lambda program: program.rpartition("/")[0] in broken_directories,
    )
