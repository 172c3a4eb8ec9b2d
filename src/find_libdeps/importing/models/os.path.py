# os.path: the text of paths, and the files of the tree.
import _host

sep = "/"
altsep = None
extsep = "."
pathsep = ":"
curdir = "."
pardir = ".."
devnull = "/dev/null"
supports_unicode_filenames = False

commonprefix = _host.path_commonprefix
normcase = _host.path_normcase
splitdrive = _host.path_splitdrive


def _text(path):
    if isinstance(path, (str, bytes)):
        return path
    return path.__fspath__()


def _as_text(function, path):
    """What a function of text returns for a path, as bytes if the path is bytes."""
    text = _text(path)
    return function(text.decode()).encode() if isinstance(text, bytes) else function(text)


def _kind(path):
    text = _text(path)
    return _host.kind(text.decode() if isinstance(text, bytes) else text)


def basename(path):
    return _host.path_basename(_text(path))


def dirname(path):
    return _host.path_dirname(_text(path))


def split(path):
    return _host.path_split(_text(path))


def splitext(path):
    return _host.path_splitext(_text(path))


def normpath(path):
    return _host.path_normpath(_text(path))


def isabs(path):
    return _host.path_isabs(_text(path))


def join(path, *paths):
    return _host.path_join(_text(path), *[_text(each) for each in paths])


def abspath(path):
    return _as_text(lambda text: _host.path_normpath(_host.path_join(_host.prefix, text)), path)


def realpath(path, *, strict=False):
    return abspath(path)


def relpath(path, start=None):
    return _host.path_relpath(abspath(path), abspath(start or _host.prefix))


def commonpath(paths):
    return _host.unknown("os.path.commonpath()")


def expanduser(path):
    return _as_text(_with_home, path)


def _with_home(text):
    return "/root" + text[1:] if text == "~" or text.startswith("~/") else text


def expandvars(path):
    return _as_text(_with_variables, path)


def _with_variables(text):
    return _host.unknown("os.path.expandvars()") if "$" in text else text


def exists(path):
    if isinstance(path, int):
        return _host.unknown("os.path.exists()")
    return _kind(path) is not None


lexists = exists


def isfile(path):
    return _kind(path) == "file"


def isdir(path):
    return _kind(path) == "directory"


def islink(path):
    return _host.unknown("os.path.islink()") if exists(path) else False


def ismount(path):
    return False


def samefile(one, other):
    return realpath(one) == realpath(other)


def getsize(path):
    if not exists(path):
        raise FileNotFoundError(2, "No such file or directory")
    return _host.unknown("os.path.getsize()")


getmtime = getctime = getatime = getsize
