"""The ``sitecustomize`` of each Python that is watched: starts the listener, and steps aside.

It is copied beside the listener, into a directory that is first on PYTHONPATH. Pythons of any
version import it, so it is written for all of them. What it leaves is what would be there without
it: the directory is not on ``sys.path``, and a ``sitecustomize`` of the user's own has been run.
"""

import os
import sys

_before = set(sys.modules)
_here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is not loaded
try:
    if sys.version_info >= (3, 8):  # noqa: UP036 - others run, too: they are not listened to
        import find_libdeps_listener  # type: ignore[import-not-found]

        find_libdeps_listener.start()
except Exception:  # noqa: S110 - whatever is wrong here, the program has to run as it would
    pass
for _name in set(sys.modules) - _before:
    del sys.modules[_name]  # the listener lives on, and nothing that it has imported is changed
sys.path[:] = [each for each in sys.path if each != _here]
sys.path_importer_cache.pop(_here, None)
sys.modules.pop("sitecustomize", None)
import sitecustomize  # type: ignore[import-not-found]  # noqa: E402, F401 - if there is none: as it would
