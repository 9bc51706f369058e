"""Conversations in which the gateway has something to say: cancel, revoke, disconnect, restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.neuron.desk import Desk
from conformance.neuron.peer import COMES, SHORT_TTL_MS, Neuron, side_by_side

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage
    from conformance.neuron.peer import Lease

QUIET = 0.7  # seconds in which what must not come would have come
UNAUTHORIZED = 401
ENDED = ("done", "failed", "cancelled")
CANCELLED = "a stream of cancelled leases"
ANSWERS = ("cancelled", "success", "terminal", "retryable")
REVOKED, BANNED, STOPPED = "a revoked stream", "a stream that is banned", "a stream at shutdown"
BEFORE, AFTER = "a stream before the restart", "a stream after the restart"
SESSIONLESS = "a stream without a session"


async def leased(neuron: Neuron, desk: Desk) -> tuple[str, Lease]:
    """Inject a task and take its lease."""
    task_id = await desk.inject(neuron.type)
    return task_id, await neuron.lease()


@scenario()
async def cancelled(stage: Stage) -> None:
    """Cancel leased tasks, and answer each in another way."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag=CANCELLED, concurrency=len(ANSWERS))
    tasks = {answer: await leased(neuron, desk) for answer in ANSWERS}
    for answer, (task_id, lease) in tasks.items():
        stage.note("a cancelled lease", answer=answer, lease_id=lease.id)
        await desk.cancel(task_id)
    await side_by_side(*(neuron.cancel_of(lease) for _, lease in tasks.values()))
    for answer, (_, lease) in tasks.items():
        tag = f"{answer} after cancel"
        if answer == "success":
            await neuron.ack(lease, tag=tag)
        else:
            await neuron.nack(lease, answer, tag=tag)


@scenario()
async def ignored(stage: Stage) -> None:
    """Cancel a leased task and never answer."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream of ignored cancels", leaseTtlMs=SHORT_TTL_MS)
    task_id, lease = await leased(neuron, desk)
    stage.note("a task whose cancel is ignored", task_id=task_id)
    await desk.cancel(task_id)
    await neuron.linger(lease.seconds + QUIET)
    await desk.settle(task_id, *ENDED, tag="the task whose cancel was ignored")
    _, last = await leased(neuron, desk)
    await neuron.ack(last, tag="an ack of what came after")


@scenario()
async def hurried(stage: Stage) -> None:
    """Cancel a task at once, several times; and cancel one that waits for a slot."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream of hurried cancels")
    for _ in range(5):
        await desk.cancel(await desk.inject(neuron.type))
        lease = await neuron.next_lease(within=QUIET / 2)
        if lease is not None:
            await neuron.nack(lease, "cancelled")
    _, lease = await leased(neuron, desk)
    waiting = await desk.inject(neuron.type)
    stage.note("a task that is cancelled while it waits", task_id=waiting)
    await desk.cancel(waiting)
    await neuron.ack(lease)
    _, last = await leased(neuron, desk)
    await neuron.ack(last, tag="an ack of the task that came next")
    await desk.note_task(waiting, "the task that was cancelled while it waited")


@scenario()
async def revoked(stage: Stage) -> None:
    """Revoke one of two capabilities, and inject tasks for both."""
    neuron, desk = Neuron(stage), Desk(stage)
    kept = neuron.capability(type=f"{neuron.type}.kept", concurrency=2)
    await neuron.joined(tag=REVOKED, capabilities=[neuron.capability(concurrency=2), kept])
    await stage.call("revoke_capability", capability=neuron.type, reason="assay is done with it")
    await neuron.of_kind("capability-revoked")
    stage.note("a revoked capability", capability=neuron.type)
    await desk.inject(neuron.type)
    await desk.inject(kept["type"])
    for _ in range(2):
        lease = await neuron.next_lease(within=QUIET)
        if lease is not None:
            await neuron.ack(lease)


@scenario(restarts=True)
async def shut_down(stage: Stage) -> None:
    """Shut the gateway down while two neurons are connected."""
    neurons = [await Neuron(stage).joined(tag=STOPPED) for _ in range(2)]
    await stage.instance.stop()
    for neuron in neurons:
        await neuron.ended(within=COMES)


@scenario()
async def banned(stage: Stage) -> None:
    """Tell a neuron not to come back, and let it come back; another may."""
    for reconnectable in (False, True):
        neuron = await Neuron(stage).joined(tag=BANNED)
        await stage.call(
            "disconnect", neuron_id=neuron.id, reason="assay says go", reconnectable=reconnectable
        )
        if await neuron.of_kind("disconnect") is None:
            return
        await neuron.ended(within=COMES)
        word = "may" if reconnectable else "may not"
        await neuron.open(tag=f"an open of who {word} return")


@scenario()
async def sessionless(stage: Stage) -> None:
    """Send heartbeats on a stream without having registered, as if the session had been lost."""
    neuron = Neuron(stage)
    await neuron.open(tag=SESSIONLESS)
    await neuron.heartbeat(tag="a heartbeat without a session")
    if await neuron.ended(within=COMES):
        await neuron.open(tag="a stream with a session")
        await neuron.register(tag="a register after the lost session")


async def take_the_bearer_that_is_good(neuron: Neuron) -> None:
    """Find out whether the gateway has forgotten with everything else that a bearer was rotated."""
    beat = await neuron.heartbeat(tag="is the bearer still good?")
    before = neuron.stage.facts.get("token_before")
    if beat.status == UNAUTHORIZED and before is not None:
        neuron.token = neuron.stage.facts["token"] = before


@scenario(exclusive=True)
async def restarted(stage: Stage) -> None:
    """Restart the gateway under a neuron with a lease; it comes back as if nothing had been."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag=BEFORE)
    _, lease = await leased(neuron, desk)
    await stage.call("reset")
    await neuron.ended(within=COMES)
    await take_the_bearer_that_is_good(neuron)
    await neuron.open(tag=AFTER)
    await neuron.register(tag="a register after the restart")
    await neuron.heartbeat(lease, tag="a heartbeat with an old lease")
    await neuron.ack(lease, tag="an ack of an old lease")
    again, new = await leased(neuron, desk)
    await neuron.ack(new, tag="an ack after the restart")
    await desk.settle(again, *ENDED, tag="the task after the restart")
