"""Which names belong to a function: found in its source before it runs.

Source: Python's language reference, 4.2.2 "Resolution of names".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TypeAlias

Code: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Scope:
    """The names of one function, and whether it is a generator."""

    __slots__ = ("globals", "is_generator", "names", "nonlocals")

    def __init__(self, node: Code) -> None:
        self.names: set[str] = set()
        """The names that are assigned in it."""
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.is_generator = False
        arguments = node.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            self.names.add(argument.arg)
        for star in (arguments.vararg, arguments.kwarg):
            if star:
                self.names.add(star.arg)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        self._visit(body)
        self.names -= self.globals | self.nonlocals

    def _visit(self, body: Sequence[ast.AST]) -> None:
        for node in nodes_of(body):
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    self.names.add(name)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    self.names.add(node.name)
                case ast.Import(names=names) | ast.ImportFrom(names=names):
                    self.names |= {a.asname or a.name.partition(".")[0] for a in names}
                case ast.Global(names=known):
                    self.globals.update(known)
                case ast.Nonlocal(names=known):
                    self.nonlocals.update(known)
                case ast.ExceptHandler(name=str() as name):
                    self.names.add(name)
                case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                    self.names.add(name)
                case ast.MatchMapping(rest=str() as name):
                    self.names.add(name)
                case ast.Yield() | ast.YieldFrom():
                    self.is_generator = True


def nodes_of(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of some statements, in order, without those inside functions, classes and
    comprehensions; an inner function or class is yielded itself.
    """
    pending: list[ast.AST] = list(reversed(body))
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, _INNER):
            continue
        if isinstance(node, _COMPREHENSIONS):
            # only its first iterable is evaluated outside; names bound by := are rare in one
            pending.append(node.generators[0].iter)
            pending += [n for n in ast.walk(node) if isinstance(n, ast.NamedExpr)]
            continue
        pending += reversed(list(ast.iter_child_nodes(node)))


def yields_of(node: ast.AST) -> list[ast.Yield | ast.YieldFrom]:
    """The ``yield`` expressions in a part of a generator, the inner ones first."""
    found = [n for n in nodes_of([node]) if isinstance(n, ast.Yield | ast.YieldFrom)]
    return found[::-1] if len(found) > 1 and _is_nested(found) else found


def _is_nested(found: Sequence[ast.AST]) -> bool:
    return any(other in list(ast.walk(found[0]))[1:] for other in found[1:])
