# operator
import _host


def attrgetter(*names):
    def get(value):
        found = []
        for name in names:
            each = value
            for part in name.split("."):
                each = getattr(each, part)
            found.append(each)
        return found[0] if len(found) == 1 else tuple(found)

    return get


def itemgetter(*items):
    def get(value):
        found = tuple(value[item] for item in items)
        return found[0] if len(found) == 1 else found

    return get


def methodcaller(name, *args, **names):
    return lambda value: getattr(value, name)(*args, **names)


def add(a, b): return a + b
def sub(a, b): return a - b
def mul(a, b): return a * b
def mod(a, b): return a % b
def eq(a, b): return a == b
def ne(a, b): return a != b
def lt(a, b): return a < b
def le(a, b): return a <= b
def gt(a, b): return a > b
def ge(a, b): return a >= b
def or_(a, b): return a | b
def and_(a, b): return a & b
def not_(a): return not a
def truth(a): return bool(a)
def is_(a, b): return a is b
def is_not(a, b): return a is not b
def contains(a, b): return b in a
def getitem(a, b): return a[b]
def concat(a, b): return a + b
def index(a): return a
