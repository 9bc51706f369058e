"""Conversations with a library: every golden vector, and the examples of properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import Scenario, scenario
from conformance.kit.targets.driver import CANNOT, METHOD_NOT_FOUND, DriverRefused
from conformance.kit.verdict import NotObserved
from conformance.rxon import golden

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.kit.running.stage import Stage

    Play = Callable[[Stage], Awaitable[None]]

ANSWER = "answer"  # of a property's only question
BOUND = 30.0  # seconds: a few hundred calls of a slow interpreter


async def ask(stage: Stage, tag: str, method: str, **params: Any) -> Any:
    """Call a function, note what it said, and return that; an error of the driver is said too."""
    try:
        said = await stage.instance.call(method, **params)
    except DriverRefused as refusal:
        if refusal.code in {METHOD_NOT_FOUND, CANNOT}:
            raise NotObserved(str(refusal)) from refusal
        said = {"error": refusal.message}
    stage.note(tag, method=method, params=params, said=said)
    return said


def _vectors_of(area: str) -> Scenario:
    async def play(stage: Stage) -> None:
        for case in golden.areas()[area]:
            await ask(stage, case.id, case.method, **case.input)

    play.__name__ = area
    play.__module__ = __name__
    return scenario(bound=BOUND)(play)


VECTORS: Mapping[str, Scenario] = {area: _vectors_of(area) for area in golden.areas()}


async def asked(stage: Stage, example: Mapping[str, Any]) -> None:
    """Ask the questions of an example, each under its own name."""
    for name, (method, params) in example["ask"].items():
        await ask(stage, name, method, **params)
