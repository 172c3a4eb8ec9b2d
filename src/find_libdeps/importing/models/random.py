import _host


def choice(items):
    first = items[0]
    if all(item == first for item in items):
        return first
    return _host.unknown("what random.choice() returns")
