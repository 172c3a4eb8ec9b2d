"""What all tests share: the engine's fixtures, which worker runs what, and the rule for skips."""

from __future__ import annotations

import itertools
import os
import signal
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import engine
from project import RECIPES
from recipe import NAMES, Recipe

NO_SKIP = bool(os.environ.get("FIND_LIBDEPS_NO_SKIP"))
"""Set where everything that the tests need is there: a skip is a failure then."""

# What a shell starts in the background ignores SIGINT, and what nohup(1) starts ignores SIGHUP. All
# that the tests start would ignore them as well.
for number, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

settings.register_profile("patient", deadline=None)  # no test depends on how busy a machine is
settings.register_profile("quick", settings.get_profile("patient"), max_examples=20)
settings.load_profile("patient")

RECIPE_NAMES = sorted(path.parent.name for path in RECIPES.glob("*/Dockerfile"))

LONG = ["pyside6", "pyqt5", "builder-target", "poetry", "opencv", "by-name", "uv"]
"""Recipes that take long, the longest first: those that begin late would keep one worker waiting
for the other.
"""


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Places for caches, none of which is there."""
    folder = tmp_path_factory.mktemp("caches")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_cache(caches: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test finds an empty cache, and not that of whoever runs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(next(caches)))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, object, None]:
    """Turn skips into failures where they are not allowed; a known fault is not a skip."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but here nothing may be: {report.longrepr[2]}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what this machine can't run: a line for each reason, with the number of tests."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    if reasons:
        terminalreporter.section("not run on this machine")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:4} tests: {reason}")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what needs an engine, and what one worker has to run: pytest-xdist reads it soon after.

    Tests of a recipe share its images, and those of a module what its fixtures have made.
    """
    if "docker_engine" in fixtures_of(item):
        item.add_marker("engine")
    if group := group_of(item):
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests without an engine come first: the base images may be made meanwhile."""
    items.sort(key=place)


def fixtures_of(item: pytest.Item) -> list[str]:
    """The names of the fixtures that a test uses."""
    return item.fixturenames if isinstance(item, pytest.Function) else []


def group_of(item: pytest.Item) -> str | None:
    """The tests with which one shares what is made once: of a recipe, a module or a parameter."""
    if recipe := item.get_closest_marker("recipe"):
        return str(recipe.args[0])
    if not isinstance(item, pytest.Function):
        return None
    uses_images = "docker_engine" in item.fixturenames and hasattr(item, "callspec")
    for value in item.callspec.params.values() if uses_images else ():
        if value in RECIPE_NAMES:
            return str(value)
    shared = {
        name
        for name, definitions in item._fixtureinfo.name2fixturedefs.items()
        if any(definition.scope == "module" for definition in definitions)
    }
    if not shared:
        return None
    # a fixture with parameters is made once for each of them
    values = item.callspec.params if hasattr(item, "callspec") else {}
    made_of = [str(values[name]) for name in sorted(shared)] if shared <= values.keys() else []
    return "@".join([item.nodeid.partition("::")[0], *made_of])


def place(item: pytest.Item) -> tuple[bool, int, str]:
    """Where a test stands in the order of all."""
    if item.get_closest_marker("engine") is None:
        return (False, 0, "")
    group = group_of(item) or ""
    return (True, LONG.index(group) if group in LONG else len(LONG), group)


@pytest.fixture(scope="session")
def docker_engine() -> None:
    """A Docker Engine; skips where none answers. Tests that use it are marked `engine`."""
    if reason := engine.unavailable():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def images(docker_engine: None) -> None:
    """The base images; skips where nothing can be built."""
    if reason := engine.without_images():
        pytest.skip(reason)
    engine.make_images()


@pytest.fixture(scope="session", params=NAMES)
def recipe(
    request: pytest.FixtureRequest, images: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recipe]:
    """Each recipe in turn, built."""
    recipe = Recipe(request.param)
    recipe.build(tmp_path_factory.mktemp(recipe.name) / "context")
    yield recipe
    engine.make_room(recipe.name)
