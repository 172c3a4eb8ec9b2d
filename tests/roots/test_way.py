"""The files and links on the way to a file are what an empty root needs for it, and no more."""

from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from examples import EXAMPLES
from find_libdeps.roots.paths import missing_end, way
from memory_tree import MemoryTree

NAMES = ("a", "b", "c")
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(lambda p: "/" + "/".join(p))
TARGETS = st.builds(
    lambda start, parts: start + "/".join(parts),
    st.sampled_from(("", "/")),
    st.lists(st.sampled_from((*NAMES, "..", ".")), min_size=1, max_size=3),
)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    files=st.sets(PATHS, min_size=1, max_size=4),
    links=st.dictionaries(PATHS, TARGETS, min_size=1, max_size=5),
    data=st.data(),
)
def test_way_is_all_that_leads_there(
    files: set[str], links: dict[str, str], data: st.DataObject
) -> None:
    """A root with nothing but these places has the file; without any one of them it does not."""
    root: dict[str, bytes | str | None] = {**links, **dict.fromkeys(files, b"")}
    parents = {str(parent) for each in root for parent in PurePosixPath(each).parents}
    root = {each: content for each, content in root.items() if each not in parents}
    tree = MemoryTree(root)
    below = data.draw(st.sampled_from(("", *NAMES)))
    wanted = PurePosixPath(data.draw(st.sampled_from(sorted(root))), below)
    end = tree.resolve(wanted)
    assume(isinstance(root.get(str(end)), bytes))
    places = list(dict.fromkeys(way(tree, wanted)))
    assert places[-1] == end
    copied = {str(place): root[str(place)] for place in places}
    directories: dict[str, bytes | str | None] = dict.fromkeys(parents)  # tar keeps them anyway
    assert MemoryTree(directories | copied).resolve(wanted) == end
    for place in copied:
        rest = {other: content for other, content in copied.items() if other != place}
        assert MemoryTree(directories | rest).resolve(wanted) != end


def test_of_a_circle_the_first_link_is_on_the_way() -> None:
    """Be it the file itself or a directory above it: nothing is followed for ever."""
    tree = MemoryTree({"/a/one": "two", "/a/two": "one", "/d": "/d"})
    for path, first in (("/a/one", "/a/one"), ("/d/x", "/d")):
        assert [str(place) for place in way(tree, PurePosixPath(path))] == [first]


def test_the_end_of_a_dangling_link() -> None:
    """It is what the last of the links names, whichever part of that does not exist."""
    tree = MemoryTree(
        {
            "/v/bin/python": "python3",
            "/v/bin/python3": "/opt/python/bin/python3.13",
            "/v/bin/run": "../lib/run",
            "/w": "v",
        }
    )
    ends = {
        "/v/bin/python": "/opt/python/bin/python3.13",
        "/w/bin/python": "/opt/python/bin/python3.13",
        "/v/bin/run": "/v/bin/../lib/run",
        "/nowhere": "/nowhere",
    }
    assert {link: str(missing_end(tree, PurePosixPath(link))) for link in ends} == ends
