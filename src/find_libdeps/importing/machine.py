"""What the parts of the evaluator ask of each other, and the work that it may do."""

from __future__ import annotations

import ast
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from find_libdeps.importing.frames import Frame, Kind
from find_libdeps.importing.values import (
    MISSING,
    Class,
    Function,
    Instance,
    Names,
    Place,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from find_libdeps.importing.doubt import Trial
    from find_libdeps.importing.modules import Module
    from find_libdeps.importing.world import Ask, World

MAX_STEPS = 400_000
"""Most statements, calls and turns of loops that are evaluated for one import."""
BYTES_A_STEP = 40
"""How many bytes of source take as long to parse as a step takes."""
EXPRESSIONS_A_STEP = 3
"""How many expressions take as long to evaluate as a step takes."""
SIZE_A_STEP = 256
"""How many bytes of values count as a step when they are made or gone through."""
MAX_DEPTH = 40
"""Most calls inside each other that are followed; what a deeper one returns is unknown."""
MAX_TURNS = 4_000
"""Most turns of one loop; after them its values are unknown."""
MAX_ITEMS = 20_000
"""Most characters or items of a value; a larger one is unknown."""
MAX_BITS = 4_096
"""Most bits of a number; a larger one is unknown."""


class Limits(NamedTuple):
    """How far an evaluation goes."""

    is_cold: Callable[[str], bool] = lambda path: False
    """Whether nothing that the source at a path leads to can ask for a library, so that it need not
    be evaluated before one of its names is used.
    """
    is_far: Callable[[str], bool] = lambda name: False
    """Whether a cold module with this name is not evaluated even then."""
    max_steps: int = MAX_STEPS
    is_active: Callable[[str], bool] = lambda path: True
    """Whether functions of the source at a path may ask, or import what asks."""
    asks: Callable[[str], bool] = lambda path: True
    """Whether functions of the source at a path may ask, or import modules by computed names. What
    is cut of other functions is not noted.
    """
    max_passive_steps: int = MAX_STEPS
    """Most steps for one cold module, and for all calls of functions of one that is not active;
    what it would have set or returned afterwards is unknown.
    """
    is_own: Callable[[str], bool] = lambda path: False
    """Whether the source at a path is the application's own: what it takes of values that nobody
    knows is remembered.
    """
    runs_coroutines: bool = False
    """Whether what a coroutine does counts as done where its function is called."""
    may_have_programs: bool = False
    """Whether programs may be there that the host lacks, so that what follows a call counts."""


NO_LIMITS = Limits()
"""Those of an evaluation in which every module is evaluated when it is imported."""


class Portion:
    """Work that may take some steps only."""

    given_up: Place | None = None
    """Where it took too many."""


class Exhausted(Exception):  # noqa: N818 - the evaluated program can't handle it
    """The evaluation takes more steps than it may."""

    def __init__(self, place: Place) -> None:
        super().__init__(str(place))
        self.place = place
        """The line at which it ended."""


class Break(NamedTuple):
    """A statement ended by ``break``."""


class Continue(NamedTuple):
    """A statement ended by ``continue``."""


Contents: TypeAlias = "list[Value] | dict[Value, Value] | set[Value]"
"""A container that can be changed."""


class Write(NamedTuple):
    """A name that was set, or a container that was changed."""

    holder: Names | Contents
    name: str | None
    """None if it is a container."""
    before: Value
    """The former value, or contents."""


Log: TypeAlias = dict[tuple[int, str | None], Write]
"""What was set for the first time, by the identities of the holders."""


class Return(NamedTuple):
    """A statement ended by ``return``."""

    value: Value


Signal: TypeAlias = Break | Continue | Return | None
"""How a statement ended; None if the next one follows."""
Running: TypeAlias = Generator[Value, Value, Signal]
"""Statements that are being evaluated; yields what a generator yields."""


_SIZED = frozenset({str, bytes, list, tuple, dict, set, frozenset})


class Machine(ABC):
    """An evaluation that is under way."""

    def __init__(self, world: World, limits: Limits = NO_LIMITS) -> None:
        """Prepare an evaluation on a host."""
        self.world = world
        self.limits = limits
        self.asks: list[Ask] = []
        self.programs: dict[tuple[str, Place], Ask] = {}
        """The programs that are asked for by constant names, each once for a place. No library
        depends on these, so they stand apart.
        """
        self.cuts: list[Unknown] = []
        """Where the work would have exceeded a bound."""
        self.place = Place("", 0)
        self.frame: Frame | None = None
        """The statement that is being evaluated."""
        self.way: list[Place] = []
        """The lines that lead to the module that is being imported, the outermost first: import
        statements, and before those in functions the lines of modules' bodies that call these.
        """
        self.doubts = 0
        """How many unknown conditions the present statement depends on."""
        self.guesses = 0
        """How many symbols were taken to be in a library, though nobody knows."""
        self.possible: list[Trial] = []
        """For each ``try`` that is being evaluated: what may have been raised in it."""
        self.is_vague = False
        """Whether there are containers with items that may not be there."""
        self.changes = 0
        """How often something was set that outlives a call."""
        self.writes: Log | None = None
        """What is set outside of the frames, by code that may not run."""
        self.base: Log | None = None
        """The same, of the branch on an unknown condition as a whole."""
        self.left = 0
        """How many functions, loops and ``try`` may have been left before, in this branch."""
        self.ran: set[str] = set()
        """The paths of the sources that have been evaluated, to their end or not."""
        self.passive_steps: dict[str, int] = {}
        """For the paths of modules that are not active: the steps of calls of their functions."""
        self.made: list[Function] = []
        """The functions that have been defined."""
        self.called: set[ast.AST] = set()
        """The functions that have been called."""
        self.sought: dict[str, Place] = {}
        """The attributes that own code takes of values that nobody knows, each with a line."""
        self.handed: list[tuple[Value, Place]] = []
        """What own code gives to functions that nobody knows, and that may call it."""
        self.goes_on = False
        """Whether own modules go on after what a package raises, since it may not be set up here.
        """
        self._max_steps = limits.max_steps
        self._steps = 0
        self._max_expressions = limits.max_steps * EXPRESSIONS_A_STEP
        self._expressions = 0
        self._texts: dict[str, Value] = {}
        self._cut_places = set[Place | None]()
        self._depth = 0

    def step(self, count: int = 1) -> None:
        """Count one step or several. Raises Exhausted."""
        self._steps += count
        if self._steps > self._max_steps:
            raise Exhausted(self.place)

    def weigh(self, *values: Value) -> None:
        """Count the work of making values, or of going through them. Raises Exhausted."""
        for value in values:
            if type(value) in _SIZED:
                size = sys.getsizeof(value)
                if size > SIZE_A_STEP:
                    self.step(size // SIZE_A_STEP)

    def representative(self, value: Instance) -> Value:
        """The first of several equal objects, as the key of a dict; unknown if nobody knows it.

        Objects of models whose text says all, as paths do, are equal if their texts are.
        """
        text, kind = value.names.get("_text"), value.kind
        if not isinstance(text, str) or not isinstance(kind, Class) or not kind.is_partial:
            return self.unknown("a key")
        return self._texts.setdefault(text, value)

    def note(self, names: Names, name: str) -> None:
        """Remember the value of a name, or of an attribute, that is about to be set or deleted."""
        self.changes += 1
        if self.writes is not None and (id(names), name) not in self.writes:
            self.writes[id(names), name] = Write(names, name, names.get(name, MISSING))

    def touch(self, container: Contents) -> None:
        """Remember the contents of a container that is about to be changed."""
        self.changes += 1
        if self.writes is not None and (id(container), None) not in self.writes:
            self.weigh(container)
            self.writes[id(container), None] = Write(container, None, container.copy())

    def _remember(self) -> Callable[[], None]:
        """Remember where the evaluation is; returns a function that goes back there."""
        state = (self.place, self.frame, self.possible, self.doubts, self.writes, self._depth)
        way = list(self.way)

        def go_back() -> None:
            self.place, self.frame, self.possible, self.doubts, self.writes, self._depth = state
            self.way = way

        return go_back

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Evaluate something that depends on no condition of the present statement."""
        go_back = self._remember()
        self.possible, self.writes = [], None
        try:
            yield
        finally:
            go_back()

    @contextmanager
    def portion(self, count: int) -> Iterator[Portion]:
        """Allow no more than some steps for what follows, which is given up then.

        Raises Exhausted if no further step is allowed outside of it, either.
        """
        steps, expressions, go_back = self._max_steps, self._max_expressions, self._remember()
        self._max_steps = min(steps, self._steps + count)
        self._max_expressions = min(expressions, self._expressions + count * EXPRESSIONS_A_STEP)
        portion = Portion()
        try:
            yield portion
        except Exhausted as exhausted:
            if self._steps >= steps or self._expressions >= expressions:
                raise
            go_back()
            portion.given_up = exhausted.place
        finally:
            self._max_steps, self._max_expressions = steps, expressions

    @property
    def steps(self) -> int:
        """How many steps have been taken."""
        return self._steps

    @contextmanager
    def deeper(self) -> Iterator[bool]:
        """Count a call; yields whether it may be followed."""
        self._depth += 1
        try:
            yield self._depth <= MAX_DEPTH
        finally:
            self._depth -= 1

    def unknown(self, why: str) -> Unknown:
        """A value that is unknown for a reason that lies in the present statement."""
        return Unknown(why, self.place)

    def lines(self) -> tuple[Place, ...]:
        """The present line; before it that of the module's body, if it is in a function."""
        frame, first = self.frame, self.place
        while frame is not None and (called_at := frame.called_at) is not None:
            frame, first = frame.back, called_at
        return (self.place,) if first == self.place else (first, self.place)

    def cut(self, why: str, where: Place | None = None) -> Unknown:
        """A value that is unknown since computing it would take too much; it is noted.

        `where` is the present statement if it is None; the line 0 stands for a whole source.
        """
        found = Unknown(why, where or self.place)
        in_function = self.frame is not None and self.frame.kind is not Kind.MODULE
        if where is None and in_function and not self.limits.asks(self.place.path):
            return found
        if found.where not in self._cut_places:
            self._cut_places.add(found.where)
            self.cuts.append(found)
        return found

    @abstractmethod
    def evaluate(self, frame: Frame, node: ast.expr) -> Value:
        """The value of an expression. Raises Raised."""

    @abstractmethod
    def run(self, frame: Frame, body: Sequence[ast.stmt]) -> Running:
        """Evaluate statements. Raises Raised."""

    @abstractmethod
    def assign(self, frame: Frame, target: ast.expr, value: Value) -> None:
        """Assign a value to a target. Raises Raised."""

    @abstractmethod
    def call(self, function: Value, args: list[Value], names: Names) -> Value:
        """Call a value. Raises Raised."""

    @abstractmethod
    def call_unknown(self, name: str, argument: Value) -> None:
        """Note that something unknown is called by a method's name: it may ask for a library."""

    @abstractmethod
    def attribute(self, value: Value, name: str) -> Value:
        """An attribute of a value. Raises Raised (AttributeError)."""

    @abstractmethod
    def set_attribute(self, value: Value, name: str, new: Value) -> None:
        """Set an attribute of a value. Raises Raised."""

    @abstractmethod
    def truth(self, value: Value) -> bool | None:
        """Whether a value counts as true; None if that is unknown. Raises Raised."""

    @abstractmethod
    def iterate(self, value: Value) -> Iterator[Value]:
        """The items of a value. Raises Raised (TypeError), also while they are taken."""

    @abstractmethod
    def text(self, value: Value) -> Value:
        """What ``str`` makes of a value: a string, or unknown. Raises Raised."""

    @abstractmethod
    def import_module(self, name: str) -> Value:
        """Import a module by its absolute name, and return it. Raises Raised (ImportError)."""

    @abstractmethod
    def import_top(self, name: str) -> Value:
        """Import a module, and return the package at the top of its name. Raises Raised."""

    @abstractmethod
    def from_module(self, module: Value, name: str) -> Value:
        """What ``from module import name`` takes. Raises Raised (ImportError)."""

    @abstractmethod
    def settle(self, module: Module) -> None:
        """Evaluate a module that waits for the use of one of its names."""

    @abstractmethod
    def modules(self) -> dict[Value, Value]:
        """``sys.modules``."""

    @abstractmethod
    def name_of(self, frame: Frame, name: str) -> Value:
        """The value of a name, also of a built-in one. Raises Raised (NameError)."""
