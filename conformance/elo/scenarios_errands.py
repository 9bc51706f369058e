"""Conversations in which the target sends tasks, and the kit's peers do them, well or badly."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from conformance.elo.errands import errand, need_errands
from conformance.elo.peer import COMES, Peer, fresh_identity
from conformance.elo.wire import MAX_PAYLOAD, framed
from conformance.kit.judging.suite import scenario
from reference.elo.signing import sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage

    Reply = Callable[[Peer, Any], Mapping[str, Any]]

PAYLOAD = {"q": ["é🚀", 1.5, None, 2**60]}
LIFE = 7  # seconds, which is no default
RIGHT = "the right result"
# How a result fails, and the code and message that its caller must be told.
FAILURES: Mapping[str, tuple[Mapping[str, Any], str, str]] = {
    "an error": (
        {"status": "error", "error": {"code": "ASSAY_CODE", "message": "assay says no"}},
        "ASSAY_CODE",
        "assay says no",
    ),
    "a timeout": ({"status": "timeout", "error": {"code": "LATE", "message": ""}}, "LATE", ""),
    "another status": ({"status": "done", "error": {"code": "ODD"}}, "ODD", ""),
    "no status": ({"error": {"code": "LOST", "message": "m"}}, "LOST", "m"),
    "an empty error": ({"status": "error", "error": {}}, "UNKNOWN", ""),
    "no error": ({"status": "error"}, "UNKNOWN", ""),
}
ODD_ERRORS: Mapping[str, Any] = {"a text": "assay says no", "a number": 5, "an array": ["x"]}


def forged(peer: Peer, id: Any) -> dict[str, Any]:
    """Return a result with a signature of nothing."""
    return {**peer.success(id, "forged"), "signature": "AAAA"}


def of_another_key(peer: Peer, id: Any) -> dict[str, Any]:
    """Return a result that somebody else signed."""
    return sign(peer.success(id, "forged"), fresh_identity())


def tampered(peer: Peer, id: Any) -> dict[str, Any]:
    """Return a result that was changed after it had been signed."""
    return {**peer.success(id, "signed"), "payload": "forged"}


def unsigned(peer: Peer, id: Any) -> dict[str, Any]:
    """Return a result without a signature."""
    return {k: v for k, v in peer.success(id, "forged").items() if k != "signature"}


def right(peer: Peer, id: Any) -> dict[str, Any]:
    """Return a good result."""
    return peer.success(id, RIGHT)


FORGERIES: Mapping[str, Reply] = {
    "a signature of nothing": forged,
    "another key": of_another_key,
    "another payload": tampered,
}


async def handed_out(
    asker: Peer, doer: Peer, about: str, *replies: Reply, **task: Any
) -> dict[str, Any]:
    """Have the target send the doer a task, who answers with the replies, in order."""
    need_errands(asker)
    wanted = asker.stage.unique("assay")
    target = doer.identity.node_id
    asking = asker.stage.beside(
        errand(asker, about, **{"target": target, "capability": wanted, "payload": 1, **task})
    )
    job = await doer.job(task.get("capability", wanted))
    for reply in replies:
        await doer.say(reply(doer, job.body.get("id")))
    outcome: dict[str, Any] = await asking
    return outcome


@scenario()
async def a_task_goes_out(stage: Stage) -> None:
    """Have a task sent to a peer."""
    wanted = stage.unique("assay-skill")
    asker = await Peer.greeted(stage, tag="who asks")
    need_errands(asker)
    doer = await Peer.greeted(stage, wanted, tag="who does it")
    stage.note("who is asked", node_id=doer.identity.node_id, now=stage.now(), capability=wanted)
    await handed_out(asker, doer, "by name", right, capability=wanted, payload=PAYLOAD, ttl_s=LIFE)


@scenario()
async def results_in_any_order(stage: Stage) -> None:
    """Answer the second of two tasks first, with results of nobody's task in between."""
    askers = [await Peer.greeted(stage, tag=f"who asks {number}") for number in range(2)]
    need_errands(askers[0])
    doer = await Peer.greeted(stage, tag="who answers in any order")
    target, names = doer.identity.node_id, [stage.unique("assay") for _ in askers]
    asking = [
        stage.beside(errand(asker, f"errand {number}", target=target, capability=names[number]))
        for number, asker in enumerate(askers)
    ]
    jobs: list[Message] = [await doer.job(name) for name in names]
    ids = [job.body.get("id") for job in jobs]
    await doer.say(doer.success("nobody's", "of nobody's task"))
    for number in (1, 0):
        await doer.say(doer.success(ids[number], f"result {number}"))
        await doer.say(doer.success(ids[number], f"another result {number}"))
    await asyncio.gather(*asking)


