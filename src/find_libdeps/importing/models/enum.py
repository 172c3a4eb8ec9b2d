# enum
import _host


class auto:
    def __init__(self, value=None):
        self.value = value

    def __or__(self, other):
        return _Combined(self, other)

    __ror__ = __or__

    def __and__(self, other):
        return _host.unknown("a combination of values of auto()")

    __xor__ = __add__ = __rand__ = __rxor__ = __and__

    def __invert__(self):
        return _host.unknown("a combination of values of auto()")


class _Combined(auto):
    def __init__(self, one, other):
        self._one, self._other = one, other

    def resolved(self):
        one, other = (each.value if isinstance(each, auto) else each
                      for each in (self._one, self._other))
        if isinstance(one, int) and isinstance(other, int):
            self.value = one | other
            return self.value
        return _host.unknown("a combination of values of auto()")


def _is_member(name, value):
    if name.startswith("_"):
        return False
    return not (
        _host.is_function(value)
        or isinstance(value, (property, staticmethod, classmethod))
        or hasattr(value, "__get__") and not _host.is_unknown(value)
    )


class EnumMeta(type):
    def __new__(mcs, name, bases, names, **options):
        members, kept = {}, {}
        ignored = names.get("_ignore_", ())
        for key, value in names.items():
            if key not in ignored and _is_member(key, value):
                members[key] = value
            else:
                kept[key] = value
        made = super().__new__(mcs, name, bases, kept)
        made._member_map_, made._value2member_map_, made._member_names_ = {}, {}, []
        known = []
        for key, value in members.items():
            if isinstance(value, _Combined):
                value = value.resolved()
            elif isinstance(value, auto):
                value.value = made._generate_next_value_(key, 1, len(known), list(known))
                value = value.value
            known.append(value)
            made._add(key, value)
        return made

    def _add(cls, key, value):
        if cls._has_own("__new__"):
            member = cls.__new__(cls, *(value if isinstance(value, tuple) else (value,)))
            value = getattr(member, "_value_", value)
        else:
            member = _host.instance(cls, value if cls._is_plain() else None)
        is_constant = isinstance(value, (str, int, float, bytes))
        if is_constant and value in cls._value2member_map_:
            member = cls._value2member_map_[value]
        else:
            member._name_, member._value_ = key, value
            if cls._has_own("__init__"):
                member.__init__(*(value if isinstance(value, tuple) else (value,)))
            cls._member_names_.append(key)
            if is_constant:
                cls._value2member_map_[value] = member
        cls._member_map_[key] = member
        type.__setattr__(cls, key, member)

    def _is_plain(cls):
        return any(base in (int, str, float) for base in cls.__mro__)

    def _has_own(cls, name):
        return any(name in vars(base) for base in cls.__mro__ if isinstance(base, EnumMeta))

    def __call__(cls, value, names=None, **options):
        if names is not None:
            if isinstance(names, str):
                names = names.replace(",", " ").split()
            pairs = names.items() if isinstance(names, dict) else [
                (each, number + 1) if isinstance(each, str) else each
                for number, each in enumerate(names)
            ]
            return type(cls)(value, (cls,), dict(pairs))
        if isinstance(value, cls):
            return value
        if isinstance(value, (str, int, float, bytes)) and value in cls._value2member_map_:
            return cls._value2member_map_[value]
        for member in cls._member_map_.values():
            if member._value_ == value:
                return member
        if any(base in (int, Flag) for base in cls.__mro__):
            return _host.unknown("a member of an enum")
        found = cls._missing_(value)
        if found is None:
            raise ValueError(value)
        return found

    def __iter__(cls):
        return iter([cls._member_map_[name] for name in cls._member_names_])

    def __reversed__(cls):
        return reversed([cls._member_map_[name] for name in cls._member_names_])

    def __len__(cls):
        return len(cls._member_names_)

    def __getitem__(cls, name):
        return cls._member_map_[name]

    def __contains__(cls, value):
        return any(m is value or m._value_ == value for m in cls._member_map_.values())

    @property
    def __members__(cls):
        return dict(cls._member_map_)


EnumType = EnumMeta


class Enum(metaclass=EnumMeta):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        last = last_values[-1] if last_values else start - 1
        return last + 1 if isinstance(last, int) else _host.unknown("a value of auto()")

    @classmethod
    def _missing_(cls, value):
        return None

    @property
    def name(self):
        return self._name_

    @property
    def value(self):
        return self._value_

    def __str__(self):
        return type(self).__name__ + "." + self._name_

    def __or__(self, other):
        return _host.unknown("a flag")

    __and__ = __xor__ = __ror__ = __rand__ = __or__


class IntEnum(int, Enum):
    def __str__(self):
        return str(self._value_)


class StrEnum(str, Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()

    def __str__(self):
        return self._value_


class Flag(Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        known = [value for value in last_values if isinstance(value, int)]
        return 2 ** max(known).bit_length() if known else 1

    def _combined(self, value):
        cls = type(self)
        if value in cls._value2member_map_:
            return cls._value2member_map_[value]
        made = _host.instance(cls, value if cls._is_plain() else None)
        made._name_, made._value_ = None, value
        return made

    def __or__(self, other):
        one, value = self._value_, getattr(other, "_value_", other)
        if isinstance(one, int) and isinstance(value, int):
            return self._combined(one | value)
        return _host.unknown("a flag")

    def __and__(self, other):
        one, value = self._value_, getattr(other, "_value_", other)
        if isinstance(one, int) and isinstance(value, int):
            return self._combined(one & value)
        return _host.unknown("a flag")

    __ror__, __rand__ = __or__, __and__

    def __bool__(self):
        return bool(self._value_)

    def __contains__(self, other):
        return bool(self & other)

    def __invert__(self):
        return _host.unknown("a flag")


class IntFlag(int, Flag):
    pass


class ReprEnum(Enum):
    pass


class _Constants:
    def __getattr__(self, name):
        return name


EnumCheck = FlagBoundary = _Constants()
CONFORM, EJECT, KEEP, STRICT = "CONFORM", "EJECT", "KEEP", "STRICT"
CONTINUOUS, NAMED_FLAGS, UNIQUE = "CONTINUOUS", "NAMED_FLAGS", "UNIQUE"
property = DynamicClassAttribute = property


def unique(cls):
    return cls


def verify(*constraints):
    return unique


def member(value):
    return value


def nonmember(value):
    return value


def global_enum(cls, *options):
    return cls
