# importlib.resources
import contextlib
import pathlib
import sys

import _host


def _package(anchor):
    if anchor is None:
        anchor = _host.caller().get("__package__") or "__main__"
    module = anchor if not isinstance(anchor, str) else _host.import_module(anchor)
    return module


def files(anchor=None):
    module = _package(anchor)
    directories = getattr(module, "__path__", None)
    if directories:
        return pathlib.Path(list(directories)[0])
    return pathlib.Path(module.__file__).parent


class _AsFile:
    def __init__(self, path):
        self._path = path

    def __enter__(self):
        return self._path

    def __exit__(self, *error):
        pass


def as_file(path):
    return _AsFile(path)


def path(anchor, *names):
    return _AsFile(files(anchor).joinpath(*names))


def open_text(anchor, name, encoding="utf-8", errors="strict"):
    return files(anchor).joinpath(name).open("r", encoding=encoding)


def open_binary(anchor, name):
    return files(anchor).joinpath(name).open("rb")


def read_text(anchor, name, encoding="utf-8", errors="strict"):
    return files(anchor).joinpath(name).read_text(encoding)


def read_binary(anchor, name):
    return files(anchor).joinpath(name).read_bytes()


def is_resource(anchor, name):
    return files(anchor).joinpath(name).is_file()


def contents(anchor):
    return [each.name for each in files(anchor).iterdir()]
