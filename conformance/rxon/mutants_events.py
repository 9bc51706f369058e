"""RXON-EVT: seeded bugs in what an event does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.rxon.admission import Refusal
from reference.rxon.messages import Field, string

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.rxon.admission import Arrival


def wrong_member(progress: Callable[..., None]) -> Callable[..., None]:
    """Read the message of a progress event from a member that it does not have."""

    def broken(state: Any, job: Any, task: Any, event: Any) -> None:
        payload = {name: value for name, value in event["payload"].items() if name != "message"}
        progress(state, job, task, {**event, "payload": payload})

    return broken


def from_the_origin_only(arrival: Arrival) -> Refusal | None:
    """Refuse what a worker passes on for another."""
    if arrival.body["origin_worker_id"] == arrival.identity:
        return None
    return Refusal(403, "origin_worker_id: is not the sender")


MUTANTS = (
    mutant(
        "RXON-EVT-01",
        "an event is answered `ok`",
        "reference.rxon.events:ACCEPTED",
        lambda _accepted: {"status": "ok"},
        role="orc",
        also=("RXON-SIG-21",),  # which knows an accepted event by the same word
    ),
    mutant(
        "RXON-EVT-02",
        "the message of a progress event is lost",
        "reference.rxon.events:EFFECTS[progress]",
        wrong_member,
        role="orc",
        # A frame must have the same effect as the POST, and that is to set both.
        also=("RXON-WS-02",),
    ),
    mutant(
        "RXON-EVT-03",
        "the payload of an event is not compared with the skill's schema",
        "reference.rxon.events:broken_promise",
        lambda _broken_promise: lambda *_, **__: None,
        role="orc",
    ),
    mutant(
        "RXON-EVT-04",
        "an event needs no id",
        "reference.rxon.messages:SHAPES[event]",
        lambda shape: {**shape, "event_id": Field(string)},
        role="orc",
    ),
    mutant(
        "RXON-EVT-05",
        "any worker may speak about any job",
        "reference.rxon.events:may_speak",
        lambda _may_speak: lambda _job, _sender: True,
        role="orc",
    ),
    mutant(
        "RXON-EVT-06",
        "a relay's events are refused",
        "reference.rxon.admission:STEPS[event]",
        lambda steps: (*steps, from_the_origin_only),
        role="orc",
    ),
)
