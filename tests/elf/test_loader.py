"""The loader's rules: what we say of each fixture is what the fixture says."""

from __future__ import annotations

from pathlib import Path

import pytest

import mini_root
from find_libdeps.elf.readers import Reader
from glibc import LoaderOutOfReachError
from our_loader import resolve
from real_loader import ask_the_loader


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
    except LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    return root, expected


def test_real_loader_agrees_with_the_fixture(built: tuple[Path, mini_root.Expectation]) -> None:
    """The machine's own ld.so opens the files that the fixture says, for the reason it says."""
    root, expected = built
    try:
        answer = ask_the_loader(root, expected.object, expected.library_path)
    except LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    assert answer == expected.resolution


@pytest.mark.parametrize("reader", Reader)
def test_we_resolve_as_the_fixture_says(
    built: tuple[Path, mini_root.Expectation], reader: Reader
) -> None:
    """Every name of every object is found where the real loader finds it, and for its reason."""
    root, expected = built
    ours, theirs = (
        resolve(root, expected.object, expected.library_path, reader),
        expected.resolution.needs,
    )
    if expected.resolution.error:  # the real loader goes no further, and we do
        ours = ours[: len(theirs)]
    assert ours == [need.absolute() for need in theirs]
