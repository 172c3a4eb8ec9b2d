# collections.abc: which of Python's own classes count as which; the methods that are inherited.
import abc

import _host

_iterator = type(iter(()))
_texts = (str, bytes, bytearray, memoryview)
_keys = type({}.keys())


class _Kind(abc.ABCMeta):
    def _hook(cls, subclass):
        if issubclass(subclass, vars(cls).get("_own", ())):
            return True
        methods = vars(cls).get("_methods", ())
        if not methods:
            return NotImplemented
        return all(_host.has_method(subclass, method) for method in methods)


class _Generic(metaclass=_Kind):
    def __class_getitem__(cls, item):
        return cls


class Callable(_Generic):
    _methods = ("__call__",)


class Hashable(_Generic):
    _methods = ("__hash__",)


class Iterable(_Generic):
    _methods = ("__iter__",)


class Iterator(Iterable):
    _methods = ("__iter__", "__next__")

    def __iter__(self):
        return self


class Generator(Iterator):
    _own = (_iterator,)


class Reversible(Iterable):
    _methods = ("__reversed__",)


class Sized(_Generic):
    _methods = ("__len__",)


class Container(_Generic):
    _methods = ("__contains__",)


class Collection(Sized, Iterable, Container):
    _methods = ("__len__", "__iter__", "__contains__")


class Awaitable(_Generic):
    _methods = ("__await__",)


class Coroutine(Awaitable):
    pass


class AsyncIterable(_Generic):
    _methods = ("__aiter__",)


class AsyncIterator(AsyncIterable):
    _methods = ("__anext__",)


class AsyncGenerator(AsyncIterator):
    pass


class Buffer(_Generic):
    _own = (bytes, bytearray, memoryview)
    _methods = ("__buffer__",)


class ByteString(_Generic):
    _own = (bytes, bytearray)


class Sequence(Reversible, Collection):
    _own = (*_texts, list, tuple, range)

    def __iter__(self):
        return iter([self[number] for number in range(len(self))])

    def __contains__(self, value):
        return any(each is value or each == value for each in self)

    def __reversed__(self):
        return reversed(list(self))

    def index(self, value, *bounds):
        return list(self).index(value, *bounds)

    def count(self, value):
        return list(self).count(value)


class MutableSequence(Sequence):
    _own = (list, bytearray)

    def append(self, value):
        self.insert(len(self), value)

    def extend(self, values):
        for value in values:
            self.append(value)

    def pop(self, index=-1):
        value = self[index]
        del self[index]
        return value

    def remove(self, value):
        del self[self.index(value)]

    def clear(self):
        while len(self):
            self.pop()

    def reverse(self):
        _host.unknown("the order of a sequence")

    def __iadd__(self, values):
        self.extend(values)
        return self


class Set(Collection):
    _own = (set, frozenset, _keys)

    @classmethod
    def _from_iterable(cls, items):
        return cls(items)

    def __and__(self, other):
        return self._from_iterable([each for each in other if each in self])

    def __or__(self, other):
        return self._from_iterable([*self, *other])

    def __sub__(self, other):
        return self._from_iterable([each for each in self if each not in other])

    __rand__, __ror__ = __and__, __or__

    def isdisjoint(self, other):
        return not any(each in self for each in other)


class MutableSet(Set):
    _own = (set,)

    def remove(self, value):
        if value not in self:
            raise KeyError(value)
        self.discard(value)

    def __ior__(self, values):
        for value in values:
            self.add(value)
        return self

    def clear(self):
        for value in list(self):
            self.discard(value)


class MappingView(Sized):
    def __init__(self, mapping):
        self._mapping = mapping

    def __len__(self):
        return len(self._mapping)


class KeysView(MappingView, Set):
    _own = (_keys,)

    def __iter__(self):
        return iter(self._mapping)

    def __contains__(self, key):
        return key in self._mapping


class ItemsView(MappingView, Set):
    def __iter__(self):
        return iter([(key, self._mapping[key]) for key in self._mapping])


class ValuesView(MappingView, Collection):
    def __iter__(self):
        return iter([self._mapping[key] for key in self._mapping])


class Mapping(Collection):
    _own = (dict,)

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key):
        try:
            self[key]
        except KeyError:
            return False
        return True

    def __eq__(self, other):
        return isinstance(other, Mapping) and dict(self.items()) == dict(other.items())

    def keys(self):
        return KeysView(self)

    def values(self):
        return ValuesView(self)

    def items(self):
        return ItemsView(self)


class MutableMapping(Mapping):
    _own = (dict,)

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, other=(), **names):
        for key, value in dict(other, **names).items():
            self[key] = value

    def pop(self, key, *default):
        try:
            value = self[key]
        except KeyError:
            if default:
                return default[0]
            raise
        del self[key]
        return value

    def popitem(self):
        for key in self:
            return key, self.pop(key)
        raise KeyError

    def clear(self):
        for key in list(self):
            del self[key]
