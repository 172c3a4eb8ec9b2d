"""Sources that are parsed piece by piece have the statements that ast.parse finds in the whole."""

from __future__ import annotations

import ast

import pytest

from find_libdeps.importing.sources import MAX_AT_ONCE, TOO_LARGE, parse, why_not_parsed

PARTS = [
    "import ctypes",
    'TEXT = """\nnothing = here\nis a statement\n"""',
    "TABLE = (\n1,\n2,\n# a comment\n)",
    "@property\n@staticmethod\ndef function(a,\n             b=[\n1]):\n    return a\n\n# behind",
    "if TEXT:\n    pass\nelif TABLE:\n    pass\nelse:\n    pass",
    "try:\n    pass\nexcept OSError:\n    pass\nfinally:\n    pass",
    "value = 1 + \\\nvalue",
    "class Class:\n    '''A class.\n\nclass Other:\n'''\n    __private = 1\n",
    "for each in TABLE: pass\nelse: pass",
    "'a text'\n\f\nname = 'ä'",
]
"""Code in which a line that starts at the margin need not start a statement."""


def large(end: str = "\n") -> str:
    """A source that is too large to be parsed at once."""
    block = "".join(f"{part}\n" for part in PARTS) + f"LONG = '{'x' * 3_000}'\n"
    return (block * (MAX_AT_ONCE // len(block) + 2)).replace("\n", end)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_pieces_are_the_whole(end: str, encoding: str) -> None:
    """Statement by statement, with their lines."""
    head = "# coding: latin-1\n" if encoding == "latin-1" else "\n"
    source = (head + large(end)).encode(encoding)
    pieces = [piece.tree for piece in parse(source)]
    assert len(pieces) > 3
    found = [statement for tree in pieces for statement in tree.body]
    whole = ast.parse(source)
    for ours, theirs in zip(found, whole.body, strict=True):
        assert ours.lineno == theirs.lineno
        assert ours.end_lineno == theirs.end_lineno
        if not isinstance(theirs, ast.ClassDef):  # private names are mangled
            assert ast.dump(ours) == ast.dump(theirs)


def test_what_is_before_a_fault_is_parsed() -> None:
    """A statement that does not end is told with its line."""
    source = f"{large()}name = (\n{'1,' * MAX_AT_ONCE}".encode()
    pieces = parse(source)
    parsed = list[ast.stmt]()
    with pytest.raises(SyntaxError) as caught:
        parsed += (statement for piece in pieces for statement in piece.tree.body)
    lines = source.decode().split("\n")
    assert why_not_parsed(caught.value, (3, 10)) == (TOO_LARGE, lines.index("name = (") + 1)
    assert parsed[-1].end_lineno == lines.index("name = (")


def test_comments_do_not_make_a_source_too_large() -> None:
    """They are no part of the tree."""
    source = b"name = 1\n" + b"# a comment\n" * (MAX_AT_ONCE // 5)
    (piece,) = parse(source)
    assert len(piece.tree.body) == 1
