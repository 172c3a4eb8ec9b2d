"""What all tests share: a tree spelled as a dict, and the rule for skips."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

import engine

NO_SKIP = bool(os.environ.get("FIND_LIBDEPS_NO_SKIP"))
"""Set where everything that the tests need is there: a skip is a failure then."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, object, None]:
    """Turn skips into failures where they are not allowed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if NO_SKIP and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, but here nothing may be: {report.longrepr[2]}"


@pytest.fixture(scope="session")
def images() -> None:
    """The base images; skips where nothing can be built."""
    if reason := engine.unavailable():
        pytest.skip(reason)
    engine.make_images()
