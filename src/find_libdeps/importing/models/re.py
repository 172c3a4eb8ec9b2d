# re: patterns that end soon are applied.
import _host

A = ASCII = 256
I = IGNORECASE = 2
L = LOCALE = 4
M = MULTILINE = 8
S = DOTALL = 16
U = UNICODE = 32
X = VERBOSE = 64
NOFLAG = 0


class error(Exception):
    pass


PatternError = error


class Match:
    def __init__(self, values, text):
        self._groups, self._spans, self._names, self.lastgroup = values
        self.string = text
        self.lastindex = len(self._groups) - 1 or None

    def _number(self, group):
        return self._names[group] if isinstance(group, str) else group

    def group(self, *groups):
        if not groups:
            return self._groups[0]
        found = tuple(self._groups[self._number(group)] for group in groups)
        return found[0] if len(found) == 1 else found

    def __getitem__(self, group):
        return self._groups[self._number(group)]

    def groups(self, default=None):
        return tuple(default if each is None else each for each in self._groups[1:])

    def groupdict(self, default=None):
        return {
            name: default if self._groups[number] is None else self._groups[number]
            for name, number in self._names.items()
        }

    def start(self, group=0):
        return self._spans[self._number(group)][0]

    def end(self, group=0):
        return self._spans[self._number(group)][1]

    def span(self, group=0):
        return self._spans[self._number(group)]

    def expand(self, template):
        return _host.unknown("what a match expands to")


def _match(values, text):
    if values is None:
        return None
    if _host.is_unknown(values):
        return values
    return Match(values, text)


class Pattern:
    def __init__(self, pattern, flags=0):
        self.pattern = pattern
        self.flags = int(flags)

    def match(self, text, *bounds):
        return _match(_host.search(self.pattern, text, self.flags, "match"), text)

    def fullmatch(self, text, *bounds):
        return _match(_host.search(self.pattern, text, self.flags, "fullmatch"), text)

    def search(self, text, *bounds):
        return _match(_host.search(self.pattern, text, self.flags, "search"), text)

    def finditer(self, text, *bounds):
        for values in _host.find_all(self.pattern, text, self.flags):
            yield _match(values, text)

    def findall(self, text, *bounds):
        found = []
        for match in self.finditer(text):
            groups = match.groups("")
            found.append(match.group() if not groups else groups[0] if len(groups) == 1 else groups)
        return found

    def sub(self, new, text, count=0):
        if isinstance(new, str):
            return _host.replaced(self.pattern, new, text, count, self.flags)
        parts, last = [], 0
        for match in self.finditer(text):
            parts.append(text[last:match.start()])
            parts.append(new(match))
            last = match.end()
        parts.append(text[last:])
        return "".join(parts)

    def subn(self, new, text, count=0):
        return self.sub(new, text, count), _host.unknown("how often it was replaced")

    def split(self, text, maxsplit=0):
        return _host.split(self.pattern, text, maxsplit, self.flags)


def compile(pattern, flags=0):
    return pattern if isinstance(pattern, Pattern) else Pattern(pattern, flags)


def match(pattern, text, flags=0):
    return compile(pattern, flags).match(text)


def fullmatch(pattern, text, flags=0):
    return compile(pattern, flags).fullmatch(text)


def search(pattern, text, flags=0):
    return compile(pattern, flags).search(text)


def finditer(pattern, text, flags=0):
    return compile(pattern, flags).finditer(text)


def findall(pattern, text, flags=0):
    return compile(pattern, flags).findall(text)


def sub(pattern, new, text, count=0, flags=0):
    return compile(pattern, flags).sub(new, text, count)


def subn(pattern, new, text, count=0, flags=0):
    return compile(pattern, flags).subn(new, text, count)


def split(pattern, text, maxsplit=0, flags=0):
    return compile(pattern, flags).split(text, maxsplit)


escape = _host.escape


def purge():
    pass
