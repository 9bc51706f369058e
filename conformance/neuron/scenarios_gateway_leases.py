"""Conversations about leases: who gets a task, how many, for how long, and who gets it next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.kit.targets.driver import DriverRefused
from conformance.kit.verdict import NotObserved
from conformance.neuron.desk import Desk
from conformance.neuron.peer import COMES, RENEWED_TTL_MS, SHORT_TTL_MS, Neuron, side_by_side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage
    from conformance.neuron.peer import Body

QUIET = 0.7  # seconds in which what must not come would have come
SOON = 0.06  # the same, where there are many such waits
FOREVER_MS = 3_600_000
CONCURRENCY = 2
HURRIED = {"dead_after": 1}
RIGHT, WRONG = "the stream of who can", "the stream of who cannot"
ALONE = "the stream of one user's neuron"
CROWDED = "a stream with more tasks than slots"
LONG_TTL_MS = 5000
INPUT_SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
# What no lease may carry; a gateway may refuse the task or leave the schema out.
BAD_SCHEMAS: tuple[Any, ...] = (False, 5, {"$ref": "http://127.0.0.1:9/schema.json"})


@scenario()
async def matching(stage: Stage) -> None:
    """Let neurons with similar types wait for a task, and one with the type itself."""
    right, desk = Neuron(stage), Desk(stage)
    similar = (f"{right.type}.variant", f"{right.type}/sub", right.type.upper(), "conf/other")
    for name in similar:
        await Neuron(stage, takes=name).offering(tag=WRONG, concurrency=5)
    await right.offering(tag=RIGHT, concurrency=2)
    for _ in range(3):
        stage.note("a task to be matched", task_id=await desk.inject(right.type))
    for _ in range(3):
        await right.ack(await right.lease())


@scenario()
async def users(stage: Stage) -> None:
    """Inject tasks of another user, of nobody and of its own user for a neuron of one user."""
    neuron, desk = Neuron(stage), Desk(stage)
    own = stage.need("subject")
    await neuron.offering(tag=ALONE, scope={"onBehalfOf": own}, concurrency=5)
    for name, user in (("another", stage.unique("user")), ("nobody", None), ("its own", own)):
        wishes = {} if user is None else {"on_behalf_of": user}
        task_id = await desk.inject(neuron.type, **wishes)
        stage.note(f"a task of {name}", task_id=task_id)
    await neuron.ack(await neuron.lease())
    await neuron.next_lease(within=QUIET)


@scenario()
async def crowded(stage: Stage) -> None:
    """Inject two tasks too many, and free the slots one by one: by an ack, then by a nack."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag=CROWDED, concurrency=CONCURRENCY)
    for _ in range(CONCURRENCY + 2):
        await desk.inject(neuron.type)
    held = [await neuron.lease() for _ in range(CONCURRENCY)]
    await neuron.next_lease(within=QUIET)
    await neuron.ack(held[0], tag="an ack that frees a slot")
    third = await neuron.next_lease(within=COMES)
    await neuron.nack(held[1], "terminal", tag="a nack that frees a slot")
    fourth = await neuron.next_lease(within=COMES)
    for lease in (third, fourth):
        if lease is not None:
            await neuron.ack(lease)


@scenario()
async def long_lived(stage: Stage) -> None:
    """Ask for a lease of five seconds."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream of long leases", leaseTtlMs=LONG_TTL_MS)
    await desk.inject(neuron.type)
    await neuron.ack(await neuron.lease())


@scenario()
async def inputs(stage: Stage) -> None:
    """Inject tasks without input, and with inputs that count as nothing."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream of inputs", concurrency=8)
    values: Mapping[str, Body] = {
        "none": {},
        "null": {"input": None},
        "false": {"input": False},
        "zero": {"input": 0},
        "an empty text": {"input": ""},
        "nulls inside": {"input": {"a": None, "b": [None]}},
    }
    for name, wishes in values.items():
        task_id = await desk.inject(neuron.type, **wishes)
        stage.note("a task with an input", what=name, task_id=task_id, input=wishes.get("input"))
    for _ in values:
        await neuron.ack(await neuron.lease())


@scenario()
async def schemas(stage: Stage) -> None:
    """Inject tasks with schemas: one that is right, and some that no neuron should get."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream of schemas", concurrency=8)
    await desk.inject(neuron.type, input={"a": 1}, input_schema=INPUT_SCHEMA)
    lease = await neuron.lease()
    stage.note("a lease with a schema", schema=INPUT_SCHEMA)
    await neuron.ack(lease)
    for schema in BAD_SCHEMAS:
        if await refuses(desk, neuron.type, schema):
            continue
        came = await neuron.next_lease(within=QUIET)
        if came is not None:
            await neuron.ack(came)


async def refuses(desk: Desk, capability: str, schema: Any) -> bool:
    """Inject a task with a schema that is none; tell whether the gateway would not have it."""
    try:
        await desk.inject(capability, input={"a": 1}, input_schema=schema)
    except (DriverRefused, NotObserved):
        return True
    return False


@scenario()
async def again(stage: Stage) -> None:
    """Refuse a task twice for now, then do it."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream of attempts")
    stage.note("a task to be tried again", task_id=await desk.inject(neuron.type))
    for _ in range(2):
        await neuron.nack(await neuron.lease(), "retryable")
    await neuron.ack(await neuron.lease())


