# contextlib
import functools

import _host


class AbstractContextManager:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def __class_getitem__(cls, item):
        return cls


class AbstractAsyncContextManager(AbstractContextManager):
    pass


class ContextDecorator:
    def __call__(self, function):
        @functools.wraps(function)
        def inner(*args, **names):
            with self:
                return function(*args, **names)

        return inner


class suppress(AbstractContextManager):
    def __init__(self, *kinds):
        self._kinds = kinds

    def __exit__(self, kind, error, traceback):
        return kind is not None and isinstance(error, self._kinds)


class nullcontext(AbstractContextManager):
    def __init__(self, enter_result=None):
        self.enter_result = enter_result

    def __enter__(self):
        return self.enter_result


class closing(AbstractContextManager):
    def __init__(self, thing):
        self.thing = thing

    def __enter__(self):
        return self.thing

    def __exit__(self, *error):
        self.thing.close()


class redirect_stdout(AbstractContextManager):
    def __init__(self, target):
        self._target = target

    def __enter__(self):
        return self._target


redirect_stderr = chdir = redirect_stdout


class _Generated(ContextDecorator):
    def __init__(self, function, args, names):
        self._generator = function(*args, **names)

    def __enter__(self):
        return next(self._generator)

    def __exit__(self, kind, error, traceback):
        if kind is None:
            next(self._generator, None)
            return False
        try:
            self._generator.throw(error)
        except StopIteration:
            return True
        except BaseException as again:
            if again is error:
                return False
            raise
        return True


def contextmanager(function):
    @functools.wraps(function)
    def helper(*args, **names):
        return _Generated(function, args, names)

    return helper


def asynccontextmanager(function):
    return function


class ExitStack(AbstractContextManager):
    def __init__(self):
        self._exits = []

    def enter_context(self, manager):
        result = manager.__enter__()
        self._exits.append(manager.__exit__)
        return result

    def push(self, exit):
        self._exits.append(getattr(exit, "__exit__", exit))
        return exit

    def callback(self, function, *args, **names):
        self._exits.append(lambda *error: function(*args, **names) and None)
        return function

    def pop_all(self):
        return self

    def close(self):
        self.__exit__(None, None, None)

    def __exit__(self, *error):
        while self._exits:
            self._exits.pop()(*error)
        return False


class AsyncExitStack(ExitStack):
    pass
