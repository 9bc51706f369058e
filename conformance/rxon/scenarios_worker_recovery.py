"""One example of the property that a worker survives whatever its network does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.wire.tap import Reply
from conformance.rxon.employer import CUT, SKILLS, Employer, refuses
from conformance.rxon.hearing import is_a, is_final, is_result_of
from conformance.rxon.scenarios_worker_registration import PAGE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event

PLACES = ("registration", "heartbeat", "poll", "result", "socket")
STALL, DOWN = 0.4, 0.3  # seconds
FAULTS: dict[str, Reply] = {
    "cut": CUT,
    "stall": Reply(after=STALL, cut=True),
    "lost answer": Reply(None, unheard=True),
    "half an answer": Reply(200, {}, b'{"status": "registered"}', stop_after=10),
    "a page": PAGE,
    "401": refuses(401),
    "429": refuses(429, Retry_After="0.2"),
    "503": refuses(503),
}
# Short waits, so that an example takes little time: what is judged is that things come again.
QUICK: dict[str, Any] = {
    "heartbeat_interval": 0.1,
    "heartbeat_cooldown": 0.05,
    "idle_delay": 0.02,
    "registration_backoff": 0.1,
    "poll_backoff": 0.1,
    "result_backoff": 0.1,
    "rate_limit_floor": 0.2,
}
PATIENCE = 10.0  # seconds that an example may take


async def in_trouble(stage: Stage, example: Mapping[str, Any]) -> None:
    """Make the worker register (again), strike where the example says, and give it two tasks."""
    employer = Employer(stage)
    end = stage.now() + PATIENCE
    skill = str(stage.facts.get("skill", SKILLS["skill"]))
    employer.disturb("heartbeat", UNKNOWN["404 not found"])
    first = employer.hand_over(employer.task(skill), "a task")
    for trouble in example["faults"]:
        employer.disturb(trouble["at"], FAULTS[trouble["fault"]])
    second = employer.hand_over(employer.task(skill), "a task")
    await employer.begun()
    if example["down"]:
        async with stage.tap.deaf():
            await employer.silence(DOWN)
    for ids in (first, second):
        await stage.heard(is_taken(ids), within=max(0.1, end - stage.now()))
    over = stage.note("all is well again").number
    for kind in ("poll", "heartbeat"):
        await stage.heard(
            lambda e, kind=kind: e.number > over and is_a(kind)(e),  # type: ignore[misc]
            within=max(0.1, end - stage.now()),
        )


def is_taken(ids: Mapping[str, str]) -> Callable[[Event], bool]:
    """Return what tells the last word on a task's result from everything else."""
    sent: set[int] = set()

    def fits(event: Event) -> bool:
        if is_result_of(ids)(event):
            sent.add(event.number)
        return event.kind == "http.response" and event.data["to"] in sent and is_final(event)

    return fits
