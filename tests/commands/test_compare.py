"""A committed list, compared with what a root needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result

import mini_root
from find_libdeps.commands.compare import difference
from find_libdeps.commands.main import main
from find_libdeps.debian.package import Package
from glibc import LoaderOutOfReachError
from project import FIXTURES
from runner import CliRunner


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of `fixtures/scan/pinned`."""
    root = tmp_path_factory.mktemp("pinned") / "root"
    root.mkdir()
    try:
        mini_root.build(FIXTURES / "scan" / "pinned", root)
    except LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    return root


def compare(root: Path, committed: str, *options: str) -> Result:
    """What the command makes of a committed list."""
    path = root.parent / "pkgdeps.txt"
    path.write_text(committed)
    arguments = ["--root", str(root), "--check", str(path), *options, "/app"]
    return CliRunner().invoke(main, arguments)


AGREE = [
    (["# for the thumbnails", "", "libpng16-16t64", "  # for the rest", "libfoo1:i386"], []),
    (["libfoo1:i386 libpng16-16t64"], []),
    (["libpng16-16t64=9.9", "libfoo1:i386=9.9"], []),
    (["libfoo1:i386=1.0-1", "libpng16-16t64=1:1.6.48-1+deb13u1~x"], ["--pin"]),
    (["libpng16-16t64", "libfoo1:i386"], ["--format", "list"]),
]


@pytest.mark.parametrize(("lines", "options"), AGREE)
def test_lists_agree_whatever_order_and_comments(
    root: Path, lines: list[str], options: list[str]
) -> None:
    """Comments, blank lines, order and, without --pin, versions are nothing: silence, status 0."""
    result = compare(root, "\n".join(lines), *options)
    assert (result.exit_code, result.output) == (0, "")


def test_difference_is_a_diff_on_stderr_and_status_1(root: Path) -> None:
    """What to add and what to take away stand in it; stdout, which a shell may read, is empty."""
    result = compare(root, "libpng16-16t64\nlibold0\n")
    assert result.exit_code == 1
    assert result.stdout == ""
    told = result.stderr.replace(str(root.parent), "")
    assert told.splitlines() == [
        "--- committed",
        "+++ found",
        "@@ -1,2 +1,2 @@",
        "-libold0",
        "+libfoo1:i386",
        " libpng16-16t64",
        'find-libdeps: error: "/pkgdeps.txt" differs from what was found',
    ]


def test_versions_count_with_pin(root: Path) -> None:
    """A list without versions is not a pinned one, and a version that has changed is a change."""
    stale = "libfoo1:i386=1.0-1\nlibpng16-16t64=1:1.6.47-1\n"
    told = compare(root, stale, "--pin").stderr
    assert "-libpng16-16t64=1:1.6.47-1\n+libpng16-16t64=1:1.6.48-1+deb13u1~x\n" in told
    assert compare(root, "libfoo1:i386\nlibpng16-16t64\n", "--pin").exit_code == 1


def test_what_a_list_holds_cannot_act_on_the_terminal() -> None:
    """Escape sequences in the file are printed as text."""
    (removed,) = difference(["\x1b[2J"], [Package("a", "all")], versions=True)[3:4]
    assert removed == "-\\x1b[2J"


@pytest.mark.parametrize("name", ["no-such-list", "."])
def test_list_that_cannot_be_read_is_one_sentence_and_status_2(tmp_path: Path, name: str) -> None:
    """No such file, or no file at all."""
    result = CliRunner().invoke(main, ["--check", str(tmp_path / name), str(tmp_path)])
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith('find-libdeps: cannot read the list "')
