"""Conversations about registrations: what makes one, what spoils one, what replaces one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.rxon import REGISTER, VERSION_HEADER
from conformance.rxon.peer import Desk, Worker, twin
from conformance.rxon.sayings import resigned, without
from conformance.rxon.scenarios_heartbeats import given, has_task
from reference.rxon import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer

NOTICED = 5.0  # seconds within which a new catalogue must count; the row says 2.1
OTHER_VERSION = "9.9"


@scenario()
async def valid(stage: Stage) -> None:
    """Register, and take a task."""
    worker, desk = Worker(stage), Desk(stage)
    await worker.register(tag="a registration")
    await given(worker, desk, worker.skill, tag="a poll after the registration")


@scenario()
async def versions(stage: Stage) -> None:
    """Register with the orchestrator's version, with another one and with none."""
    answer = await with_version(stage, None, tag="a registration without a version")
    same = answer.member("version")
    await with_version(
        stage, same if isinstance(same, str) else None, tag="a registration with the same version"
    )
    await with_version(stage, OTHER_VERSION, tag="a registration with another version")


async def with_version(stage: Stage, version: str | None, *, tag: str) -> Answer:
    """Register a worker that says which version it speaks."""
    worker = Worker(stage)
    lines = [line for line in worker.headers() if line[0] != VERSION_HEADER]
    if version is not None:
        lines.append((VERSION_HEADER, version))
    body = canonical.encode(worker.signed(worker.registration()))
    return await worker.http.ask("POST", REGISTER, headers=lines, body=body, tag=tag)


@scenario()
async def minimal(stage: Stage) -> None:
    """Register with nothing but an id."""
    worker = Worker(stage)
    # The nonce is the kit's own addition.
    whole = resigned(worker, without(worker.signed({"worker_id": worker.id}), "nonce"))
    await worker.send("POST", REGISTER, whole, tag="a minimal registration")


ODD_IDS: Mapping[str, Callable[[str], str]] = {
    "a blank": lambda name: f"{name} x",
    "a dot": lambda name: f"{name}.x",
    "a slash": lambda name: f"{name}/x",
    "a letter beyond ASCII": lambda name: f"{name}é",
    "a line feed at the end": lambda name: f"{name}\n",
    "nothing at all": lambda _: "",
}


@scenario()
async def odd_ids(stage: Stage) -> None:
    """Register under names with one character too many, or none."""
    tried: dict[str, str] = {}
    for what, odd in ODD_IDS.items():
        worker, tag = Worker(stage), f"an id with {what}"
        await worker.register(tag=twin(tag))
        worker.id = tried[tag] = odd(worker.id)
        await worker.register(tag=tag)
    desk = Desk(stage)
    for tag, worker_id in tried.items():
        await desk.note_worker(worker_id, f"the worker that has {tag}")


STRANGE_IDS: Mapping[str, Any] = {"no id": None, "a number": 5, "an array": ["x"]}


@scenario()
async def strange_ids(stage: Stage) -> None:
    """Register with something for an id that is no text."""
    for what, worker_id in STRANGE_IDS.items():
        worker = Worker(stage)
        await worker.register(tag=twin(what))
        await worker.register(tag=what, worker_id=worker_id)


NOT_JSON: Mapping[str, Callable[[bytes], bytes]] = {
    "an empty body": lambda _: b"",
    "a body cut off": lambda body: body[:-1],
    "a body that is not UTF-8": lambda body: body.replace(b'"assay"', b'"assay\xff"', 1),
    "a body with NaN": lambda body: body.replace(b'"cpu_cores":4', b'"cpu_cores":NaN', 1),
}


@scenario()
async def not_json(stage: Stage) -> None:
    """Spoil the bytes of registrations."""
    for what, spoil in NOT_JSON.items():
        worker = Worker(stage)
        body = canonical.encode(worker.signed(worker.registration()))
        await worker.send("POST", REGISTER, spoil(body), tag=what)
        await worker.send("POST", REGISTER, body, tag=twin(what))


NO_OBJECTS: Mapping[str, bytes] = {
    "an array": b"[]",
    "a number": b"5",
    "a null": b"null",
    "a text": b'"x"',
}


@scenario()
async def no_object(stage: Stage) -> None:
    """Register with JSON that is no object."""
    worker = Worker(stage)
    for what, body in NO_OBJECTS.items():
        await worker.send("POST", REGISTER, body, tag=what)
        await worker.register(tag=twin(what))


STRANGE_SKILLS: Mapping[str, Any] = {
    "a text": "x",
    "a number": 5,
    "an object without a name": {"type": "x"},
    "an object with a number as its name": {"name": 5},
}


# Alone: where such a skill is believed, no task goes to anybody any more.
@scenario(exclusive=True)
async def strange_skills(stage: Stage) -> None:
    """Register with skills that are none, then give another worker a task."""
    desk = Desk(stage)
    for what, skill in STRANGE_SKILLS.items():
        worker, tag = Worker(stage), f"a skill that is {what}"
        await worker.register(tag=twin(tag))
        await (
            Worker(stage)
            .retire_at_the_end()
            .register(
                tag=tag, supported_skills=[{"name": worker.skill, "type": worker.skill}, skill]
            )
        )
    bystander = await Worker(stage).hired()
    await given(bystander, desk, bystander.skill, tag="a poll of a bystander")


@scenario()
async def renewed(stage: Stage) -> None:
    """Register again with another skill, and offer tasks of both."""
    desk = Desk(stage)
    worker = await Worker(stage).hired()
    new = stage.unique("new")
    await given(worker, desk, worker.skill, tag="a poll before the second registration")
    await worker.register(
        tag="a second registration", supported_skills=[{"name": new, "type": new}]
    )

    async def offer_old() -> Answer:
        return await given(worker, desk, worker.skill, tag="a poll for the old skill")

    async def offer_new() -> Answer:
        return await given(worker, desk, new, tag="a poll for the new skill")

    await stage.until(offer_new, has_task, within=NOTICED)
    await stage.until(offer_old, lambda answer: not has_task(answer), within=NOTICED)
