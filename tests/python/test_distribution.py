"""Whose a file is follows from RECORD files, whatever the names in them."""

from __future__ import annotations

import csv
import io
import os
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from find_libdeps.python.distribution import Distribution, find_distributions
from find_libdeps.python.venv import Environments
from memory_tree import MemoryTree

SITE = PurePosixPath("/venv/lib/python3.13/site-packages")
FILE_NAMES = st.text(
    st.characters(exclude_characters="/\0\r", exclude_categories=["Cs"]), min_size=1, max_size=8
).filter(lambda name: name not in (".", "..") and not name.endswith(".dist-info"))


@given(names=st.sets(FILE_NAMES, min_size=2, max_size=6), scripts=st.booleans())
def test_each_recorded_file_has_its_distribution(names: set[str], scripts: bool) -> None:
    """Names with commas, quotes or newlines come back from what csv.writer makes of them."""
    stranger, *mine = sorted(names)
    places = [f"../../../bin/{name}" if scripts else f"package/{name}" for name in mine]
    record = io.StringIO()
    csv.writer(record, lineterminator="\n").writerows((place, "sha256=x", "1") for place in places)
    info = SITE / "some_thing-1.0.dist-info"
    tree = MemoryTree(
        {
            "/venv/pyvenv.cfg": b"",
            str(info / "RECORD"): os.fsencode(record.getvalue()),
            str(info / "METADATA"): b"Metadata-Version: 2.4\nname: Some.Thing\n",
        }
    )
    folder = PurePosixPath("/venv/bin") if scripts else SITE / "package"
    asked = [folder / name for name in (stranger, *mine)]
    known, owners = find_distributions(tree, Environments(tree), asked)
    assert known == (Distribution("Some.Thing", "1.0"),)
    assert owners == dict.fromkeys((folder / name for name in mine), known[0])


@given(record=st.binary(), metadata=st.binary())
def test_nonsense_is_nobodys(record: bytes, metadata: bytes) -> None:
    """Bytes of any kind in the place of a RECORD are no error."""
    info = SITE / "thing-1.dist-info"
    tree = MemoryTree({str(info / "RECORD"): record, str(info / "METADATA"): metadata})
    known, owners = find_distributions(tree, Environments(tree), [SITE / "package/file\n"])
    assert [each.version for each in known] == ["1"]
    assert owners == {}


def test_dashes_and_case_do_not_matter() -> None:
    """A distribution answers to its name as anybody may write it (PEP 503)."""
    assert Distribution("Zope.Interface", "8").is_called("zope_interface")
    assert not Distribution("Zope.Interface", "8").is_called("zope")
