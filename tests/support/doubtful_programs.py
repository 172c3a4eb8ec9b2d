# ruff: noqa: E501
"""Makes small programs at random whose way depends on what nobody can know.

`coin` and `some` of the module ``chance`` say what happens. For the evaluator that is a compiled
module; for CPython, `recorded` makes one that tosses coins.
"""

from __future__ import annotations

from random import Random

START = """from ctypes.util import find_library as show
from chance import coin, some
class Own(Exception): pass
class Holder: pass
o, d, xs, v = Holder(), {}, [], 'v'
o.x = 'o'
"""
ERRORS = ("ValueError", "KeyError", "Own")
KINDS = (*ERRORS, "Exception", "(ValueError, KeyError)", "LookupError")


class Doubter:
    """Makes one program: each line that asks does so by a name of its own."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - it is no secret
        self._count = 0
        self._functions = list[str]()

    def program(self) -> str:
        """The source of a module."""
        return START + self._block(0, 6) + self._values()

    def _tag(self) -> str:
        self._count += 1
        return f"n{self._count}"

    def _values(self) -> str:
        """Asks for what the variables are."""
        return (
            "show(v)\nshow(o.x)\nfor x in xs: show(x)\nfor x in d: show(d[x])\nshow(d.get('k', 'z'))\n"
            "show('yes' if 'k' in d else 'no')\nif xs: show('some')\nif len(d) > 1: show('more')\n"
        )

    def _block(self, depth: int, most: int = 3, *, leave: tuple[str, ...] = ()) -> str:
        count = self._random.randint(1, most)
        return "".join(self._statement(depth, leave) for _ in range(count))

    def _inner(self, depth: int, leave: tuple[str, ...] = ()) -> str:
        return "".join(f"    {line}\n" for line in self._block(depth + 1, leave=leave).splitlines())

    def _statement(self, depth: int, leave: tuple[str, ...]) -> str:
        pick = self._random.choice
        if depth > 3 or self._random.random() < 0.4:
            return self._simple()
        if leave and self._random.random() < 0.3:
            act = pick((*leave, f"raise {pick(ERRORS)}"))
            return f"if coin(): {act}\n" if self._random.random() < 0.8 else f"{act}\n"
        match pick(
            ("if", "else", "try", "try", "for", "while", "def", "gen", "some", "call", "with")
        ):
            case "if":
                return f"if coin():\n{self._inner(depth, leave)}"
            case "else":
                one, other = self._inner(depth, leave), self._inner(depth, leave)
                return f"if coin():\n{one}else:\n{other}"
            case "try":
                return self._try(depth, leave)
            case "for":
                head = pick(("x in 'ab'", "x in list(xs)", "x in list(d)", "x in (v, 'w')"))
                body = self._inner(depth, (*leave, "break", "continue"))
                otherwise = f"else:\n{self._inner(depth, leave)}" if coin_of(self._random) else ""
                return f"for {head}:\n{body}    show(x)\n{otherwise}"
            case "while":
                body = self._inner(depth, (*leave, "break", "continue"))
                k = f"k{self._tag()}"
                test = pick(("coin()", f"{k} and coin()", k))
                return f"{k} = 3\nwhile {test}:\n    {k} -= 1\n{body}"
            case "some":
                head = pick(("x in some()", "k, x in some()"))
                return f"for {head}:\n{self._inner(depth, (*leave, 'break', 'continue'))}"
            case "with":
                pass
            case "def":
                return self._function(depth)
            case "gen":
                return self._generator(depth)
        if self._functions:
            f = pick(self._functions)
            return pick(
                (
                    f"{f}()\n",
                    f"show({f}() or '{self._tag()}')\n",
                    f"if {f}(): show('{self._tag()}')\n",
                )
            )
        return self._simple()

    def _try(self, depth: int, leave: tuple[str, ...]) -> str:
        pick = self._random.choice
        raising = f"if coin(): raise {pick(ERRORS)}"
        body = self._inner(depth, (*leave, raising, raising))
        text = f"try:\n{body}"
        for kind in self._random.sample(KINDS, self._random.randint(1, 2)):
            text += f"except {kind}:\n{self._inner(depth, (*leave, 'raise'))}"
        if coin_of(self._random):
            text += f"else:\n{self._inner(depth, leave)}"
        if coin_of(self._random):
            text += f"finally:\n{self._inner(depth)}"
        return text

    def _function(self, depth: int) -> str:
        name = f"f{self._tag()}"
        leave = ("return", f"return '{self._tag()}'")
        scope = self._random.choice(("global v", "v = 'local'"))
        text = f"def {name}():\n    {scope}\n{self._inner(max(depth, 2), leave)}    return '{self._tag()}'\n"
        if depth == 0:  # a name that may not be there is taken to be there
            self._functions.append(name)
        return f"{text}{name}()\n" if depth == 0 else f"{text}show({name}() or 'none')\n"

    def _generator(self, depth: int) -> str:
        name = f"g{self._tag()}"
        leave = ("return", f"yield '{self._tag()}'")
        body = self._inner(max(depth, 2), leave)
        use = self._random.choice(
            (
                "for x in {g}(): show(x)",
                "show(next({g}(), 'over'))",
                "xs.extend(list({g}()))",
                "for x in {g}():\n    show(x)\n    if coin(): break",
            )
        ).replace("{g}", name)
        return f"def {name}():\n    yield '{self._tag()}'\n{body}    yield '{self._tag()}'\n{use}\n"

    def _simple(self) -> str:
        tag = self._tag()
        return (
            self._random.choice(
                (
                    "show('{t}')", "show('{t}')", "show('{t}')", "v = '{t}'", "o.x = '{t}'", "xs.append('{t}')",
                    "d['k'] = '{t}'", "d['{t}'] = '{t}'", "show(v)", "show(o.x)", "show('{t}' if coin() else v)",
                    "coin() and show('{t}')", "coin() or show('{t}')", "show(d.get('k', '{t}'))", "if xs: show(xs.pop())",
                    "for x in xs: show(x)", "if '{t}' in d: show('{t}')", "[show(x) for x in xs if coin()]",
                    "v = o.x if coin() else '{t}'", "d.pop('k', None)", "xs = xs + ['{t}']", "xs[:1] = ['{t}']", "o.x, v = v, '{t}'",
                    "d.setdefault('k', '{t}')", "d.update(k='{t}')", "xs.clear()", "if len(xs) == 1: show('{t}')", "v += 'x'",
                    "match coin():\n    case True: show('{t}')\n    case _: v = '{t}'", "any(show('{t}') or coin() for x in 'ab')",
                    "if v == 'v': show('{t}')", "if 'k' not in d: show('{t}')", "xs.insert(0, '{t}')",
                )
            ).replace("{t}", tag)
            + "\n"
        )  # fmt: skip


def coin_of(random: Random) -> bool:
    """One of two."""
    return random.random() < 0.5
