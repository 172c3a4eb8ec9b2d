# _cffi_backend of cffi 2.1: the FFI of modules that cffi generates.
import _host

__version__ = _host.unknown("the version of cffi")


def load_library(name=None, flags=0):
    _host.cffi_open(name)
    return _host.unknown("a library of cffi")


class FFI:
    error = ValueError

    def __init__(self, *args, **names):
        pass

    def dlopen(self, name=None, flags=0):
        _host.cffi_open(name)
        return _host.unknown("a library of cffi")

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _host.unknown("ffi." + name)
