# io: files of the tree can be read; what is written is lost.
import _host

SEEK_SET, SEEK_CUR, SEEK_END = 0, 1, 2
UnsupportedOperation = ValueError


class IOBase:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def close(self):
        pass

    def flush(self):
        pass

    def seek(self, *position):
        return 0


class RawIOBase(IOBase):
    pass


class BufferedIOBase(IOBase):
    pass


class TextIOBase(IOBase):
    pass


class _Buffer(IOBase):
    def __init__(self, content=None, *args, **options):
        self._content = content
        self._lines = None

    def _read(self):
        return self._content

    def read(self, size=-1):
        content, self._content = self._read(), self._empty()
        return content

    def _empty(self):
        return "" if isinstance(self._content, str) else b""

    def readlines(self, *limit):
        return self.read().splitlines(True)

    def readline(self, *limit):
        if self._lines is None:
            self._lines = iter(self.readlines())
        return next(self._lines, "")

    def __iter__(self):
        return iter(self.readlines())

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def write(self, text):
        return _host.unknown("write()")

    def getvalue(self):
        return _host.unknown("what was written")


class StringIO(_Buffer, TextIOBase):
    def __init__(self, content="", *args, **options):
        super().__init__(content)


class BytesIO(_Buffer, BufferedIOBase):
    def __init__(self, content=b"", *args, **options):
        super().__init__(content)


class TextIOWrapper(TextIOBase):
    def __init__(self, buffer, *args, **options):
        self.buffer = buffer

    def __getattr__(self, name):
        return _host.unknown("a text")


def _text_of(path):
    return path if isinstance(path, (str, bytes, int)) else path.__fspath__()


def open(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *args, **options):
    path = _text_of(file)
    if not isinstance(path, (str, bytes)):
        return _host.unknown("a file")
    if "w" in mode or "a" in mode or "x" in mode or "+" in mode:
        return _host.unknown("a file that is written")
    kind = _host.kind(path)
    if kind is None:
        raise FileNotFoundError(2, "No such file or directory")
    if kind == "directory":
        raise IsADirectoryError(21, "Is a directory")
    content = _host.content(path)
    if content is None:
        raise PermissionError(13, "Permission denied")
    if "b" in mode:
        return BytesIO(content)
    return StringIO(content.decode(encoding or "utf-8", errors or "strict").replace("\r\n", "\n"))


def text_encoding(encoding, stacklevel=2):
    return encoding or "locale"
