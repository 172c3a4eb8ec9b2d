# sys, as on Linux with no arguments.
import _host

platform = "linux"
byteorder = "little"
maxsize = 2 ** (_host.bits - 1) - 1
maxunicode = 0x10FFFF
prefix = exec_prefix = _host.prefix
base_prefix = base_exec_prefix = "/usr/local"
executable = _host.prefix + "/bin/python"
modules = _host.modules
path = list(_host.site)
meta_path = []
path_hooks = []
argv = [""]
flags = _host.unknown("sys.flags")
hexversion = (_host.python[0] << 24) + (_host.python[1] << 16) + 0xF0
version = "%d.%d.0 (main) [GCC]" % _host.python
api_version = 1013
abiflags = ""
dont_write_bytecode = False
float_repr_style = "short"
platlibdir = "lib"
builtin_module_names = ("sys", "builtins")


class _VersionInfo(tuple):
    major = property(lambda self: self[0])
    minor = property(lambda self: self[1])
    micro = property(lambda self: self[2])
    releaselevel = property(lambda self: self[3])
    serial = property(lambda self: self[4])


version_info = _VersionInfo((_host.python[0], _host.python[1], 0, "final", 0))


class _Implementation:
    name = "cpython"
    cache_tag = "cpython-%d%d" % _host.python
    version = version_info
    hexversion = hexversion
    _multiarch = _host.machine + "-linux-gnu"


implementation = _Implementation()


def exit(status=None):
    raise SystemExit(status)


def getfilesystemencoding():
    return "utf-8"


def getdefaultencoding():
    return "utf-8"


def intern(text):
    return text


def __getattr__(name):
    if name in ("getwindowsversion", "winver", "dllhandle", "real_prefix", "frozen", "_MEIPASS",
                "last_value", "getandroidapilevel", "subversion", "maxint", "setcheckinterval"):
        raise AttributeError(name)
    return _host.unknown("sys." + name)
