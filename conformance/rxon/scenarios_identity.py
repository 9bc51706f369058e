"""Conversations about who may speak: tokens, certificates, and tokens that certificates buy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import Unmet
from conformance.rxon.peer import TOKEN, Worker, side_by_side, twin
from conformance.rxon.sayings import KINDS, nobodys_task, say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer

    Ask = Callable[[Worker, str], Awaitable[Answer]]

SHORT_ACCESS = {"sts_lifetime": 2}
PAST_THE_END = 1.1  # lifetimes of an access token


def message(kind: str) -> Ask:
    """Return how to send a message of a kind; its job, if it names one, does not exist."""

    async def send(worker: Worker, tag: str) -> Answer:
        return await say(worker, kind, nobodys_task(worker), tag=tag)

    return send


async def poll(worker: Worker, tag: str) -> Answer:
    """Ask for a task."""
    return await worker.poll(tag=tag)


async def buy(worker: Worker, tag: str) -> Answer:
    """Ask for an access token."""
    return await worker.send("POST", TOKEN, tag=tag)


async def upgrade(worker: Worker, tag: str) -> Answer:
    """Ask for the WebSocket."""
    _, answer = await worker.socket(tag=tag)
    return answer


IN_A_NAME: Mapping[str, Ask] = {**{kind: message(kind) for kind in KINDS}, "poll": poll}
ROUTES: Mapping[str, Ask] = {**IN_A_NAME, "token": buy, "socket": upgrade}


async def in_a_name(liar: Worker, owner: Worker, *, tag: str) -> None:
    """Have one who may not and one who may ask for the same things; a registration comes first."""
    for ask in IN_A_NAME.values():
        await ask(liar, tag)
        await ask(owner, twin(tag))


@scenario()
async def bad_token(stage: Stage) -> None:
    """Ask every route with no token and with an unknown one, then with the right one."""
    worker = await Worker(stage).hired()
    for token in ("", f"not-{worker.token}"):
        liar = Worker(stage, worker_id=worker.id, token=token, secret=worker.secret)
        for route, ask in ROUTES.items():
            await ask(liar, f"a bad token: {route}")
    for route, ask in ROUTES.items():
        await ask(worker, twin(f"a bad token: {route}"))


@scenario()
async def others_token(stage: Stage) -> None:
    """Use the token of one worker for another, and the shared one for a worker with its own."""
    name, token = stage.need("individual_worker_id"), stage.need("individual_token")
    own = Worker(stage, worker_id=name, token=token)
    other = Worker(stage)
    thief = Worker(stage, worker_id=other.id, token=token, secret=other.secret)
    anybody = Worker(stage, worker_id=name, token=other.token, secret=token)
    await side_by_side(
        in_a_name(thief, other, tag="the token of another worker"),
        in_a_name(anybody, own, tag="the shared token"),
    )


def shows_certificate(stage: Stage, name: str, *, token: str = "") -> Worker:
    """Return a worker with a client certificate; without a token unless told otherwise."""
    tls = stage.certificates.client(name)
    return Worker(stage, worker_id=name, token=token, secret=stage.need("token"), tls=tls)


@scenario(tls=True)
async def certificate(stage: Stage) -> None:
    """Show a certificate and speak in another name, without a token and with a valid one."""
    talks = []
    for tag, token in (
        ("another name", ""),
        ("another name and a valid token", stage.need("token")),
    ):
        owner = shows_certificate(stage, stage.unique("holder"), token=token)
        liar = Worker(stage, token=token, secret=owner.secret)
        liar.http = owner.http
        talks.append(in_a_name(liar, owner, tag=tag))
    await side_by_side(*talks)


async def bought(worker: Worker) -> str:
    """Return an access token, which a certificate must get."""
    answer = await buy(worker, "prerequisite: an access token")
    token = answer.member("access_token")
    if not isinstance(token, str):
        raise Unmet(f"no token was issued for a certificate: {answer.shown()}", *answer.evidence)
    return token


@scenario(tls=True)
async def access_token(stage: Stage) -> None:
    """Buy a token with a certificate; use it without one, in the right name and in another."""
    holder = shows_certificate(stage, stage.unique("holder"))
    token = await bought(holder)
    bearer = Worker(stage, worker_id=holder.id, token=token, secret=holder.secret)
    liar = Worker(stage, token=token, secret=holder.secret)
    await in_a_name(liar, bearer, tag="an access token of another worker")


@scenario(tls=True)
async def no_certificate(stage: Stage) -> None:
    """Ask for an access token with a valid token, and with a certificate."""
    tag = "an access token without a certificate"
    await buy(Worker(stage), tag)
    await buy(shows_certificate(stage, stage.unique("holder")), twin(tag))


@scenario(tls=True, settings=SHORT_ACCESS)
async def expired(stage: Stage) -> None:
    """Use an access token while it is valid and afterwards."""
    holder = shows_certificate(stage, stage.unique("holder"))
    token = await bought(holder)
    end = stage.now() + PAST_THE_END * float(stage.need("sts_lifetime"))
    bearer = Worker(stage, worker_id=holder.id, token=token, secret=holder.secret)
    await bearer.register(tag=twin("an expired token"))
    await asyncio.sleep(end - stage.now())  # what happens at the end of its time is the subject
    await bearer.register(tag="an expired token")
