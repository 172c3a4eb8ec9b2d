# cffi 2.1: what its FFI does with the name of a library (cffi/api.py, _load_backend_lib). What it
# compiles when it is asked to is not followed.
import _host

__version__ = _host.unknown("the version of cffi")
__version_info__ = _host.unknown("the version of cffi")


class FFIError(Exception):
    pass


class CDefError(FFIError):
    pass


class VerificationError(Exception):
    pass


class VerificationMissing(Exception):
    pass


class FFI:
    error = FFIError
    NULL = _host.unknown("a null pointer")

    def __init__(self, backend=None):
        pass

    def dlopen(self, name, flags=0):
        if not (isinstance(name, str) or name is None or _host.is_unknown(name)):
            raise TypeError("dlopen(name): name must be a file name or None")
        _load(name)
        return _host.unknown("a library of cffi")

    def cdef(self, *args, **names):
        pass

    def embedding_api(self, *args, **names):
        pass

    embedding_init_code = include = set_unicode = set_source = set_source_pkgconfig = cdef
    dlclose = emit_c_code = cdef

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _host.unknown("ffi." + name)


def _load(name):
    if name is None:
        return _host.cffi_open(None)
    first_error = None
    if "." in name or "/" in name:
        try:
            return _host.cffi_open(name)
        except OSError as error:
            first_error = error
    import ctypes.util

    path = ctypes.util.find_library(name)
    if path is None:
        text = "ctypes.util.find_library() did not manage to locate a library called %r" % (name,)
        if first_error is not None:
            text = "%s.  Additionally, %s" % (first_error, text)
        raise OSError(text)
    return _host.cffi_open(path)
