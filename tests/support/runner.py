"""Commands that run in this process, with stdout and stderr apart."""

from __future__ import annotations

import inspect
from typing import Any

import click.testing

_MIXED = "mix_stderr" in inspect.signature(click.testing.CliRunner).parameters
"""Whether click is older than 8.2, where the two are one unless that is switched off."""


class CliRunner(click.testing.CliRunner):
    """Click's own, alike with every version of click."""

    def __init__(self, **options: Any) -> None:
        apart: Any = {"mix_stderr": False} if _MIXED else {}
        super().__init__(**options, **apart)
