"""Conversations with an orchestrator that limits how often a worker may speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.rxon.peer import Worker, side_by_side, twin
from conformance.rxon.polls import hold

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer
    from conformance.rxon.polls import HeldPoll

# The period is so long that no slow machine brings the second one into play.
TWO_POLLS = {"rate_limiting": True, "rate_limit_poll": 2, "rate_limit_period": 60}
TWO_BEATS = {"rate_limiting": True, "rate_limit_heartbeat": 2, "rate_limit_period": 1}
REFUSED = 5.0  # seconds within which even a slow machine must have passed the limit
RECOVERED = 4.0  # periods within which a steady worker must be let in again


@scenario(settings=TWO_POLLS)
async def too_many_polls(stage: Stage) -> None:
    """Poll twice more than the limit allows; send a heartbeat, and let another worker poll."""
    worker, other = [await Worker(stage).hired() for _ in range(2)]
    tag = "a poll above the limit"
    polls = [await hold(worker, tag=twin(tag)) for _ in range(int(stage.need("rate_limit_poll")))]
    await worker.poll(tag=tag)
    await worker.poll(tag="a poll far above the limit")
    await worker.heartbeat(tag="a heartbeat at the limit of polls")

    async def wait(poll: HeldPoll) -> None:
        await poll.answer()

    async def ask(another: Worker) -> None:
        await another.poll(tag="a poll of another worker")

    await side_by_side(*(wait(poll) for poll in polls), ask(other))


@scenario(settings=TWO_BEATS)
async def steady(stage: Stage) -> None:
    """Send heartbeats faster than allowed until one is refused, and go on until one is not."""
    worker = await Worker(stage).hired()

    async def beat() -> Answer:
        return await worker.heartbeat(tag="a steady heartbeat")

    patience = RECOVERED * float(stage.need("rate_limit_period"))
    await stage.until(beat, lambda answer: not answer.ok, within=REFUSED)
    await stage.until(beat, lambda answer: answer.ok, within=patience)
