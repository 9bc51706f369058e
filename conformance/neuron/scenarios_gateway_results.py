"""Conversations about results: success, four ways to fail, progress, and what comes too late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.neuron.desk import Desk
from conformance.neuron.peer import SHORT_TTL_MS, Neuron, instant, twin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage
    from conformance.neuron.peer import Body, Lease

ENDED = ("done", "failed", "cancelled")
WATCHED = 2.0  # lives of a lease in which a redelivery would have come
BEAT_EVERY = 0.5  # seconds
NOTICED = 0.3  # seconds in which a gateway has noticed that a stream was cut, if nobody can tell
OUTCOMES = "a stream of outcomes"
OUTPUT_SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
NACKS: Mapping[str, Body] = {
    "retryable": {"code": "HANDLER_THREW", "reason": "boom"},
    "terminal": {"code": "HANDLER_TERMINAL", "reason": "no"},
    "schema-mismatch": {
        "code": "INPUT_SCHEMA_MISMATCH",
        "reason": "lease input does not match inputSchema",
        "details": {"errors": ["'a' is a required property"]},
    },
    "cancelled": {"code": "CANCELLED", "reason": "handler aborted"},
}
PAIRS = (
    "success then terminal",
    "success then retryable",
    "terminal then success",
    "cancelled then success",
    "success then success",
)
PROGRESS: Mapping[str, Body] = {
    "nothing": {},
    "percent": {"percent": 50.0},
    "percent as an integer": {"percent": 50},
    "0 percent": {"percent": 0.0},
    "100 percent": {"percent": 100.0},
    "a message": {"message": "halfway"},
    "an empty message": {"message": ""},
    "data": {"data": {"k": None, "z": [1, 2.5, None]}},
    "everything": {"percent": 50.0, "message": "halfway", "data": 0},
}


@scenario(bound=20)
async def outcomes(stage: Stage) -> None:
    """Give one task each outcome, and wait whether any comes again."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag=OUTCOMES, concurrency=len(NACKS) + 2, leaseTtlMs=SHORT_TTL_MS)
    tasks: dict[str, str] = {}
    for name in ("success", *NACKS):
        task_id = tasks[name] = await desk.inject(neuron.type)
        stage.note("a task of an outcome", outcome=name, task_id=task_id)
        lease = await neuron.lease_of(task_id)
        await say(neuron, lease, name, tag=name, output={"answer": 42}, **NACKS.get(name, {}))
    again = await neuron.delivery(tasks["retryable"], number=1)
    if again is not None:
        await neuron.ack(again)
    over = stage.now() + WATCHED * lease.seconds
    while stage.now() < over:  # a gateway may take who is silent for dead
        await neuron.ended(within=BEAT_EVERY)
        await neuron.heartbeat()
    for name, task_id in tasks.items():
        await desk.note_task(task_id, f"the task after {name}")


async def say(
    neuron: Neuron, lease: Lease, outcome: str, *, tag: str, output: Body, **members: Any
) -> None:
    """Report an outcome by its name."""
    if outcome == "success":
        await neuron.ack(lease, tag=tag, output=output)
    else:
        await neuron.nack(lease, outcome, tag=tag, **members)


