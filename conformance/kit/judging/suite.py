"""How a suite declares itself: scenarios talk, checks judge, properties generate."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.kit.running.stage import Stage

    Play = Callable[[Stage], Awaitable[None]]
    PlayExample = Callable[[Stage, Any], Awaitable[None]]
    Judge = Callable[..., None]

BOUND = 30.0  # seconds that a scenario may last, with a busy target too


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scenario:
    """A conversation with the target, recorded for the checks that judge it.

    ``settings`` ask for a target started with them. A scenario that disturbs others is
    ``exclusive``: it gets a target instance to itself, or its turn when there is only one.
    ``restarts`` says that it stops or restarts its instance. ``bound`` is in seconds.
    """

    name: str
    play: Play
    settings: Mapping[str, Any] = field(default_factory=dict)
    tls: bool = False
    exclusive: bool = False
    restarts: bool = False
    bound: float = BOUND


def scenario(
    *,
    settings: Mapping[str, Any] | None = None,
    tls: bool = False,
    exclusive: bool = False,
    restarts: bool = False,
    bound: float = BOUND,
) -> Callable[[Play], Scenario]:
    """Declare an ``async`` function of a stage as a scenario; its name is the function's."""

    def declare(play: Play) -> Scenario:
        return Scenario(
            name=f"{play.__module__.rpartition('.')[2].removeprefix('scenarios_')}.{play.__name__}",
            play=play,
            settings=settings or {},
            tls=tls,
            exclusive=exclusive or restarts,
            restarts=restarts,
            bound=bound,
        )

    return declare


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Check:
    """A plain function over a transcript, bound to one requirement.

    Without scenarios it judges everything that the run recorded. ``for_all`` names a
    hypothesis strategy (``module:function``): then ``play`` talks, once an example.
    """

    requirement: str
    function: Judge
    scenarios: tuple[Scenario, ...] = ()
    cases: tuple[str, ...] = ()
    for_all: str = ""
    play: PlayExample | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    examples: int = 0
    passive: bool = False

    @property
    def protocol(self) -> str:
        """The protocol whose package holds the check."""
        return self.function.__module__.split(".")[-2]

    @property
    def module(self) -> str:
        """The test module's name."""
        return self.function.__module__.rpartition(".")[2]

    @property
    def address(self) -> str:
        """Where the check stands: ``rxon/test_results.py::test_…``."""
        return f"{self.protocol}/{self.module}.py::{self.function.__name__}"

    @property
    def title(self) -> str:
        """The check's name as a sentence."""
        return self.function.__name__.removeprefix("test_").replace("_", " ")

    def item_ids(self) -> tuple[tuple[str, str], ...]:
        """Return (id, case) of every item: ``RXON-REG-04``, or ``RXON-REG-04-a-dot``.

        Ids have no blanks, so that ``-k`` takes them. A property's ends in ``-for-all``: it may
        stand beside a check of the same requirement.
        """
        if self.for_all:
            return ((f"{self.requirement}-for-all", ""),)
        if not self.cases:
            return ((self.requirement, ""),)
        return tuple((f"{self.requirement}-{case.replace(' ', '-')}", case) for case in self.cases)


def check(
    requirement: str, *scenarios: Scenario, cases: tuple[str, ...] = ()
) -> Callable[[Judge], Judge]:
    """Bind a function of what was seen (and of a case) to a requirement."""

    def declare(function: Judge) -> Judge:
        declaration = Check(
            requirement=requirement,
            function=function,
            scenarios=scenarios,
            cases=cases,
            passive=not scenarios,
        )
        function.__assay__ = declaration  # type: ignore[attr-defined]
        return function

    return declare


def property_check(
    requirement: str,
    *,
    for_all: str,
    played_by: PlayExample,
    examples: int,
    settings: Mapping[str, Any] | None = None,
) -> Callable[[Judge], Judge]:
    """Bind a function of what was seen and of an example to a requirement, for all examples."""

    def declare(function: Judge) -> Judge:
        declaration = Check(
            requirement=requirement,
            function=function,
            for_all=for_all,
            play=played_by,
            examples=examples,
            settings=settings or {},
        )
        function.__assay__ = declaration  # type: ignore[attr-defined]
        return function

    return declare


def check_of(candidate: object) -> Check | None:
    """Return the declaration that a suite's function carries."""
    if not inspect.isfunction(candidate):
        return None
    declaration = getattr(candidate, "__assay__", None)
    return declaration if isinstance(declaration, Check) else None
