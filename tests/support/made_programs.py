# ruff: noqa: E501
"""Makes small programs at random, which tell what they compute by asking for it.

They use what the evaluator of importing knows of Python. Their loops are short, and they ask
nothing of the host, so CPython may run them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from random import Random

START = """from ctypes.util import find_library
def show(value):
    find_library(repr(value))
"""
NAMES = {
    "int": ("i", "j", "n"),
    "str": ("s", "t"),
    "list": ("xs", "ys"),
    "dict": ("d",),
    "bool": ("b",),
}
"""The variables of each type; all are set at the start of a program."""
VALUES = """i, j, n = 3, -2, 7
s, t = 'libfoo', 'Bar-1.2'
xs, ys = [1, 2, 3], [5]
d = {'a': 1, 'b': 2}
b = True
"""


def compiles(program: str) -> bool:
    """Whether Python takes a program: a name may be used before it is declared global."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(program, "rule.py", "exec")
        except SyntaxError:
            return False
    return True


class Maker:
    """Makes one program."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - it is no secret
        self._count = 0

    def program(self) -> str:
        """The source of a module."""
        blocks = [self._pick(BLOCKS)(self) for _ in range(self._random.randint(2, 6))]
        return (
            START
            + VALUES
            + "".join(map(self._guarded, blocks))
            + "show((i, j, n, s, t, xs, ys, d, b))\n"
        )

    def _guarded(self, block: str) -> str:
        if self._random.random() < 0.1:
            return block
        return (
            f"try:\n{indented(block)}except Exception as error:\n    show(type(error).__name__)\n"
        )

    def _pick(self, choices: tuple[Callable[[Maker], str], ...]) -> Callable[[Maker], str]:
        return self._random.choice(choices)

    def of(self, *choices: str) -> str:
        """One of some texts, with `{int}` and the like replaced by expressions."""
        text = self._random.choice(choices)
        for kind in (*NAMES, "any"):
            while f"{{{kind}}}" in text:
                text = text.replace(f"{{{kind}}}", self.expression(kind), 1)
        return text

    def name(self) -> str:
        """A new name."""
        self._count += 1
        return f"v{self._count}"

    def expression(self, kind: str, depth: int = 0) -> str:
        """An expression of a type."""
        if kind == "any":
            kind = self._random.choice(list(NAMES))
        self._depth = getattr(self, "_depth", 0) + 1
        try:
            if self._depth > 3 or self._random.random() < 0.35:
                return self._random.choice((*NAMES[kind], *ATOMS[kind]))
            return "(" + self.of(*EXPRESSIONS[kind]) + ")"
        finally:
            self._depth -= 1

    def statements(self, count: int = 2) -> str:
        """Some statements without blocks."""
        return "".join(self.of(*STATEMENTS) + "\n" for _ in range(self._random.randint(1, count)))


def indented(block: str) -> str:
    """A block inside another."""
    return "".join(f"    {line}\n" for line in block.splitlines())


ATOMS = {
    "int": ("0", "1", "2", "-1", "10", "255"),
    "str": ("''", "'a'", "'x.y'", "'%s'", "'lib'", "'Äß'"),
    "list": ("[]", "[1]", "['a', 'b']", "[3, 1, 2]", "[[1], [2]]"),
    "dict": ("{}", "{1: 2}", "{'k': 'v'}", "{'a': [1]}"),
    "bool": ("True", "False"),
}
EXPRESSIONS = {
    "int": (
        "{int} + {int}", "{int} - {int}", "{int} * {int}", "{int} // {int}", "{int} % {int}",
        "len({str})", "len({list})", "len({dict})", "-{int}", "~{int}", "abs({int})", "{int} | {int}",
        "{int} & {int}", "{int} ^ {int}", "{int} if {bool} else {int}", "{str}.find({str})",
        "{str}.count({str})", "sum([{int}, {int}])", "min({int}, {int})", "max([{int}, {int}])",
        "int({bool})", "{list}.index({int})", "ord({str})", "{dict}.get({str}, {int})",
        "divmod({int}, {int})[0]", "round({int} / 3)", "int('12')", "{int} + 1",
        "(lambda x, y=2: x * y)({int})", "{int} << 2", "{int} >> 1", "next(iter([{int}]))",
        "len(set({list}))", "{bool} + {int}", "(w := {int}) + w", "pow(2, 3, 5)", "{int} ** 2",
    ),
    "str": (
        "{str} + {str}", "{str}.upper()", "{str}.lower()", "{str}.replace({str}, {str})", "{str}[1:]",
        "{str}[::-1]", "{str}[{int}]", "str({any})", "repr({any})", "f'{{any}}'", "f'{{int}:>5}|{{str}:<4}'",
        "f'{{int}!r:^6}'", "'%s-%d' % ({str}, {int})", "'%(k)s' % {'k': {any}}", "'{} {}'.format({any}, {int})",
        "'{0!r} {x}'.format({any}, x={str})", "'-'.join([{str}, {str}])", "{str}.strip('a.')", "{str} * 2",
        "{str}.title()", "{str}.center(9, '*')", "{str}.zfill(6)", "{str}.partition('.')[0]",
        "{str}.rsplit('-', 1)[0]", "{str}.split('-')[0]", "{str}.removeprefix('lib')", "{str}.swapcase()",
        "{str}.translate({97: 'q', 98: None})", "chr(97 + {int} % 20)", "hex({int})", "bin({int})",
        "{str} or {str}", "{str} and {str}", "{str} if {bool} else {str}", "max({str}, {str})",
        "str({str}.encode())", "{str}.encode('latin-1', 'ignore').decode('latin-1')", "ascii({str})",
        "'%5.2f' % {int}", "'%x %o %c' % (15, 8, 'c')", "''.join(sorted({str}))", "type({any}).__name__",
        "'%-5s|%05d' % ({str}, {int})", "format({int}, '04d')", "{str}.expandtabs()", "{str}.capitalize()",
    ),
    "list": (
        "{list} + {list}", "[x for x in {list}]", "[x for x in {list} if x != {int}]", "sorted({list})",
        "list(reversed({list}))", "{list}[1:]", "{list}[::2]", "list(range({int} % 6))", "list({str})",
        "[*{list}, *{str}]", "list({dict})", "list({dict}.items())", "[{any}, {any}]", "{str}.split('.')",
        "list(map(str, {list}))", "list(filter(None, {list}))", "list(zip({list}, {str}))",
        "list(enumerate({list}, {int}))", "[(x, y) for x in {list} for y in 'ab']", "{list} * 2",
        "sorted({list}, key=str, reverse=True)", "list({dict}.values())", "[lambda: {int}][0:0]",
        "(lambda *a, **k: [a, k])({int}, z={int})", "list(map(lambda a, b: (a, b), {list}, {list}))",
        "sorted(set(map(str, {list})))", "{list} or {list}", "[y := {int}, y]", "{list}.copy()",
        "[[x, z] for x, *z in ['abc', 'de']]", "list(iter({list}))", "[{int} < {int} < {int}]",
        "[any({list}), all({list})]", "sorted({'b': 1, 'a': 2}.items())", "list(bytes([1, 2]))",
    ),
    "dict": (
        "{x: {int} for x in {str}}", "dict(a={int}, b={any})", "{**{dict}, 'z': {int}}", "{dict} | {dict}",
        "dict(zip({str}, {list}))", "{'a': {any}}", "dict.fromkeys({str}, {int})", "dict({dict})",
        "{str(x): x for x in {list}}", "{{str}: {any}}", "{1: 'x', True: 'y', 1.0: 'z'}", "{dict}.copy()",
        "{(1, {int}): {str}}", "dict([('p', {int})])",
    ),
    "bool": (
        "{int} < {int}", "{int} == {int}", "{str} == {str}", "{int} in {list}", "{str} in {str}",
        "{str} in {dict}", "not {bool}", "{bool} and {bool}", "{list} == {list}", "{dict} == {dict}",
        "isinstance({any}, (int, str))", "{str}.startswith({str})", "{str}.isdigit()", "bool({list})",
        "{int} <= {int} < {int}", "{str} < {str}", "{list} != {list}", "callable({any})", "{int} is None",
        "any(x for x in {list})", "all({list})", "{str}.endswith(('o', 'x'))", "hasattr({any}, 'upper')",
        "issubclass(bool, int)", "isinstance({any}, (str, (list, dict)))", "{1, 2} >= {1}", "{str}.isidentifier()",
        "(1, {int}) < (1, {int})", "{list} < {list}", "frozenset('ab') == set('ba')",
    ),
}  # fmt: skip
STATEMENTS = (
    "i = {int}", "j = {int}", "n += {int}", "s = {str}", "t += {str}", "xs = {list}", "ys = {list}",
    "d = {dict}", "b = {bool}", "show({any})", "show({any})", "show([{any}, {any}])", "xs.append({any})",
    "d[{str}] = {any}", "i, j = {int}, {int}", "ys += {list}", "i, *ys = {list}", "xs.extend({str})",
    "(i, (j, n)) = ({int}, [{int}, {int}])", "xs[0] = {any}", "del xs[0]", "d.pop({str}, None)", "xs.sort()",
    "d.update(q={int})", "xs.insert(0, {int})", "xs[:1] = {list}", "n -= 1", "s = t = {str}", "d.setdefault('z', {int})",
    "xs.reverse()", "show(xs.pop())", "d |= {dict}", "assert {bool}", "show({str}.splitlines())", "xs *= 2",
    "show(({any},))", "show({any} == {any})", "show(d.get({str}))", "show(sorted(d, key=str))", "show((s, t, *xs))",
    "[i, j] = sorted([{int}, {int}])", "show(xs.count({int}))", "xs.remove({int})", "show({int} / 4)", "show(-{int} % 7)",
    "show(type({any}))", "d.clear()", "xs.clear()", "show(xs is ys, )", "del d['a']", "show({dict}.popitem())",
)  # fmt: skip


def _plain(make: Maker) -> str:
    return make.statements(4)


def _if(make: Maker) -> str:
    test, other = make.of("{bool}", "{any}"), make.of("{bool}", "i > j")
    return (
        f"if {test}:\n{indented(make.statements())}elif {other}:\n{indented(make.statements())}"
        f"else:\n{indented(make.statements())}"
    )


def _for(make: Maker) -> str:
    head = make.of(
        "x in {list}",
        "x in {str}[:5]",
        "x, y in list({dict}.items())",
        "x in range({int} % 5)",
        "x, y in enumerate({str}[:4])",
    )
    leave = make.of("if {bool}: break", "if {bool}: continue", "pass", "if x == {any}: break")
    return (
        f"for {head}:\n    show(x)\n    {leave}\n{indented(make.statements())}else:\n"
        f"{indented(make.statements())}show(x)\n"
    )


def _while(make: Maker) -> str:
    leave = make.of("if {bool}: break", "if {bool}: continue", "pass")
    return (
        f"k = {make.of('3', '4', '0')}\nwhile k:\n    k -= 1\n    {leave}\n{indented(make.statements())}"
        f"else:\n    show('done')\n"
    )


def _try(make: Maker) -> str:
    body = make.statements(3)
    act = make.of(
        "raise ValueError({any})",
        "raise KeyError({str})",
        "1 / 0",
        "pass",
        "{}[{any}]",
        "[][{int}]",
        "int({str})",
        "None.x",
        "raise OSError(2, 'x')",
        "undefined",
        "raise",
        "raise TypeError from ValueError(1)",
        "{str} + 1",
        "next(iter(()))",
        "raise StopIteration(5)",
    )
    handler = make.of(
        "ValueError",
        "(KeyError, IndexError)",
        "ArithmeticError",
        "LookupError",
        "Exception",
        "OSError",
        "(TypeError, AttributeError, NameError)",
    )
    inside = make.of(
        "show(str(e))",
        "show(e.args)",
        "raise",
        "raise RuntimeError('x') from e",
        "pass",
        "show(type(e).__name__)",
        "show(isinstance(e, ValueError))",
    )
    return (
        f"try:\n{indented(body)}    {act}\nexcept {handler} as e:\n    show('caught')\n    {inside}\n"
        f"else:\n    show('else')\nfinally:\n    show('finally')\n"
    )


def _function(make: Maker) -> str:
    f = make.name()
    head, call = make._random.choice((
        ("a, b=2", f"{f}({{any}})"), ("*a, b=1", f"{f}({{any}}, {{any}}, b={{int}})"),
        ("a, /, b, *, c=3", f"{f}({{any}}, b={{int}})"), ("a=[], b=0", f"{f}(), {f}()"),
        ("a, b=None, **c", f"{f}(*[1], **{{'b': 2, 'q': 3}})"), ("a, b", f"{f}({{any}})"), ("a, *b", f"{f}(*{{list}})"),
    ))  # fmt: skip
    scope = make.of("pass", "global i, n, s", "pass")
    extra = make.of("a += a", "a.append(b)", "show(a)", "b = lambda: a", "a = b", "return b")
    result = make.of("return (a, b)", "return a", "return {any}", "pass", "return lambda: (a, b)")
    body = make.statements(2) if scope != "pass" else "show((a, b))\n"
    return f"def {f}({head}):\n    {scope}\n{indented(body)}    {extra}\n    {result}\nshow(repr(({make.of(call)}))[:9])\n"


def _closure(make: Maker) -> str:
    f = make.name()
    step = make.of("total += x", "total = total * 2 + x", "total -= x; show(total)")
    return (
        f"def {f}(total):\n    def add(x):\n        nonlocal total\n        {step}\n        return total\n"
        f"    return add\n{f}a = {f}({make.of('{int}')})\nshow(({f}a(1), {f}a({make.of('{int}')}), {f}a(2)))\n"
    )


def _generator(make: Maker) -> str:
    g = make.name()
    body = make.of(
        "for x in {list}:\n        yield x\n    return 5",
        "got = yield 1\n    show(got)\n    got = yield 2\n    show(got)",
        "yield from {list}\n    x = yield from iter('ab')\n    show(x)\n    yield {any}",
        "try:\n        yield 1\n        yield {any}\n    except ValueError:\n        show('inside')\n        yield 3\n    finally:\n        show('end')",
        "x = 0\n    while x < 3:\n        x += 1\n        if x == 2: continue\n        yield x, {any}",
        "x = yield\n    y = [(yield x), (yield 3)]\n    show(y)",
        "yield (yield 1)\n    return (yield 2)",
        "if (yield 1):\n        show('yes')\n    while (yield 2):\n        break",
    )
    use = make.of(
        "show(list({g}()))", "for x in {g}(): show(x)", "it = {g}(); show(next(it)); show(list(it))",
        "it = {g}(); next(it); show(it.send({any})); show(list(it))", "a, *z = {g}(); show(z)",
        "it = {g}(); next(it); show(it.throw(ValueError)); show(next(it, 'over'))",
        "def w():\n    r = yield from {g}()\n    show(r)\nshow(list(w()))", "show(sum(1 for _ in {g}()))",
        "it = {g}(); next(it); it.close(); show(list(it))", "show(dict(enumerate({g}())))",
        "it = {g}()\ntry:\n    while True: show(next(it))\nexcept StopIteration as e: show(e.value)",
    )  # fmt: skip
    return f"def {g}():\n    {body}\n{use.replace('{g}', g)}\n"


def _class(make: Maker) -> str:
    a, c = make.name(), make.name()
    methods = "".join(
        make.of(
            "def __init__(self, x=1, *r):\n    self.x = x\n    self.__p = r\n",
            "def m(self, y=2):\n    return ('A', self.x, y)\n",
            "@property\ndef p(self):\n    return {any}\n",
            "@classmethod\ndef make(cls, *a):\n    return cls(*a)\n",
            "@staticmethod\ndef st(a=1):\n    return a\n",
            "def __getattr__(self, name):\n    if name.startswith('_'): raise AttributeError(name)\n    return name * 2\n",
            "def __eq__(self, other):\n    return isinstance(other, type(self))\n",
            "def __lt__(self, other):\n    return True\n",
            "def __add__(self, other):\n    return ('add', other)\n",
            "def __radd__(self, other):\n    return ('radd', other)\n",
            "def __iadd__(self, other):\n    self.x = other\n    return self\n",
            "def __len__(self):\n    return {int} % 3\n",
            "def __bool__(self):\n    return {bool}\n",
            "def __iter__(self):\n    return iter({list})\n",
            "def __contains__(self, item):\n    return item == 1\n",
            "def __getitem__(self, key):\n    if key == 3: raise IndexError\n    return (key,)\n",
            "def __setitem__(self, key, value):\n    self.x = (key, value)\n",
            "def __call__(self, *a, **k):\n    return (a, k)\n",
            "def __repr__(self):\n    return 'A<%r>' % self.x\n",
            "def __str__(self):\n    return 'str'\n",
            "def __enter__(self):\n    return 'entered'\n\ndef __exit__(self, kind, value, tb):\n    show(kind is None)\n    return {bool}\n",
            "def __init_subclass__(cls, tag='none', **k):\n    show((cls.__name__, tag))\n",
            "__slots__ = ('x', '__p')\n",
            "def __neg__(self):\n    return 'neg'\n",
            "def __hash__(self):\n    return 5\n",
            "def __format__(self, spec):\n    return 'fmt' + spec\n",
            "def __new__(cls, *a):\n    show('new')\n    return super().__new__(cls)\n",
            "def __setattr__(self, name, value):\n    show(name)\n    object.__setattr__(self, name, value)\n",
            "def __mul__(self, other):\n    return NotImplemented\n",
            "def __int__(self):\n    return 4\n\ndef __index__(self):\n    return 1\n",
            "class Inner:\n    y = {any}\n    def z(self): return self.y\n",
            "def __delattr__(self, name):\n    show('del ' + name)\n",
            "def _get(self): return {any}\nq = property(_get, lambda self, v: show(v))\n",
            "values = [x for x in {list}]\n",
        )
        for _ in range(make._random.randint(2, 5))
    )
    tag = make.of("", ", tag='t'", "")
    base = a
    child = make.of(
        "def m(self, y=3):\n    return ('B', super().m(y))\n", "x = {any}\n", "def __init__(self, *a):\n    super().__init__(*a)\n    self.z = {any}\n",
        "pass\n", "@property\ndef p(self):\n    return ('B', super().p)\n", "def show_p(self):\n    return self.__p\n",
    )  # fmt: skip
    uses = "".join(
        "try:\n    " + make.of(
            "show(o.m())", "show(o.x)", "show(o.p)", "show({C}.make(5).x)", "show(o.st(2))", "show(o.missing)", "show(o == {C}())", "show(o + 1)",
            "show(1 + o)", "o += 3; show(o.x)", "show(len(o))", "show(bool(o))", "show(list(o))", "show(1 in o)", "show(o[0])", "o[1] = 2; show(o.x)",
            "show(o(1, k=2))", "show(repr(o)[:2])", "show(str(o)[:3])", "show(f'{o:x}'[:4])", "o.x = {any}; show(o.x)", "del o.x",
            "show(sorted(k for k in vars(o)))", "show(isinstance(o, {A}))", "show([k.__name__ for k in {C}.__mro__])", "show(-o)", "show(hasattr(o, 'q'))",
            "with o as entered:\n        show(entered)\n        raise KeyError", "show(getattr(o, 'y', 0))", "show(o < o)", "show({o: 1}[o])", "show(o * 2)",
            "show(int(o))", "show([7, 8, 9][o])", "show({A}.Inner().z())", "o.q = 5; show(o.q)", "show({C}.values)", "show(o.__class__.__name__)", "show(max([o, o]) is o)",
            "show(super({C}, o).m())", "show({C}.m(o, 9))", "show([x for x in o])", "a, b2 = o; show(a)", "show(o.show_p())", "show(o in [o])",
            "show('{0.x}'.format(o))", "show('%s' % o.x)", "show(o is not o)", "setattr(o, 'k', 1); show(o.k)", "show(o.__dict__)", "show(callable(o))",
        ).replace("{C}", c).replace("{A}", a) + "\nexcept Exception as error:\n    show(type(error).__name__)\n"
        for _ in range(4)
    )  # fmt: skip
    uses = uses.replace("{C}", c).replace("{A}", a)
    return f"class {a}:\n{indented(methods)}class {c}({base}{tag}):\n{indented(child)}o = {c}({make.of('', '{any}')})\n{uses}"


def _descriptor(make: Maker) -> str:
    a = make.name()
    setter = make.of(
        "def __set__(self, owner, value): owner.__dict__[self.name] = ('set', value)", "pass"
    )
    return (
        f"class {a}d:\n    def __set_name__(self, owner, name): self.name = name; show(name)\n"
        f"    def __get__(self, owner, kind=None): return self if owner is None else owner.__dict__.get(self.name, {make.of('{any}')})\n"
        f"    {setter}\nclass {a}:\n    f = {a}d()\no = {a}()\nshow(o.f)\no.f = {make.of('{int}')}\nshow(o.f)\nshow(vars(o))\n"
    )


def _metaclass(make: Maker) -> str:
    a = make.name()
    extra = make.of(
        "def __call__(cls, *args): show('call'); return super().__call__(*args)", "def __getattr__(cls, name): return name + '!'",
        "def __new__(mcs, name, bases, ns, **k): ns['added'] = k; return super().__new__(mcs, name, bases, ns)",
        "def __iter__(cls): return iter('ab')", "@classmethod\n    def __prepare__(mcs, name, bases, **k): return {'ready': name}",
        "def __init__(cls, name, bases, ns, **k): super().__init__(name, bases, ns); cls.k = sorted(k)", "def __len__(cls): return 3",
    )  # fmt: skip
    use = make.of(
        "show({a}.added)",
        "show({a}.other)",
        "show(list({a}))",
        "show({a}.ready)",
        "show({a}().x)",
        "show(type({a}).__name__)",
        "show(len({a}))",
        "show({a}.k)",
    ).replace("{a}", a)
    return f"class {a}m(type):\n    {extra}\nclass {a}(metaclass={a}m):\n    def __init__(self, *r): self.x = r\n{use}\n"


def _subtype(make: Maker) -> str:
    a = make.name()
    return make.of(
        "class {a}(str):\n    def __new__(cls, v): return super().__new__(cls, v + '!')\n    def twice(self): return self + self\no = {a}({str})\nshow((o.twice(), len(o), o.upper(), isinstance(o, str)))\nshow(o)\n",
        "class {a}(tuple):\n    def __new__(cls, *v): return super().__new__(cls, v)\n    first = property(lambda self: self[0])\no = {a}({any}, {any})\nshow((o.first, len(o), o[1:], list(o)))\n",
        "class {a}(list):\n    def add(self, v): self.append(v); return self\no = {a}({list})\nshow(list(o.add({any})))\nshow(len(o))\nshow(o == list(o))\n",
        "class {a}(dict):\n    def __missing__(self, k): return ('no', k)\no = {a}(x=1)\nshow((o['x'], o['y'], o.get('y'), dict(o)))\n",
        "class {a}(int):\n    def __add__(self, o): return 'plus'\no = {a}({int})\nshow((o + 1, o - 1, int(o), o == int(o)))\n",
        "class {a}(Exception):\n    def __init__(self, v): super().__init__('m', v); self.v = v\n    def __str__(self): return 'own'\ntry: raise {a}({any})\nexcept {a} as e: show((e.v, str(e), e.args))\n",
        "from collections import namedtuple, OrderedDict, defaultdict\nN = namedtuple('N', 'p q')\no = N({any}, q={int})\nshow((o.p, o[1], o._fields, tuple(o._replace(p=1))))\ne = defaultdict(list)\ne['z'].append({any})\nshow(dict(e))\n",
        "import enum\nclass {a}(enum.Enum):\n    P = {int}\n    Q = 'q'\nshow(({a}.P.value, {a}.Q.name, {a}('q').name, [m.name for m in {a}], {a}['P'] is {a}.P))\n",
        "from dataclasses import dataclass, field\n@dataclass\nclass {a}:\n    p: int\n    q: list = field(default_factory=list)\no = {a}({int})\no.q.append({any})\nshow((o.p, o.q, {a}(1).q, {a}(1) == {a}(1)))\n",
        "from functools import partial, reduce, wraps, lru_cache\nshow(partial(lambda *a, **k: (a, k), {any}, z=1)({any}))\nshow(reduce(lambda a, x: a * 2 + x, [1, 2, 3], {int}))\n@lru_cache\ndef {a}(x): show('called'); return x\nshow(({a}({int}), {a}(1), {a}(1)))\n",
        "import itertools as it\nshow(list(it.chain({list}, {str})))\nshow(list(it.product('ab', [1, 2])))\nshow(list(it.islice(it.count({int}), 3)))\nshow([(k, list(g)) for k, g in it.groupby('aabc')])\nshow(list(it.accumulate([1, 2, 3])))\nshow(list(it.zip_longest('abc', [1], fillvalue=0)))\n",
        "import re\nshow(re.sub('[a-c]', 'X', {str}))\nm = re.match(r'(\\w+?)(\\d*)$', {str})\nshow(m and m.groups())\nshow(re.findall('.b?', {str}))\nshow(re.split('[.-]', {str}))\n",
        "from contextlib import contextmanager, suppress\n@contextmanager\ndef {a}(v):\n    show('in')\n    try: yield v\n    finally: show('out')\nwith {a}({any}) as q: show(q)\nwith suppress(ValueError), {a}(2) as (q): int('x')\nshow('after')\n",
        "import os.path as p\nshow((p.join({str}, {str}), p.basename('a/b.c'), p.splitext({str}), p.dirname('/x/y')))\nfrom pathlib import PurePosixPath as P\no = P('/a') / 'b.tar.gz'\nshow((str(o), o.name, o.suffix, o.stem, str(o.parent), o.parts))\n",
    ).replace("{a}", a)  # fmt: skip


def _match(make: Maker) -> str:
    subject = make.of(
        "{any}", "[{int}, {any}]", "({int}, {int}, {int})", "{'k': {any}, 'z': 1}", "{str}"
    )
    cases = "".join(
        "    case " + make.of(
            "0 | 1", "int(x)", "str() as x", "[x]", "[x, *y]", "(x, 2)", "{'k': x}", "{'k': int(x), **r}", "[int(x), str(y)]", "None", "True", "'a' | 'b'", "[[x], *_]", "int(x) if x > 2", "list(x)", "[_, _, _]", "bool(x)", "-1", "'x.y'",
        ) + f":\n        show({number})\n        show(locals().get('x'))\n" for number in range(3)
    )  # fmt: skip
    return f"x = None\nmatch {subject}:\n{cases}    case _:\n        show('other')\n"


def _decorated(make: Maker) -> str:
    a = make.name()
    wrapper = make.of(
        "return (tag, f(*args, **k))",
        "return f(*args)",
        "show(tag); return f(*args, **k)",
        "return [f(*args) for _ in 'ab']",
    )
    return (
        f"def {a}(tag):\n    def deco(f):\n        def wrapper(*args, **k):\n            {wrapper}\n        wrapper.tag = tag\n        return wrapper\n    return deco\n"
        f"@{a}({make.of('{any}')})\n@{a}('inner')\ndef {a}f(x, y=1):\n    return x, y\nshow({a}f({make.of('{any}')}))\nshow({a}f.tag)\n"
    )


def _comprehension(make: Maker) -> str:
    return make.of(
        "x = 'kept'\nshow([x for x in {list}])\nshow(x)\n", "show({k: v for k, v in {dict}.items() if v})\n", "show(sorted({str(c) for c in {list}}))\n",
        "fs = [lambda: q for q in 'abc']\nshow([f() for f in fs])\n", "show([[r * c for c in range(3)] for r in range(2)])\n", "show([last := z for z in {list}])\nshow(last)\n",
        "g = (z for z in {list})\nshow(next(g, None))\nshow(list(g))\n", "class K:\n    m = 2\n    r = [m for m in range(3)]\nshow(K.r)\n", "show([z for z in {list} for z in [z, z] if z])\n",
        "show(sum(z for z in [1, 2] if z > {int}))\n", "show({**{c: 1 for c in {str}}, 'end': {any}})\n", "show([a + b3 for a, b3 in zip({str}, {str})])\n", "show(any(z == {any} for z in {list}))\n",
    )  # fmt: skip


BLOCKS = (
    _plain, _plain, _if, _for, _while, _try, _try, _function, _function, _closure, _generator, _generator,
    _class, _class, _class, _descriptor, _metaclass, _subtype, _subtype, _match, _decorated, _comprehension,
)  # fmt: skip
