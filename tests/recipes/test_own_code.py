"""The recipe `own-code`: small apps, each with a target that has what its own code gets to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

import engine
from project import RECIPES

pytestmark = pytest.mark.recipe("own-code")

RECIPE = RECIPES / "own-code"
DOCKERFILE = (RECIPE / "Dockerfile").read_text()
APPS = sorted(path.name for path in (RECIPE / "apps").iterdir())

WITHOUT = """
for package; do
    ! dpkg-query --listfiles "$package" 2>/dev/null | grep '\\.so' | xargs -r rm
done
exec "$0"
"""
"""Deletes the libraries of those packages, its arguments, that are there, and runs $0."""

WATCHED = """
find-libdeps observe -o /tmp/observed.json -- "$0"
find-libdeps --observed /tmp/observed.json "$1"
"""
"""Runs $0, and lists what the environment $1 needs with what that run loaded."""

BROUGHT_BY = {"python3-tk": "python3.13-tk"}
"""Where a package of a list is installed: the one that it depends on, which has the files."""

NOT_REACHED = {
    "discord-text": ["libopus0"],
    "django-gis": ["libspatialite8t64"],
    "django-plain": ["libgdal36", "libgeos-c1t64", "libspatialite8t64"],
}
"""What another app with the same environment gets to, and this one does not."""

RUN = {
    "customtkinter": ["libglib2.0-bin"],
    "discord-voice": ["ffmpeg"],
    "pyttsx3": ["alsa-utils"],
}
"""The packages of the programs that an app gets to: pyttsx3 plays by ``aplay`` what C tells it."""


def tag(stage: str) -> str:
    """The image of a stage, or of an app's target."""
    return f"find-libdeps-test/own-code:{stage}"


@pytest.fixture(scope="module")
def built(images: None) -> Iterator[None]:
    """The builder, and the target without a list, which are the same for all apps."""
    engine.build(DOCKERFILE, tag("builder"), "builder", RECIPE)
    engine.build(engine.missing_lists(DOCKERFILE), tag("bare"), context=RECIPE)
    yield
    engine.make_room("own-code")


@pytest.fixture(scope="module", params=APPS)
def app(request: pytest.FixtureRequest, built: None) -> str:
    """Each app in turn, with its target."""
    name: str = request.param
    dockerfile = DOCKERFILE.replace("ARG APP\n", f"ARG APP={name}\n")
    assert dockerfile != DOCKERFILE
    engine.build(dockerfile, tag(name), context=RECIPE)
    return name


def expected(name: str) -> list[str]:
    """The whole list of an app."""
    return (RECIPE / "expected" / f"{name}.txt").read_text().splitlines()


def start(name: str, stage: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a command that has the app's own code on its path, in a stage."""
    options = f"--env=PYTHONPATH=/apps/{name}", "--env=PYTHONDONTWRITEBYTECODE=1"
    return engine.run(tag(stage), *command, mount=RECIPE, options=options)


def test_the_list_has_what_the_app_gets_to(app: str) -> None:
    """Nothing more, nothing less; what only the other app gets to is a note."""
    assert engine.output(tag(app), "cat", f"/apps/{app}/pkgdeps.txt").splitlines() == expected(app)
    command = "find-libdeps", f"/venvs/{app.partition('-')[0]}", f"/apps/{app}"
    done = engine.run(tag("builder"), *command)
    assert (done.returncode, done.stdout.splitlines()) == (0, expected(app))
    for package in (*NOT_REACHED.get(app, []), *RUN.get(app, [])):
        assert f"note: {package} is not listed" in done.stderr


def test_the_app_works_in_its_target(app: str) -> None:
    """What its code calls finds its libraries."""
    done = start(app, app, f"/mnt/checks/{app}")
    assert done.returncode == 0, done.stderr


def test_the_app_fails_without_its_list(app: str) -> None:
    """In the same image without these packages; those that it has all the same are emptied.

    An app with an empty list works there.
    """
    done = start(app, "bare", "sh", "-ec", WITHOUT, f"/mnt/checks/{app}", *expected(app))
    if expected(app):
        assert done.returncode != 0
        assert any(end in done.stderr for end in ("Error", "NotLoaded", "ImproperlyConfigured"))
    else:
        assert done.returncode == 0, done.stderr


def test_a_run_that_is_watched_tells_the_same(app: str) -> None:
    """Without own code, but with what its run loaded, the list is the one that own code has.

    The run is in the builder, with that list installed, so that dpkg knows whose the files are.
    """
    install = "apt-get install -y --no-install-recommends"
    listed = f"/apps/{app}/pkgdeps.txt"
    engine.build(
        f"FROM {tag('builder')}\nRUN xargs -ra {listed} {install}\n", tag(f"{app}-watched")
    )
    command = "sh", "-ec", WATCHED, f"/mnt/checks/{app}", f"/venvs/{app.partition('-')[0]}"
    done = start(app, f"{app}-watched", *command)
    there = [BROUGHT_BY.get(package, package) for package in expected(app)]
    assert (done.returncode, done.stdout.splitlines()) == (0, there), done.stderr
