"""What can be wrong: a rule for each kind, with its cause and its solution, as in the README."""

from __future__ import annotations

from typing import NamedTuple

from find_libdeps.report.findings import AnyCode, Code, Level, ListCode


class Rule(NamedTuple):
    """One kind of what can be wrong."""

    code: AnyCode
    level: Level
    """How bad it is, mostly."""
    cause: str
    """Why it is wrong, in sentences of their own."""
    solution: str
    """What to do about it, likewise."""


_E, _W, _N = Level.ERROR, Level.WARNING, Level.NOTE

AUDIT_RULES = (
    Rule(
        Code.MISSING_LIBRARY,
        _E,
        "The loader finds no file for a name that an ELF file asks for.",
        "Install the package that it names; without one, start from the release that it names, "
        "copy the library, or pass --ignore.",
    ),
    Rule(
        Code.MISSING_BY_NAME,
        _E,
        "Python source loads a library, or a typelib of GObject's repository, by its name when it "
        "is imported, and that is not there.",
        "Install the package that it names; if none of the release has it, start from the release "
        "that it names, or copy it.",
    ),
    Rule(
        Code.MISSING_VERSION,
        _E,
        "The library does not define a symbol version that is asked of it, such as GLIBC_2.38: the "
        "file was built on a newer system.",
        "Build it on this release, or start from a newer one.",
    ),
    Rule(
        Code.UNREACHABLE_LIBRARY,
        _W,
        "The library is in the virtualenv, but its requester's search path does not lead there.",
        "Set the LD_LIBRARY_PATH that it tells, import the package that loads it first, or pass "
        "--ignore.",
    ),
    Rule(
        Code.WRONG_ARCHITECTURE,
        _E,
        "The file is for another machine than the image.",
        "Build or install it for the image's architecture.",
    ),
    Rule(
        Code.MUSL_OBJECT,
        _E,
        "The file is linked against musl, and the image has glibc.",
        "Install the build that is for glibc (a manylinux wheel).",
    ),
    Rule(
        Code.MISSING_INTERPRETER,
        _E,
        "What should run a file is not there: a virtualenv's Python, the program in a script's "
        "first line, an executable's dynamic loader.",
        "Copy the virtualenv into an image that has the same Python at the same place; install the "
        "program.",
    ),
    Rule(
        Code.WRONG_PYTHON,
        _E,
        "An extension module, or a whole virtualenv, was made for another Python than the one that "
        "would load it.",
        "Make the virtualenv with the Python that runs it.",
    ),
    Rule(
        Code.UNKNOWN_NAME,
        _W,
        "An import loads a library whose name could not be found out. A warning if the package "
        "brings no library, so that the system has to; otherwise a note.",
        "Import the module in the image.",
    ),
    Rule(
        Code.NOT_EVALUATED,
        _W,
        "An import takes too much work to follow to its end (a warning), or a part of a Python "
        "source was not evaluated: byte code without its source, a source that does not parse (a "
        "note).",
        "Import the module in the image.",
    ),
    Rule(
        Code.NO_LDCONFIG,
        _W,
        "ctypes.util.find_library asks ldconfig or a compiler, and the image has neither. An error "
        "if an import ends so, or opens what it then gets: CDLL(None) has none of the library's "
        "functions.",
        "Install libc-bin.",
    ),
    Rule(
        Code.UNREADABLE,
        _W,
        "The file is broken, or may not be read.",
        "Install its package again; run the audit as a user who may read it.",
    ),
)
"""What an audit looks for, in the order of the README."""

_LIST_RULES = (
    Rule(
        ListCode.LIST_DIFFERS,
        _E,
        "The list that --check names has a package too many, or lacks one.",
        "Run find-libdeps again, and commit what it prints.",
    ),
    Rule(
        ListCode.NO_VERSION,
        _E,
        "With --pin: neither the builder's dpkg nor its apt knows a version of the package.",
        "Run apt-get update first, in a builder of the target's release.",
    ),
    Rule(
        ListCode.NO_DATABASE,
        _E,
        "The library is in the builder, which has no package database that could name its package.",
        "Run find-libdeps where dpkg has its database.",
    ),
    Rule(
        ListCode.UNPACKAGED,
        _W,
        "The library is in the builder, and in no package.",
        "Copy it into the target.",
    ),
    Rule(
        ListCode.OUTSIDE_LINK,
        _W,
        "A link leads out of what was scanned: the target needs what is at its other end, too.",
        "Copy that, too.",
    ),
    Rule(
        ListCode.MISFIT,
        _W,
        "The virtualenv's Python can't load the file: it is for musl, for another machine or for "
        "another Python.",
        "Install the build that fits.",
    ),
    Rule(
        ListCode.REMARK,
        _N,
        "A package was left out of the list, or was chosen among several.",
        "Nothing has to be done; --dlopen=all also lists what is loaded on demand.",
    ),
)
_IN_LISTS = (
    Code.MISSING_LIBRARY,
    Code.MISSING_BY_NAME,
    Code.MISSING_VERSION,
    Code.UNREACHABLE_LIBRARY,
    Code.MISSING_INTERPRETER,
    Code.UNKNOWN_NAME,
    Code.NOT_EVALUATED,
    Code.NO_LDCONFIG,
    Code.UNREADABLE,
)
LIST_RULES = (*_LIST_RULES, *(rule for rule in AUDIT_RULES if rule.code in _IN_LISTS))
"""What can be wrong with a list."""
