# ctypes: what opens libraries, and the sizes of simple types.
import os as _os

import _host

RTLD_LOCAL = DEFAULT_MODE = 0
RTLD_GLOBAL = 0x100
__version__ = "1.1.0"


class ArgumentError(Exception):
    pass


class _Function:
    def __init__(self, name):
        self.__name__ = name

    def __call__(self, *args, **names):
        return _host.unknown("what " + self.__name__ + "() returns")


class CDLL:
    _func_flags_ = 1
    _func_restype_ = None
    _name = "<uninitialized>"
    _handle = 0

    def __init__(self, name, mode=DEFAULT_MODE, handle=None, use_errno=False,
                 use_last_error=False, winmode=None):
        if name is not None and not isinstance(name, (str, bytes)):
            name = _os.fspath(name)
        self._name = name
        self._handle = _host.dlopen(name) if handle is None else handle

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        function = self.__getitem__(name)
        setattr(self, name, function)
        return function

    def __getitem__(self, name):
        if not _host.defines(self._handle, name):
            raise AttributeError("undefined symbol: " + name)
        return _Function(name)


class PyDLL(CDLL):
    _func_flags_ = 5


class LibraryLoader:
    def __init__(self, dlltype):
        self._dlltype = dlltype

    def __getattr__(self, name):
        if name[0] == "_":
            raise AttributeError(name)
        try:
            dll = self._dlltype(name)
        except OSError:
            if _host.python >= (3, 12):
                raise AttributeError(name)
            raise
        setattr(self, name, dll)
        return dll

    def __getitem__(self, name):
        return getattr(self, name)

    def LoadLibrary(self, name):
        return self._dlltype(name)

    def __class_getitem__(cls, item):
        return cls


cdll = LibraryLoader(CDLL)
pydll = LibraryLoader(PyDLL)
pythonapi = _host.unknown("ctypes.pythonapi")

_pointer = _host.bits // 8


class _Kind(type):
    def __mul__(cls, number):
        return _host.unknown("an array type")

    def __rmul__(cls, number):
        return _host.unknown("an array type")

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _host.unknown("a part of a type")


class _CData(metaclass=_Kind):
    def __init__(self, *args, **names):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _host.unknown("a field")

    def __getitem__(self, index):
        return _host.unknown("an item")

    def __setitem__(self, index, value):
        pass

    def __len__(self):
        return _host.unknown("a length")


class _SimpleCData(_CData):
    def __init__(self, value=0):
        self.value = value


def _make(name, size):
    return _Kind(name, (_SimpleCData,), {"_size": size})


c_bool = _make("c_bool", 1)
c_char = _make("c_char", 1)
c_byte = _make("c_byte", 1)
c_ubyte = c_uint8 = _make("c_ubyte", 1)
c_int8 = c_byte
c_wchar = _make("c_wchar", 4)
c_short = c_int16 = _make("c_short", 2)
c_ushort = c_uint16 = _make("c_ushort", 2)
c_int = c_int32 = _make("c_int", 4)
c_uint = c_uint32 = _make("c_uint", 4)
c_long = _make("c_long", _pointer)
c_ulong = _make("c_ulong", _pointer)
c_longlong = c_int64 = _make("c_longlong", 8)
c_ulonglong = c_uint64 = _make("c_ulonglong", 8)
c_size_t = _make("c_size_t", _pointer)
c_ssize_t = _make("c_ssize_t", _pointer)
c_time_t = _make("c_time_t", _pointer)
c_float = _make("c_float", 4)
c_double = _make("c_double", 8)
c_longdouble = _make("c_longdouble", 16)
c_void_p = c_voidp = _make("c_void_p", _pointer)
c_char_p = _make("c_char_p", _pointer)
c_wchar_p = _make("c_wchar_p", _pointer)
py_object = _make("py_object", _pointer)


class Structure(_CData):
    pass


class Union(_CData):
    pass


class BigEndianStructure(Structure):
    pass


class LittleEndianStructure(Structure):
    pass


class Array(_CData):
    pass


class _Pointer(_CData):
    pass


def sizeof(value):
    kind = value if _host.is_class(value) else type(value)
    size = getattr(kind, "_size", None)
    return _host.unknown("the size of a type") if size is None else size


def POINTER(kind):
    return _host.unknown("a type of pointers")


class _CFunction(_CData):
    # of a name, an address, or a Python function that C may call

    def __init__(self, *args):
        self._function = args[0] if args and callable(args[0]) else None
        _host.hand(self._function)

    def __call__(self, *args, **names):
        if self._function is None:
            return _host.unknown("what a C function returns")
        return self._function(*args)


def CFUNCTYPE(*args, **names):
    return _CFunction


PYFUNCTYPE = CFUNCTYPE


def byref(value, offset=0):
    # what a C function writes there is not known
    if isinstance(value, _SimpleCData):
        value.value = _host.unknown("what a C function wrote")
    return _host.unknown("a pointer")


pointer = addressof = byref

_OTHERS = """alignment cast create_string_buffer create_unicode_buffer c_buffer
    get_errno set_errno memmove memset memoryview_at resize string_at wstring_at ARRAY
    SetPointerType BigEndianUnion LittleEndianUnion CField FUNCFLAG_PYTHONAPI""".split()


def __getattr__(name):
    # what only Windows has is not there
    if name in _OTHERS or name[:1] == "_" != name[1:2]:
        return _host.unknown("ctypes." + name)
    raise AttributeError(name)
