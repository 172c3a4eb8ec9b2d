# logging: nothing is written.
import _host

CRITICAL, FATAL, ERROR, WARNING, WARN, INFO, DEBUG, NOTSET = 50, 50, 40, 30, 30, 20, 10, 0
raiseExceptions = True
__path__ = []


class Handler:
    def __init__(self, *args, **names):
        self.level = NOTSET

    def setLevel(self, level):
        pass

    setFormatter = addFilter = removeFilter = handle = emit = setLevel

    def flush(self):
        pass

    close = flush


class StreamHandler(Handler):
    pass


class FileHandler(StreamHandler):
    pass


class NullHandler(Handler):
    pass


class Formatter:
    def __init__(self, *args, **names):
        pass

    def format(self, record):
        return _host.unknown("a line of a log")


class Filter:
    def __init__(self, name=""):
        pass

    def filter(self, record):
        return True


class LogRecord:
    pass


class Logger:
    def __init__(self, name="", level=NOTSET):
        self.name, self.level, self.handlers, self.propagate = name, level, [], True
        self.parent, self.disabled, self.filters = None, False, []

    def _log(self, *args, **names):
        pass

    debug = info = warning = warn = error = exception = critical = fatal = log = _log

    def setLevel(self, level):
        pass

    addFilter = removeFilter = removeHandler = handle = setLevel

    def addHandler(self, handler):
        self.handlers.append(handler)

    def isEnabledFor(self, level):
        return level >= WARNING

    def getEffectiveLevel(self):
        return WARNING

    def hasHandlers(self):
        return bool(self.handlers)

    def getChild(self, suffix):
        return getLogger(self.name + "." + suffix)


class LoggerAdapter(Logger):
    def __init__(self, logger=None, extra=None):
        super().__init__()
        self.logger, self.extra = logger, extra


root = Logger("root")
_known = {}


def getLogger(name=None):
    if not name:
        return root
    if name not in _known:
        _known[name] = _kind[0](name)
    return _known[name]


_kind = [Logger]


def getLoggerClass():
    return _kind[0]


def setLoggerClass(kind):
    _kind[0] = kind


def _nothing(*args, **names):
    pass


debug = info = warning = warn = error = exception = critical = log = basicConfig = _nothing
addLevelName = captureWarnings = disable = shutdown = _nothing


def getLevelName(level):
    return _host.unknown("the name of a level")
