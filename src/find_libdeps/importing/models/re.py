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
_END = 2**31


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

    def _found(self, text, pos, endpos, how):
        return _match(_host.search(self.pattern, text, pos, endpos, self.flags, how), text)

    def match(self, string, pos=0, endpos=_END):
        return self._found(string, pos, endpos, "match")

    def fullmatch(self, string, pos=0, endpos=_END):
        return self._found(string, pos, endpos, "fullmatch")

    def search(self, string, pos=0, endpos=_END):
        return self._found(string, pos, endpos, "search")

    def finditer(self, string, pos=0, endpos=_END):
        for values in _host.find_all(self.pattern, string, pos, endpos, self.flags):
            yield _match(values, string)

    def findall(self, string, pos=0, endpos=_END):
        found = []
        for match in self.finditer(string, pos, endpos):
            groups = match.groups("")
            found.append(match.group() if not groups else groups[0] if len(groups) == 1 else groups)
        return found

    def sub(self, repl, string, count=0):
        if isinstance(repl, (str, bytes)):
            return _host.replaced(self.pattern, repl, string, count, self.flags)
        parts, last = [], 0
        for match in self.finditer(string):
            parts.append(string[last:match.start()])
            parts.append(repl(match))
            last = match.end()
        parts.append(string[last:])
        return string[:0].join(parts)

    def subn(self, repl, string, count=0):
        return self.sub(repl, string, count), _host.unknown("how often it was replaced")

    def split(self, string, maxsplit=0):
        return _host.split(self.pattern, string, maxsplit, self.flags)


def compile(pattern, flags=0):
    return pattern if isinstance(pattern, Pattern) else Pattern(pattern, flags)


def match(pattern, string, flags=0):
    return compile(pattern, flags).match(string)


def fullmatch(pattern, string, flags=0):
    return compile(pattern, flags).fullmatch(string)


def search(pattern, string, flags=0):
    return compile(pattern, flags).search(string)


def finditer(pattern, string, flags=0):
    return compile(pattern, flags).finditer(string)


def findall(pattern, string, flags=0):
    return compile(pattern, flags).findall(string)


def sub(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).sub(repl, string, count)


def subn(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).subn(repl, string, count)


def split(pattern, string, maxsplit=0, flags=0):
    return compile(pattern, flags).split(string, maxsplit)


escape = _host.escape


def purge():
    pass
