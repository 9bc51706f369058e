"""Conversations about the stream that a gateway keeps open to each neuron."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.neuron.desk import Desk
from conformance.neuron.peer import (
    COMES,
    DEFAULT_TTL,
    EVENTS,
    HEAD_SOON,
    SHORT_TTL_MS,
    Neuron,
    twin,
)

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

ODD_NAME = "assay é/ü &#%41+~?=☃ "  # everything that a query has to encode
LONGEST_IDLE = 30.0  # seconds; sheet 9.2
PARALLEL = 8
FIRST, SECOND = "the first stream", "the second stream"
BEAT_EVERY = 0.5  # seconds


def idle_time(stage: Stage) -> float:
    """Return how long an idle stream is watched: a gateway that hurries is watched for less."""
    return min(LONGEST_IDLE, 2.0 * float(stage.facts.get("lease_ttl", DEFAULT_TTL)))


@scenario()
async def opened(stage: Stage) -> None:
    """Open a stream, and say nothing before its head is there or long overdue."""
    neuron = Neuron(stage)
    await neuron.open(tag="a stream opened", within=HEAD_SOON)
    await neuron.register(tag="the first post")
    await neuron.of_kind("registered", within=COMES)


@scenario()
async def odd_name(stage: Stage) -> None:
    """Register under a name that no query can hold as it is."""
    neuron = Neuron(stage, neuron_id=ODD_NAME + stage.unique("neuron"))
    await neuron.open(tag="a stream of an odd name")
    await neuron.register(tag="register an odd name")
    await neuron.of_kind("registered", within=COMES)


@scenario()
async def nameless(stage: Stage) -> None:
    """Open streams for nobody: without a neuronId, and with an empty one."""
    neuron = Neuron(stage)
    await neuron.open(tag="an open without neuronId", target=EVENTS)
    await neuron.open(tag=twin("an open without neuronId"))
    await neuron.open(tag="an open with an empty neuronId", target=f"{EVENTS}?neuronId=")
    await neuron.open(tag=twin("an open with an empty neuronId"))


@scenario()
async def resumed(stage: Stage) -> None:
    """Open a stream as a client would that remembers the last event."""
    neuron = Neuron(stage)
    await neuron.open(tag=twin("an open with Last-Event-ID"))
    await neuron.hang_up()
    await neuron.open(tag="an open with Last-Event-ID", also=[("Last-Event-ID", "7")])
    await neuron.register()


@scenario()
async def second_stream(stage: Stage) -> None:
    """Open a second stream for the same neuron; then give it a task."""
    neuron = await Neuron(stage).joined(tag=FIRST)
    await neuron.open(tag=SECOND)
    await neuron.register()
    await neuron.ended(within=COMES, which=0)
    await Desk(stage).inject(neuron.type)
    lease = await neuron.lease()
    await neuron.ack(lease)


@scenario(bound=20)
async def idle(stage: Stage) -> None:
    """Leave a stream without frames for long, with a heartbeat now and then."""
    neuron = await Neuron(stage).joined(tag="an idle stream")
    over = stage.now() + idle_time(stage)
    while stage.now() < over and not await neuron.ended(within=BEAT_EVERY):
        await neuron.heartbeat()


@scenario()
async def parallel(stage: Stage) -> None:
    """Post several frames at once, each on a connection of its own, beside an open stream."""
    neuron = await Neuron(stage).joined(tag="a stream beside posts")
    posts = (neuron.heartbeat(tag="one of many posts") for _ in range(PARALLEL))
    await asyncio.gather(*posts)
    await neuron.heartbeat(tag="a post afterwards")


@scenario()
async def every_frame(stage: Stage) -> None:
    """Have every kind of frame sent that the driver can bring about."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream of every frame", concurrency=2, leaseTtlMs=SHORT_TTL_MS)
    await neuron.of_kind("registered")
    await desk.inject(neuron.type, input={"text": 'é☃\u2028"\n'}, metadata={"a": [1, None]})
    await neuron.ack(await neuron.lease())
    await desk.cancel(await desk.inject(neuron.type))
    if await neuron.of_kind("cancel") is not None:
        await neuron.nack(await neuron.lease(), "cancelled")
    await stage.call("revoke_capability", capability=neuron.type, reason="assay is done with it")
    await neuron.of_kind("capability-revoked")
    await stage.call("disconnect", neuron_id=neuron.id, reason="assay", reconnectable=True)
    await neuron.of_kind("disconnect")
