"""A tree resolves paths as the kernel does, and never leaves its root."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import EXAMPLES
from find_libdeps.errors import TreeError
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Kind, Tree
from memory_tree import MemoryTree

NAMES = ("a", "b", "c")
TARGETS = st.lists(st.sampled_from((*NAMES, "..", ".", "")), min_size=1, max_size=4).map("/".join)


def place(tree: Tree, path: str) -> str | None:
    """Where a path leads, as text."""
    real = tree.resolve(PurePosixPath(path))
    return None if real is None else str(real)


@settings(max_examples=2 * EXAMPLES)
@given(
    directories=st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3), max_size=4),
    links=st.lists(st.tuples(st.sampled_from(NAMES), st.booleans(), TARGETS), max_size=5),
    path=TARGETS,
)
def test_paths_lead_where_the_kernel_says(
    directories: list[list[str]], links: list[tuple[str, bool, str]], path: str
) -> None:
    """Any path through any directories, links and loops resolves as realpath(3) has it."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        for parts in directories:
            top.joinpath(*parts).mkdir(parents=True, exist_ok=True)
        for number, (link, absolute, target) in enumerate(links):
            parents = [top, *(d for d in sorted(top.rglob("*")) if d.is_dir())]
            at = parents[number % len(parents)] / link
            if not at.is_symlink() and not at.exists() and target:
                at.symlink_to(f"{top}/{target}" if absolute else target)
        asked = f"{top}/{path}"
        try:
            expected: str | None = os.path.realpath(asked, strict=True)
        except OSError:
            expected = None
        assert place(DirectoryTree("/"), asked) == expected


def test_links_stay_inside_the_root(tmp_path: Path) -> None:
    """Absolute targets start at the tree's root, and ``..`` stops there."""
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "passwd").write_text("inside")
    (tmp_path / "secret").write_text("outside")
    (root / "up").symlink_to("../../../../etc/passwd")
    (root / "absolute").symlink_to("/etc/passwd")
    (root / "out").symlink_to("../secret")
    tree = DirectoryTree(root)
    assert place(tree, "/up") == place(tree, "/absolute") == "/etc/passwd"
    assert tree.read(PurePosixPath("/absolute")) == b"inside"
    assert place(tree, "/out") is None
    assert place(tree, "/../../secret") is None


def test_chain_names_every_link_on_the_way() -> None:
    """Each place between the name asked for and the file is known, directories resolved."""
    tree = MemoryTree(
        {
            "/lib": "usr/lib",
            "/usr/lib/libblas.so.3": "/etc/alternatives/libblas.so.3",
            "/etc/alternatives/libblas.so.3": "/lib/openblas/libblas.so.3",
            "/usr/lib/openblas/libblas.so.3": b"",
        }
    )
    assert [str(p) for p in tree.chain(PurePosixPath("/lib/libblas.so.3"))] == [
        "/usr/lib/libblas.so.3",
        "/etc/alternatives/libblas.so.3",
        "/usr/lib/openblas/libblas.so.3",
    ]
    assert tree.chain(PurePosixPath("/lib/nothing")) == ()


def test_walk_names_files_and_links_in_order_and_follows_nothing() -> None:
    """A link to a directory is an entry, and no way in."""
    tree = MemoryTree(
        {"/v/b/2": b"", "/v/a/1": b"", "/v/a.txt": b"", "/v/loop": "/v", "/else/3": b""}
    )
    problems: list[TreeError] = []
    found = tree.walk(PurePosixPath("/v"), lambda name: name != "a.txt", problems.append)
    assert [(str(path), kind) for path, kind in found] == [
        ("/v/loop", Kind.LINK),
        ("/v/a/1", Kind.FILE),
        ("/v/b/2", Kind.FILE),
    ]
    assert problems == []


def test_walk_goes_on_after_a_directory_that_cannot_be_listed() -> None:
    """What can't be listed is said, and the rest is walked."""

    class Unlistable(MemoryTree):
        def _names(self, real: str) -> list[tuple[str, Kind]]:
            if real == "/v/a":
                raise PermissionError(13, "Permission denied")
            return super()._names(real)

    tree = Unlistable({"/v/a/1": b"", "/v/b/2": b""})
    problems: list[TreeError] = []
    found = list(tree.walk(PurePosixPath("/v"), lambda name: True, problems.append))
    assert [str(path) for path, _ in found] == ["/v/b/2"]
    assert [str(problem) for problem in problems] == ['cannot list "/v/a": Permission denied']


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """A fifo or a directory is refused at once: opening one could hang."""
    os.mkfifo(tmp_path / "fifo")
    tree = DirectoryTree(tmp_path)
    for name, cause in (("/fifo", "device, fifo or socket"), ("/", "directory")):
        with pytest.raises(TreeError, match=f"it is a {cause}, not a file"):
            tree.open(PurePosixPath(name))


def test_root_that_is_no_directory_is_one_sentence(tmp_path: Path) -> None:
    """A root must be a directory."""
    with pytest.raises(TreeError, match=r'cannot read the root ".*/no": No such file or directory'):
        DirectoryTree(tmp_path / "no")
