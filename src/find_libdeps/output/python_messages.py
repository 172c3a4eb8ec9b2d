"""The messages about virtual environments that will not find their Python in the target."""

from __future__ import annotations

from collections.abc import Iterator

from find_libdeps.errors import printable
from find_libdeps.output.dockerfile import how_to_copy
from find_libdeps.output.words import Message
from find_libdeps.report.findings import Code, Spot
from find_libdeps.report.report import LostPython, PythonFault


def python_message(lost: LostPython, level: str) -> Message:
    """What is wrong with a virtual environment's Python, and what to copy or to start from.

    Args:
        lost: the virtual environment.
        level: of what is not certain: ``warning``, or ``error`` with ``--strict``.
    """
    python, needed = printable(lost.python), printable(lost.needed)
    match lost.fault:
        case PythonFault.NOWHERE:
            target = ", nor in the target" if lost.is_error else ""
            where = f"it leads to {needed}, which is not in the builder{target}"
        case PythonFault.UNUSUAL:
            where = f"it leads to {needed}, which few images have: the target needs it, too"
        case PythonFault.NOT_IN_TARGET:
            where = f"it leads to {needed}, which is not in the target"
        case PythonFault.OTHER_VERSION:
            versions = " and ".join(lost.versions)
            where = f"its packages are for Python {versions}, and the target has another {needed}"
    verb = "may not" if lost.fault is PythonFault.UNUSUAL else "cannot"
    return Message(
        "error" if lost.is_error else level,
        f'{verb} start "{python}": {where}',
        (*_advice(lost),),
        Code.MISSING_INTERPRETER,
        (Spot(lost.python),),
    )


def _advice(lost: LostPython) -> Iterator[str]:
    """What to copy, or where to start from."""
    image = (
        f"python:{printable(lost.versions[0])}-slim" if lost.versions else "an image that has one"
    )
    for each in lost.copies:
        yield how_to_copy([each], str(each))
    if any("/uv/python" in str(each) for each in lost.copies):
        yield "or have uv keep it where all users may read: ENV UV_PYTHON_INSTALL_DIR=/opt/python"
    if lost.fault is PythonFault.NOWHERE:
        yield "make the virtualenv again, with the Python of the target's image"
    elif str(lost.needed).startswith("/usr/local/"):
        yield f"start the target from {image}, the image that has its Python there"
    elif lost.is_packaged and not lost.is_error:
        yield "install python3 in the target, too"
    elif lost.copies:
        yield f"or make the virtualenv with a Python of the target: start both from {image}"
    else:
        yield "start the target from the builder's release, and install python3 there"
