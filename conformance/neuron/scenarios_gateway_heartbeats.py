"""Conversations about heartbeats: sent, not sent, and about leases that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.neuron.desk import Desk
from conformance.neuron.peer import COMES, DEFAULT_TTL, LONG_TTL_MS, RENEWED_TTL_MS, Neuron

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

FIRST_HEARTBEAT = 15.0  # seconds after register that a gateway has to wait, at least
DRAINS = 2.0  # seconds without heartbeats
MUTE, DRAINING = "the stream of a mute neuron", "the stream of a draining neuron"
AT = "2026-05-09T10:00:00.120000Z"


def silence(stage: Stage) -> float:
    """Return how long a neuron keeps silent: a gateway that hurries is given less."""
    return min(FIRST_HEARTBEAT, 2.4 * float(stage.facts.get("lease_ttl", DEFAULT_TTL)))


@scenario()
async def beating(stage: Stage) -> None:
    """Beat idle, then with leases that nobody was given, then with one's own."""
    neuron = await Neuron(stage).joined(tag="the stream of a beating neuron")
    await neuron.heartbeat(tag="an idle heartbeat")
    flight = {"leaseId": stage.unique("lease"), "taskId": stage.unique("task"), "startedAt": AT}
    await neuron.heartbeat(tag="a heartbeat with unknown leases", inFlight=[flight, flight])
    await neuron.heartbeat(tag="a heartbeat after unknown leases")
    desk = Desk(stage)
    await desk.inject(neuron.type)
    lease = await neuron.lease()
    await neuron.heartbeat(lease, tag="a busy heartbeat")
    await neuron.ack(lease)


@scenario()
async def half_listed(stage: Stage) -> None:
    """Hold two leases and list only one of them in heartbeats, until the other comes again."""
    neuron, desk = Neuron(stage), Desk(stage)
    other = Neuron(stage, takes=neuron.type)
    await neuron.offering(tag="a busy stream", concurrency=2, leaseTtlMs=RENEWED_TTL_MS)
    for _ in range(2):
        await desk.inject(neuron.type)
    listed, unlisted = [await neuron.lease() for _ in range(2)]
    stage.note("two leases", listed=listed.task_id, unlisted=unlisted.task_id)
    await other.offering(tag="an idle stream beside", concurrency=2, leaseTtlMs=RENEWED_TTL_MS)
    over = stage.now() + unlisted.seconds + COMES
    while stage.now() < over and not neuron.waiting and not other.waiting:
        await neuron.heartbeat(listed)
        await other.linger(unlisted.seconds / 5)
    for each in (neuron, other):
        if each.waiting:
            await each.ack(await each.lease())
    await neuron.ack(listed, tag="the ack of the lease that was listed")


@scenario(bound=20)
async def mute(stage: Stage) -> None:
    """Register and send no heartbeat for as long as the first one may take; then take a task."""
    neuron = await Neuron(stage).joined(tag=MUTE)
    await neuron.ended(within=silence(stage))
    await neuron.heartbeat(tag="the first heartbeat")
    desk = Desk(stage)
    stage.note("a task for the mute", task_id=await desk.inject(neuron.type))
    lease = await neuron.next_lease(within=COMES)
    if lease is not None:
        await neuron.ack(lease)


@scenario()
async def draining(stage: Stage) -> None:
    """Beat, and then no more, as a neuron that drains; finish the lease all the same."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag=DRAINING, leaseTtlMs=LONG_TTL_MS)
    stage.note("a task of the draining", task_id=await desk.inject(neuron.type))
    lease = await neuron.lease()
    for _ in range(3):
        await neuron.heartbeat(lease)
        await neuron.linger(0.1)
    await neuron.ended(within=DRAINS)
    await neuron.ack(lease, tag="an ack at the end of draining")
