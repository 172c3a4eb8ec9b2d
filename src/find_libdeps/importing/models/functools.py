# functools
import _host
import types as _types

WRAPPER_ASSIGNMENTS = ("__module__", "__name__", "__qualname__", "__doc__")
WRAPPER_UPDATES = ("__dict__",)


class partial:
    def __init__(self, function, *args, **names):
        self.func, self.args, self.keywords = function, args, names

    def __call__(self, *args, **names):
        return self.func(*self.args, *args, **{**self.keywords, **names})


class partialmethod:
    def __init__(self, function, *args, **names):
        self.func, self.args, self.keywords = function, args, names

    def __get__(self, instance, owner):
        return partial(self.func, instance, *self.args, **self.keywords)


def update_wrapper(wrapper, wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
    wrapper.__wrapped__ = wrapped
    wrapper.__name__ = getattr(wrapped, "__name__", "wrapped")
    wrapper.__doc__ = getattr(wrapped, "__doc__", None)
    return wrapper


def wraps(wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
    return lambda wrapper: update_wrapper(wrapper, wrapped)


class _Cached:
    def __init__(self, function):
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", "cached")
        self.__doc__ = getattr(function, "__doc__", None)
        self._known = {}

    def __call__(self, *args, **names):
        key = (args, tuple(names.items()))
        if key not in self._known:
            self._known[key] = self.__wrapped__(*args, **names)
        return self._known[key]

    def __get__(self, instance, owner):
        return self if instance is None else _types.MethodType(self, instance)

    def cache_clear(self):
        self._known.clear()

    def cache_info(self):
        return _host.unknown("what a cache has")

    def cache_parameters(self):
        return {}


def lru_cache(maxsize=128, typed=False):
    if callable(maxsize):
        return _Cached(maxsize)
    return _Cached


def cache(function):
    return _Cached(function)


class cached_property:
    def __init__(self, function):
        self.func = function
        self.attrname = None
        self.__doc__ = getattr(function, "__doc__", None)

    def __set_name__(self, owner, name):
        self.attrname = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        value = self.func(instance)
        if self.attrname is not None:
            instance.__dict__[self.attrname] = value
        return value

    def __class_getitem__(cls, item):
        return cls


def reduce(function, items, *initial):
    items = iter(items)
    total = initial[0] if initial else next(items)
    for item in items:
        total = function(total, item)
    return total


def total_ordering(cls):
    return cls


def cmp_to_key(function):
    return lambda value: _host.unknown("a key")


class _Dispatch:
    def __init__(self, function):
        self.__wrapped__ = self._function = function
        self._kinds = {}

    def register(self, kind=None, function=None):
        if function is not None:
            self._kinds[kind] = function
            return function
        if _host.is_function(kind):
            return kind

        def decorate(function):
            self._kinds[kind] = function
            return function

        return decorate

    def dispatch(self, kind):
        return self._kinds.get(kind, self._function)

    def __call__(self, *args, **names):
        return self.dispatch(type(args[0]))(*args, **names)

    def __get__(self, instance, owner):
        return self if instance is None else partial(self._function, instance)


def singledispatch(function):
    return _Dispatch(function)


singledispatchmethod = singledispatch