@scenario()
async def renewed(stage: Stage) -> None:
    """Hold a lease past its end by heartbeats that list it."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="a stream of a renewed lease", leaseTtlMs=RENEWED_TTL_MS)
    task_id = await desk.inject(neuron.type)
    lease = await neuron.lease()
    over = stage.now() + 1.3 * lease.seconds
    while stage.now() < over and await neuron.next_lease(within=lease.seconds / 4) is None:
        await neuron.heartbeat(lease)
    await desk.note_task(task_id, "the renewed task")
    await neuron.ack(lease, tag="the ack of a renewed lease")
    await desk.settle(task_id, "done", tag="the renewed task in the end")


@scenario()
async def unrenewed(stage: Stage) -> None:
    """Hold a lease past its end while heartbeats say that nothing is being done."""
    first, desk = Neuron(stage), Desk(stage)
    second = Neuron(stage, takes=first.type)
    await first.offering(tag="the stream of who does not renew", leaseTtlMs=SHORT_TTL_MS)
    stage.note("a task that nobody renews", task_id=await desk.inject(first.type))
    lease = await first.lease()
    await second.offering(tag="the stream of who may be next", leaseTtlMs=SHORT_TTL_MS)
    over = stage.now() + lease.seconds + COMES
    while stage.now() < over and not first.waiting and not second.waiting:
        await side_by_side(first.heartbeat(), second.heartbeat())
        await second.linger(lease.seconds / 4)
    for neuron in (first, second):
        if neuron.waiting:
            await neuron.ack(await neuron.lease())


@scenario()
async def gone(stage: Stage) -> None:
    """Cut the stream of a neuron that holds a lease; another one waits."""
    first, desk = Neuron(stage), Desk(stage)
    second = Neuron(stage, takes=first.type)
    await first.offering(tag="the stream of who goes", leaseTtlMs=FOREVER_MS)
    task_id = await desk.inject(first.type)
    stage.note("a task of who goes", task_id=task_id)
    await first.lease()
    await second.offering(tag="the stream of who stays", leaseTtlMs=FOREVER_MS)
    await first.hang_up()
    lease = await second.next_lease(within=COMES)
    if lease is not None:
        await second.ack(lease)


@scenario()
async def back(stage: Stage) -> None:
    """Cut the stream of a neuron that holds a lease, and let it come back."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(tag="the stream before", leaseTtlMs=FOREVER_MS)
    stage.note("a task of who comes back", task_id=await desk.inject(neuron.type))
    await neuron.lease()
    await neuron.hang_up()
    await neuron.offering(tag="the stream after", leaseTtlMs=FOREVER_MS)
    lease = await neuron.next_lease(within=COMES)
    if lease is not None:
        await neuron.ack(lease)


@scenario(settings=HURRIED)
async def silent(stage: Stage) -> None:
    """Hold a lease without a single heartbeat, while another neuron beats."""
    mute, desk = Neuron(stage), Desk(stage)
    other = Neuron(stage, takes=mute.type)
    await mute.offering(tag="the stream of the mute", leaseTtlMs=FOREVER_MS)
    task_id = await desk.inject(mute.type)
    stage.note("a task of the mute", task_id=task_id)
    await mute.lease()
    await other.offering(tag="the stream of who beats", leaseTtlMs=FOREVER_MS)
    over = stage.now() + float(stage.need("dead_after")) + COMES
    while stage.now() < over:
        await other.heartbeat()
        lease = await other.next_lease(within=0.25)
        if lease is not None:
            await other.ack(lease)
            return


async def routed(stage: Stage, example: Mapping[str, Any]) -> None:
    """Let a neuron with a scope wait for a task of some user, and tell whether it came."""
    desk = Desk(stage)
    people = {"one": ("token", "subject"), "two": ("second_token", "second_subject")}
    token, subject = (stage.need(name) for name in people[example["neuron"]])
    neuron = Neuron(stage, token=token)
    scope = "any" if example["scope"] == "any" else {"onBehalfOf": subject}
    await neuron.offering(scope=scope)
    user = example["user"]
    users = {"nobody": {}, "stranger": {"on_behalf_of": stage.unique("user")}} | {
        name: {"on_behalf_of": stage.need(fact)} for name, (_, fact) in people.items()
    }
    await desk.inject(neuron.type, **users[user])
    fits = scope == "any" or user == example["neuron"]
    lease = await neuron.next_lease(within=COMES if fits else SOON)
    stage.note("a routed task", came=lease is not None)
    if lease is not None:
        await neuron.ack(lease)
