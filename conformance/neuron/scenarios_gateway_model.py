"""The interpreter of the model's conversations: two neurons and a planner."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.neuron import gateway_model as model
from conformance.neuron.desk import Desk
from conformance.neuron.peer import COMES, HEAD_SOON, Neuron

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.neuron.gateway_model import Step, World
    from conformance.neuron.streams import Frame

PLAYED, CAME, OVER = "a step", "a lease that came", "what the driver says in the end"
UNASKED = 0.03  # seconds in which leases that are not due would come


@dataclass(slots=True)
class Cast:
    """Who plays; the world is what the model knows, to tell which lease a step is about."""

    world: World
    neurons: tuple[Neuron, ...]
    desk: Desk
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def next_lease(self) -> model.Lease | None:
        """Return the next lease that came and was not looked at, of either neuron."""
        waiting: list[tuple[Frame, int]] = [
            (neuron.waiting[0], number)
            for number, neuron in enumerate(self.neurons)
            if neuron.waiting
        ]
        if not waiting:
            return None
        frame, number = min(waiting, key=lambda each: each[0].proof.number)
        self.neurons[number].take()
        return model.Lease(frame.lease_id, frame.task_id, number)


async def converse(stage: Stage, example: list[Step]) -> None:
    """Play the steps that can be played, in order, up to the first surprise."""
    first = Neuron(stage)
    second = Neuron(stage, takes=first.type)
    cast = Cast(model.World(), (first, second), Desk(stage))
    for neuron in cast.neurons:
        await neuron.offering(concurrency=model.CONCURRENCY)
    for step in example:
        kind = model.STEPS[step["do"]]
        if not kind.playable(cast.world, step):
            continue
        came = await PLAY[step["do"]](cast, step)
        stage.note(PLAYED, step=step, came=came)
        if kind.surprise(cast.world, step, came) is not None:
            return
        kind.learn(cast.world, step, came)
        if not await settle(stage, cast, within=COMES):
            return
    await settle(stage, cast, within=UNASKED, all_the_time=True)
    tasks = [(task_id, await cast.desk.task(task_id)) for task_id in cast.world.tasks]
    stage.note(OVER, states={task_id: task["state"] for task_id, task in tasks})


async def settle(stage: Stage, cast: Cast, *, within: float, all_the_time: bool = False) -> bool:
    """Take the leases that are due, and those that come with them; False after a surprise."""
    over = stage.now() + within
    while True:
        while (lease := cast.next_lease()) is not None:
            stage.note(CAME, **vars_of(lease))
            if model.lease_surprise(cast.world, lease) is not None:
                return False
            model.learn_lease(cast.world, lease)
        left = over - stage.now()
        if left <= 0 or not (cast.world.owed() or all_the_time):
            return cast.world.owed() == 0
        await anything(cast, within=left)


async def anything(cast: Cast, *, within: float) -> None:
    """Wait until something comes to any neuron."""
    waits = [asyncio.create_task(neuron.linger(within)) for neuron in cast.neurons]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def vars_of(lease: model.Lease) -> dict[str, Any]:
    """Return a lease as members of a note."""
    return {"lease_id": lease.lease_id, "task_id": lease.task_id, "neuron": lease.neuron}


async def inject(cast: Cast, _step: Step) -> dict[str, Any]:
    """Inject a task that either neuron can do."""
    return {"task_id": await cast.desk.inject(cast.neurons[0].type)}


async def answer(cast: Cast, step: Step) -> dict[str, Any]:
    """Report an outcome for a lease, open or not."""
    lease = cast.world.lease(step)
    neuron, outcome = cast.neurons[lease.neuron], step["outcome"]
    if outcome == "success":
        said = await neuron.post("ack", neuron.success(lease.lease_id))
    else:
        said = await neuron.post("nack", neuron.failure(lease.lease_id, outcome))
    return {"status": said.status}


async def progress(cast: Cast, step: Step) -> dict[str, Any]:
    """Report on a lease, open or not."""
    lease = cast.world.lease(step)
    neuron = cast.neurons[lease.neuron]
    said = await neuron.post("progress", neuron.news(lease.lease_id, percent=50.0))
    return {"status": said.status}


async def cancel(cast: Cast, step: Step) -> dict[str, Any]:
    """Cancel a task, waiting or leased."""
    (task,) = model.cancellable(cast.world, step)
    await cast.desk.cancel(task.task_id)
    return {}


async def beat(cast: Cast, step: Step) -> dict[str, Any]:
    """Beat with every lease that a neuron holds, and with those that it held."""
    neuron = cast.neurons[step["neuron"]]
    at = neuron.beat()["sentAt"]
    flights = [
        {"leaseId": lease.lease_id, "taskId": lease.task_id, "startedAt": at}
        for lease in cast.world.leases
        if lease.neuron == step["neuron"]
    ]
    return {"status": (await neuron.heartbeat(inFlight=flights)).status}


async def update(cast: Cast, step: Step) -> dict[str, Any]:
    """Change how many leases a neuron takes at a time."""
    neuron = cast.neurons[step["neuron"]]
    body = neuron.update(concurrency=step["concurrency"])
    return {"status": (await neuron.post("update-capability", body)).status}


async def drop(cast: Cast, step: Step) -> dict[str, Any]:
    """Cut a neuron's stream; what it held is due to the other as soon as the gateway notices."""
    await cast.neurons[step["neuron"]].hang_up()
    return {}


async def join(cast: Cast, step: Step) -> dict[str, Any]:
    """Open a neuron's stream again and register."""
    neuron = cast.neurons[step["neuron"]]
    await neuron.open(within=HEAD_SOON)
    capability = neuron.capability(concurrency=model.CONCURRENCY)
    return {"status": (await neuron.register(capabilities=[capability])).status}


PLAY: Mapping[str, Callable[[Cast, Step], Awaitable[dict[str, Any]]]] = {
    "inject": inject,
    "answer": answer,
    "progress": progress,
    "cancel": cancel,
    "beat": beat,
    "update": update,
    "drop": drop,
    "join": join,
}
