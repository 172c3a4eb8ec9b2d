"""Which sources a survey has."""

from __future__ import annotations

from itertools import product
from pathlib import PurePosixPath

from find_libdeps.python.survey import by_package, is_in_tests

NAMES = ("site-packages", "tests", "test", "testing", "p")


def test_no_survey_has_what_is_not_kept() -> None:
    """Tests below a directory of packages; an environment may itself be in a directory of tests."""
    kept = set[bool]()
    for names in product(NAMES, repeat=4):
        path = PurePosixPath("/", *names, "x.py")
        if is_in_tests(str(path.parent)):
            kept.add(False)
            assert by_package([path], ()) == []
        elif by_package([path], ()):
            kept.add(True)
    assert kept == {False, True}
    assert not is_in_tests("/tests/v/lib/python3.13/site-packages/p")
    assert not is_in_tests("/srv/tests")
