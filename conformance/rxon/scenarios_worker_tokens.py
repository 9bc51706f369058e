"""Conversations in which a worker's token is refused, and the kit plays the token service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved
from conformance.kit.wire.tap import Reply
from conformance.rxon.employer import CUT, LONG, NO_TASK, SLACK, Employer, refuses, says
from conformance.rxon.hearing import asks, is_a

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


def token_service(stage: Stage) -> str:
    """Issue one token when it is asked for, and believe who shows it; return the token."""
    token = stage.unique("access")
    for kind, reply in KIND_WORDS.items():
        stage.tap.answer(shows(token, kind), reply)
    issued = {"access_token": token, "expires_in": LIFETIME, "worker_id": "assay"}
    stage.tap.answer_next(asks("token"), says(issued))
    stage.note("issued", token=token)
    return token


@scenario(bound=LONG)
async def a_token_that_has_expired(stage: Stage) -> None:
    """Answer a poll 401, issue another token, and see the worker go on with it."""
    employer = await Employer(stage).hired()
    token = token_service(stage)
    stage.note("refused")
    employer.disturb("poll", refuses(401))
    await employer.more(1, "token", within=SLACK)
    await work_with(token, employer)


async def work_with(token: str, employer: Employer) -> None:
    """Give a task to a worker that shows the token, and hear how it is."""
    task = employer.task(employer.skill("slow_skill"), params={"seconds": 0.2})
    ids = {name: task[name] for name in ("job_id", "task_id")}
    employer.stage.tap.answer_next(shows(token, "poll"), says(task))
    await employer.result(ids)
    await employer.more(2, "heartbeat", within=2 * employer.seconds("heartbeat_interval") + SLACK)


@scenario(bound=LONG, tls=True)
async def a_certificate_that_buys_tokens(stage: Stage) -> None:
    """Issue a token to a worker that asks for one in advance, since it has a certificate."""
    employer = await Employer(stage).hired()
    token = token_service(stage)
    within = employer.seconds("token_rotation") + SLACK
    if not await employer.times(1, is_a("token"), within=within):
        raise NotObserved("the worker does not change its token in advance")
    await work_with(token, employer)


@scenario(bound=LONG)
async def a_token_service_that_has_none(stage: Stage) -> None:
    """Answer polls 401, and let every attempt to get another token fail in its own way."""
    employer = await Employer(stage).hired()
    employer.disturb("token", *NO_TOKEN.values())
    employer.surprise("poll", dict.fromkeys(NO_TOKEN, refuses(401)))
    await employer.more(len(NO_TOKEN) + 1, "poll", within=LONG)
    await employer.have_done(employer.task(employer.skill("skill")), "afterwards")
