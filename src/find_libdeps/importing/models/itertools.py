# itertools
import _host

zip_longest = _host.zip_longest
product = _host.product
permutations = _host.permutations
combinations = combinations_with_replacement = _host.combinations
islice = _host.islice
repeat = _host.repeat
count = _host.count


class chain:
    def __new__(cls, *iterables):
        return _host.chain(*iterables)

    @staticmethod
    def from_iterable(iterables):
        for items in iterables:
            yield from items


def cycle(items):
    kept = list(items)
    while kept:
        yield from kept


def starmap(function, items):
    for args in items:
        yield function(*args)


def takewhile(predicate, items):
    for item in items:
        if not predicate(item):
            return
        yield item


def dropwhile(predicate, items):
    items = iter(items)
    for item in items:
        if not predicate(item):
            yield item
            break
    yield from items


def filterfalse(predicate, items):
    for item in items:
        if not (predicate(item) if predicate else item):
            yield item


def compress(items, selectors):
    for item, selected in zip(items, selectors):
        if selected:
            yield item


def accumulate(items, function=None, *, initial=None):
    total = initial
    is_first = initial is None
    if not is_first:
        yield total
    for item in items:
        if is_first:
            total, is_first = item, False
        else:
            total = function(total, item) if function else total + item
        yield total


def groupby(items, key=None):
    group, last, is_first = [], None, True
    for item in items:
        value = key(item) if key else item
        if not is_first and value != last:
            yield last, iter(group)
            group = []
        group.append(item)
        last, is_first = value, False
    if not is_first:
        yield last, iter(group)


def pairwise(items):
    kept = list(items)
    return zip(kept, kept[1:])


def tee(items, n=2):
    kept = list(items)
    return tuple(iter(kept) for _ in range(n))


def batched(items, n, **options):
    kept = list(items)
    for start in range(0, len(kept), n):
        yield tuple(kept[start:start + n])
