"""Having a target send tasks, in band or by its driver: both tell the same of what came of it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from conformance.elo.errands import errand
from conformance.kit.verdict import NotObserved, Unmet

if TYPE_CHECKING:
    from conformance.elo.peer import Peer

ERROR = {"code": "C", "message": "words"}


class Asker:
    """As much of a peer as asks: what the target offers, and what it answers."""

    def __init__(self, *offers: str, answer: Any = None, driver: Any = None) -> None:
        self.offers = frozenset(offers)
        self.answer, self.driver = answer, driver
        self.notes: dict[str, Any] = {}
        self.asked: list[Any] = []
        self.stage = SimpleNamespace(can=self.can, call=self.call, note=self.note)

    def can(self, method: str) -> bool:
        return method == "send_task" and self.driver is not None

    async def call(self, _method: str, **params: Any) -> Any:
        self.asked.append(params)
        return self.driver

    def note(self, tag: str, **data: Any) -> None:
        self.notes[tag] = data

    def task(self, capability: str, payload: Any) -> Any:
        assert capability == "ask"
        return payload

    async def give(self, task: Any, *, within: float) -> Any:
        assert within > 1
        self.asked.append(task)
        if self.answer is None:
            return None
        return SimpleNamespace(body={"payload": self.answer}, event=None)


def came(asker: Asker) -> Any:
    outcome = asyncio.run(
        errand(cast("Peer", asker), "it", target="t", capability="c", payload=2, ttl_s=7)
    )
    assert asker.notes == {"it": outcome}
    assert asker.asked == [{"target": "t", "capability": "c", "payload": 2, "ttl_s": 7}]
    return outcome


def test_both_ways_tell_a_success_alike() -> None:
    said = {"status": "success", "payload": 3}
    told = {"status": "success", "payload": 3, "code": None, "message": None}
    assert came(Asker("ask", answer=said)) == came(Asker(driver=said)) == told


def test_both_ways_tell_a_failure_alike() -> None:
    told = {"status": "error", "payload": None, **ERROR}
    assert came(Asker("ask", answer={"status": "error", "error": ERROR})) == told
    assert came(Asker(driver={"status": "error", **ERROR})) == told


def test_silence_is_an_outcome_too() -> None:
    assert came(Asker("ask"))["status"] == "none"


def test_an_answer_that_tells_no_outcome_is_an_unmet_prerequisite() -> None:
    with pytest.raises(Unmet, match="what came of it"):
        came(Asker("ask", answer="done"))


def test_a_target_that_cannot_be_made_to_send_is_not_observed() -> None:
    with pytest.raises(NotObserved, match="capability `ask`"):
        came(Asker("echo"))
