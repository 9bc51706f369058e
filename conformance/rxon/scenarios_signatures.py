"""Conversations in which each kind of message is signed wrongly, in one way after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved
from conformance.rxon.peer import EVENTS, Desk, Worker, flipped, side_by_side, twin
from conformance.rxon.sayings import KINDS, SAYINGS, nobodys_task, resigned, say, secured, without
from reference.rxon import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.rxon.peer import Body
    from conformance.rxon.sayings import Sign

# Seconds. A message that lies back only grows older on its way, one that lies ahead comes nearer.
TOO_OLD, OLD_ENOUGH = -61, -57
TOO_EARLY, EARLY_ENOUGH = 65, 58
RESERVED = "ghost"
AGAIN = ("registration", "heartbeat", "event")
TRANSIENT = {"code": "TRANSIENT_ERROR", "message": "try again"}


async def every_kind(
    stage: Stage,
    flaw: str,
    *flawed: Sign,
    good: tuple[Sign, ...] = (Worker.signed,),
    worker: Worker | None = None,
) -> None:
    """Send each kind of message with a flaw, look what it did, then send it without.

    Tags are ``flaw: kind``, and notes ``before flaw: kind`` and ``after flaw: kind``.
    """
    worker = await (worker or Worker(stage)).hired()
    desk, task, blind = Desk(stage), nobodys_task(worker), None
    try:
        await desk.submit(worker.skill)
        task = await worker.task()
    except NotObserved as reason:
        blind = reason  # what is answered can be seen all the same

    async def look(when: str) -> None:
        if blind is None:
            record = await desk.worker(worker.id)
            stage.note(when, worker=record, job=await desk.job(task["job_id"]))

    for kind in KINDS:
        tag = f"{flaw}: {kind}"
        await look(f"before {tag}")
        for sign in flawed:
            await say(worker, kind, task, sign=sign, tag=tag)
        await look(f"after {tag}")
    for kind in KINDS:
        for sign in good:
            await say(worker, kind, task, sign=sign, tag=twin(f"{flaw}: {kind}"))
    if blind is not None:
        raise blind


@scenario()
async def wrong(stage: Stage) -> None:
    """Flip a digit of the signature; cut the last one off; sign with another key."""
    await every_kind(
        stage,
        "a wrong signature",
        lambda worker, body: misspelled(worker.signed(body), flipped),
        lambda worker, body: misspelled(worker.signed(body), lambda signature: signature[:-1]),
        lambda worker, body: worker.signed(body, secret=f"not-{worker.secret}"),
    )


def misspelled(whole: Body, misspell: Callable[[str], str]) -> Body:
    """Return a signed message with its signature in another spelling."""
    return secured(whole, signature=misspell(whole["security"]["signature"]))


@scenario()
async def unsigned(stage: Stage) -> None:
    """Leave out the security object, or only the signature in it."""
    await every_kind(
        stage,
        "no signature",
        lambda worker, body: without(worker.signed(body), "security"),
        lambda worker, body: secured(worker.signed(body), signature=None),
    )


@scenario()
async def untimed(stage: Stage) -> None:
    """Sign messages without a timestamp, and with 0."""
    await every_kind(
        stage,
        "no timestamp",
        lambda worker, body: resigned(worker, without(worker.signed(body), "timestamp")),
        lambda worker, body: worker.signed(body, timestamp=0),
    )


def shifted(seconds: int) -> Sign:
    """Return how to sign a message as if the time were another."""
    return lambda worker, body: worker.signed(body, timestamp=int(worker.stage.now()) + seconds)


@scenario()
async def mistimed(stage: Stage) -> None:
    """Date messages too far back and ahead, then nearly so."""
    await every_kind(
        stage,
        "a time too far away",
        shifted(TOO_OLD),
        shifted(TOO_EARLY),
        good=(shifted(OLD_ENOUGH), shifted(EARLY_ENOUGH)),
    )


@scenario()
async def other_signer(stage: Stage) -> None:
    """Name another worker as the signer, then none."""
    other = stage.unique("other")
    await every_kind(
        stage,
        "another signer",
        lambda worker, body: worker.signed(body, signer=other),
        good=(lambda worker, body: secured(worker.signed(body), signer_id=None),),
    )


@scenario()
async def unknown_member(stage: Stage) -> None:
    """Add a member that nobody knows after signing, then before."""
    await every_kind(
        stage,
        "a member added after signing",
        lambda worker, body: {**worker.signed(body), "x_assay": "added"},
        good=(lambda worker, body: worker.signed({**body, "x_assay": "signed"}),),
    )


# Alone: the worker with a token of its own has one name, and its record is looked at.
@scenario(exclusive=True)
async def shared_key(stage: Stage) -> None:
    """Sign with the shared token for the worker that has a token of its own."""
    shared = stage.need("token")
    own = {"worker_id": stage.need("individual_worker_id"), "token": stage.need("individual_token")}
    await every_kind(
        stage,
        "the shared key",
        lambda worker, body: worker.signed(body, secret=shared),
        worker=Worker(stage, **own),
    )


MALFORMED: Mapping[str, Sign] = {
    "a text as security": lambda worker, body: {**worker.signed(body), "security": "signed"},
    "a list as security": lambda worker, body: {**worker.signed(body), "security": ["signed"]},
    "a number as signature": lambda worker, body: secured(worker.signed(body), signature=5),
    "a signature beyond ASCII": lambda worker, body: secured(worker.signed(body), signature="é"),
}


@scenario()
async def malformed(stage: Stage) -> None:
    """Send security objects and signatures of the wrong kind."""
    await side_by_side(*(every_kind(stage, flaw, sign) for flaw, sign in MALFORMED.items()))


@scenario()
async def repetition(stage: Stage) -> None:
    """Send a registration, a heartbeat and an event, and the same bytes again."""
    worker = await Worker(stage).hired()
    for kind in AGAIN:
        saying, tag = SAYINGS[kind], f"a repeated {kind}"
        raw = canonical.encode(worker.signed(saying.body(worker, nobodys_task(worker))))
        for each in (twin(tag), tag):
            await worker.send(saying.method, saying.path(worker), raw, tag=each)


@scenario()
async def repeated_result(stage: Stage) -> None:
    """Fail a task, take the next attempt, and repeat the bytes of the failure."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    job_id = await desk.submit(worker.skill)
    failure = worker.outcome(await worker.task(), status="failure", error=TRANSIENT, data=None)
    raw, saying = canonical.encode(worker.signed(failure)), SAYINGS["result"]
    await worker.send(saying.method, saying.path(worker), raw, tag="a result")
    await worker.task(tag="prerequisite: take the retry")
    await desk.note_job(job_id, "the job before the repetition")
    await worker.send(saying.method, saying.path(worker), raw, tag="a repeated result")
    await desk.note_job(job_id, "the job after the repetition")


@scenario()
async def reserved_name(stage: Stage) -> None:
    """Register and speak unsigned under the one name that an orchestrator is known to let pass."""
    worker = Worker(stage, worker_id=RESERVED)
    for kind in ("registration", "event"):
        tag = f"an unsigned {kind} of {RESERVED}"
        body = SAYINGS[kind].body(worker, {"job_id": None, "task_id": None})
        for each, whole in (
            (tag, without(worker.signed(body), "security")),
            (twin(tag), worker.signed(body)),
        ):
            await worker.send("POST", SAYINGS[kind].path(worker), whole, tag=each)


@scenario()
async def relayed(stage: Stage) -> None:
    """Change, add and remove the chain of relays of an event that is signed already."""
    worker = await Worker(stage).hired()
    for signed_with, sent_with in (
        ([], ["relay-1"]),
        (["leaf"], ["leaf", "relay-1"]),
        (None, ["relay-1"]),
        (["leaf"], None),
    ):
        body = worker.happening("relayed", {"letters": 26}, bubbling_chain=signed_with)
        whole = {**worker.signed(body), "bubbling_chain": sent_with}
        await worker.send("POST", EVENTS, whole, tag="an event with another chain")