@scenario()
async def results_of_others(stage: Stage) -> None:
    """Have somebody else answer first."""
    asker = await Peer.greeted(stage, tag="who asks")
    doer = await Peer.greeted(stage, tag="who has the task")
    other = await Peer.greeted(stage, tag="who has it not")
    need_errands(asker)
    wanted = stage.unique("assay")
    asking = stage.beside(
        errand(asker, "an errand", target=doer.identity.node_id, capability=wanted)
    )
    job = await doer.job(wanted)
    await other.say(other.success(job.body.get("id"), "of somebody else"))
    await other.give(other.task())  # what was said before that has been heard
    await doer.say(right(doer, job.body.get("id")))
    await asking


@scenario()
async def failures(stage: Stage) -> None:
    """Answer tasks with failures of every kind."""
    asker = await Peer.greeted(stage, tag="who asks")
    doer = await Peer.greeted(stage, tag="who fails")
    for name, (members, _, _) in FAILURES.items():
        await handed_out(asker, doer, name, _failing(members))


@scenario()
async def odd_errors(stage: Stage) -> None:
    """Answer tasks with errors that are no objects."""
    for name, error in ODD_ERRORS.items():
        asker = await Peer.greeted(stage, tag="who asks")
        doer = await Peer.greeted(stage, tag="who fails oddly")
        await handed_out(asker, doer, name, _failing({"status": "error", "error": error}))


def _failing(members: Mapping[str, Any]) -> Reply:
    return lambda _peer, id: {"type": "result", "id": id, "protocol": "elo.v1", **members}


@scenario()
async def forged_results(stage: Stage) -> None:
    """Answer tasks with results that the executor did not sign, then with good ones."""
    asker = await Peer.greeted(stage, tag="who asks")
    for name, forgery in {**FORGERIES, "no signature": unsigned}.items():
        doer = await Peer.greeted(stage, tag="who forges")
        await handed_out(asker, doer, name, forgery, right)


@scenario()
async def too_large_a_task(stage: Stage) -> None:
    """Have the target send what no frame can carry, and then what can."""
    asker = await Peer.greeted(stage, tag="who asks too much")
    doer = await Peer.greeted(stage, tag="who is asked too much")
    need_errands(asker)
    target = doer.identity.node_id
    if "ask" in asker.offers:
        await _more_than_it_seems(asker, target)
    else:
        await errand(asker, "too large", target=target, payload="x" * MAX_PAYLOAD)
    await handed_out(asker, doer, "after too large", right)


async def _more_than_it_seems(asker: Peer, target: str) -> None:
    """Ask for a payload that has room in a frame without spaces, and none with them."""
    many = [1] * (MAX_PAYLOAD * 2 // 5)
    errand = {"target": target, "capability": "assay-large", "payload": many, "ttl_s": 60}
    task = asker.task("ask", errand)
    asker.stage.note("too large, in band", id=task["id"])
    await asker.send(framed(json.dumps(task, separators=(",", ":")).encode()))
    found = await asker.result(task["id"], within=COMES)
    said = found.body.get("payload") if found is not None else None
    status = said.get("status") if isinstance(said, dict) else None
    asker.stage.note("too large", status=status or "none")
