"""Natives by their names."""

from __future__ import annotations

from find_libdeps.importing.values import Implementation, Native


def natives(methods: dict[str, Implementation]) -> dict[str, Native]:
    """Functions of the evaluator as values, by their names."""
    return {name: Native(name, call) for name, call in methods.items()}
