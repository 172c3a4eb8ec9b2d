"""What a shell completes, asked of bash itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from programs import need

SESSION = """
compopt() { echo "asked for $2"; }
eval "$(_FIND_LIBDEPS_COMPLETE=bash_source find-libdeps)" || exit
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_find_libdeps_completion find-libdeps
printf '%s\\n' "${COMPREPLY[@]}"
"""
"""Loads the completion as its users do, and asks for the last of some words."""


def complete(*words: str) -> list[str]:
    """What bash is told of the last word."""
    need("bash")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = ["bash", "-c", SESSION, "bash", "find-libdeps", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PATH": path}
    )
    return done.stdout.split("\n")[:-1]


def test_options_complete_without_a_command() -> None:
    """The list is meant where no command is named."""
    assert {"--format", "--release", "--pin", "--version"} <= set(complete("--"))
    assert complete("--form") == ["--format"]
    assert complete("--dlopen", "") == ["import", "all"]
    assert complete("/venv", "--no-p") == ["--no-plugins"]


def test_paths_complete_as_paths() -> None:
    """Paths are the shell's business: directories where only these make sense."""
    assert complete("")[0] == complete("/ve")[0] == "asked for default"
    assert complete("--root", "/")[0] == "asked for dirnames"
    assert complete("--check", "pk")[0] == "asked for default"


def test_commands_complete_as_the_first_word() -> None:
    """A path could stand there as well; what follows is the command's own."""
    assert "index" in complete("in")
    assert "index" not in complete("/venv", "in")
    assert complete("index", "") == ["list", "make"]


def test_releases_complete() -> None:
    """Those that have an index here."""
    assert "debian:13" in complete("--release", "deb")
