"""Conversations about events and commands: over a WebSocket, and without one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.transcript import Direction
from conformance.rxon.employer import LONG, SLACK, Employer, refuses
from conformance.rxon.hearing import body_of, is_a, is_delivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event

PAYLOADS: tuple[dict[str, object], ...] = ({"value": 1.5}, {"value": "much"}, {}, {"value": 2.5})
PROMISED = (1.5, 2.5)  # the values of the two payloads that keep the promise
ENDLESS = 60.0  # seconds
# What no worker knows; each stands before the next task.
STRANGE: dict[str, str | bytes] = {
    "no JSON": "not json",
    "half a document": '{"command": "cancel_task"',
    "an unknown command": '{"command": "dance", "params": {"with": "me"}}',
    "no command": "{}",
    "a cancellation of nothing": '{"command": "cancel_task"}',
    "a cancellation of another task": '{"command": "cancel_task", "task_id": "another"}',
    "a binary frame": b"\x00\xff",
}
NO_COMMANDS = {"an array": "[1]", "a text": '"x"', "null": "null", "a number": "7"}


def is_open(event: Event) -> bool:
    """Whether an event is the upgrade to a WebSocket."""
    answered = event.kind == "http.response" and event.direction is Direction.KIT
    return answered and event.data["status"] == 101  # noqa: PLR2004


async def reachable(stage: Stage) -> Employer:
    """Let a worker come and open its WebSocket."""
    employer = await Employer(stage).hired()
    await stage.expect("the worker's WebSocket", is_open, within=SLACK)
    return employer


@scenario(bound=LONG, settings={"websockets": True})
async def a_worker_that_is_called(stage: Stage) -> None:
    """Hear events over a WebSocket, and call a running task off on it."""
    employer = await reachable(stage)
    await employer.have_done(employer.task(employer.skill("slow_skill"), params={"seconds": 0.2}))
    endless = employer.task(employer.skill("slow_skill"), params={"seconds": ENDLESS})
    ids = employer.hand_over(endless, "called off")
    await employer.at_work(ids["task_id"])
    for socket in tuple(stage.tap.sockets):
        await socket.say(json.dumps({"command": "cancel_task", **ids}))
    await employer.result(ids)


@scenario(bound=LONG, settings={"websockets": True})
async def a_worker_that_is_shouted_at(stage: Stage) -> None:
    """Send a worker frames that mean nothing while it works."""
    employer = await reachable(stage)
    await say_while_it_works(employer, STRANGE)


@scenario(bound=LONG, settings={"websockets": True})
async def a_worker_that_hears_no_objects(stage: Stage) -> None:
    """Send a worker JSON that cannot be a command."""
    employer = await reachable(stage)
    await say_while_it_works(employer, NO_COMMANDS)


async def say_while_it_works(employer: Employer, frames: Mapping[str, str | bytes]) -> None:
    """Send frames while a slow task runs, and see it end."""
    task = employer.task(employer.skill("slow_skill"), params={"seconds": 1.0})
    ids = employer.hand_over(task, "undisturbed")
    await employer.times(1, is_delivery, within=SLACK)
    for case, frame in frames.items():
        for socket in tuple(employer.stage.tap.sockets):
            await socket.say(frame, tag=case)
    await employer.result(ids)


@scenario(bound=LONG)
async def a_worker_with_news(stage: Stage) -> None:
    """Have a skill send events, of which some break their schema."""
    employer = await Employer(stage).hired()
    task = employer.task(employer.skill("announcing_skill"), params={"payloads": list(PAYLOADS)})
    await employer.have_done(task, "events")
    await employer.times(1, is_a("heartbeat"), within=SLACK)


@scenario(bound=LONG, settings={"websockets": False})
async def a_worker_without_a_socket(stage: Stage) -> None:
    """Hear events of a worker that has no WebSocket, and call a task off in an answer."""
    employer = await Employer(stage).hired()
    await employer.have_done(employer.task(employer.skill("slow_skill"), params={"seconds": 0.2}))
    await employer.idle()
    job_id = await employer.give("slow_skill", seconds=ENDLESS)
    delivery = await stage.heard(
        lambda e: is_delivery(e) and body_of(e)["job_id"] == job_id, within=SLACK
    )
    if delivery is not None:
        stage.note("called off", job_id=job_id, task_id=body_of(delivery)["task_id"])
    await stage.call("cancel_job", job_id=job_id)
    within = 2 * employer.seconds("heartbeat_interval") + SLACK
    await employer.result({"job_id": job_id}, within=within)


@scenario(bound=LONG, settings={"websockets": True})
async def a_socket_that_is_lost(stage: Stage) -> None:
    """Refuse a worker's WebSocket three times, let it in, and close it."""
    employer = Employer(stage)
    employer.disturb("socket", refuses(503), refuses(403), refuses(503))
    await employer.hired()
    await stage.expect("the worker's WebSocket", is_open, within=2 * SLACK)
    await employer.silence(0.1)
    for socket in tuple(stage.tap.sockets):
        await socket.close()
    stage.note("closed")
    await employer.more(1, "socket", within=2 * SLACK)
