"""The README, done as it says: its Dockerfile is built, its commands are run in the result.

The recipes' own README shows parts of their files, and the map in src/README.md names every module.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from project import COMMAND, PROJECT, RECIPES

README = (PROJECT / "README.md").read_text()
STAGES = "builder", "target", "bare", "project"
IMAGES = {stage: f"find-libdeps-test/readme:{stage}" for stage in STAGES}
AUDIT = "$ find-libdeps audit myapp:latest\n"


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def _lines(text: str) -> str:
    """Lines as one word of printf."""
    return text.replace("\n", "\\n")


WITH_A_PROJECT = f"""
FROM {IMAGES["builder"]}
WORKDIR /project
RUN /venv/bin/pip wheel --no-deps --no-binary psycopg2 --wheel-dir dist psycopg2==2.9.13
RUN printf '# for the pictures\\nlibjpeg62-turbo\\n\\nlibpq5\\n' > pkgdeps.txt
RUN mkdir reports && cp pkgdeps.txt reports
RUN printf '{_lines(blocks("toml")[1])}' > reports/pyproject.toml
ENV SOURCE_DATE_EPOCH=1796000000
"""
"""Where the commands are run: a project with a wheel that it has built, and a list from before.
Below it is one that accepts what the README accepts, on a day of November 2026."""

SHOWN = re.findall(
    r"^## [^\n]*\n\n(\[`([\w-]+)`\].*?)(?=^## |\Z)",
    (RECIPES / "README.md").read_text(),
    re.MULTILINE | re.DOTALL,
)
"""The sections of the recipes' README, each with the folder that it starts with."""


@pytest.mark.parametrize(("text", "name"), SHOWN, ids=[name for _, name in SHOWN])
def test_recipes_are_shown_as_they_are(text: str, name: str) -> None:
    """What is shown of a recipe stands in one of its files, line by line."""
    files = [path.read_text() for path in (RECIPES / name).iterdir() if path.is_file()]
    shown = re.findall(r"^```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert [block for block in shown if not any(block in file for file in files)] == []
    assert files


MAIN = ("Dockerfile", "job.yaml")
"""What a recipe is."""


def test_every_recipe_is_explained() -> None:
    """The recipes' README links to each folder beside it, and to no other."""
    text = (RECIPES / "README.md").read_text()
    folders = {path.parent.name for path in RECIPES.glob("*/*") if path.name in MAIN}
    assert set(re.findall(r"\]\(([\w-]+)\)", text)) == folders


DOCUMENTS = [
    PROJECT / name
    for name in (
        *("README.md", "CHANGELOG.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md"),
        *("src/README.md", "tests/README.md", "fixtures/README.md", "fixtures/recipes/README.md"),
    )
]


def anchors(document: Path) -> set[str]:
    """What a link can point to in a document, by the rule that GitHub has for headings."""
    prose = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(PROJECT)))
def test_links_between_the_documents_lead_somewhere(document: Path) -> None:
    """Each names a file or a folder of the project, and a heading that is there."""
    broken = []
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", document.read_text()):
        path, _, anchor = link.partition("#")
        end = (document.parent / path).resolve() if path else document
        if not end.exists() or (anchor and anchor not in anchors(end)):
            broken.append(link)
    assert broken == []


def test_the_map_names_every_module() -> None:
    """A line for each module of each folder, and none for a module that is gone."""
    package = PROJECT / "src" / "find_libdeps"
    modules = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if (path.name != "__init__.py" or path.parent == package) and path.parent.name != "models"
    }
    text = (PROJECT / "src" / "README.md").read_text()
    assert set(re.findall(r"^\| `([\w/]+\.py)` \|", text, re.MULTILINE)) == modules


TO_BE_WRITTEN = {"alpine/apk.py", "output/spdx.py", "roots/registry.py"}
"""Files of the recipes for changes that nobody has made yet."""


@pytest.mark.parametrize("document", DOCUMENTS[2:], ids=lambda p: str(p.parent.name or p.name))
def test_files_and_names_in_the_documents_exist(document: Path) -> None:
    """A file that is named is there, and so is what is named right behind it."""
    bases = [PROJECT / each for each in ("", "src/find_libdeps", "tests", "tests/support")]
    wrong = []
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    for path, name in re.findall(r"`([\w/]+\.py)`(?:\s`([\w.]+)`)?", text):
        files = [base / path for base in [document.parent, *bases] if (base / path).is_file()]
        last = name.rpartition(".")[2]
        if path not in TO_BE_WRITTEN and not any(last in file.read_text() for file in files):
            wrong.append((path, name))
    assert wrong == []


