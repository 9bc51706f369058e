"""Conversations in which a worker's token is refused, and the kit plays the token service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.wire.tap import Reply
from conformance.rxon.employer import CUT, LONG, NO_TASK, SLACK, Employer, refuses, says
from conformance.rxon.hearing import asks, body_of, is_a

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.tap import Asked

LIFETIME = 3600  # seconds
# Answers of a token service that are no token.
NO_TOKEN: dict[str, Reply] = {
    "403": refuses(403),
    "401": refuses(401),
    "500": refuses(500),
    "an empty object": says({}),
    "a token without a name": says({"expires_in": LIFETIME, "worker_id": "w"}),
    "no JSON": Reply(200, {"Content-Type": "application/json"}, b"{"),
    "a broken connection": CUT,
}
KIND_WORDS = {
    "registration": says({"status": "registered"}),
    "heartbeat": says({"status": "ok"}),
    "result": says({"status": "accepted"}),
    "event": says({"status": "event_accepted"}),
    "poll": NO_TASK,
}


def shows(token: str, kind: str) -> Callable[[Asked], bool]:
    """Return what tells requests of a kind that carry a token from all others."""

    def fits(asked: Asked) -> bool:
        shown = {name.lower(): value for name, value in asked.headers}
        return asks(kind)(asked) and shown.get("x-worker-token") == token

    return fits


def token_service(stage: Stage, worker_id: str) -> str:
    """Issue one token when it is asked for, and believe who shows it; return the token."""
    token = stage.unique("access")
    for kind, reply in KIND_WORDS.items():
        stage.tap.answer(shows(token, kind), reply)
    issued = {"access_token": token, "expires_in": LIFETIME, "worker_id": worker_id}
    stage.tap.answer_next(asks("token"), says(issued))
    stage.note("issued", token=token)
    return token


@scenario(bound=LONG)
async def a_token_that_has_expired(stage: Stage) -> None:
    """Answer a poll 401, issue another token, and see the worker go on with it."""
    employer = await Employer(stage).hired()
    registration = await stage.expect("the registration", is_a("registration"), within=SLACK)
    token = token_service(stage, str(body_of(registration).get("worker_id")))
    stage.note("refused")
    employer.disturb("poll", refuses(401))
    await employer.more(1, "token", within=SLACK)
    task = employer.task(employer.skill("slow_skill"), params={"seconds": 0.2})
    ids = {name: task[name] for name in ("job_id", "task_id")}
    stage.tap.answer_next(shows(token, "poll"), says(task))
    await employer.result(ids)
    await employer.more(2, "heartbeat", within=2 * employer.seconds("heartbeat_interval") + SLACK)


@scenario(bound=LONG)
async def a_token_service_that_has_none(stage: Stage) -> None:
    """Answer polls 401, and let every attempt to get another token fail in its own way."""
    employer = await Employer(stage).hired()
    employer.disturb("token", *NO_TOKEN.values())
    employer.surprise("poll", dict.fromkeys(NO_TOKEN, refuses(401)))
    await employer.more(len(NO_TOKEN) + 1, "poll", within=LONG)
    await employer.have_done(employer.task(employer.skill("skill")), "afterwards")
