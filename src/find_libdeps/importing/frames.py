"""Frames: the names that a piece of code can see while it is evaluated."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING

from find_libdeps.importing.scopes import Scope
from find_libdeps.importing.values import MISSING, Cell, Names, Place, Value, error, join

if TYPE_CHECKING:
    import ast

    from find_libdeps.importing.machine import Log
    from find_libdeps.importing.modules import Module
    from find_libdeps.importing.values import Function


class Kind(Enum):
    """What a frame is of."""

    MODULE = auto()
    CLASS = auto()
    FUNCTION = auto()
    COMPREHENSION = auto()


class Loop:
    """A loop that is being evaluated, and that may have been left."""

    __slots__ = ("branch", "broken", "continued", "doubts")

    def __init__(self) -> None:
        self.broken: list[Names] = []
        """The names where ``break`` may have left it."""
        self.continued: list[Names] = []
        """The names where ``continue`` may have left the present turn."""
        self.doubts = 0
        self.branch: Log | None = None
        """See `doubt.Leavable`."""


def qualified(frame: Frame, name: str) -> str:
    """The qualified name of a function or a class that a frame defines (PEP 3155)."""
    while frame.kind is Kind.COMPREHENSION and frame.parent:
        frame = frame.parent
    outer: Value = None
    if frame.kind is Kind.CLASS:
        outer = frame.names.get("__qualname__")
    elif frame.function is not None:
        outer = f"{qualified(frame.function.frame, frame.function.name)}.<locals>"
    return f"{outer}.{name}" if isinstance(outer, str) else name


class Frame:
    """The names of a module, a class body, a call of a function, or a comprehension."""

    __slots__ = (
        "back", "branch", "called_at", "caught", "cell", "doubts", "first", "function", "journal",
        "kind", "loop", "module", "names", "parent", "returned", "scope", "sent",
    )  # fmt: skip

    def __init__(
        self,
        kind: Kind,
        module: Module,
        names: Names,
        parent: Frame | None = None,
        scope: Scope | None = None,
    ) -> None:
        self.kind = kind
        self.module = module
        self.names = names
        self.parent = parent
        """The frame around it, whose names it sees, too; None at the top of a module."""
        self.scope = scope
        """Of a function."""
        self.cell: Cell | None = parent.cell if parent else None
        """The class whose body it is in."""
        self.back: Frame | None = None
        """Of a function: who calls it."""
        self.function: Function | None = None
        """Of a function: which one it is."""
        self.called_at: Place | None = None
        """Of a function: the line that calls it."""
        self.first: Value = MISSING
        """The first argument of a function, for `super`."""
        self.journal: Names | None = None
        """The former values of names that were set since a branch began."""
        self.loop: Loop | None = None
        """The innermost loop that is being evaluated."""
        self.doubts = 0
        self.branch: Log | None = None
        """Of a function; see `doubt.Leavable`."""
        self.returned: list[Value] = []
        """What a function may have returned on ways that were not followed to its end."""
        self.caught: list[Value] = []
        """The exceptions that are being handled, for a bare ``raise``."""
        self.sent: dict[ast.AST, Value] = {}
        """What the ``yield`` expressions of a statement evaluate to."""

    def load(self, name: str) -> Value:
        """The value of a name; `MISSING` if none has been set."""
        frame: Frame | None = self
        if self.scope and name in self.scope.globals:
            return self.module.names.get(name, MISSING)
        while frame is not None:
            if frame.kind is not Kind.CLASS or frame is self:
                value = frame.names.get(name, MISSING)
                if value is not MISSING:
                    return value
                if frame.scope and name in frame.scope.names and frame.kind is Kind.FUNCTION:
                    kind = UnboundLocalError if self._is_inside(frame) else NameError
                    raise error(kind, f"local variable {name!r}", name=name)
            frame = frame.parent
        return self.module.names.get(name, MISSING)

    def _is_inside(self, function: Frame) -> bool:
        """Whether this is the frame of a function, or of a comprehension that is part of it."""
        inner: Frame | None = self
        while inner and inner.kind is Kind.COMPREHENSION and sys.version_info >= (3, 12):  # PEP 709
            inner = inner.parent
        return inner is function

    def store(self, name: str, value: Value) -> None:
        """Set a name."""
        self.holder(name).put(name, value)

    def put(self, name: str, value: Value) -> None:
        """Set a name of this very frame."""
        if self.journal is not None:
            self.journal.setdefault(name, self.names.get(name, MISSING))
        self.names[name] = value

    def delete(self, name: str) -> None:
        """Delete a name. Raises a NameError of the evaluated program if there is none."""
        holder = self.holder(name)
        if name not in holder.names:
            raise error(NameError, f"name {name!r} is not defined", name=name)
        if holder.journal is not None:
            holder.journal.setdefault(name, holder.names[name])
        del holder.names[name]

    def holder(self, name: str) -> Frame:
        """The frame in which an assignment in this one sets a name."""
        frame = self
        while frame.kind is Kind.COMPREHENSION and frame.parent and name not in frame.names:
            frame = frame.parent  # PEP 572: := in a comprehension sets a name around it
        scope = frame.scope
        if scope is None:
            return frame
        if name in scope.globals:
            return frame.module.frame
        if name in scope.nonlocals:
            outer = frame.parent
            while outer is not None:
                if outer.scope and name in outer.scope.names:
                    return outer
                outer = outer.parent
        return frame

    def rollback(self, before: Names | None) -> Names:
        """Undo what was set since the journal began; returns what was undone.

        Args:
            before: the journal to continue with.
        """
        changed = {name: self.names.get(name, MISSING) for name in self.journal or ()}
        for name, value in (self.journal or {}).items():
            if value is MISSING:
                self.names.pop(name, None)
            else:
                self.names[name] = value
        self.journal = before
        return changed

    def apply(self, changed: Names) -> None:
        """Set names again that `rollback` undid."""
        for name, value in changed.items():
            if value is not MISSING:
                self.put(name, value)
            elif name in self.names:
                self.remove(name)

    def merge(self, changes: Sequence[Names]) -> None:
        """Set what several ways have set: what only some of them set may be as before."""
        if len(changes) == 1:
            self.apply(changes[0])
            return
        names = dict.fromkeys(name for changed in changes for name in changed)
        before = {name: self.names.get(name, MISSING) for name in names}
        for name in names:
            found = [changed.get(name, before[name]) for changed in changes]
            known = [value for value in found if value is not MISSING]
            if known:
                self.put(name, join(known))
            elif before[name] is not MISSING:
                self.remove(name)

    def remove(self, name: str) -> None:
        """Delete a name of this very frame that is there."""
        self.put(name, MISSING)
        del self.names[name]
