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


class _Frame:
    def __init__(self, scopes):
        self._outer = scopes[1:]
        self.f_globals, self.f_locals = scopes[0]
        self.f_builtins = _host.unknown("the names of builtins")
        self.f_code = _host.unknown("the code of a frame")
        self.f_lineno = _host.unknown("the line of a frame")
        self.f_trace = None

    @property
    def f_back(self):
        return _Frame(self._outer) if self._outer else None


def _getframe(depth=0):
    scopes = _host.frames()[depth:]
    if not scopes:
        raise ValueError("call stack is not deep enough")
    return _Frame(scopes)


def exit(status=None):
    raise SystemExit(status)


def getfilesystemencoding():
    return "utf-8"


def getdefaultencoding():
    return "utf-8"


def intern(text):
    return text


# what else each Python on Linux has
globals().update({each: _host.unknown("sys." + each) for each in """
    __breakpointhook__ __displayhook__ __excepthook__ __stderr__ __stdin__ __stdout__
    __unraisablehook__ _base_executable _clear_type_cache _current_exceptions _current_frames _debugmallocstats
    _framework _git _home _xoptions addaudithook audit breakpointhook call_tracing copyright
    displayhook exc_info excepthook float_info get_asyncgen_hooks
    get_coroutine_origin_tracking_depth get_int_max_str_digits getallocatedblocks
    getdlopenflags getfilesystemencodeerrors getprofile getrecursionlimit getrefcount
    getsizeof getswitchinterval gettrace hash_info int_info is_finalizing orig_argv
    path_importer_cache pycache_prefix set_asyncgen_hooks set_coroutine_origin_tracking_depth
    set_int_max_str_digits setdlopenflags setprofile setrecursionlimit setswitchinterval
    settrace stderr stdin stdlib_module_names stdout thread_info unraisablehook warnoptions
    """.split()})

_of_some = """
    __interactivehook__ _baserepl _clear_internal_caches _deactivate_opcache
    _get_cpu_count_config _getframemodulename _getquickenedcount _is_gil_enabled _is_interned
    _setprofileallthreads _settraceallthreads _stdlib_dir activate_stack_trampoline
    deactivate_stack_trampoline exception getunicodeinternedsize is_stack_trampoline_active
    last_traceback last_type last_value monitoring
    """.split()


def __getattr__(name):
    # what only other systems have, or nobody, is not there
    if name in _of_some:
        return _host.unknown("sys." + name)
    raise AttributeError(name)
