# collections
import collections.abc as abc

import _host

__path__ = []


class OrderedDict(dict):
    def move_to_end(self, key, last=True):
        self[key] = self.pop(key)


class defaultdict(dict):
    def __init__(self, default_factory=None, *args, **names):
        self.default_factory = default_factory
        super().__init__(*args, **names)

    def __missing__(self, key):
        if self.default_factory is None:
            raise KeyError(key)
        value = self[key] = self.default_factory()
        return value


class Counter(dict):
    def __init__(self, iterable=None, /, **counts):
        self.update(iterable, **counts)

    def __missing__(self, key):
        return 0

    def update(self, iterable=None, /, **counts):
        if isinstance(iterable, dict):
            counts = {**iterable, **counts}
        elif iterable is not None:
            for each in iterable:
                self[each] = self[each] + 1
        for each in counts:
            self[each] = self[each] + counts[each]

    def most_common(self, n=None):
        return sorted(self.items(), key=lambda item: item[1], reverse=True)[:n]

    def elements(self):
        for each, count in self.items():
            for _ in range(count):
                yield each


class UserDict(dict):
    @property
    def data(self):
        return self


class UserList(list):
    @property
    def data(self):
        return self


class UserString(str):
    pass


class ChainMap:
    def __init__(self, *maps):
        self.maps = list(maps) or [{}]

    def __getitem__(self, key):
        for each in self.maps:
            if key in each:
                return each[key]
        raise KeyError(key)

    def get(self, key, default=None):
        for each in self.maps:
            if key in each:
                return each[key]
        return default

    def __contains__(self, key):
        return any(key in each for each in self.maps)

    def __setitem__(self, key, value):
        self.maps[0][key] = value

    def __iter__(self):
        return iter({key: None for each in self.maps for key in each})


class deque(list):
    def __init__(self, items=(), maxlen=None):
        super().__init__(items)
        self.maxlen = maxlen

    def appendleft(self, item):
        self.insert(0, item)

    def popleft(self):
        return self.pop(0)

    def extendleft(self, items):
        for item in items:
            self.insert(0, item)

    def rotate(self, n=1):
        pass


def _field(number):
    return property(lambda self: self[number])


def namedtuple(typename, field_names, *, rename=False, defaults=None, module=None):
    if isinstance(field_names, str):
        field_names = field_names.replace(",", " ").split()
    fields = tuple(field_names)
    defaults = tuple(defaults or ())
    optional = dict(zip(fields[len(fields) - len(defaults):], defaults))

    def __new__(cls, *args, **names):
        values = list(args)
        for name in fields[len(values):]:
            if name in names:
                values.append(names[name])
            elif name in optional:
                values.append(optional[name])
            else:
                raise TypeError("missing a required argument: " + name)
        return tuple.__new__(cls, values)

    def _make(cls, items):
        return cls(*items)

    def _replace(self, **names):
        return type(self)(*[names.get(name, self[n]) for n, name in enumerate(fields)])

    def _asdict(self):
        return dict(zip(fields, self))

    names = {name: _field(number) for number, name in enumerate(fields)}
    names.update(
        __new__=__new__,
        _make=classmethod(_make),
        _replace=_replace,
        _asdict=_asdict,
        _fields=fields,
        _field_defaults=optional,
        __match_args__=fields,
    )
    return type(typename, (tuple,), names)
