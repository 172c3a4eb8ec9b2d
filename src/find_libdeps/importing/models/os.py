# os, as on Linux, with no variable set in the environment.
import os.path as path
import sys

import _host

name = "posix"
sep = "/"
altsep = None
extsep = "."
pathsep = ":"
linesep = "\n"
curdir = "."
pardir = ".."
devnull = "/dev/null"
defpath = "/bin:/usr/bin"
RTLD_LAZY = 1
RTLD_NOW = 2
RTLD_NOLOAD = 4
RTLD_DEEPBIND = 8
RTLD_GLOBAL = 0x100
RTLD_NODELETE = 0x1000
RTLD_LOCAL = 0
F_OK, X_OK, W_OK, R_OK = 0, 1, 2, 4
O_RDONLY, O_WRONLY, O_RDWR = 0, 1, 2
SEEK_SET, SEEK_CUR, SEEK_END = 0, 1, 2
EX_OK = 0
error = OSError
supports_follow_symlinks = supports_fd = supports_dir_fd = supports_effective_ids = set()


class _Environ(dict):
    def copy(self):
        return dict(self)


environ = _Environ()
environb = _Environ()


def getenv(key, default=None):
    return environ.get(key, default)


def putenv(key, value):
    pass


def unsetenv(key):
    pass


def fspath(path):
    if isinstance(path, (str, bytes)):
        return path
    try:
        method = type(path).__fspath__
    except AttributeError:
        raise TypeError("expected str, bytes or os.PathLike object")
    return method(path)


def fsencode(filename):
    filename = fspath(filename)
    return filename.encode("utf-8") if isinstance(filename, str) else filename


def fsdecode(filename):
    filename = fspath(filename)
    return filename.decode("utf-8") if isinstance(filename, bytes) else filename


class PathLike:
    def __class_getitem__(cls, item):
        return cls


def getcwd():
    return _host.prefix


def _missing(path):
    return FileNotFoundError(2, "No such file or directory")


def listdir(path="."):
    path = fspath(path)
    if _host.kind(path) != "directory":
        raise _missing(path)
    return _host.listing(path)


class DirEntry:
    def __init__(self, directory, name):
        self.name = name
        self.path = directory.rstrip("/") + "/" + name

    def __fspath__(self):
        return self.path

    def is_file(self, *, follow_symlinks=True):
        return _host.kind(self.path) == "file"

    def is_dir(self, *, follow_symlinks=True):
        return _host.kind(self.path) == "directory"

    def is_symlink(self):
        return _host.unknown("whether it is a link")

    def stat(self, *, follow_symlinks=True):
        return _host.unknown("what stat() says")


class _Scan(list):
    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def close(self):
        pass


def scandir(path="."):
    path = fspath(path)
    return _Scan([DirEntry(path, each) for each in listdir(path)])


def walk(top, topdown=True, onerror=None, followlinks=False):
    top = fspath(top)
    if _host.kind(top) != "directory":
        return
    directories, files = [], []
    for each in _host.listing(top):
        kind = _host.kind(path.join(top, each))
        (directories if kind == "directory" else files).append(each)
    if topdown:
        yield top, directories, files
    for each in directories:
        yield from walk(path.join(top, each), topdown)
    if not topdown:
        yield top, directories, files


def stat(path, **options):
    if _host.kind(fspath(path)) is None:
        raise _missing(path)
    return _host.unknown("what stat() says")


lstat = stat


def access(path, mode, **options):
    return _host.kind(fspath(path)) is not None


def readlink(path, **options):
    if _host.kind(fspath(path)) is None:
        raise _missing(path)
    return _host.unknown("what readlink() says")


def _change(path, *args, **options):
    return None


makedirs = mkdir = chdir = remove = unlink = rename = replace = chmod = symlink = rmdir = _change
removedirs = utime = link = _change


class uname_result(tuple):
    sysname = property(lambda self: self[0])
    nodename = property(lambda self: self[1])
    release = property(lambda self: self[2])
    version = property(lambda self: self[3])
    machine = property(lambda self: self[4])


def uname():
    unknown = _host.unknown("os.uname()")
    return uname_result(("Linux", unknown, unknown, unknown, _host.machine))


def register_at_fork(**functions):
    pass


def _exit(status):
    raise SystemExit(status)


def system(command):
    return _host.unknown("os.system()")


def __getattr__(name):
    if name in ("add_dll_directory", "startfile", "getcwdu", "getlogin_r", "O_BINARY", "lchflags",
                "chflags", "lchmod", "P_DETACH", "errno", "tmpnam", "tempnam"):
        raise AttributeError(name)
    return _host.unknown("os." + name)
