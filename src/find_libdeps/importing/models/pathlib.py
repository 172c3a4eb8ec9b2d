# pathlib: the text of paths, and the files of the tree.
import os

import _host


class PurePath:
    def __init__(self, *parts):
        texts = [os.fspath(part) for part in parts]
        text = os.path.join(*texts) if texts else "."
        self._text = self._clean(text)

    def _with(self, *parts):
        made = _host.instance(type(self))
        PurePath.__init__(made, *parts)
        return made

    with_segments = _with

    @staticmethod
    def _clean(text):
        parts = [part for part in text.split("/") if part not in ("", ".")]
        joined = "/".join(parts)
        return "/" + joined if text.startswith("/") else joined or "."

    def __fspath__(self):
        return self._text

    def __str__(self):
        return self._text

    def __repr__(self):
        return type(self).__name__ + "(" + repr(self._text) + ")"

    def __eq__(self, other):
        return isinstance(other, PurePath) and self._text == other._text

    def __lt__(self, other):
        return self._text < other._text

    def __gt__(self, other):
        return self._text > other._text

    def __truediv__(self, other):
        return self._with(self._text, other)

    def __rtruediv__(self, other):
        return self._with(other, self._text)

    def joinpath(self, *parts):
        return self._with(self._text, *parts)

    def as_posix(self):
        return self._text

    def as_uri(self):
        return "file://" + self._text

    def __bytes__(self):
        return self._text.encode()

    @property
    def name(self):
        return "" if self._text in (".", "/") else self._text.rpartition("/")[2]

    @property
    def stem(self):
        return os.path.splitext(self.name)[0]

    @property
    def suffix(self):
        return os.path.splitext(self.name)[1]

    @property
    def suffixes(self):
        return ["." + part for part in self.name.lstrip(".").split(".")[1:]]

    @property
    def parent(self):
        return self._with(os.path.dirname(self._text))

    @property
    def parents(self):
        found, path = [], self
        while path.parent._text != path._text:
            path = path.parent
            found.append(path)
        return found

    @property
    def parts(self):
        names = [part for part in self._text.split("/") if part]
        return (("/",) if self._text.startswith("/") else ()) + tuple(names)

    @property
    def anchor(self):
        return "/" if self._text.startswith("/") else ""

    root = anchor
    drive = ""

    def is_absolute(self):
        return self._text.startswith("/")

    def with_name(self, name):
        return self.parent / name

    def with_stem(self, stem):
        return self.with_name(stem + self.suffix)

    def with_suffix(self, suffix):
        return self.with_name(self.stem + suffix)

    def relative_to(self, *other):
        base = self._with(*other)._text
        if self._text == base:
            return self._with(".")
        start = base.rstrip("/") + "/"
        if not self._text.startswith(start):
            raise ValueError("it is not in the subpath")
        return self._with(self._text[len(start):])

    def is_relative_to(self, *other):
        base = self._with(*other)._text
        return self._text == base or self._text.startswith(base.rstrip("/") + "/")

    def match(self, pattern):
        return _host.fnmatch(self.name, os.path.basename(os.fspath(pattern)))

    def __class_getitem__(cls, item):
        return cls


class PurePosixPath(PurePath):
    pass


class PureWindowsPath(PurePath):
    pass


class Path(PurePath):
    @classmethod
    def cwd(cls):
        return cls(os.getcwd())

    @classmethod
    def home(cls):
        return cls("/root")

    def exists(self, **options):
        return os.path.exists(self._text)

    def is_file(self, **options):
        return os.path.isfile(self._text)

    def is_dir(self, **options):
        return os.path.isdir(self._text)

    def is_symlink(self):
        return os.path.islink(self._text)

    def absolute(self):
        return self._with(os.path.join(os.getcwd(), self._text))

    def resolve(self, strict=False):
        return self._with(os.path.abspath(self._text))

    def expanduser(self):
        return self._with(os.path.expanduser(self._text))

    def iterdir(self):
        for name in os.listdir(self._text):
            yield self / name

    def glob(self, pattern, **options):
        import glob

        base = self._text.rstrip("/") + "/"
        for found in glob._found(base + os.fspath(pattern)):
            yield self._with(found)

    def rglob(self, pattern, **options):
        return self.glob("**/" + os.fspath(pattern))

    def walk(self, *args, **options):
        for top, directories, files in os.walk(self._text):
            yield self._with(top), directories, files

    def open(self, mode="r", buffering=-1, encoding=None, errors=None, newline=None):
        import io

        return io.open(self._text, mode, buffering, encoding, errors)

    def read_text(self, encoding=None, errors=None, newline=None):
        return self.open("r", encoding=encoding, errors=errors).read()

    def read_bytes(self):
        return self.open("rb").read()

    def stat(self, **options):
        return os.stat(self._text)

    def samefile(self, other):
        return self == Path(other)

    def readlink(self):
        return _host.unknown("what readlink() says")

    def mkdir(self, *args, **options):
        pass

    touch = unlink = rename = replace = chmod = symlink_to = write_text = write_bytes = mkdir
    rmdir = hardlink_to = mkdir


class PosixPath(Path, PurePosixPath):
    pass


class WindowsPath(Path, PureWindowsPath):
    pass
