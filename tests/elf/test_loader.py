"""The loader's rules: what we say of each fixture is what the fixture says."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

import mini_root
from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.ldconf import configured_directories
from find_libdeps.elf.loader import Loader
from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import Found, LinkMap
from find_libdeps.elf.readers import Reader
from find_libdeps.elf.search_list import SearchPath
from find_libdeps.needs.object_reader import ObjectReader
from find_libdeps.roots.directory import DirectoryTree


def resolve(root: Path, expected: mini_root.Expectation, reader: Reader) -> list[mini_root.Need]:
    """What our loader makes of an object in a root."""
    tree = DirectoryTree(root)
    read = ObjectReader(tree, reader)
    path = PurePosixPath("/" + expected.object.lstrip("/"))
    elf = read(path)
    assert isinstance(elf, ElfObject)
    # what the real loader takes from the CPU that it runs on
    words = mini_root.words()
    architecture = architecture_of(elf.abi)._replace(platform=words["PLATFORM"])
    search = SearchPath(
        architecture,
        configured_directories(tree),
        library_path=":".join(expected.library_path),
        working_directory=PurePosixPath("/"),
    )
    loader = Loader(search, read, read.look_into)
    needs, _ = loader.load(LinkMap(path, elf), follow=lambda p: p.name != "libc.so.6")
    told = []
    for need in needs:
        outcome = need.outcome
        found = (
            (str(outcome.path), outcome.how.value) if isinstance(outcome, Found) else (None, None)
        )
        told.append(mini_root.Need(str(need.requester), str(need.soname), *found))
    return told


@pytest.fixture(scope="module", params=mini_root.rules(), ids=lambda rule: rule.name)
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, mini_root.Expectation]:
    """The root directory of one rule, and what the rule says about it."""
    rule: Path = request.param
    try:
        expected = mini_root.expectation(rule)
        if expected.missing_feature is not None:
            pytest.skip(expected.missing_feature)
        root = tmp_path_factory.mktemp(rule.name) / "root"
        root.mkdir()
        mini_root.build(rule, root)
    except mini_root.LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    return root, expected


def test_real_loader_agrees_with_the_fixture(built: tuple[Path, mini_root.Expectation]) -> None:
    """The machine's own ld.so opens the files that the fixture says, for the reason it says."""
    root, expected = built
    try:
        answer = mini_root.ask_the_loader(root, expected.object, expected.library_path)
    except mini_root.LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    assert answer == expected.resolution


@pytest.mark.parametrize("reader", Reader)
def test_we_resolve_as_the_fixture_says(
    built: tuple[Path, mini_root.Expectation], reader: Reader
) -> None:
    """Every name of every object is found where the real loader finds it, and for its reason."""
    root, expected = built
    ours, theirs = resolve(root, expected, reader), expected.resolution.needs
    if expected.resolution.error:  # the real loader goes no further, and we do
        ours = ours[: len(theirs)]
    assert ours == [
        need._replace(requester=absolute(need.requester), path=need.path and absolute(need.path))
        for need in theirs
    ]


def absolute(path: str) -> str:
    """A path as we spell it: seen from the root, and without needless slashes."""
    return str(PurePosixPath("/" + path.lstrip("/")))