@scenario()
async def spare(stage: Stage) -> None:
    """Say as little as the protocol allows: an ack without output, a nack without a code."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(concurrency=2, leaseTtlMs=None)
    without = await desk.inject(neuron.type)
    lease = await neuron.lease_of(without)
    at = instant(stage.now())
    ack = {"type": "ack", "leaseId": lease.id, "completedAt": at}
    await neuron.post("ack", ack, tag="an ack without output")
    await desk.settle(without, *ENDED, tag="the task after an ack without output")
    codeless = await desk.inject(neuron.type)
    lease = await neuron.lease_of(codeless)
    nack = neuron.failure(lease.id, "terminal", reason="no handler registered for capability")
    del nack["code"]
    await neuron.post("nack", nack, tag="a nack without code")
    await desk.settle(codeless, *ENDED, tag="the task after a nack without code")


@scenario()
async def unknown(stage: Stage) -> None:
    """Report on leases that nobody was given."""
    neuron = await Neuron(stage).joined(tag="a stream beside unknown leases")
    nobodys = stage.unique("lease")
    await neuron.post("ack", neuron.success(nobodys), tag="an unknown ack")
    for kind in NACKS:
        await neuron.post("nack", neuron.failure(nobodys, kind), tag="an unknown nack")
    await neuron.heartbeat(tag="a heartbeat after unknown leases")
    desk = Desk(stage)
    for kind in ("ack", "nack"):
        task_id = await desk.inject(neuron.type)
        lease = await neuron.lease()
        if kind == "ack":
            await neuron.post("ack", neuron.success(f"{lease.id}-x"), tag="an unknown ack")
            await desk.note_task(task_id, "a task beside unknown leases")
            await neuron.ack(lease, tag=twin("an unknown ack"))
        else:
            await neuron.nack(lease, "terminal", tag=twin("an unknown nack"))


@scenario()
async def twice(stage: Stage) -> None:
    """Report an outcome, then another one for the same lease, then progress."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream of second thoughts")
    for pair in PAIRS:
        first, then = pair.split(" then ")
        task_id = await desk.inject(neuron.type)
        lease = await neuron.lease()
        stage.note("a task with two outcomes", pair=pair, task_id=task_id)
        await say(neuron, lease, first, tag="a first outcome", output={"n": 1})
        await desk.settle(task_id, *ENDED, tag=f"before: {pair}")
        await say(neuron, lease, then, tag=pair, output={"changed": True})
        await desk.note_task(task_id, f"after: {pair}")
    await neuron.progress(lease, tag="late progress", percent=1.0, message="too late")
    await desk.note_task(task_id, "the task after late progress")
    await desk.inject(neuron.type)
    await neuron.ack(await neuron.lease(), tag="an ack after late progress")


@scenario()
async def promised(stage: Stage) -> None:
    """Report outputs that break and keep the plan's schema."""
    neuron, desk = await Neuron(stage).joined(), Desk(stage)
    for output, tag in (({"n": "one"}, "a broken promise"), ({"n": 1}, twin("a broken promise"))):
        await desk.inject(neuron.type, output_schema=OUTPUT_SCHEMA)
        lease = await neuron.lease()
        await neuron.ack(lease, tag=tag, output=output)
        if tag == "a broken promise":  # free the slot, if it was not taken
            await neuron.nack(lease, "terminal")


@scenario()
async def reporting(stage: Stage) -> None:
    """Report progress in every form, right and wrong, and nacks that are wrong."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream of progress")
    task_id = await desk.inject(neuron.type)
    lease = await neuron.lease()
    for name, members in PROGRESS.items():
        await neuron.progress(lease, tag=f"progress with {name}", **members)
    await neuron.progress(lease, tag=twin("a bad percent"), percent=99.5)
    for percent in (100.5, -0.1, 101, 1e9):
        await neuron.progress(lease, tag="a bad percent", percent=percent)
    await neuron.nack(lease, "fatal", tag="a bad kind")
    await neuron.nack(lease, "terminal", tag="a bad reason", reason="")
    await desk.note_task(task_id, "the task after bad frames")
    for tag in ("a bad kind", "a bad reason"):
        await neuron.nack(lease, "terminal", tag=twin(tag))
        await desk.inject(neuron.type)
        lease = await neuron.lease()
    await neuron.ack(lease)


@scenario()
async def streamless(stage: Stage) -> None:
    """Cut the stream and report at once."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream that is cut")
    await desk.inject(neuron.type)
    lease = await neuron.lease()
    await neuron.hang_up()
    await neuron.linger(NOTICED)
    await desk.missed(neuron)
    await neuron.ack(lease, tag="an ack without a stream")
