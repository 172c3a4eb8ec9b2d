"""Which files dpkg leaves out: fnmatch(3) judges patterns; test_disk_use.py asks dpkg itself."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_libdeps.debian.path_rules import MAX_RULES, PathRules, read_path_rules
from find_libdeps.roots.tree import Kind
from memory_tree import MemoryTree

SLIM = """\
# This is the "slim" variant of the Debian base image.
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
"""


def rules(**files: str) -> PathRules | None:
    """The rules of a root with such files in /etc/dpkg."""
    tree = {f"/etc/dpkg/{name}": text.encode() for name, text in files.items()}
    return read_path_rules(MemoryTree({"/etc": None, **tree}))


def left_out(text: str, path: str, kind: Kind = Kind.FILE) -> bool:
    """Whether a path is left out by such a file."""
    found = rules(**{"dpkg.cfg.d/docker": text})
    assert found is not None
    return found.leave_out(path, kind)


def test_last_rule_that_matches_decides() -> None:
    """An asterisk matches slashes, too; a rule is for the whole path."""
    assert left_out(SLIM, "/usr/share/doc/libpq5/changelog.gz")
    assert left_out(SLIM, "/usr/share/man/man1/ls.1.gz")
    assert not left_out(SLIM, "/usr/share/doc/libpq5/copyright")
    assert not left_out(SLIM, "/usr/share/doc")
    assert not left_out(SLIM, "/opt/usr/share/doc/libpq5/changelog.gz")
    assert left_out(f"{SLIM}path-exclude=*/copyright", "/usr/share/doc/libpq5/copyright")


@pytest.mark.parametrize("kind", [Kind.DIRECTORY, Kind.LINK])
def test_directory_stays_where_a_file_below_it_may(kind: Kind) -> None:
    """A link, too, since it may lead to a directory."""
    assert not left_out(SLIM, "/usr/share/doc/libpq5", kind)
    assert left_out(SLIM, "/usr/share/man/man1", kind)


@pytest.mark.parametrize(
    "line",
    [
        "path-exclude=/a b",
        "path-exclude /a b",
        "path-exclude  =  /a b".replace("  =", " ="),
        "path-exclude\t/a b \t",
        'path-exclude="/a b"',
        "path-exclude '/a b'",
    ],
)
def test_options_are_read_as_dpkg_reads_them(line: str) -> None:
    """With an equals sign or blanks, with quotes or without them."""
    assert left_out(line, "/a b")


@pytest.mark.parametrize(
    "line", ["# path-exclude=/a", "path-excludes=/a", "no-path-exclude=/a", "log /a", ""]
)
def test_other_lines_are_no_rules(line: str) -> None:
    """Nothing is left out."""
    found = rules(**{"dpkg.cfg": line})
    assert found is not None
    assert not found
    assert not found.leave_out("/a", Kind.FILE)


def test_dpkgs_own_file_comes_last() -> None:
    """Before it those of the directory, by their names; not those with a dot in them."""
    fragments = {"dpkg.cfg.d/b": "path-include=/a", "dpkg.cfg.d/a": "path-exclude=/a"}
    found = rules(**fragments)
    assert found
    assert not found.leave_out("/a", Kind.FILE)
    found = rules(**fragments, **{"dpkg.cfg": "path-exclude=/a"})
    assert found
    assert found.leave_out("/a", Kind.FILE)
    assert not rules(**{"dpkg.cfg.d/docker.dpkg-old": SLIM})


def test_what_is_not_known_is_told() -> None:
    """Too many rules, a pattern that Python has not, a file that can't be read."""
    most = "path-exclude=/a\n" * MAX_RULES
    assert rules(**{"dpkg.cfg": most})
    assert rules(**{"dpkg.cfg": f"{most}path-exclude=/a"}) is None
    assert rules(**{"dpkg.cfg": "path-exclude=/[[:alpha:]]"}) is None
    assert rules(**{"dpkg.cfg.d/docker/directory": ""}) is None


PATTERN = st.text(st.sampled_from("ab/.*?[]!^-\\"), max_size=8)


@given(PATTERN, st.text(st.sampled_from("ab/.*?[]!^-\\"), max_size=6))
def test_patterns_match_as_those_of_the_c_library(pattern: str, path: str) -> None:
    """Unless it is told that nothing is known of a pattern."""
    try:
        found = PathRules([("exclude", pattern)]).leave_out(path, Kind.FILE)
    except ValueError:
        return
    says = ctypes.CDLL(None).fnmatch(pattern.encode(), path.encode(), 0)
    assert found == (says == 0)