OF_OUR_OWN_MAKING = {
    ("output/findings_section.py", "MAX_SPOTS"),
    ("output/list_page.py", "MAX_PATHS"),
    ("output/messages.py", "MAX_PLACES"),
    ("output/summary.py", "MAX_LINES"),
    ("process/workers.py", "MAX_PORTIONS"),
    ("python/inflating.py", "MAX_IN_MEMORY"),
}
"""Bounds that no input reaches: how much is printed, how work is shared, where bytes are kept."""


def spellings(number: int) -> set[str]:
    """How a bound may be written in the table."""
    units = {"KiB": 10, "MiB": 20, "GiB": 30}
    return {f"{number:,}", *(f"{number / (1 << power):g} {unit}" for unit, power in units.items())}


def test_security_names_every_bound_where_it_is() -> None:
    """The table of bounds has each MAX_ that limits input, with its file and its value."""
    package = PROJECT / "src" / "find_libdeps"
    defined = {
        (str(path.relative_to(package)), name): eval(value)  # noqa: S307 - our own sources
        for path in package.rglob("*.py")
        if path.parent.name != "models"
        for name, value in re.findall(
            r"^(MAX_\w+|TIMEOUT) = ([\d_ <]+)$", path.read_text(), re.MULTILINE
        )
    }
    text = (PROJECT / ".github" / "SECURITY.md").read_text()
    rows = re.findall(r"^\|.*?\| (.*?) \| `([\w/]+\.py)` (`[A-Z_`, ]+) \|", text, re.MULTILINE)
    named = {
        (path, name): bound for bound, path, names in rows for name in re.findall("[A-Z_]+", names)
    }
    assert named.keys() == defined.keys() - OF_OUR_OWN_MAKING
    wrong = [
        key
        for key, bound in named.items()
        if not any(re.search(rf"(?<![\d,.]){each}\b", bound) for each in spellings(defined[key]))
    ]
    assert wrong == []


@pytest.fixture(scope="module")
def built(images: None) -> dict[str, str]:
    """The images of the README's Dockerfile."""
    dockerfile = blocks("dockerfile")[0]
    engine.build(dockerfile, IMAGES["builder"], stage="builder")
    engine.build(dockerfile, IMAGES["target"])
    engine.build(engine.missing_lists(dockerfile), IMAGES["bare"])
    engine.build(WITH_A_PROJECT, IMAGES["project"])
    return IMAGES


def test_dockerfile_works_as_pasted(built: dict[str, str]) -> None:
    """What a stranger pastes builds, and its app finds its library."""
    program = "import psycopg2; print(psycopg2.__libpq_version__ > 0)"
    assert engine.output(built["target"], "/venv/bin/python", "-c", program) == "True\n"


SESSIONS = [
    f"$ {session}"
    for block in blocks("console")
    for session in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
]
"""A command each, with what it prints."""


@pytest.mark.parametrize(
    "session",
    [session for session in SESSIONS if not session.startswith(AUDIT)],
    ids=lambda session: session.splitlines()[0],
)
def test_commands_print_what_the_readme_shows(built: dict[str, str], session: str) -> None:
    """Each command shown gives the output shown, stdout before stderr."""
    command, shown = session.removeprefix("$ ").split("\n", 1)
    done = engine.run(built["project"], "sh", "-c", command)
    assert plain(done.stdout + done.stderr) == plain(shown)


def plain(output: str) -> str:
    """Output without sizes, which differ from one version of a package to the next."""
    return re.sub(r" *\d[\d.]* [kM]B", " SIZE", output)


def test_audit_prints_what_the_readme_shows(built: dict[str, str]) -> None:
    """Of the app's image without the step that installs the list."""
    (session,) = (session for session in SESSIONS if session.startswith(AUDIT))
    command = [COMMAND, "audit", built["bare"]]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout + done.stderr == session.removeprefix(AUDIT)


def test_audit_example_runs(built: dict[str, str]) -> None:
    """The example of the library prints what is missing, and what would bring it."""
    example = blocks("python")[1].replace("myapp:latest", built["bare"])
    printed = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True).stdout
    assert "error missing-library libpq.so.5" in printed
    assert "install libpq5" in printed


def test_library_example_runs(built: dict[str, str], tmp_path: Path) -> None:
    """The example of the library prints a package with its version, and that all is well."""
    example = blocks("python")[0]
    (tmp_path / "example.py").write_text(example)
    python = "/opt/find-libdeps/bin/python"
    printed = engine.output(built["builder"], python, "/mnt/example.py", mount=tmp_path)
    assert re.fullmatch(r"libpq5=\d+\.\S+\ncomplete\n", printed)
