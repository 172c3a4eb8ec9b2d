"""What the list adds, as people read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from find_libdeps.commands.main import main
from find_libdeps.debian.installing import Added
from find_libdeps.output.sizes import amount, in_short
from runner import CliRunner
from small_elf import small_elf
from weighed import MODULE, SITE, make


def told(folder: Path, *arguments: str, **making: object) -> tuple[str, str]:
    """What the command prints of such a root, on stdout and on stderr."""
    options = make(folder, "libpq.so.5", "libjpeg.so.62", **making)  # type: ignore[arg-type]
    words = [f"--{name}={value}" for name, value in options.items()]
    command = arguments[:1] if arguments[:1] == ("why",) else ()
    result = CliRunner().invoke(main, [*command, *words, *arguments[len(command) :], "/app"])
    return result.stdout, result.stderr


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 kB"),
        (1, "1 kB"),
        (976, "999 kB"),
        (977, "1.0 MB"),
        (9716, "9.9 MB"),
        (9717, "10 MB"),
        (976_074, "999 MB"),
        (976_562, "1.0 GB"),
        (97_656_250, "100 GB"),
    ],
)
def test_sizes_are_rounded_for_people(size: int, expected: str) -> None:
    """In the units of apt, with two or three digits."""
    assert amount(size) == expected


def test_what_is_unknown_is_not_passed_over() -> None:
    """Whether all of it is unknown, or some."""
    assert in_short(Added(("a",), 1000)) == "1.0 MB (1 package)"
    some = Added(("a", "b"), 1000, ("b",))
    assert in_short(some) == "1.0 MB (2 packages, of 1 the size is unknown)"
    assert in_short(Added(("a", "b"), 0, ("a", "b"))) == "2 packages of unknown size"


def test_most_that_packages_take_is_no_size(tmp_path: Path) -> None:
    """It is told which sizes are only that, and why."""
    assert in_short(Added(("a", "b"), 1000, (), ("b",))) == "up to 1.0 MB (2 packages)"
    options = make(tmp_path, "libjpeg.so.62", has={})
    rules = tmp_path / "target/etc/dpkg/dpkg.cfg"
    rules.parent.mkdir(parents=True)
    rules.write_text("path-exclude=/usr/share/doc/*\n")
    words = [f"--{name}={value}" for name, value in options.items()]
    result = CliRunner().invoke(main, [*words, "--sizes", "/app"])
    assert result.stderr == (
        "find-libdeps: the list adds up to 7.7 MB (2 packages), by index debian:13 2026-05-01\n"
        "     up to 7.7 MB  libjpeg62, with 1 that it brings\n"
        "    up to: the target's dpkg leaves out documentation or other files, of unknown size for "
        "2 packages; pass --fetch to measure them\n"
    )
    page = CliRunner().invoke(main, [*words, "--format=html", "/app"]).stdout
    assert "up to 7.7 MB" in page
    assert "It may be less: the target&#x27;s dpkg leaves out documentation" in page


def test_list_stays_the_names(tmp_path: Path) -> None:
    """Sizes are told on stderr: all of it, then the packages of the list, the largest first."""
    stdout, stderr = told(tmp_path, "--sizes")
    assert stdout == "libjpeg62\nlibpq5\n"
    assert stderr == (
        "find-libdeps: the list adds 8.9 MB (4 packages), by index debian:13 2026-05-01 "
        "for a target with what is essential and apt, documentation included\n"
        "     1.4 MB  libpq5, with 1 that it brings\n"
        "     414 kB  libjpeg62\n"
        "     7.0 MB  1 package that several of these bring\n"
    )
    assert told(tmp_path / "quiet", "--sizes", "--quiet") == (stdout, "")


def test_target_that_has_all_of_it(tmp_path: Path) -> None:
    """It is said that nothing is added."""
    has = {"libpq5": "", "libjpeg62": ""}
    assert told(tmp_path, "--sizes", has=has)[1] == "find-libdeps: the list adds nothing\n"


def test_nothing_is_known(tmp_path: Path) -> None:
    """That is said, with what would help."""
    stderr = told(tmp_path, "--sizes", known=None)[1]
    assert stderr.startswith("find-libdeps: how much the list adds is not known: ")


def test_tree_has_them_behind_each_package(tmp_path: Path) -> None:
    """Only if they are wanted."""
    stdout, _ = told(tmp_path / "1", "--sizes", "--format", "tree")
    assert "libpq.so.5: libpq5 (1.4 MB with 1 more), not in the builder\n" in stdout
    assert "libjpeg.so.62: libjpeg62 (414 kB), not in the builder\n" in stdout
    stdout, _ = told(tmp_path / "2", "--format", "tree")
    assert "libpq.so.5: libpq5, not in the builder\n" in stdout


def test_dockerfile_has_them_as_comments(tmp_path: Path) -> None:
    """The whole, and what plugins take of it: that is not what each adds alone."""
    stdout, _ = told(tmp_path, "--format", "dockerfile", plugin=("libzstd.so.1",), has={})
    assert stdout.splitlines()[0] == ("# 9.7 MB (6 packages), by index debian:13 2026-05-01")
    only = "        # for plugins only, --no-plugins leaves them out, which saves "
    assert f"{only}799 kB (2 packages):\n        libzstd1 \\\n" in stdout


def test_no_plugins_says_what_it_saves(tmp_path: Path) -> None:
    """When it leaves something out that is not essential, and not needed otherwise."""
    plugin = ("liblost.so.1", "libpq.so.5", "libreadline.so.8")
    stdout, stderr = told(tmp_path / "1", "--no-plugins", plugin=plugin)
    assert stdout == "libjpeg62\nlibpq5\n"
    saves = "--no-plugins leaves out 1 package, which saves 1 package of unknown size"
    assert stderr == f"find-libdeps: {saves}\n"
    assert told(tmp_path / "2", "--no-plugins", plugin=plugin[1:])[1] == ""
    _, stderr = told(tmp_path / "3", "--no-plugins", plugin=plugin, known=None)
    assert stderr == "find-libdeps: --no-plugins leaves out 1 package\n"


def test_why_says_what_is_saved_without_a_distribution(tmp_path: Path) -> None:
    """What comes for its packages, too, unless others bring that."""
    options = make(tmp_path, "libpq.so.5")
    site = tmp_path / "root" / SITE
    (site / "libjpeg_user.so").write_bytes(small_elf(["libjpeg.so.62"]))
    info = site / "psycopg2-2.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: psycopg2\nVersion: 2.9\n")
    (info / "RECORD").write_text(f"{MODULE},,\n")
    words = [f"--{name}={value}" for name, value in options.items()]
    result = CliRunner().invoke(main, ["why", *words, "psycopg2", "/app"])
    assert result.stdout == (
        "Without psycopg2 2.9 the list would be shorter by\n"
        "    libpq5 (libpq.so.5)\n"
        "which saves 1.4 MB (2 packages).\n"
    )
