# sqlite3: a connection opens extensions, by the name as it is, then with ".so" behind it.
# Source: https://sqlite.org/loadext.html, "Loading An Extension".
import _host


class Warning(Exception):
    pass


class Error(Exception):
    pass


class InterfaceError(Error):
    pass


class DatabaseError(Error):
    pass


class DataError(DatabaseError):
    pass


class OperationalError(DatabaseError):
    pass


class IntegrityError(DatabaseError):
    pass


class InternalError(DatabaseError):
    pass


class ProgrammingError(DatabaseError):
    pass


class NotSupportedError(DatabaseError):
    pass


class Connection:
    def __init__(self, *args, **names):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _host.unknown("a method of a connection")

    def load_extension(self, name, entrypoint=None):
        try:
            _host.dlopen(name)
        except OSError:
            try:
                _host.dlopen(name + ".so")
            except OSError:
                raise OperationalError(name + ".so: cannot open shared object file")


def connect(*args, factory=Connection, **names):
    return factory(*args, **names)
