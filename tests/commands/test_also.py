"""``--also``: one run, several formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from find_libdeps.commands.main import main
from fixture_roots import root_of
from judges import read_junit, read_sarif
from runner import CliRunner


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root that lacks a library."""
    return root_of("audit/missing_library", tmp_path_factory.mktemp("also"))


def printed(*words: str | Path) -> str:
    """The stdout of the command."""
    return CliRunner().invoke(main, list(map(str, words))).stdout


COMMANDS = [
    (["audit"], ["text", "json", "sarif", "junit", "markdown", "github"]),
    (["--root"], ["list", "json", "tree", "dockerfile", "cyclonedx", "sarif", "junit", "github"]),
]


@pytest.mark.parametrize(("command", "forms"), COMMANDS, ids=["audit", "list"])
def test_files_have_what_format_prints(
    root: Path, tmp_path: Path, command: list[str], forms: list[str]
) -> None:
    """Byte for byte, whatever is printed beside them; and that stays the same."""
    words: list[str | Path] = [*command, root, *(["/"] if command == ["--root"] else [])]
    also = [word for form in forms for word in ("--also", f"{form}={tmp_path / form}")]
    assert printed(*words, *also) == printed(*words)
    for form in forms:
        assert (tmp_path / form).read_text() == printed(*words, "-f", form)
    read_sarif((tmp_path / "sarif").read_text())
    assert read_junit((tmp_path / "junit").read_text())


def test_check_writes_the_differences_and_the_new_list(root: Path, tmp_path: Path) -> None:
    """So that the same run tells what has changed, and has what to commit instead."""
    committed = tmp_path / "pkgdeps.txt"
    committed.write_text("libold0\n")
    words = ["--root", root, "--check", committed, "/"]
    also = ["--also", f"github={tmp_path}/alerts", "--also", f"list={tmp_path}/list"]
    done = CliRunner().invoke(main, [*map(str, words), *also])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "libold0" in (tmp_path / "alerts").read_text()
    assert (tmp_path / "list").read_text() == printed("--root", root, "/")


def test_what_can_not_be_written_is_a_sentence(root: Path, tmp_path: Path) -> None:
    """Status 2: whoever reads the file must not take an old one."""
    file = tmp_path / "none" / "x.sarif"
    done = CliRunner().invoke(main, ["audit", str(root), "--also", f"sarif={file}"])
    assert done.exit_code == 2
    assert done.output == f'find-libdeps: cannot use "{file}": No such file or directory\n'


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("yaml=x", "'yaml' is not one of text, json, html, sarif, junit, markdown, github."),
        ("sarif", "'sarif' names no file; sarif=FILE does."),
        ("sarif=", "'sarif=' names no file; sarif=FILE does."),
    ],
)
def test_other_words_are_usage_errors(root: Path, word: str, said: str) -> None:
    """Before anything is looked at."""
    done = CliRunner().invoke(main, ["audit", str(root), "--also", word])
    assert done.exit_code == 2
    assert done.output.endswith(f"Error: Invalid value for '--also': {said}\n")


def test_project_can_not_say_what_is_written(root: Path, tmp_path: Path) -> None:
    """A pyproject.toml may be of a stranger, and lie above the working directory."""
    victim = tmp_path / "victim"
    (tmp_path / "pyproject.toml").write_text(f'[tool.find-libdeps]\nalso = ["json={victim}"]\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        done = CliRunner().invoke(main, ["audit", str(root)])
    assert (done.exit_code, victim.exists()) == (2, False)
    assert 'there is no option "also"' in done.output
