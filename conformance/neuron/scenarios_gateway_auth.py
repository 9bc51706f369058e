"""Conversations with bearers: none, wrong ones, fresh ones, expired ones, and other users'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.neuron.desk import Desk
from conformance.neuron.peer import COMES, KINDS, Lease, Neuron, twin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer
    from conformance.neuron.peer import Body

OLD_STREAM = "a stream with the old bearer"
LEASED = ("progress", "nack", "ack")


def bad_bearers(neuron: Neuron) -> Mapping[str, list[tuple[str, str]]]:
    """Return headers that authorize nobody."""
    return {
        "no bearer": [],
        "another scheme": [("Authorization", f"Basic {neuron.token}")],
        "a bare token": [("Authorization", neuron.token)],
        "an unknown token": [("Authorization", f"Bearer not-{neuron.token}")],
        "an empty token": [("Authorization", "Bearer")],
    }


BAD_BEARERS = ("no bearer", "another scheme", "a bare token", "an unknown token", "an empty token")


def frame_of(neuron: Neuron, kind: str, lease_id: str) -> Body:
    """Return a valid frame of a kind."""
    makers: Mapping[str, Callable[[], Body]] = {
        "register": neuron.registration,
        "update-capability": neuron.update,
        "heartbeat": neuron.beat,
        "ack": lambda: neuron.success(lease_id),
        "nack": lambda: neuron.failure(lease_id, "terminal"),
        "progress": lambda: neuron.news(lease_id, percent=50.0),
    }
    return makers[kind]()


@scenario(bound=25)
async def bad_opens(stage: Stage) -> None:
    """Ask for a stream with every bad bearer, then with a good one."""
    neuron = Neuron(stage)
    for name, headers in bad_bearers(neuron).items():
        await neuron.open(tag=f"an open with {name}", headers=headers)
        await neuron.open(tag=twin(f"an open with {name}"))


@scenario()
async def bad_posts(stage: Stage) -> None:
    """Post every kind of frame with bad bearers, then with a good one."""
    neuron = Neuron(stage)
    await neuron.open(tag="a stream beside bad bearers")
    nobodys = stage.unique("lease")
    for kind in KINDS:
        body = frame_of(neuron, kind, nobodys)
        await neuron.post(kind, body, tag=f"{kind} with no bearer", token="")
        await neuron.post(
            kind, body, tag=f"{kind} with an unknown token", token=f"not-{neuron.token}"
        )
        await neuron.post(kind, body, tag=f"{kind} with a good token")
        if kind == "register":
            await neuron.of_kind("registered", within=COMES)


@scenario()
async def repeated(stage: Stage) -> None:
    """Post what a task needs with a bad bearer, and at once again with a good one."""
    neuron, desk = await Neuron(stage).joined(), Desk(stage)
    task_id = await desk.inject(neuron.type)
    lease = await neuron.lease()
    bad = f"not-{neuron.token}"
    progress = neuron.news(lease.id, percent=50.0, message="said twice, counted once")
    await neuron.post("progress", progress, tag="progress with a bad bearer", token=bad)
    await neuron.post("progress", progress, tag="progress again")
    await desk.note_task(task_id, "the task before its ack")
    ack = neuron.success(lease.id, output={"said": "twice"})
    await neuron.post("ack", ack, tag="ack with a bad bearer", token=bad)
    await desk.note_task(task_id, "the task after a refused ack")
    await neuron.post("ack", ack, tag="ack again")
    await desk.settle(task_id, "done", tag="the task after its ack")


@scenario()
async def several_bearers(stage: Stage) -> None:
    """Open the stream with one bearer of an identity and post with another one."""
    neuron = await Neuron(stage).joined(tag="a stream with one bearer")
    other = stage.need("another_token")
    registration = neuron.registration()
    await neuron.post("register", registration, tag="register with another", token=other)
    await neuron.post("heartbeat", neuron.beat(), tag="heartbeat with another", token=other)
    again = Neuron(stage, token=other)
    await again.open(tag="a stream with another bearer")


@scenario(exclusive=True)
async def rotated(stage: Stage) -> None:
    """Let the bearer of an open stream expire, and go on with the new one."""
    neuron = await Neuron(stage).joined(tag=OLD_STREAM)
    old = neuron.token
    answer = await stage.call("rotate_token")
    neuron.token = answer["token"]
    # Where there is only one gateway, whoever comes next needs the new one.
    stage.facts.update(token=neuron.token, token_before=old)
    await neuron.post("heartbeat", neuron.beat(), tag="a heartbeat with the old bearer", token=old)
    await neuron.heartbeat(tag="a heartbeat with the new bearer")
    desk = Desk(stage)
    task_id = await desk.inject(neuron.type)
    lease = await neuron.next_lease(within=COMES)
    if lease is not None:
        await neuron.ack(lease, tag="an ack with the new bearer")
        await desk.settle(task_id, "done", tag="the task after the rotation")


@scenario()
async def foreign_scope(stage: Stage) -> None:
    """Register for the tasks of one's own user, and for those of a user who is somebody else."""
    own = {"onBehalfOf": stage.need("subject")}
    others = {"onBehalfOf": stage.unique("user")}
    neuron = Neuron(stage)
    await neuron.open()
    for tag, scope in ((twin("a foreign scope"), own), ("a foreign scope", others)):
        await neuron.register(tag=tag, capabilities=[neuron.capability(scope=scope)])


@scenario()
async def foreign_frames(stage: Stage) -> None:
    """Speak for another identity's neuron and lease, as far as it goes."""
    stranger = Neuron(stage, token=stage.need("second_token"))
    await stranger.joined(tag="the stranger's stream")
    neuron = await Neuron(stage).joined()
    tag = "a foreign heartbeat"
    await neuron.heartbeat(tag=twin(tag))
    await stranger.post("heartbeat", neuron.beat(), tag=tag)
    desk = Desk(stage)
    task_id = await desk.inject(neuron.type)
    lease = await neuron.lease()
    await desk.note_task(task_id, "the task before foreign frames")
    for kind in LEASED:
        await foreign(stranger, neuron, kind, lease)
        await desk.note_task(task_id, f"the task after foreign {kind}")
    await neuron.progress(lease, tag=twin("a foreign progress"), percent=10.0)
    await neuron.ack(lease, tag=twin("a foreign ack"))
    await desk.inject(neuron.type)
    await neuron.nack(await neuron.lease(), "terminal", tag=twin("a foreign nack"))


async def foreign(stranger: Neuron, neuron: Neuron, kind: str, lease: Lease) -> Answer:
    """Post a frame about somebody else's lease."""
    return await stranger.post(kind, frame_of(neuron, kind, lease.id), tag=f"a foreign {kind}")
